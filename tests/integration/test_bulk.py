"""Copies and streams on real servers: many rows, in little memory, with the connection kept."""

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import gc
import math
import signal
import threading
import time
import tracemalloc
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing, nullcontext, suppress
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.types.enum import EnumInfo
from psycopg.types.json import Jsonb, set_json_loads
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from sqlwright.errors import ArgumentError, QueryError
from sqlwright.queries import load_queries, read_queries
from sqlwright.queries.garbage import collection_paused
from sqlwright.queries.streams import stream
from sqlwright.queries.units import unit

pytestmark = pytest.mark.newest

IDLE, OPEN, FAILED = (
    TransactionStatus.IDLE,
    TransactionStatus.INTRANS,
    TransactionStatus.INERROR,
)
SQL = """
-- name: make_items()#
create temporary table items (
    id int primary key check (id > 0),
    name text not null,
    document jsonb,
    at timestamptz not null default '2026-01-01 00:00+00'
);

-- name: load()!
-- Copies items in.
copy items (id, name, document) from stdin;

-- name: load_some()!
copy items (id, name) from stdin (format binary) where id % 2 = 0;

-- name: export()
copy (select id, name, document, at from items order by id) to stdout;

-- name: export_table()
copy items (id, name) to stdout with (format binary);

-- name: fill(most)!
insert into items (id, name, document)
select n, 'item ' || n, jsonb_build_object('n', n) from generate_series(1, :most::int) as n;

-- name: list_all()
select id, name, document, at from items order by id;

-- name: numbers(most)
select n, n::text as text from (select generate_series(1, :most::int) as n) as one;

-- name: divide(most)
select 1000 / (n - :most::int) as quotient from generate_series(1, 100000) as n;

-- name: divide_all()
copy (select 1000 / (n - 5000) as quotient from generate_series(1, 100000) as n) to stdout;

-- name: endless()
copy (select generate_series(1, 100000000) as n) to stdout;

-- name: rename_all()
update items set name = upper(name) returning id, name;

-- name: get(id)^
select id, name from items where id = :id;

-- name: count_items()$
select count(*) from items;

-- name: sleep()
select n from generate_series(1, 3) as n, pg_sleep(30);
"""
ITEMS = [(1, "一", {"a": [1, None]}), (2, "two", None), (3, "", Jsonb(None))]


class Item(NamedTuple):
    """A row of the table."""

    id: int
    name: str
    document: Any
    at: dt.datetime


class New(NamedTuple):
    """A row to be copied in."""

    id: int
    name: str
    document: Any


@pytest.fixture(scope="module")
def queries(tmp_path_factory) -> Any:
    """The functions of the file."""
    file = tmp_path_factory.mktemp("sql") / "items.sql"
    file.write_text(SQL, encoding="utf-8")
    return load_queries(file, {"list_all": Item, "export": Item})


@pytest.fixture
def conn(server, queries) -> Iterator[psycopg.Connection]:
    """An autocommit connection with the table that the queries are about."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        queries.make_items(conn)
        yield conn


@pytest.fixture
def loop(server, queries) -> Iterator[tuple[asyncio.Runner, psycopg.AsyncConnection]]:
    """The same for asyncio, with what runs it."""
    with asyncio.Runner() as runner:
        conn = runner.run(psycopg.AsyncConnection.connect(server.url(), autocommit=True))
        runner.run(queries.make_items(conn))
        yield runner, conn
        runner.run(conn.close())


async def later(rows: Any) -> AsyncIterator[Any]:
    """The rows, of which each lets others run."""
    for row in rows:
        await asyncio.sleep(0)
        yield row


def status(conn: Any) -> TransactionStatus:
    """Whether the connection is in a transaction."""
    return conn.info.transaction_status


# Copies


def test_rows_go_in_and_come_out(conn, queries):
    """What an iterable gives is there afterwards; the number of rows is returned."""
    assert queries.load(conn, iter(ITEMS)) == 3
    assert queries.load(conn, []) == 0
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert list(queries.export(conn)) == [
        Item(1, "一", {"a": [1, None]}, at),
        Item(2, "two", None, at),
        Item(3, "", None, at),
    ]
    assert list(queries.export(conn)) == queries.list_all(conn)
    assert list(queries.export_table(conn)) == [(1, "一"), (2, "two"), (3, "")]
    assert conn.execute("select id, document::text from items order by id").fetchall() == [
        (1, '{"a": [1, null]}'),
        (2, None),
        (3, "null"),
    ]


def test_the_same_over_asyncio(loop, queries):
    """An iterable or an async iterable goes in, an async iterator comes out."""
    runner, conn = loop

    async def main() -> None:
        assert await queries.load(conn, ITEMS[:1]) == 1
        assert await queries.load(conn, later(ITEMS[1:])) == 2
        assert [row async for row in queries.export(conn)] == await queries.list_all(conn)

    runner.run(main())


def test_no_rows(conn, queries):
    """Nothing comes out of nothing."""
    assert list(queries.export(conn)) == []
    assert list(stream(queries.list_all)(conn)) == []


def test_rows_may_be_named_tuples_or_lists(conn, queries):
    """Any sequence with a value for each column."""
    assert queries.load(conn, [New(1, "a", None), [2, "b", {}]]) == 2


def test_where_holds(conn, queries):
    """PostgreSQL's own condition: the rest is left out, and not counted."""
    assert queries.load_some(conn, ((n, "x") for n in range(1, 10))) == 4


VALUES = {
    "int2": [-(2**15), 2**15 - 1],
    "int4": [-(2**31), 2**31 - 1],
    "int8": [-(2**63), 2**63 - 1],
    "oid": [0, 2**32 - 1],
    "bool": [True, False],
    "float4": [0.5, math.inf],
    "float8": [1.1, -math.inf, 1],
    "numeric(12, 2)": [decimal.Decimal("12.30"), 7],
    "text": ["", "小雨\n\t\\"],
    "varchar(3)": ["abc"],
    "char(3)": ["a  "],
    "name": ["n"],
    "bytea": [b"\x00\xff"],
    "uuid": [uuid.UUID(int=7)],
    "date": [dt.date(1, 1, 1), dt.date(9999, 12, 31)],
    "time": [dt.time(23, 59, 59, 999999)],
    "timestamp": [dt.datetime(2026, 1, 1)],  # noqa: DTZ001
    "timestamptz": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)],
    "interval": [dt.timedelta(days=-1, microseconds=1)],
    "json": [{"a": "é"}, 1.5, "x"],
    "jsonb": [{"a": ["é", 1.5, None, True]}, [], "x", 7],
    "int4[]": [[1, None], []],
    "text[]": [["a", None, "b"]],
    "bpchar[]": [["a"]],
    "jsonb[]": [[{"a": 1}, None]],
    "int4range": [Range(1, 5), Range(empty=True)],
    "int8multirange": [Multirange([Range(1, 5)])],
    "mood": ["glad"],
    "grade": [3],
}


@pytest.mark.parametrize("type_", VALUES)
def test_every_type_goes_both_ways(conn, tmp_path, type_):
    """A value comes back from a copy, and is what an insert with a cast would have stored."""
    conn.execute("create type pg_temp.mood as enum ('glad'); create domain pg_temp.grade as int")
    name = f"pg_temp.{type_}" if type_ in {"mood", "grade"} else type_
    conn.execute(f"create temporary table given (n int, v {name})")
    (tmp_path / "given.sql").write_text(
        "-- name: load()!\ncopy given (n, v) from stdin;\n"
        "-- name: export()\ncopy (select v from given order by n) to stdout;\n"
    )
    given = load_queries(tmp_path / "given.sql")
    values = [*VALUES[type_], None]
    assert given.load(conn, list(enumerate(values))) == len(values)
    assert [row.v for row in given.export(conn)] == values
    if type_ not in {"json", "jsonb", "jsonb[]"}:
        for n, value in enumerate(values):
            same = f"select v is not distinct from cast(%s as {name}) from given where n = %s"
            assert conn.execute(same, [value, n]).fetchone() == (True,)


def test_nan(conn, tmp_path):
    """Numbers that are none."""
    conn.execute("create temporary table given (f float8, n numeric)")
    file = tmp_path / "given.sql"
    file.write_text("-- name: load()\ncopy given (f, n) from stdin;")
    load_queries(file).load(conn, [(math.nan, decimal.Decimal("NaN"))])
    assert conn.execute("select f::text, n::text from given").fetchone() == ("NaN", "NaN")


def test_an_enum_that_is_registered(conn, tmp_path):
    """Goes and comes as the user's type."""
    import enum

    class Mood(enum.Enum):
        glad = 1

    conn.execute("create type pg_temp.mood as enum ('glad')")
    conn.execute("create temporary table given (v pg_temp.mood)")
    psycopg.types.enum.register_enum(EnumInfo.fetch(conn, "pg_temp.mood"), conn, Mood)
    file = tmp_path / "given.sql"
    file.write_text(
        "-- name: load()\ncopy given (v) from stdin;\n-- name: export()\ncopy given (v) to stdout;"
    )
    given = load_queries(file)
    given.load(conn, [(Mood.glad,)])
    assert [row.v for row in given.export(conn)] == [Mood.glad]


def test_a_type_that_nobody_knows_in_binary(conn, tmp_path):
    """Is refused before anything is sent, and the error says what to do."""
    conn.execute("create temporary table given (v point)")
    file = tmp_path / "given.sql"
    file.write_text("-- name: load()\ncopy given (v) from stdin;")
    with pytest.raises(QueryError) as caught:
        load_queries(file).load(conn, [("(1,2)",)])
    assert str(caught.value) == (
        "load can't copy the column v: nothing is registered for its type (oid 600) in binary.\n"
        "Register a dumper and a loader for it, or copy it as text: a cast in the select, a table"
        " of texts to copy into."
    )


# What is wrong with a row

WRONG = {
    "too few": ((1, "a"), " has 2 values for 3 columns."),
    "too many": ((1, "a", {}, 4), " has 4 values for 3 columns."),
    "no row": (7, " is of type int."),
    "mapping": ({"id": 7}, " is of type dict."),
    "text": (
        ("7", "a", {}),
        (
            ", column id: a value of type str does not fit into int4: required argument is not an"
            " integer."
        ),
    ),
    "too large": (
        (2**40, "a", {}),
        (
            ", column id: a value of type int does not fit into int4: 'i' format requires"
            " -2147483648 <= number <= 2147483647."
        ),
    ),
    "number": (
        (7, 7, {}),
        (
            ", column name: a value of type int does not fit into text: bad argument type for"
            " built-in operation."
        ),
    ),
    "no JSON": (
        (7, "a", {"a": {1}}),
        (
            ", column document: a value of type dict does not fit into jsonb: Object of type set"
            " is not JSON serializable."
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("number", [3, 20_000])
def test_a_wrong_row(conn, queries, wrong, number):
    """Is named by its number and the column; no row is stored, and the connection is usable."""
    row, message = WRONG[wrong]
    rows = [*((n, "x", None) for n in range(1, number)), row, (number, "x", None)]
    with pytest.raises(QueryError) as caught:
        queries.load(conn, rows)
    assert caught.value.message == f"load: row {number}{message}"
    assert (status(conn), queries.count_items(conn)) == (IDLE, 0)


def test_values_are_not_cut_off(conn, tmp_path):
    """psycopg's dumpers in C store 2**40 as 0, 1e300 as infinity and "no" as true: ours refuse."""
    conn.execute("create temporary table given (i int2, f float4, b bool)")
    file = tmp_path / "given.sql"
    file.write_text("-- name: load()\ncopy given (i, f, b) from stdin;")
    given = load_queries(file)
    for row in [(70000, 0, True), (1, 1e300, True), (1, 0, "no"), (1.5, 0, True)]:
        with pytest.raises(QueryError, match="does not fit into"):
            given.load(conn, [row])


REFUSED = {
    "null": ((3, None, None), psycopg.errors.NotNullViolation, "COPY items, line 3"),
    "check": ((-3, "x", None), psycopg.errors.CheckViolation, "COPY items, line 3"),
    "twice": ((1, "x", None), psycopg.errors.UniqueViolation, "COPY items, line 3"),
    "NUL": (
        (3, "a\0b", None),
        psycopg.errors.CharacterNotInRepertoire,
        "COPY items, line 3, column name",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_row_that_the_server_refuses(conn, queries, case):
    """psycopg's error, with the server's context: the number of the row."""
    row, error, context = REFUSED[case]
    with pytest.raises(error) as caught:
        queries.load(conn, [(1, "x", None), (2, "x", None), row])
    assert caught.value.diag.context == context
    assert (status(conn), queries.count_items(conn)) == (IDLE, 0)


class StopError(Exception):
    """What an iterable fails with."""


def stop(rows: Iterator[Any]) -> None:
    """Fails on the first of them."""
    for _ in rows:
        raise StopError


def failing(rows: int) -> Iterator[Any]:
    """Some rows, and then none."""
    yield from ((n, "x" * 100, None) for n in range(1, rows + 1))
    raise StopError


def test_rows_that_come_from_the_same_connection(conn, queries):
    """Are refused, not waited for."""
    with pytest.raises(QueryError, match=r"^numbers can't be sent: its connection is still"):
        queries.load(conn, ((n, text, None) for n, text in stream(queries.numbers)(conn, most=3)))
    with pytest.raises(psycopg.OperationalError, match="another command is already in progress"):
        queries.load(conn, ((n, conn.execute("select 'x'"), None) for n in range(1, 3)))
    assert queries.count_items(conn) == 0


@pytest.mark.parametrize("rows", [0, 1, 10_000])
def test_an_iterable_that_raises(conn, queries, rows):
    """Its own error; no row is stored, and the connection is usable."""
    with pytest.raises(StopError):
        queries.load(conn, failing(rows))
    assert (status(conn), queries.count_items(conn)) == (IDLE, 0)


def test_an_iterable_that_raises_in_a_transaction(conn, queries):
    """The inner one is rolled back, the outer goes on."""
    with conn.transaction():
        queries.load(conn, [(1, "x", None)])
        with pytest.raises(StopError), conn.transaction():
            queries.load(conn, failing(10))
        assert queries.count_items(conn) == 1
    assert queries.count_items(conn) == 1


def test_a_copy_begins_a_transaction(server, queries):
    """Where the connection is not in autocommit; and it can be rolled back."""
    with psycopg.connect(server.url()) as conn:
        queries.make_items(conn)
        conn.commit()
        queries.load(conn, ITEMS)
        assert status(conn) is OPEN
        conn.rollback()
        assert list(queries.export(conn)) == []
        assert status(conn) is OPEN


@pytest.mark.parametrize("steps", [1, 3, 10, 50, 2000])
def test_a_task_that_is_cancelled(loop, queries, steps):
    """Wherever it waits: no row is stored, and the connection is usable."""
    runner, conn = loop

    async def main() -> None:
        rows = later((n, "x" * 1000, None) for n in count(1))
        task = asyncio.create_task(queries.load(conn, rows))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert status(conn) is IDLE
        assert await queries.count_items(conn) == 0

    runner.run(main())


def kill(url: str, pid: int) -> None:
    """Ends a session of the server."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(%s, 5000)", (pid,))


def test_the_server_ends_the_session(conn, queries, server):
    """While rows go in, and while they come: an error of psycopg's, and the connection is lost."""

    def rows() -> Iterator[Any]:
        yield from ((n, "x" * 1000, None) for n in range(1, 100))
        kill(server.url(), conn.info.backend_pid)
        yield from ((n, "x" * 1000, None) for n in range(100, 10_000))

    with pytest.raises(psycopg.OperationalError):
        queries.load(conn, rows())
    assert conn.closed


@pytest.mark.parametrize("way", ["copy", "stream"])
def test_the_server_ends_the_session_of_a_reader(conn, queries, server, way):
    """What has come is read, then an error of psycopg's; the connection is lost."""
    rows = queries.endless(conn) if way == "copy" else stream(queries.numbers)(conn, most=10**8)
    next(rows)
    kill(server.url(), conn.info.backend_pid)
    with pytest.raises(psycopg.OperationalError):
        list(rows)
    assert conn.closed


def test_a_reader_is_told_why_the_server_ends_the_session(conn, queries, server):
    """As the server says it, and not only that the connection is lost."""
    killer = threading.Timer(0.3, kill, (server.url(), conn.info.backend_pid))
    killer.start()
    with pytest.raises(psycopg.errors.AdminShutdown):
        list(stream(queries.sleep)(conn))
    killer.join()
    assert conn.closed


# Streams


@pytest.mark.parametrize("size", [1, 7, 500])
@pytest.mark.parametrize("rows", [0, 1, 500, 1001])
def test_a_stream_gives_what_the_function_gives(conn, queries, size, rows):
    """The same rows of the same types, in chunks of any size."""
    queries.fill(conn, most=rows)
    found = list(stream(queries.list_all, size=size)(conn))
    assert found == queries.list_all(conn)
    assert {type(row) for row in found} <= {Item}


def test_a_stream_over_asyncio(loop, queries):
    """The same as an async iterator."""
    runner, conn = loop

    async def main() -> None:
        found = [row async for row in stream(queries.numbers, size=10)(conn, most=95)]
        assert found == await queries.numbers(conn, most=95)
        assert len(found) == 95

    runner.run(main())


def test_a_stream_with_libpq_before_17(conn, queries, monkeypatch):
    """Row by row, to the same effect."""
    monkeypatch.setattr(psycopg.capabilities, "has_stream_chunked", lambda: False)
    rows = stream(queries.numbers, size=10)(conn, most=95)
    assert list(rows) == queries.numbers(conn, most=95)
    with stream(queries.numbers)(conn, most=10**7) as rows:
        assert next(rows).n == 1
    assert status(conn) is IDLE


def test_rows_that_are_changed_can_be_streamed(conn, queries):
    """What no cursor of the server can run."""
    queries.fill(conn, most=1000)
    assert sum(row.name.startswith("ITEM") for row in stream(queries.rename_all)(conn)) == 1000


READERS = {
    "copy": lambda queries: queries.endless,
    "stream": lambda queries: lambda conn: stream(queries.numbers)(conn, most=10**8),
}


@pytest.fixture(params=READERS)
def read(request, queries) -> Any:
    """`read(conn)`: more rows than anybody wants."""
    return READERS[request.param](queries)


def test_closing_early(conn, queries, read):
    """By the block, by `close`, by leaving the loop: the connection is free at once."""
    with read(conn) as rows:
        assert [row.n for row in islice(rows, 3)] == [1, 2, 3]
    assert status(conn) is IDLE
    rows = read(conn)
    next(rows)
    rows.close()
    assert list(rows) == []
    assert status(conn) is IDLE
    for row in read(conn):
        assert row.n == 1
        break
    assert status(conn) is IDLE
    with closing(read(conn)):
        pass
    with pytest.raises(StopError), read(conn) as rows:
        stop(rows)
    assert queries.count_items(conn) == 0


def test_rows_that_nobody_wanted(conn, read):
    """Nothing is sent before the first one is asked for."""
    rows = read(conn)
    assert status(conn) is IDLE
    del rows
    gc.collect()
    assert status(conn) is IDLE


@pytest.mark.parametrize("autocommit", [True, False])
def test_closing_early_costs_a_transaction_nothing(conn, queries, read, autocommit):
    """What it did before is still there, and it goes on."""
    conn.autocommit = autocommit
    with conn.transaction():
        queries.load(conn, ITEMS)
        with read(conn) as rows:
            next(rows)
        assert status(conn) is OPEN
        assert len(list(queries.export(conn))) == 3
    assert queries.count_items(conn) == 3


def test_a_stream_begins_a_transaction(server, queries, read):
    """Where the connection is not in autocommit; it is open afterwards, closed early or not."""
    with psycopg.connect(server.url()) as conn:
        conn.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        for row in read(conn):
            assert row.n == 1
            break
        assert status(conn) is OPEN
        found = conn.execute("show transaction_isolation").fetchone()
        assert found == ("serializable",)


def test_closing_early_over_asyncio(loop, queries, read):
    """By the block, by `aclose`, by leaving the loop, by a cancelled task."""
    runner, conn = loop

    async def endless() -> None:
        async for _ in read(conn):
            await asyncio.sleep(0)

    async def main() -> None:
        async with read(conn) as rows:
            assert (await anext(rows)).n == 1
        assert status(conn) is IDLE
        async with aclosing(read(conn)) as rows:
            await anext(rows)
        assert await queries.count_items(conn) == 0
        async for _ in read(conn):
            break
        assert await queries.count_items(conn) == 0
        for steps in (1, 2, 5, 100):
            task = asyncio.create_task(endless())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            del task
            assert await queries.count_items(conn) == 0

    runner.run(main())


@pytest.mark.parametrize("name", ["divide_all", "divide"])
@pytest.mark.parametrize("in_transaction", [False, True])
def test_an_error_after_some_rows(conn, queries, name, in_transaction):
    """The rows before it come; then psycopg's error, and the transaction has failed with it."""
    conn.autocommit = not in_transaction
    rows = queries.divide_all(conn)
    if name == "divide":
        rows = stream(queries.divide, size=100)(conn, most=5000)
    seen: list[Any] = []
    with pytest.raises(psycopg.errors.DivisionByZero):
        seen.extend(rows)
    assert 0 < len(seen) < 5000
    assert status(conn) is (FAILED if in_transaction else IDLE)


def test_a_value_that_python_has_not(conn, tmp_path):
    """A time beyond Python's years fails in its row; the connection is free."""
    file = tmp_path / "times.sql"
    file.write_text(
        "-- name: times()\nselect case when n < 3 then now() else 'infinity' end as at"
        " from generate_series(1, 100000) as n;"
    )
    times = load_queries(file)
    rows = stream(times.times)(conn)
    assert [next(rows).at.year > 0, next(rows).at.year > 0] == [True, True]
    with pytest.raises(psycopg.DataError, match="timestamp too large"):
        next(rows)
    assert status(conn) is IDLE
    with pytest.raises(psycopg.DataError, match="timestamp too large"):
        times.times(conn)


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_wrong_query(conn, tmp_path, in_transaction):
    """The server's error when the first row is asked for."""
    conn.autocommit = not in_transaction
    file = tmp_path / "wrong.sql"
    file.write_text(
        "-- name: a()\nselect id from missing;\n-- name: b()\ncopy missing (a) to stdout;"
    )
    wrong = load_queries(file)
    for rows in (stream(wrong.a)(conn), wrong.b(conn)):
        with pytest.raises(psycopg.errors.UndefinedTable):
            next(rows)
        assert status(conn) is (FAILED if in_transaction else IDLE)
        conn.rollback()


def check_unit(conn, queries, number):
    """A unit that begins with many rows gives all of them."""
    with unit(conn) as both:
        first, second = both.add(queries.numbers, most=number), both.add(queries.count_items)
    assert (len(first.value), second.value) == (number, 0)


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_unit_after_rows_in_chunks(conn, queries, in_transaction):
    """Is no longer read in chunks, however the rows before it ended, and whoever read them."""
    with conn.transaction() if in_transaction else nullcontext():
        check_unit(conn, queries, 14)
        assert len(list(stream(queries.numbers, size=5)(conn, most=14))) == 14
        check_unit(conn, queries, 14)
        with stream(queries.numbers, size=5)(conn, most=14_000) as rows:
            next(rows)
        check_unit(conn, queries, 14)
        assert len(list(conn.cursor().stream("select generate_series(1, 14)", size=5))) == 14
        check_unit(conn, queries, 14)
    with pytest.raises(psycopg.errors.DivisionByZero):
        list(stream(queries.divide, size=5)(conn, most=50))
    check_unit(conn, queries, 14)


def test_a_pipeline_after_rows_in_chunks(conn, queries):
    """psycopg's own pipeline gets its rows too."""
    assert len(list(stream(queries.numbers, size=5)(conn, most=14))) == 14
    with conn.pipeline():
        assert len(conn.execute("select generate_series(1, 14)").fetchall()) == 14


def test_statement_timeout(conn, queries):
    """Holds for a stream as for any query; and the next call works."""
    conn.execute("set statement_timeout to 50")
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        list(stream(queries.sleep)(conn))
    assert queries.count_items(conn) == 0


def test_ctrl_c(conn, queries):
    """The query is cancelled, and the connection is as it was."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            list(stream(queries.sleep)(conn))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 20
    assert (status(conn), queries.count_items(conn)) == (IDLE, 0)


def test_ctrl_c_at_any_moment(server, conn, queries):
    """Of a unit, a stream or a copy: the connection is free or closed, and answers are right."""

    def work(number: int) -> None:
        check_unit(conn, queries, number)
        assert len(list(stream(queries.numbers, size=5)(conn, most=number))) == number
        with pytest.raises(StopError):
            queries.load(conn, failing(number))

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for moment in range(1, 300, 2):
            if conn.closed:
                conn = psycopg.connect(server.url(), autocommit=True)
                queries.make_items(conn)
            work(moment % 20)
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, moment * 10e-6)
                try:
                    work(20)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            assert conn.closed or status(conn) is IDLE
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        conn.close()


def test_another_query_meanwhile(conn, queries, read):
    """Is refused, not waited for: the one who waits would be the one who reads."""
    with read(conn) as rows:
        next(rows)
        with pytest.raises(psycopg.OperationalError, match="another command is already"):
            queries.count_items(conn)
        with pytest.raises(QueryError) as caught:
            list(queries.export(conn))
        assert str(caught.value) == (
            "export can't be sent: its connection is still busy with other rows.\n"
            "Let those come to their end or close them first, or take another connection."
        )
        assert next(rows).n == 2
    assert queries.count_items(conn) == 0


def test_a_pipeline(conn, queries):
    """Has no place for rows that come while they are read."""
    with conn.pipeline():
        for call in (
            lambda: queries.load(conn, ITEMS),
            lambda: list(queries.export(conn)),
            lambda: list(stream(queries.list_all)(conn)),
        ):
            with pytest.raises(QueryError, match=r"can't be part of a pipeline\."):
                call()
    assert queries.count_items(conn) == 0


def test_what_is_no_stream(conn, queries):
    """One row, a copy, any other function, no connection: each error says what it is."""
    with pytest.raises(QueryError, match=r"^get can't be streamed: it is no query of many rows\."):
        stream(queries.get)(conn, id=1)
    with pytest.raises(QueryError, match=r"^export can't be streamed"):
        stream(queries.export)(conn)
    with pytest.raises(QueryError, match=r"^<lambda> is no named query\."):
        stream(lambda _: [])(conn)
    with pytest.raises(ArgumentError, match=r"^numbers is streamed from str, which is no"):
        stream(queries.numbers)("postgresql://", most=1)
    with pytest.raises(ArgumentError, match=r"^numbers is called without most\."):
        stream(queries.numbers)(conn)
    with pytest.raises(ArgumentError, match=r"^A stream can't have chunks of 0 rows\."):
        stream(queries.numbers, size=0)
    with pytest.raises(ArgumentError, match=r"^load is called on str, which is no connection\."):
        queries.load("postgresql://", [])
    with pytest.raises(QueryError, match=r"^load can't be part of a unit"), unit(conn) as work:
        work.add(queries.load, [])


def test_a_closed_connection(conn, queries, read):
    """psycopg's error says so."""
    conn.close()
    for call in (lambda: queries.load(conn, ITEMS), lambda: list(read(conn))):
        with pytest.raises(psycopg.OperationalError, match=r"^the connection is closed$"):
            call()


@pytest.mark.parametrize("setting", ["latin1", None])
def test_where_prepared_queries_go_another_way(conn, queries, setting):
    """Another encoding, or a pooler without prepared statements: they give the same."""
    if setting:
        conn.execute(f"set client_encoding to {setting}")
    conn.prepare_threshold = None
    queries.load(conn, [(1, "é", None)])
    assert [row.name for row in queries.export(conn)] == ["é"]
    assert [row.name for row in stream(queries.list_all)(conn)] == ["é"]
    with pytest.raises(QueryError if setting else psycopg.Error):
        queries.load(conn, [(1 if setting is None else 2, "小雨", None)])


# Progress


def test_progress(conn, queries):
    """Is told of rows now and then, never of fewer than before, and of all of them at the end."""
    told: list[int] = []

    def slowly() -> Iterator[Any]:
        for n in range(1, 3001):
            if n % 1000 == 0:
                time.sleep(0.11)
            yield n, "x" * 1000, None

    queries.load(conn, slowly(), progress=told.append)
    assert told == sorted(told)
    assert len(told) > 2
    assert told[-1] == 3000
    for rows in (
        queries.export(conn, progress=told.append),
        stream(queries.list_all, progress=told.append)(conn),
    ):
        told.clear()
        assert len(list(rows)) == 3000
        assert told[-1] == 3000


def test_progress_that_fails(conn, queries):
    """Ends it, as whatever fails there would."""

    def fail(_: int) -> None:
        raise StopError

    with pytest.raises(StopError):
        list(stream(queries.numbers, progress=fail)(conn, most=10))
    with pytest.raises(StopError):
        queries.load(conn, ITEMS, progress=fail)
    assert status(conn) is IDLE


# Memory, and who cleans it up


def peak(function: Any) -> int:
    """The most bytes that Python had meanwhile."""
    gc.collect()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_the_rows_take_the_same_memory(conn, queries):
    """Of Python's own, and of libpq's, which is outside of it, the chunk says."""
    numbers = stream(queries.numbers)
    few, many = (
        peak(lambda rows=rows: sum(1 for _ in numbers(conn, most=rows))) for rows in (1000, 10_000)
    )
    assert many < 1.5 * few
    few, many = (
        peak(lambda rows=rows: queries.load(conn, ((n, "x", None) for n in rows)))
        for rows in (range(1, 1001), range(1001, 11_001))
    )
    assert many < 1.5 * few
    assert peak(lambda: sum(1 for _ in queries.export(conn))) < 400_000


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_a_million_rows_in_little_memory(conn, queries):
    """Of the whole process; the rows would be more than 100 MB."""
    before = most = resident()
    for number, _ in enumerate(stream(queries.numbers)(conn, most=1_000_000)):
        if number % 100_000 == 0:
            most = max(most, resident())
    assert number == 999_999
    assert most - before < 30_000_000


def test_no_collection_while_many_rows_are_made(conn, queries):
    """A long list is made in peace; afterwards the collector is as it was."""
    collections: list[str] = []

    def note(phase: str, _: object) -> None:
        collections.append(phase)

    queries.numbers(conn, most=1)
    gc.callbacks.append(note)
    try:
        rows = queries.numbers(conn, most=20_000)
        made = len(collections)
    finally:
        gc.callbacks.remove(note)
    assert len(rows) == 20_000
    assert made <= 2
    assert gc.isenabled()


def test_collection_is_paused_while_anybody_wants_it():
    """Blocks may overlap, in one thread or in several; whoever had it off has it off."""
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collection_paused():
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=other)
    with collection_paused():
        with collection_paused():
            thread.start()
            inside.wait(20)
        assert not gc.isenabled()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


# JSON

DOCUMENTS = [
    {"a": [1, 2.5, None, True, '小雨 " \\ \u2028'], "b": {}},
    [], "x", "", 0, -1.5, 10**30, None, False, {"": ""}, [[[[]]]], {"a": "\U0001f600"},
]  # fmt: skip


@pytest.fixture
def documents(tmp_path) -> Any:
    """Functions that send a document back, in a row or in rows."""
    file = tmp_path / "documents.sql"
    file.write_text(
        "-- name: one(document)$\nselect :document::jsonb as document;\n"
        "-- name: many(documents)\nselect * from unnest(:documents::jsonb[]) as document;\n"
    )
    return load_queries(file)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_are_what_psycopg_makes_of_them(conn, documents, document):
    """The same value from the same text, however it is sent and read."""
    for _ in range(2):
        found = documents.one(conn, document=Jsonb(document))
        assert (found, type(found)) == (document, type(document))
    text = "select %s::jsonb, %s::jsonb::text = %s::jsonb::text"
    given = [Jsonb(document), Jsonb(document), Jsonb(document)]
    assert conn.execute(text, given).fetchone() == (document, True)
    (found,) = documents.many(conn, documents=[Jsonb(document)])
    assert found.document == document


def test_documents_that_are_none(conn, documents):
    """json's own errors."""
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ValueError, match="Circular reference detected"):
        documents.one(conn, document=Jsonb(ring))
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        documents.one(conn, document=Jsonb({1}))
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        documents.one(conn, document=Jsonb(math.nan))


def test_functions_of_the_users_own_for_documents(conn, documents):
    """Are called in the place of json's: a wrapper's, and a connection's."""
    wrapped = Jsonb("x", dumps=lambda _: '"y"')
    assert documents.one(conn, document=wrapped) == "y"
    set_json_loads(lambda text: ("mine", text), conn)
    found = documents.many(conn, documents=[Jsonb("x")])
    assert [row.document for row in found] == [("mine", b'"x"')] * 1


# What a file may say


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "-- name: a()\ncopy t from stdin;",
            "2, column 1 lists no columns",
            "List them: a new one would change the rows' type.",
        ),
        (
            "-- name: a()\ncopy t (a) from stdin (format csv);",
            "2, column 1 has the option 'format csv'",
            "Take it out: rows go in binary.",
        ),
        (
            "-- name: a()\ncopy t (a) from stdin csv header;",
            "2, column 1 is no copy of rows that can be typed",
            (
                "Write copy schema.table (column, …) from stdin, or copy (select …) to stdout,"
                " without comments in it: rows go in binary, which needs no options."
            ),
        ),
        (
            "-- name: a(b)!\n-- Says.\n\ncopy t (a) from stdin where a = :b;",
            "4, column 1 is a copy, which takes no parameters",
            "Take them out: the rows bring the values.",
        ),
        (
            "-- name: a(b)\ncopy (select c from t where d = :b) to stdout;",
            "2, column 1 is a copy, which takes no parameters",
            "Stream a select in its place: that takes parameters.",
        ),
    ],
)
def test_copies_that_are_refused(tmp_path, text, message, hint):
    """With file, line and the fix."""
    file = tmp_path / "copies.sql"
    file.write_text(text)
    with pytest.raises(QueryError) as caught:
        read_queries(file)
    assert str(caught.value) == f"{file}, line {message}.\n{hint}"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("copy t (a) from stdin", "copy t (a) from stdin (format binary)"),
        ("COPY s.t(a, b) FROM STDIN;", "copy s.t (a, b) from stdin (format binary)"),
        (
            'copy "S"."T; x" ("A")\nfrom  stdin with (freeze, format binary) where "A" > 1;',
            'copy "S"."T; x" ("A") from stdin (format binary, freeze) where "A" > 1',
        ),
        (
            "copy (select ') to stdout' as a) to stdout",
            "copy (select ') to stdout' as a) to stdout (format binary)",
        ),
        ("copy t (a) to '/tmp/x'", None),
        ("copy t (a) from program 'x'", None),
    ],
)
def test_what_is_sent(tmp_path, written, sent):
    """Binary is asked for; a copy that the server reads or writes itself is left alone."""
    (tmp_path / "a.sql").write_text(f"-- name: a()!\n{written}")
    (query,) = read_queries(tmp_path / "a.sql")
    assert (query.copied.sql if query.copied else None) == sent
    assert query.kind == ("copy" if sent else "affected")
