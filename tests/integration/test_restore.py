"""`restore`: nothing is touched before every byte is verified, and then all of it is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from backups import (
    AWKWARD,
    archiving_server,
    back_up,
    drop_under_writers,
    items_in,
    made_project,
    silent,
)
from commands import Sqlwright, project
from pair import until
from sqlwright.catalog import read_snapshot
from sqlwright.errors import BackupError
from sqlwright.migrations.difference import compare
from sqlwright.operations.backup import Kind, chain_of, list_backups, wal_folder
from sqlwright.operations.backup.manifest import MANIFEST, Rows, write_manifest
from sqlwright.operations.backup.wal import Segment, gap_in, restore_command
from sqlwright.operations.rehearse import as_markdown, rehearse
from sqlwright.operations.restore import (
    check_target,
    choose,
    read_point,
    restore_data,
    restore_database,
    verified,
)
from sqlwright.operations.restore.leftovers import remove_leftovers
from sqlwright.operations.restore.physical import settle_data
from sqlwright.operations.restore.timelines import follow
from sqlwright.server.held import held_database
from sqlwright.server.postmaster import exists
from sqlwright.urls import with_database

COPY = 'copy "restored \'x"'
KILLED = """
import sys, time
from pathlib import Path
from sqlwright.config import Project
from sqlwright.operations.backup import find_backup
from sqlwright.operations.restore import restore_database

def step(name, number, total):
    if name.startswith("restoring"):
        print(flush=True)
        time.sleep(60)

folder = Path(sys.argv[1])
project = Project(root=folder, name="x", url=sys.argv[2])
backup = find_backup(folder, sys.argv[3])
restore_database(project, backup, database="killed", replace=False, jobs=1, step=step)
"""

KILLED_RECOVERY = """
import sys, time
from pathlib import Path
from sqlwright.operations.backup import chain_of, find_backup
from sqlwright.operations.restore.physical import new_data_folder
from sqlwright.operations.restore.recovery import recovered_server
from sqlwright.server.postmaster import find_postmaster

chain = chain_of(find_backup(Path(sys.argv[1]), sys.argv[3]))
with new_data_folder(
    chain, Path(sys.argv[2]), wal=None, environ={}, step=lambda *_: None
) as (place, log):
    with recovered_server(place, wal=log, point=None, superuser="postgres"):
        print(find_postmaster(place.data).pid, flush=True)
        time.sleep(60)
"""


@pytest.fixture(scope="module")
def source(server):
    """The URL of a database that is hard to copy, one a version."""
    with server.janitor("hard"):
        with psycopg.connect(server.url("hard"), autocommit=True) as conn:
            conn.execute("create role hard_app login; create role hard_job login")
            conn.execute(AWKWARD)
            conn.execute("""
                create schema shop;
                create table shop.items (name text);
                insert into shop.items values ('one'), ('two');
                grant select on shop.items to hard_app;
                grant temporary on database hard to hard_app with grant option;
                alter database hard set search_path = "$user", shop, public;
                alter role hard_app in database hard set work_mem = '5MB';
                alter role hard_job in database hard set role = 'hard_app';
                create text search configuration shop.german (copy = simple);
                alter database hard set default_text_search_config = 'shop.german';
                alter database hard set datestyle = 'german';
                comment on database hard is 'It''s hard.';
                alter database hard connection limit 7;
            """)
        yield server.url("hard")
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("drop role hard_app, hard_job")


@pytest.fixture(scope="module")
def made(source, tmp_path_factory):
    """A logical backup of it, one a version."""
    folder = tmp_path_factory.mktemp("made")
    return back_up(made_project(folder, source), folder / "to").backup


@pytest.fixture
def shop(source, tmp_path):
    """The project that it is of; databases that a test restores go with it."""
    yield made_project(tmp_path / "shop", source)
    with psycopg.connect(with_database(source, "postgres"), autocommit=True) as conn:
        for name in (COPY, "killed", "restored"):
            wanted = psycopg.sql.Identifier(name)
            conn.execute(psycopg.sql.SQL("drop database if exists {} with (force)").format(wanted))


@pytest.fixture
def own(made, tmp_path):
    """The backup once more, to be damaged."""
    shutil.copytree(made.folder, tmp_path / "to" / made.name)
    return replace(made, folder=tmp_path / "to" / made.name)


def _restore(project, backup, name=COPY, *, replace=False):
    return restore_database(project, backup, database=name, replace=replace, jobs=2, step=silent)


def test_everything_comes_back(shop, made):
    """Objects, rows, large objects, sequences, grants, settings and limits, under an odd name."""
    assert _restore(shop, made).roles == ()
    with (
        psycopg.connect(shop.url) as there,
        psycopg.connect(with_database(shop.url, COPY)) as here,
    ):
        snapshots = [read_snapshot(one, called="it", roles=["hard_app"]) for one in (there, here)]
        assert compare(*snapshots) == ()
        assert here.execute("select nextval('public.numbers')").fetchone() == (7,)
        limit = here.execute(
            "select datconnlimit from pg_database where datname = current_database()"
        )
        assert limit.fetchone() == (7,)


def test_a_role_that_has_settings_alone(made):
    """It is noted, since another server has to have it before they can be given back."""
    assert made.whole.roles["hard_job"] is True


def test_no_time_limit_ends_a_restore(blank):
    """Whatever the role or the URL say, the session that holds the new database stays."""
    options = "-c idle_session_timeout=1h -c statement_timeout=1h"
    limits = ("idle_session_timeout", "statement_timeout")
    with (
        psycopg.connect(blank, autocommit=True, options=options) as conn,
        held_database(conn, "sqlwright_restoring_", namespace=1, form=None),
    ):
        assert [conn.execute(f"show {one}").fetchone()[0] for one in limits] == ["0", "0"]


def _flip(folder):
    file = next((folder / "dump").glob("*.dat.gz"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _truncate(folder):
    file = folder / "dump" / "toc.dat"
    file.write_bytes(file.read_bytes()[:-1])


def _link(folder):
    file = folder / "dump" / "toc.dat"
    file.rename(folder.parent / "elsewhere")
    file.symlink_to(folder.parent / "elsewhere")


def _edit(folder):
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text.replace('"rows": 100', '"rows": 101'))


DAMAGE = {
    "flipped": (_flip, r"{}/dump/\w+\.dat\.gz is not as it was written\."),
    "truncated": (_truncate, r"{}/dump/toc\.dat has [\d,]+ bytes, and was written with [\d,]+\."),
    "missing": (lambda f: (f / "dump/toc.dat").unlink(), r"{}/dump/toc\.dat is missing\."),
    "extra": (lambda f: (f / "dump/x").touch(), r"{}/dump/x does not belong to the backup\."),
    "link": (_link, r"{}/dump/toc\.dat (?:is a link|has \d+ bytes).*"),
    "edited": (_edit, r"{}/manifest\.json is not as it was written\."),
    "garbled": (lambda f: (f / MANIFEST).write_text("[]"), r"{}/manifest\.json is not as .*"),
    "headless": (lambda f: (f / MANIFEST).unlink(), r"{} is no backup: it has no manifest\.json\."),
}


@pytest.mark.newest
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_backup_is_refused(shop, own, damage):
    """Nothing is made of a backup that is not as it was written; the file is named."""
    harm, message = DAMAGE[damage]
    harm(own.folder)
    with pytest.raises(BackupError) as caught:
        _restore(shop, _found(own))
    assert re.fullmatch(message.format(re.escape(str(own.folder))), caught.value.message)
    assert _databases(shop.url) == set()


def _found(backup):
    """The backup as a command finds it: what is damaged at a glance is refused here."""
    found = list_backups(backup.folder.parent)[0]
    return replace(found, manifest=found.whole)


def _databases(url):
    """Those that a restore of these tests could have made."""
    with psycopg.connect(url) as conn:
        rows = conn.execute("select datname from pg_database where datname ~ '^(copy|sqlwright_)'")
        return {name for (name,) in rows}


@pytest.mark.newest
def test_a_renamed_backup_is_refused(shop, own):
    """A backup that bears another one's name is not taken for that one."""
    other = own.folder.with_name("20200101T000000Z-logical")
    own.folder.rename(other)
    with pytest.raises(BackupError) as caught:
        _restore(shop, replace(own, folder=other))
    assert caught.value.message == f"{other} holds the backup {own.name}."


@pytest.mark.newest
def test_what_differs_from_the_manifest_is_not_made(shop, own):
    """Rows that are not those that were counted: no database is made."""
    tables = {**own.whole.tables, "shop.items": Rows(rows=3, hash="1")}
    changed = _rewritten(own, tables=tables)
    with pytest.raises(BackupError) as caught:
        _restore(shop, changed)
    assert caught.value.message == (
        f"What was restored from {own.name} is not what was backed up:"
        " shop.items has 2 rows, and the manifest says 3."
    )
    assert _databases(shop.url) == set()


@pytest.mark.newest
def test_what_was_made_for_nothing_goes(shop, own):
    """Roles that a restore made go again where it fails."""
    changed = _rewritten(own, roles={"made_for_nothing": True}, tables={})
    with pytest.raises(BackupError, match="is not what was backed up"):
        _restore(shop, changed)
    with psycopg.connect(shop.url) as conn:
        found = conn.execute("select from pg_roles where rolname = 'made_for_nothing'")
        assert found.fetchone() is None


@pytest.mark.newest
def test_a_setting_that_the_server_has_not(shop, own):
    """It is said, and all else is restored."""
    creation = {**own.whole.creation, "settings": [["", "no_such_setting", "1"]]}
    came = _restore(shop, _rewritten(own, creation=creation))
    assert came.refused == (
        'no_such_setting: unrecognized configuration parameter "no_such_setting"',
    )


def _rewritten(own, **changes):
    """The backup with another manifest, which vouches for itself."""
    (own.folder / MANIFEST).unlink()
    changed = replace(own.whole, **changes)
    write_manifest(own.folder, changed)
    return replace(own, manifest=changed)


NAMES = {
    "": "The name of a database has 1 to 63 bytes, and '' has 0.",
    "ü" * 32: f"The name of a database has 1 to 63 bytes, and '{'ü' * 32}' has 64.",
    "postgres": "The database postgres can't be replaced: it is the one that the others are managed"
    " from.",
    "template1": "The database template1 can't be replaced: it is a template.",
    "restored": "The database restored can't be replaced: the subscription news is in it.",
}


@pytest.mark.newest
@pytest.mark.parametrize("name", NAMES, ids=["empty", "long", "managing", "template", "subscribed"])
def test_what_can_t_be_replaced(shop, made, name):
    """What would be found out at the end, or half-way, is refused at once."""
    with psycopg.connect(with_database(shop.url, "postgres"), autocommit=True) as conn:
        conn.execute("create database restored")
    with psycopg.connect(with_database(shop.url, "restored"), autocommit=True) as conn:
        conn.execute(
            "create subscription news connection 'dbname=x' publication x"
            " with (connect = false, slot_name = none)"
        )
        try:
            with pytest.raises(BackupError) as caught:
                _restore(shop, made, name, replace=True)
        finally:
            conn.execute("drop subscription news")
    assert caught.value.message == NAMES[name]


@pytest.mark.newest
def test_a_newer_server_s_backup_is_refused(shop, own):
    """A dump of a newer server does not go into an older one."""
    _rewritten(own, version="99.1")
    with pytest.raises(BackupError) as caught:
        _restore(shop, list_backups(own.folder.parent)[0])
    assert re.fullmatch(
        rf"{own.name} is of PostgreSQL 99, and the server is PostgreSQL \d+\.\n"
        r"Restore it to a server of PostgreSQL 99 or newer\.",
        str(caught.value),
    )


@pytest.mark.newest
def test_a_live_database_wants_yes(shop, made, tmp_path):
    """Over a database that is there it says what would go; with --yes sessions end, and it goes."""
    cli = project(tmp_path / "cli", DATABASE_URL=shop.url)
    line = f"restore {made.folder} --into restored"
    said = cli(line)
    assert said.code == 0, said.err
    assert re.fullmatch(r"restored: 6 tables with 104 rows, as of \S+Z\n", said.out)
    there = with_database(shop.url, "restored")
    with psycopg.connect(there, autocommit=True) as conn:
        conn.execute("drop table shop.items")
        refused = cli(line)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith("This would replace database restored, with:\n")
        assert refused.err.endswith("Nothing was changed. Add --yes to do it.\n")
        done = cli(f"{line} --yes --json")
    assert json.loads(done.out)["rows"] == 104
    with psycopg.connect(there) as conn:
        assert conn.execute("select count(*) from shop.items").fetchone() == (2,)
    assert _databases(shop.url) == set()


@pytest.mark.newest
def test_killed_midway(shop, made, tmp_path):
    """A restore that is killed leaves nothing under the name, and the next one cleans up."""
    arguments = [str(made.folder.parent), shop.url, made.name]
    child = subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE)
    with child:
        child.stdout.readline()
        child.kill()
    assert len(_databases(shop.url)) == 1
    with psycopg.connect(shop.url, autocommit=True) as conn:
        held = "select from pg_locks where locktype = 'advisory'"
        # The server takes a moment to see that its client is gone.
        until(lambda: conn.execute(held).fetchone() is None)
    _restore(shop, made, "killed")
    assert _databases(shop.url) == set()


@pytest.mark.newest
def test_another_database_s_backup(shop, made):
    """`latest` means the newest of the project's own database."""
    other = replace(shop, url=with_database(shop.url, "other"))
    with pytest.raises(BackupError) as caught:
        choose(other, made.folder.parent, "latest", kinds=[Kind.LOGICAL])
    folder = made.folder.parent
    assert str(caught.value) == (
        f"There is no whole logical backup of other in {folder}.\n"
        f"sqlwright backup --list --to {folder} shows what there is."
    )


@pytest.mark.parametrize(
    ("written", "point"),
    [
        ("2026-11-22T11:30:00Z", "2026-11-22T11:30:00.000000Z"),
        ("2026-11-22 11:30", "2026-11-22T11:30:00.000000Z"),
        ("2026-11-22 11:30:00.5+02", "2026-11-22T09:30:00.500000Z"),
        ("0/3000a0", "0/3000A0"),
        ("745", "transaction 745"),
    ],
)
def test_points(written, point):
    """A time is UTC unless it says; a place in the log; a transaction."""
    assert str(read_point(written)) == point


def test_no_point():
    """What is none of the three is refused."""
    with pytest.raises(BackupError) as caught:
        read_point("yesterday")
    assert str(caught.value) == (
        "'yesterday' is no time, no place in the log and no transaction.\n"
        "Write 2026-11-22T11:30:00Z, 0/3000060 or 745."
    )


def test_gap():
    """A segment that is missing, with later ones there, is found; across logs too."""
    first = Segment(1, 0, 255)
    there = [Segment(1, 0, 253), Segment(1, 0, 255), Segment(1, 1, 0), Segment(2, 1, 5)]
    assert gap_in(there, first, 2**24) is None
    assert gap_in([*there, Segment(1, 1, 2)], first, 2**24) == Segment(1, 1, 1)


LOG = [f"00000001000000000000000{n}" for n in range(2, 8)]
NEXT = [f"00000002000000000000000{n}" for n in range(4, 7)]
FOLLOWS, AWAY = "It follows timeline", "move 00000002.history away from there."
BEFORE = "restore a backup from before the two parted."
STAYS_OUT = "and what comes after it is of another one, and stays out. To have that instead,"


def _archived(folder, made, names, *, left=None):
    """A log with these segments, and a manifest of a copy that ends in the second of them."""
    for name in names:
        (folder / name).touch()
    if left:
        (folder / "00000002.history").write_text(f"1\t{left}\tbefore 2026-11-22 11:30:00+00\n")
    return replace(made.whole, timeline=1, lsn="0/2000100", wal_segment_size=2**24)


@pytest.mark.newest
@pytest.mark.parametrize(
    ("names", "left", "timeline", "said"),
    [
        (LOG, None, "current", []),
        ([*LOG[:3], *NEXT], "0/4000100", "2", []),
        (
            [*LOG, *NEXT],
            "0/4000100",
            "2",
            [f"{FOLLOWS} 2 of the log. {LOG[3]} {STAYS_OUT} {AWAY}"],
        ),
        (
            [*LOG, *NEXT],
            "0/1000100",
            "current",
            [f"{FOLLOWS} 1 of the log. {NEXT[0]} {STAYS_OUT} {BEFORE}"],
        ),
    ],
    ids=["one", "a standby's", "went back", "went back before the backup"],
)
def test_timelines(tmp_path, made, names, left, timeline, said):
    """The newest that comes from the backup's is followed, and what stays out is said."""
    heard = []
    assert follow(_archived(tmp_path, made, names, left=left), tmp_path, heard.append) == timeline
    assert heard == said


@pytest.mark.newest
@pytest.mark.parametrize("missing", [LOG[1], NEXT[0], NEXT[1]])
def test_gap_where_the_timeline_changes(tmp_path, made, missing):
    """What is missing on the way to a later timeline is found too."""
    names = {*LOG[:3], *NEXT} - {missing}
    with pytest.raises(BackupError) as caught:
        follow(_archived(tmp_path, made, names, left="0/4000100"), tmp_path, silent)
    assert caught.value.message == (
        f"The write-ahead log in {tmp_path} has a gap: {missing} is missing, and later segments"
        " are there."
    )


@pytest.mark.newest
@pytest.mark.parametrize(
    ("name", "code"), [("whole", 0), ("written", 0), ("absent", 1), ("unreadable", 255)]
)
def test_a_segment_that_can_t_be_copied_is_not_the_end(tmp_path, name, code):
    """PostgreSQL takes 1 for the end of the log, and more than 125 for a reason to stop."""
    wal = tmp_path / "it's 100%"
    wal.mkdir()
    (wal / "whole").touch()
    (wal / "written.partial").touch()
    (wal / "unreadable").mkdir()
    filled = {"%%": "%", "%f": name, "%p": str(tmp_path / "here")}
    command = re.sub("%[%pf]", lambda found: filled[found[0]], restore_command(wal))
    assert subprocess.run(["sh", "-c", command], check=False).returncode == code


@pytest.mark.newest
def test_a_data_folder_stays_where_the_new_one_can_t_come(tmp_path):
    """What was there is there again if the last step fails."""
    target = tmp_path / "data"
    target.mkdir()
    (target / "PG_VERSION").touch()
    with pytest.raises(FileNotFoundError):
        settle_data(tmp_path / "not there", target)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert (target / "PG_VERSION").exists()


@pytest.mark.newest
def test_a_linked_data_folder(tmp_path):
    """A link would be replaced by a folder, on whatever disk the link is: it is refused."""
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(BackupError) as caught:
        check_target(tmp_path / "link")
    assert caught.value.message == (
        f"{tmp_path}/link is a link, which a new folder can't take the place of."
    )


@pytest.fixture(scope="module")
def machine():
    """A server that archives its log, and a full and an incremental backup of it."""
    with archiving_server() as (made, base):
        back_up(made, base / "to", Kind.PHYSICAL)
        with psycopg.connect(made.url, autocommit=True) as conn:
            conn.execute("insert into shop.items values ('between')")
        back_up(made, base / "to", Kind.INCREMENTAL)
        yield made, base


def _newest(made, base, **options):
    return choose(made, base / "to", "latest", kinds=list(Kind), **options)


def _recover(made, base, target, point=None):
    backup = _newest(made, base, point=point)
    wal = wal_folder(base / "to")
    return restore_data(made, backup, target=target, wal=wal, point=point, step=silent, talk=silent)


def test_a_copy_is_rehearsed(machine):
    """A copy of a data folder, and what was written since, come back on a server of its own."""
    made, base = machine
    found = rehearse(made, base / "to", step=silent, talk=silent)
    assert found.passed, as_markdown(found)
    assert [check.name for check in found.checks] == [
        *("files", "rows", "migrations", "diff", "named queries"),
    ]


def test_to_just_before_a_drop_table(machine):
    """With writers running, every row that was committed before a `drop table` comes back."""
    made, base = machine
    committed, xid = drop_under_writers(made, base)
    came = _recover(made, base, base / "restored", read_point(xid))
    assert came.time <= datetime.now(UTC)
    history = base / "restored" / "pg_wal" / "archive_status" / "00000002.history.ready"
    assert history.exists()  # else the next one to go back would take this timeline too
    assert items_in(base / "restored") == {"between", *committed}
    assert len(committed) > 100


def test_a_copy_that_is_damaged_is_refused(machine, tmp_path):
    """A flipped byte in the full copy refuses the incremental one on top of it."""
    made, base = machine
    shutil.copytree(base / "to", tmp_path / "to")
    backup = choose(made, tmp_path / "to", "latest", kinds=list(Kind))
    full, _ = chain_of(backup)
    file = full.folder / "data" / "global" / "1262"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with (
        pytest.raises(BackupError) as caught,
        verified(backup, step=silent, environ={}),
    ):
        pass
    assert caught.value.message == (
        'pg_verifybackup failed: checksum mismatch for file "global/1262".'
    )


def test_a_parent_that_is_gone(machine, tmp_path):
    """An incremental backup without the one that it builds on is refused."""
    made, base = machine
    newest = _newest(made, base)
    shutil.copytree(newest.folder, tmp_path / newest.name)
    with pytest.raises(BackupError) as caught:
        chain_of(choose(made, tmp_path, newest.name, kinds=list(Kind)))
    assert caught.value.message == (
        f"{tmp_path / newest.whole.parent} is no backup: it has no manifest.json."
    )


def test_a_point_that_the_log_does_not_reach(machine):
    """It says where the log ends, and leaves nothing."""
    made, base = machine
    with pytest.raises(BackupError) as caught:
        _recover(made, base, base / "early", read_point("2099-01-01"))
    assert re.match(
        r"The write-ahead log does not reach 2099-01-01T00:00:00\.000000Z:"
        r" the last transaction in it is (at|where) ",
        caught.value.message,
    )
    assert not list(base.glob("*early*"))


def test_a_point_from_before_the_backups(machine):
    """No backup is from before the point: nothing fits."""
    made, base = machine
    with pytest.raises(BackupError, match=r"There is no whole .* from before 2020-01-01T00"):
        _recover(made, base, base / "early", read_point("2020-01-01"))


def test_where_a_data_folder_may_go(machine, tmp_path):
    """Never onto what is no data folder, nor onto one that a server runs on."""
    made, base = machine
    (tmp_path / "letters").touch()
    with pytest.raises(BackupError) as caught:
        _recover(made, base, tmp_path)
    assert caught.value.message == f"{tmp_path} is there, and is no data folder of PostgreSQL."
    with psycopg.connect(made.url) as conn:
        live = Path(conn.execute("show data_directory").fetchone()[0])
    with pytest.raises(BackupError, match=rf"A server runs on {live} \(process \d+\)\."):
        _recover(made, base, live)


def test_a_log_that_is_not_there(machine):
    """A folder that somebody names and that is not there is no log without segments."""
    made, base = machine
    cli = Sqlwright(made.root, {"DATABASE_URL": made.url})
    said = cli(f"restore --from {base}/to --data-folder {base}/restored_to --wal {base}/wall")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"error: There is no folder {base}/wall.\n"
        "--wal names the folder of the archived segments.\n"
    )


def test_a_killed_one_is_cleaned_up(machine):
    """What a restore that was killed left, its server too, goes with the next one."""
    made, base = machine
    arguments = [str(base / "to"), str(base / "killed"), _newest(made, base).name]
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED_RECOVERY, *arguments], stdout=subprocess.PIPE, text=True
    )
    with child:
        pid = int(child.stdout.readline())
        child.kill()
    assert exists(pid)
    remove_leftovers(base / "killed")
    assert not exists(pid)
    assert not list(base.glob(".killed*"))
