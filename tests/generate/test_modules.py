"""Generated modules: written, checked, imported and called."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.errors import ConfigError, QueryError
from sqlwright.generate import modules
from sqlwright.queries.generated import sql_of
from sqlwright.queries.streams import stream

USERS = """\
-- name: add(name, document)^
-- Adds a user.
insert into shop.users (name, document) values (:name, :document)
returning id, name, document;

-- name: count_all()$
select count(*) as every from shop.users;

-- name: list_names(at_least)
select name from shop.users where id >= :at_least order by id;

-- name: remove(id)!
delete from shop.users where id = :id;
"""


@pytest.fixture
def shop(tmp_path, server, monkeypatch):
    """A project with one table and four queries, and its generated package on the path."""
    with psycopg.connect(server.url()) as conn:
        if conn.info.server_version < 160000:
            pytest.skip("types are made from PostgreSQL 16 or newer")
    name = f"shop{id(tmp_path)}"
    (tmp_path / "migrations" / "shop").mkdir(parents=True)
    (tmp_path / "migrations" / "shop" / "shop_0001.sql").write_text(
        "create schema shop; create table shop.users (id int generated always as identity,"
        " name text not null, document jsonb);"
    )
    (tmp_path / "sql" / "shop").mkdir(parents=True)
    (tmp_path / "sql" / "shop" / "users.sql").write_text(USERS)
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "sql").symlink_to(tmp_path / "sql")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Project(root=tmp_path, name="shop", package=name, url=server.url())
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


def generate(project):
    """Writes the modules, and gives the names of the files that changed."""
    wanted = modules.modules_of(project, modules.describe_project(project, database=project.url))
    return [file.name for file in modules.write(project, wanted)]


def users(project):
    """The generated module."""
    return importlib.import_module(f"{project.package}.shop.users")


def test_generating_twice_writes_once(shop):
    """What is there already is left alone."""
    assert generate(shop) == ["__init__.py", "users.py"]
    assert generate(shop) == []


def test_a_module_is_called_sync_and_async(shop, blank):
    """One function serves both: rows are typed, JSON is wrapped, counts are counts."""
    generate(shop)
    module = users(shop)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute((shop.root / "migrations/shop/shop_0001.sql").read_bytes())
        row = module.add(conn, name="小明", document={"a": [1]})
        assert row == module.Row(id=1, name="小明", document={"a": [1]})
        assert module.count_all(conn) == 1
        assert [found.name for found in module.list_names(conn, at_least=0)] == ["小明"]

    async def on_async():
        async with await psycopg.AsyncConnection.connect(blank) as conn:
            added = await module.add(conn, name="b", document=None)
            return added, await module.remove(conn, id=added.id)

    assert asyncio.run(on_async()) == (module.Row(id=2, name="b", document=None), 1)


def test_a_module_can_be_imported_whatever_its_queries_say(shop):
    """A comment that ends in a quote, columns that are called as methods of a tuple are."""
    (shop.root / "sql/shop/users.sql").write_text(
        '-- name: tell()^\n-- Those that are "open"\nselect 1 as count, 2 as index, 3 as other;\n'
    )
    generate(shop)
    assert users(shop).TellRow(count=1, index=2, other=3).count == 1
    text = (shop.root / shop.package / "shop" / "users.py").read_text()
    assert "    count: int  # type: ignore[assignment]\n" in text
    assert "    other: int\n" in text


def test_a_claim_is_held_to_at_run_time(shop, blank):
    """A column that was claimed to be not null, and is null, is an error that names it."""
    file = shop.root / "sql/shop/users.sql"
    claim = "-- not null: document\n"
    file.write_text(USERS.replace("-- Adds a user.\n", f"-- Adds a user.\n{claim}"))
    generate(shop)
    with psycopg.connect(blank) as conn:
        conn.execute((shop.root / "migrations/shop/shop_0001.sql").read_bytes())
        assert users(shop).add(conn, name="a", document={}).document == {}
        conn.execute(
            "create function shop.forget() returns trigger language plpgsql as"
            " $$ begin new.document := null; return new; end $$;"
            "create trigger forget before insert on shop.users for each row"
            " execute function shop.forget()"
        )
        with pytest.raises(QueryError, match=r"^document is null in Row"):
            users(shop).add(conn, name="b", document={})


def test_a_row_that_a_trigger_keeps_out_is_an_error(shop, blank):
    """`add` promises a row: where there is none it says so, and never gives None."""
    generate(shop)
    with psycopg.connect(blank) as conn:
        conn.execute((shop.root / "migrations/shop/shop_0001.sql").read_bytes())
        conn.execute(
            "create function shop.keep_out() returns trigger language plpgsql as"
            " $$ begin return null; end $$;"
            "create trigger keep_out before insert on shop.users for each row"
            " execute function shop.keep_out()"
        )
        with pytest.raises(QueryError) as caught:
            users(shop).add(conn, name="a", document=None)
    assert str(caught.value) == (
        "add gave no row, though it always should.\n"
        "Look for a trigger or a rule of the table that keeps the row out."
    )


def test_a_list_of_documents_is_sent_as_json(shop, blank):
    """Each is wrapped; None is a null in the array."""
    file = shop.root / "sql/shop/users.sql"
    file.write_text(
        f"{USERS}\n-- name: keep(documents)\n"
        "select given.document from unnest(:documents::jsonb[]) as given (document);\n"
    )
    generate(shop)
    with psycopg.connect(blank) as conn:
        rows = users(shop).keep(conn, documents=[{"a": 1}, [2], "text", None])
    assert [row.document for row in rows] == [{"a": 1}, [2], "text", None]


def test_the_statement_can_be_reached(shop):
    """From the function to what is sent."""
    generate(shop)
    assert sql_of(users(shop).remove) == "delete from shop.users where id = $1;"


def test_changed_sql_is_not_run_under_old_types(shop, blank):
    """The first call says that the types are stale."""
    generate(shop)
    file = shop.root / "sql/shop/users.sql"
    file.write_text(USERS.replace("order by id", "order by name"))
    with psycopg.connect(blank) as conn, pytest.raises(QueryError) as caught:
        users(shop).count_all(conn)
    assert str(caught.value).endswith(
        "sql/shop/users.sql was changed after its functions were generated.\n"
        "Run `sqlwright generate`, and commit what it writes."
    )


def test_a_module_without_its_file_is_removed(shop):
    """What is left over differs, and goes; other files of the package stay."""
    generate(shop)
    other = shop.root / shop.package / "shop" / "hooks.py"
    other.write_text('"""By hand."""\n')
    (shop.root / "sql/shop/users.sql").rename(shop.root / "sql/shop/people.sql")
    assert generate(shop) == ["__init__.py", "people.py", "users.py"]
    assert sorted(file.name for file in other.parent.glob("*.py")) == [
        "__init__.py",
        "hooks.py",
        "people.py",
    ]


def test_a_forgotten_await_and_wrong_arguments_are_flagged(shop):
    """mypy --strict finds each wrong call, and nothing in the right ones."""
    generate(shop)
    service = shop.root / "service.py"
    service.write_text(
        "from psycopg import AsyncConnection, Connection\n"
        f"from {shop.package}.shop import users\n"
        "def right(conn: Connection[object]) -> int | None:\n"
        "    row = users.add(conn, name='a', document={})\n"
        "    return row.id + users.count_all(conn)\n"
        "async def wrong(conn: AsyncConnection[object]) -> None:\n"
        "    users.remove(conn, id=1)\n"
        "    await users.remove(conn, id='1')\n"
        "    await users.remove(conn)\n"
        "    await users.remove(conn, idd=1)\n"
        "    await users.add(conn, name=None, document={})\n"
        "    (await users.add(conn, name='a', document={})).idd\n"
        "    (await users.list_names(conn, at_least=1))[0].nme\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(service)],
        cwd=shop.root,
        capture_output=True,
        text=True,
        check=False,
    )
    flagged = {int(line.split(":")[1]) for line in result.stdout.splitlines() if ": error:" in line}
    assert flagged == {7, 8, 9, 10, 11, 12, 13}, result.stdout


BULK = """\
-- name: load()!
-- Adds any number of users.
copy shop.users (name, document) from stdin;

-- name: export()
-- Every user.
copy (select id, name, document from shop.users order by id) to stdout;
"""


def test_copies_and_streams_are_typed(shop, blank):
    """A module with both runs; mypy --strict finds each wrong use, and nothing in the right."""
    (shop.root / "sql" / "shop" / "users.sql").write_text(USERS + "\n" + BULK)
    generate(shop)
    module = users(shop)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute((shop.root / "migrations/shop/shop_0001.sql").read_bytes())
        assert module.load(conn, [("a", {"b": 1}), module.LoadRow(name="c", document=None)]) == 2
        assert list(module.export(conn)) == [
            module.Row(id=1, name="a", document={"b": 1}),
            module.Row(id=2, name="c", document=None),
        ]
        rows = stream(module.list_names)(conn, at_least=2)
        assert [row.name for row in rows] == ["c"]
    service = shop.root / "service.py"
    service.write_text(
        "from collections.abc import AsyncIterator\n"
        "from psycopg import AsyncConnection, Connection\n"
        "from sqlwright.queries.streams import stream\n"
        f"from {shop.package}.shop import users\n"
        "names = stream(users.list_names, size=7, progress=print)\n"
        "def right(conn: Connection[object]) -> int:\n"
        "    users.load(conn, (('a', n) for n in range(3)), progress=print)\n"
        "    for row in users.export(conn):\n"
        "        users.load(conn, [users.LoadRow(row.name, row.document)])\n"
        "    with names(conn, at_least=1) as rows:\n"
        "        return sum(len(row.name) for row in rows)\n"
        "async def right_too(conn: AsyncConnection[object], given: AsyncIterator[tuple[str, int]])"
        " -> int:\n"
        "    async with names(conn, at_least=1) as rows:\n"
        "        async for row in rows:\n"
        "            print(row.name)\n"
        "    return await users.load(conn, given)\n"
        "def wrong(conn: Connection[object], given: AsyncIterator[tuple[str, int]]) -> None:\n"
        "    users.load(conn, [(1, {})])\n"
        "    users.load(conn, [('a',)])\n"
        "    users.load(conn, [(None, {})])\n"
        "    users.load(conn, given)\n"
        "    next(users.export(conn)).nme\n"
        "    names(conn)\n"
        "    names(conn, at_least='1')\n"
        "    next(names(conn, at_least=1)).nme\n"
        "    stream(users.add)\n"
        "async def wrong_too(conn: AsyncConnection[object]) -> None:\n"
        "    users.load(conn, [('a', {})])\n"
        "    for _ in names(conn, at_least=1): pass\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(service)],
        cwd=shop.root,
        capture_output=True,
        text=True,
        check=False,
    )
    flagged = {int(line.split(":")[1]) for line in result.stdout.splitlines() if ": error:" in line}
    assert flagged == {18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29}, result.stdout


def test_a_project_without_a_package_is_told_so(tmp_path):
    """There is nowhere to write to."""
    with pytest.raises(ConfigError, match="names no package for generated functions"):
        modules.modules_of(Project(root=tmp_path, name="x"), [])
