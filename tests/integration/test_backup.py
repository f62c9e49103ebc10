"""`backup`: whole or absent, what is noted in it, what it lets go, and who may not see what."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
import typer

from backups import AWKWARD, back_up, made_project, silent
from commands import COMMAND, project
from conftest import ROOT
from sqlwright.cli.talk import INTERRUPTED, interruptible
from sqlwright.errors import BackupError
from sqlwright.migrations import migrate
from sqlwright.operations.backup import (
    Backup,
    Kind,
    Manifest,
    Retention,
    archive_command,
    list_backups,
)
from sqlwright.operations.backup.contents import read_contents
from sqlwright.operations.backup.folder import new_backup, one_writer, remove
from sqlwright.operations.backup.manifest import Rows, read_manifest
from sqlwright.operations.backup.noted import begin
from sqlwright.operations.backup.retention import expired, expired_wal
from sqlwright.operations.backup.tools import find_tools

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path, blank):
    """A project on a database of its own that is hard to copy."""
    made = made_project(tmp_path / "shop", blank)
    migrate.apply(made)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(AWKWARD)
    return made


def test_manifest(shop, tmp_path):
    """It notes server, time, place in the log, migrations, rows, and each file's size and hash."""
    whole = back_up(shop, tmp_path / "to").backup.whole
    with psycopg.connect(shop.url) as conn:
        version = conn.info.parameter_status("server_version").split()[0]
        system = conn.execute("select system_identifier::text from pg_control_system()").fetchone()
    assert (whole.kind, whole.database, whole.version) == ("logical", "blank", version)
    assert (whole.system,) == system
    assert whole.heads == {"shop": "shop_0001_items"}
    assert len(whole.migrations[0].checksum) == 64
    assert whole.tables['"Odd ""schema"."tä.ble %s {x} 漢"'].rows == 100
    assert whole.tables["public.parts_1"].rows == 1
    assert whole.tables["public.empty"] == Rows(rows=0, hash="0")
    assert (whole.sequences["public.numbers"], whole.sequences["public.untouched"]) == (6, None)
    assert whole.large_objects.rows == 2
    assert whole.files["dump/toc.dat"].size > 0
    assert whole.size == sum(file.size for file in whole.files.values())
    assert whole.started_at <= whole.as_of <= whole.finished_at
    assert read_manifest(list_backups(tmp_path / "to")[0].folder) == whole


@pytest.mark.newest
def test_counts_are_the_dumps(shop, tmp_path):
    """Rows that are committed while it dumps are neither in the dump nor in the counts."""
    with psycopg.connect(shop.url, autocommit=True) as conn:

        def write(*_):
            conn.execute("insert into shop.items values ('late')")

        whole = back_up(shop, tmp_path / "to", step=write).backup.whole
        late = conn.execute("select count(*) from shop.items").fetchone()[0]
    assert late > 0
    assert whole.tables["shop.items"].rows == 0


@pytest.mark.newest
def test_command_says_what_it_made(tmp_path, blank):
    """It prints folder, size and time; `--list` shows age and version; `--json` gives the rest."""
    cli = project(tmp_path / "shop", DATABASE_URL=blank)
    assert cli("apply").code == 0
    made = cli("backup")
    assert (made.code, made.err) == (0, "")
    assert re.fullmatch(
        rf"{cli.folder}/backups/\d{{8}}T\d{{6}}Z-logical  \d+ kB in \d+\.\d s\n", made.out
    )
    listed = cli("backup --list")
    assert re.fullmatch(r"\S+-logical  blank  \d+ kB  \d+ s ago  1[58]\.\d+\n", listed.out)
    planned = json.loads(cli("backup --dry-run --keep 1 --json").out)
    assert (planned["kind"], planned["would_remove"]) == ("logical", [])
    [one] = json.loads(cli("backup --list --json").out)["backups"]
    assert one["heads"] == {"common": "common_0001_schema", "shop": "shop_0002_items"}
    assert len(list((cli.folder / "backups").glob("*-logical"))) == 1


@pytest.mark.newest
def test_a_damaged_one_is_listed(shop, tmp_path):
    """What is not whole is shown with what is wrong, and is no backup."""
    made = back_up(shop, tmp_path).backup
    (made.folder / "dump/toc.dat").unlink()
    [found] = list_backups(tmp_path)
    assert found.fault == f"{made.folder}/dump/toc.dat is missing."
    with pytest.raises(BackupError, match=r"toc\.dat is missing"):
        assert found.whole


@pytest.mark.newest
def test_interrupted_leaves_nothing(shop, tmp_path):
    """Ctrl-C in the middle removes what was written; what a kill left goes at the next one."""

    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(shop, tmp_path / "to", step=interrupt)
    left = tmp_path / "to" / ".20260101T000000Z-logical.partial"
    left.mkdir()
    assert list_backups(tmp_path / "to") == []
    made = back_up(shop, tmp_path / "to").backup
    there = {path.name for path in (tmp_path / "to").iterdir()}
    assert there == {".gitignore", ".lock", made.name}


@pytest.mark.parametrize(
    ("how", "usual"),
    [
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ],
)
def test_stopped(how, usual, capsys):
    """A service that is stopped and a terminal that is closed are as good as Ctrl-C."""
    before = signal.signal(how, usual)
    try:
        with pytest.raises(typer.Exit) as ended, interruptible("Nothing is left."):
            signal.raise_signal(how)
        assert signal.getsignal(how) is usual
    finally:
        signal.signal(how, before)
    assert ended.value.exit_code == INTERRUPTED
    assert capsys.readouterr().err == "Nothing is left.\n"


def test_stopped_below_nohup():
    """Who asked that a closed terminal does no harm is heard."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible("Nothing is left."):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.newest
def test_two_at_once(shop, tmp_path):
    """While one is written, another is refused."""
    with one_writer(tmp_path), pytest.raises(BackupError) as caught:
        back_up(shop, tmp_path)
    assert str(caught.value) == (
        f"Another backup is being written to {tmp_path}.\nWait for it, or end it."
    )


@pytest.mark.newest
def test_disk_full(tmp_path, blank):
    """Where a file can't grow, it says so, and leaves nothing."""
    cli = project(tmp_path / "shop", DATABASE_URL=blank)
    assert cli("apply").code == 0
    run = f"ulimit -f 4; exec {COMMAND} backup --to {tmp_path}/to"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATABASE_URL": blank}
    done = subprocess.run(
        ["bash", "-c", run],
        cwd=cli.folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "error: pg_dump failed: ended by SIGXFSZ.\n"
        "Lift the limit on the size of files: ulimit -f.\n"
    )
    assert list_backups(tmp_path / "to") == []


@pytest.mark.newest
def test_folder_that_cant_be_made(shop):
    """A folder that can't be made is named."""
    with pytest.raises(BackupError) as caught:
        back_up(shop, Path("/proc/backups"))
    assert str(caught.value) == (
        "The folder /proc/backups can't be made: No such file or directory.\n"
        "Make its parent writable, or give another folder: --to FOLDER."
    )


@pytest.mark.newest
def test_linked_folder(shop, tmp_path):
    """A folder behind a link is as good as any."""
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    made = back_up(shop, tmp_path / "link").backup
    assert [one.name for one in list_backups(tmp_path / "there")] == [made.name]


@pytest.mark.newest
def test_no_password_is_seen(shop, tmp_path):
    """A password is no argument of a program, and in no file of a backup."""
    bindir = tmp_path / "bin"
    bindir.mkdir()
    with psycopg.connect(shop.url) as conn:
        there = find_tools(conn.info.server_version // 10000, {}).bindir
    for path in there.iterdir():
        (bindir / path.name).symlink_to(path)
    (bindir / "pg_dump").unlink()
    (bindir / "pg_dump").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/seen\n'
        f'printf "%s\\n" "${{PGPASSWORD-}}" >> {tmp_path}/given\nexec {there}/pg_dump "$@"\n'
    )
    (bindir / "pg_dump").chmod(0o755)
    url = shop.url.replace("postgres@", "postgres:s3cret%21@")
    made = back_up(replace(shop, url=url, environ={"PG_BINDIR": str(bindir)}), tmp_path / "to")
    assert "s3cret" not in (tmp_path / "seen").read_text()
    assert "s3cret!" in (tmp_path / "given").read_text()
    for file in made.backup.folder.rglob("*.*"):
        assert b"s3cret" not in file.read_bytes()


@pytest.mark.newest
def test_role_that_may_not_read(shop, tmp_path):
    """Without the right to read a table there is no backup, and the table is named."""
    with psycopg.connect(shop.url, autocommit=True) as conn:
        conn.execute("create role weak_reader login")
    try:
        weak = replace(shop, url=shop.url.replace("postgres@", "weak_reader@"))
        with pytest.raises(BackupError) as caught:
            back_up(weak, tmp_path)
    finally:
        with psycopg.connect(shop.url, autocommit=True) as conn:
            conn.execute("drop role weak_reader")
    assert re.fullmatch(
        r"(pg_dump failed|weak_reader may not back up): permission denied for \w+ .+\.\n"
        r"Back up as the database's owner, or as a superuser\.",
        str(caught.value),
    )
    assert list_backups(tmp_path) == []


def test_tools_of_another_version():
    """Programs of another version are not used; the message names the wanted ones."""
    with pytest.raises(BackupError) as caught:
        find_tools(14, {"PG_BINDIR": "/nowhere"})
    assert str(caught.value) == (
        "PostgreSQL 14 is wanted here, and this machine has no programs of that version.\n"
        "Install it (Debian: postgresql-client-14), or set PG_BINDIR to the folder with its"
        " pg_dump."
    )


def _backup(days: float, kind: str = "logical", parent: str | None = None, **other) -> Backup:
    """A backup that is so many days old."""
    at = NOW - timedelta(days=days)
    name = f"{at:%Y%m%dT%H%M%SZ}-{kind}"
    manifest = Manifest(
        name=name,
        kind=Kind(kind),
        database=other.get("database", "shop"),
        version="18.6",
        system=other.get("system", "1"),
        started_at=at,
        finished_at=at,
        as_of=at,
        timeline=other.get("timeline", 1),
        start_lsn=other.get("lsn", "0/1000000"),
        lsn="0/2000000",
        wal_segment_size=2**24,
        next_xid=1,
        superuser="postgres",
        migrations=(),
        parent=parent,
    )
    return Backup(folder=Path("/to") / name, manifest=manifest)


DAYS = [_backup(n) for n in range(1, 5)]
FULL, OLDER = _backup(9, "physical"), _backup(10, "physical")
CHAIN = [_backup(2, "incremental", FULL.name), _backup(5, "incremental", FULL.name), FULL]
INCREMENT = _backup(1, "incremental", CHAIN[1].name)
MENDABLE = Backup(
    folder=CHAIN[1].folder, manifest=None, fault="something extra", noted=CHAIN[1].manifest
)
DAMAGED = Backup(folder=Path("/to/20261121T030000Z-logical"), manifest=None, fault="broken")


@pytest.mark.parametrize(
    ("backups", "retention", "gone"),
    [
        (DAYS, Retention(), []),
        (DAYS, Retention(count=3), DAYS[3:]),
        (DAYS, Retention(days=2.5), DAYS[2:]),
        (DAYS, Retention(days=2.5, count=3), DAYS[3:]),
        (DAYS, Retention(days=0), DAYS[1:]),
        (DAYS, Retention(days=1e9), []),
        ([DAMAGED, *DAYS], Retention(count=1), DAYS[1:]),
        ([*CHAIN, *DAYS], Retention(count=1), [CHAIN[1], *DAYS[1:]]),
        ([INCREMENT, MENDABLE, FULL, OLDER], Retention(count=1), [OLDER]),
        ([DAYS[0], _backup(7, database="other")], Retention(days=1), []),
    ],
    ids=[
        *("all", "count", "age", "either", "newest", "forever", "damaged", "parents"),
        *("parent of what can be mended", "other"),
    ],
)
def test_retention(backups, retention, gone):
    """Age and count; the newest whole one stays, and so do parents and other databases'."""
    ordered = sorted(backups, key=lambda one: one.name, reverse=True)
    found = expired(ordered, retention, now=NOW)
    assert {one.name for one in found} == {one.name for one in gone}


def test_retention_of_the_log(tmp_path):
    """Segments from before the oldest copy go; without a copy all stay."""
    names = ["000000010000000000000001", "000000010000000000000002", "000000020000000000000003"]
    for name in [*names, "00000002.history"]:
        (tmp_path / name).touch()
    copy = _backup(1, "physical", lsn="0/2000028")
    assert [one.name for one in expired_wal(tmp_path, [copy])] == names[:1]
    assert expired_wal(tmp_path, DAYS) == []


def test_retention_of_the_log_of_two_timelines(tmp_path):
    """A server that went back goes on where an older copy, of the timeline before, is past."""
    for name in ("000000020000000000000003", "000000020000000000000009"):
        (tmp_path / name).touch()
    before = _backup(2, "physical", lsn="0/8000028")
    after = _backup(1, "physical", lsn="0/3000028", timeline=2)
    assert expired_wal(tmp_path, [after, before]) == []


def test_a_clock_that_was_set_back(tmp_path):
    """The newest backup has the last name, which retention keeps, whatever the clock says."""
    for name in ("20981231T235959Z-physical", "20260101T000000Z-logical"):
        (tmp_path / name).mkdir()
    with new_backup(tmp_path, Kind.LOGICAL) as (name, _):
        assert name == "20990101T000000Z-logical"


def test_what_can_t_be_removed_is_not_said_to_be(tmp_path):
    """A backup that stays is not among those that went: the log that it needs would go too."""
    backup = replace(FULL, folder=tmp_path / FULL.name)
    in_the_way = tmp_path / f".{FULL.name}.removed"
    for folder in (backup.folder, in_the_way):
        folder.mkdir()
        (folder / "manifest.json").touch()
    assert not remove(backup)
    assert backup.folder.is_dir()


def test_no_time_limit_ends_a_backup(blank):
    """Whatever the role, the database or the URL say, the transaction that counts goes on."""
    with psycopg.connect(blank, options="-c statement_timeout=1h -c lock_timeout=1h") as conn:
        limits = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"]
        if conn.info.server_version >= 170000:
            conn.execute("set transaction_timeout = '1h'")
            limits.append("transaction_timeout")
        conn.commit()
        conn.autocommit = True
        begin(conn)
        assert [conn.execute(f"show {one}").fetchone()[0] for one in limits] == ["0"] * len(limits)


@pytest.mark.newest
def test_a_large_object_larger_than_a_value(blank):
    """It is read in pieces: one object, and its last byte counts."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("select lo_from_bytea(1, convert_to(repeat('x', 17000000), 'UTF8'))")
        read = partial(read_contents, conn, sequences={}, step=silent)
        before = read().large_objects
        conn.execute("select lo_put(1, 16999999, 'y')")
        after = read().large_objects
    assert (before.rows, after.rows) == (1, 1)
    assert before.hash != after.hash


@pytest.mark.parametrize("name", ["wal", 'it\'s "100%" $HOME `x`'])
def test_archive_command(tmp_path, name):
    """A segment arrives whole; again is no error, other bytes of its name are."""
    folder = tmp_path / name
    folder.mkdir()
    segment = tmp_path / "segment"
    segment.write_text("bytes")
    command = re.sub(
        "%[%pf]",
        lambda m: {"%%": "%", "%p": str(segment), "%f": "01"}[m[0]],
        archive_command(folder),
    )
    codes = [subprocess.run(["sh", "-c", command], check=False).returncode for _ in range(2)]
    segment.write_text("others")
    codes.append(subprocess.run(["sh", "-c", command], check=False).returncode)
    assert codes == [0, 0, 1]
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("01", "bytes")]


@pytest.mark.newest
def test_the_unit_runs(tmp_path, blank):
    """Each command of the systemd unit is one that the command line takes."""
    cli = project(tmp_path / "shop", DATABASE_URL=blank)
    unit = (ROOT / "deploy/systemd/sqlwright-backup@.service").read_text()
    commands = re.findall(r"^ExecStart=/srv/%i/.venv/bin/sqlwright (.*)$", unit, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        said = cli(f"{command.replace('%i', 'shop')} --dry-run")
        assert (said.code, said.err) == (0, "")
