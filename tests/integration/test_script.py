"""The script for psql: after it a database can't be told from one that `sqlwright` migrated."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from dataclasses import replace

import psycopg
import pytest

from conftest import ROOT
from sqlwright.config import Project
from sqlwright.errors import HistoryError
from sqlwright.migrations import migrate
from sqlwright.migrations.history import State
from sqlwright.migrations.psql import write_script
from sqlwright.migrations.script import plan_script
from sqlwright.server import find_installation
from sqlwright.server.database import create_database, drop_database

BOOKS = """
    select 'mark' as kind, migration_id, migration_hash,
        row_number() over (order by applied_at_utc) as place, null as operation
    from _yoyo_migration
    union all
    select 'checksum', migrations.migration_id, checksum, 0, null
    from _sqlwright_checksum
    join _yoyo_migration as migrations using (migration_hash, applied_at_utc)
    union all
    select 'log', migration_id, migration_hash, row_number() over (order by created_at_utc),
        operation
    from _yoyo_log
    where username <> '' and hostname <> '' and id ~ '^[0-9a-f-]{36}$' and comment is null
    union all
    select 'started', migration_id, '', 0, operation from _sqlwright_started
    union all
    select 'lock', '', '', 0, pid::text from yoyo_lock
    union all
    select 'version', '', '', version, null from _yoyo_version
    order by kind, place, migration_id
"""
RIGHTS = """
    select relname, relowner::regrole::text, relacl::text
    from pg_class
    where relname ~ '^(_?yoyo|_sqlwright)' and relkind = 'r'
    order by relname
"""
PSQL = [str(find_installation({}).bindir / "psql"), "-X", "-q"]
FILES = {
    # What psql could take for its own: backslashes, colons, unended statements, other settings.
    "shop_0001_items": (
        "-- Items: a \\backslash, a :colon, it's.\n"
        "create table items (id int primary key, name text default 'a\\b;', tags int[]);\n"
        "create function f() returns text language plpgsql as $$\n"
        "begin\n    return 'x' || E'\\n' || ':name';\nend\n$$;\n"
        "set search_path = pg_catalog; set standard_conforming_strings = on;\n"
        "/* nested /* comment; */ */ insert into public.items values (1, ';', '{1,2,3}')"
    ),
    "shop_0001_items__rollback": "drop function f(); drop table items -- the last word",
    "shop_0002_index": (
        "-- Looked up.\n-- depends: shop_0001_items\n-- transactional: false\n"
        "create index concurrently items_name_idx on items (name)"
    ),
    "shop_0002_index__rollback": "drop index concurrently items_name_idx",
    "shop_0003_more": (
        "-- More.\n-- depends: shop_0002_index\n"
        "create temporary table t as select tags[1:2] as tags from items;\n"
        "alter table items add column more text; set role none;\n"
    ),
    "shop_0003_more__rollback": "alter table items drop column more;\n",
}


def run(project, **options):
    """Writes the script and has psql run it."""
    return psql(project.url, write_script(plan_script(project, **options)))


def psql(url, script):
    """What psql says, and how it ends."""
    return subprocess.run(
        [*PSQL, url], input=script, capture_output=True, text=True, encoding="utf-8", check=False
    )


def rows(url, query=BOOKS):
    """What the query finds."""
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchall()


@pytest.fixture
def shop(write):
    """Three migrations that are hard for psql, nothing applied."""
    return write(**FILES)


@pytest.fixture
def twin(server, shop):
    """The same project on a second database."""
    with server.janitor("twin"):
        yield replace(shop, url=server.url("twin"))


def test_forwards_and_back(shop, twin, catalogue):
    """Catalogue and books are those of apply and rollback, after each step, and both go on."""
    for options in ({"assumed": ["base"], "to": "shop_0001_items"}, {}):
        result = run(shop, **options)
        assert (result.returncode, result.stderr) == (0, "")
        migrate.apply(twin, to=options.get("to"))
        assert rows(shop.url) == rows(twin.url)
    assert result.stdout == "Applied shop_0002_index\nApplied shop_0003_more\n"
    assert migrate.apply(shop) == []
    with psycopg.connect(shop.url) as theirs, psycopg.connect(twin.url) as ours:
        assert catalogue(theirs) == catalogue(ours)
    for options in ({"steps": 2}, {"assumed": ["shop_0001_items"]}):
        result = run(shop, operation="rollback", **options)
        assert (result.returncode, result.stderr) == (0, "")
        migrate.rollback(twin, steps=options.get("steps"))
        assert rows(shop.url) == rows(twin.url)
    assert result.stdout == "Rolled back shop_0001_items\n"


def test_everything_of_this_repository(blank, template, server, catalogue):
    """The five schemas by one script: the catalogue and the books of `sqlwright apply`."""
    result = run(Project(root=ROOT, name="tests", url=blank), assumed=["base"])
    assert (result.returncode, result.stderr) == (0, "")
    with server.janitor("ours", template_dbname=template):
        ours = server.url("ours")
        assert rows(blank) == rows(ours)
        with psycopg.connect(blank) as theirs, psycopg.connect(ours) as conn:
            assert catalogue(theirs) == catalogue(conn)


def test_as_the_owner(server, tmp_path):
    """On a database that `sqlwright create` made, tables and books belong to its owner alone."""
    name = f"script_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    folder = tmp_path / "migrations" / "shop"
    folder.mkdir(parents=True)
    (folder / "shop_0001_a.sql").write_text("-- Why.\ncreate table a (); set role postgres;")
    (folder / "shop_0002_b.sql").write_text("-- Why.\ncreate table b ();")
    project = Project(root=tmp_path, name="shop", url=server.url(name))
    create_database(project)
    try:
        result = run(project, assumed=["base"])
        assert (result.returncode, result.stderr) == (0, "")
        owner = f"{name}_owner"
        mine = f"{{{owner}=arwdDxt{'m' if b'm' in _acl(project.url) else ''}/{owner}}}"
        assert {row[1:] for row in rows(project.url, RIGHTS)} == {(owner, mine)}
        tables = rows(
            project.url, "select tablename, tableowner from pg_tables where tablename < 'c'"
        )
        assert {("a", owner), ("b", owner)} <= set(tables)
    finally:
        drop_database(project)


def _acl(url):
    """The rights of an owner, which PostgreSQL 17 has one more of."""
    return rows(url, "select acldefault('r', 10)::text")[0][0].split("/")[0].encode()


def test_an_error_stops_it(shop, write):
    """What was committed stays, the rest is not tried, and the next apply goes on from there."""
    write(shop_0003_more="-- More.\n-- depends: shop_0002_index\ncreate table x (); select 1 / 0;")
    result = run(shop, assumed=["base"])
    assert result.returncode == 3
    assert "division by zero" in result.stderr
    states = {entry.id: entry.state for entry in migrate.read_entries(shop)}
    assert states["shop_0002_index"] == State.APPLIED
    assert states["shop_0003_more"] == State.PENDING
    write(**FILES)
    assert [done.id for done in migrate.apply(shop)] == ["shop_0003_more"]


def _refused(result, message, hint):
    assert result.returncode == 3
    assert result.stderr == f"ERROR:  {message}\nHINT:  {hint}\n"


@pytest.mark.parametrize(
    ("operation", "assumed", "there", "message"),
    [
        (
            "apply",
            ["base"],
            "shop_0001_items",
            "shop_0001_items is applied, and this script was made for a database without it.",
        ),
        (
            "apply",
            ["shop_0002_index"],
            "shop_0001_items",
            "shop_0002_index is not applied, and this script was made for a database with it.",
        ),
        (
            "rollback",
            ["shop_0002_index"],
            "shop_0003_more",
            "shop_0003_more is applied, and this script was made for a database without it.",
        ),
    ],
)
def test_another_state_is_refused(shop, operation, assumed, there, message):
    """Nothing is changed where the database is not as the script takes it to be."""
    migrate.apply(shop, to=there)
    before = rows(shop.url)
    result = run(shop, operation=operation, assumed=assumed)
    _refused(result, message, "Nothing was changed. Make the script anew: sqlwright sql")
    assert rows(shop.url) == before


def test_who_migrates_keeps_it_out(shop, blank):
    """While another session holds the lock, or plain yoyo its row, it does nothing."""
    migrate.install(shop)
    script = write_script(plan_script(shop))
    take = next(line for line in script.split("\n") if "pg_try_advisory_lock(" in line)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(f"select {take.strip().removeprefix('if not ').removesuffix(' then')}")
        _refused(
            psql(blank, script),
            "Another process migrates this database.",
            "Wait until it has finished, and run the script again.",
        )
        conn.execute("select pg_advisory_unlock_all()")
        conn.execute("insert into yoyo_lock values (1, now(), 4242)")
        _refused(
            psql(blank, script),
            "This database is locked by yoyo.",
            "If nobody migrates it, run `yoyo break-lock`, then this script again.",
        )
        conn.execute("update yoyo_lock set pid = -1")
    assert psql(blank, script).returncode == 0


def test_what_yoyo_applied_is_adopted(shop, blank):
    """The script keeps the checksums of what has none, as apply does."""
    migrate.apply(shop, to="shop_0001_items")
    with psycopg.connect(blank) as conn:
        conn.execute("delete from _sqlwright_checksum")
    assert run(shop).returncode == 0
    assert all(entry.applied.checksum for entry in migrate.read_entries(shop))


def test_what_broke_off_is_left_to_apply(shop, blank):
    """A script can't see how far a run without a transaction came."""
    migrate.apply(shop, to="shop_0001_items")
    with psycopg.connect(blank) as conn:
        conn.execute(
            "insert into _sqlwright_started"
            " values (encode(sha256('shop_0002_index'), 'hex'), 'shop_0002_index', 'apply', now())"
        )
    with pytest.raises(HistoryError) as caught:
        plan_script(shop)
    assert str(caught.value) == (
        "shop_0002_index was begun and broke off, and a script can't see how far it came.\n"
        "Run `sqlwright apply`, which clears up first."
    )


def test_psql_15_runs_it_too(shop):
    """Debian's older psql takes the same script."""
    if not shutil.which("psql", path="/usr/lib/postgresql/15/bin"):
        pytest.skip("psql 15 is not installed")
    script = write_script(plan_script(shop, assumed=["base"]))
    older = ["/usr/lib/postgresql/15/bin/psql", "-X", "-q", shop.url]
    result = subprocess.run(older, input=script, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
