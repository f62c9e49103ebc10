"""Gathering on real servers: many callers' calls in few statements, each with its own answer."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from callers import PATIENCE
from heavy_rows import SCHEMAS, HeavyRows, queries_by_table
from sqlwright import seeding
from sqlwright.config import load_project
from sqlwright.errors import ArgumentError, ConfigError, QueryError
from sqlwright.gathering import Gathered, gather
from sqlwright.gathering.forms import Read, Together, learn
from sqlwright.pool import open_async_pool
from sqlwright.queries import Kind, Query, load_queries
from sqlwright.queries.adapter import function_of
from sqlwright.queries.generated import GeneratedQueries
from sqlwright.queries.log import Run, listen
from sqlwright.queries.query import digest_of
from sqlwright.queries.reader import read_queries
from sqlwright.queries.statement import Statement

ROOT = Path(__file__).parent.parent.parent
TABLES = """
create table items (id bigint primary key, name text, price numeric(9, 2), made timestamptz);
insert into items
select n, 'item ' || n, n / 4.0, '2026-01-01Z'::timestamptz + n * interval '1 hour'
from generate_series(1, 70000, 100) as n;
create table events (
    id int constraint events_pkey primary key,
    note text,
    work text not null default pg_current_xact_id()::text
);
create sequence numbers;
-- Not as it says: it stands for a read that is slow.
create function slow(seconds float8) returns bool language plpgsql stable
as $$ begin perform pg_sleep(seconds); return true; end $$;
create function refuse_company() returns trigger language plpgsql as $$
begin
    if exists (select from events where work = new.work and note like 'alone%') then
        raise 'stood in the way' using errcode = 'deadlock_detected';
    end if;
    return new;
end $$;
create trigger events_refuse_company before insert on events for each row
when (new.note like 'alone%') execute function refuse_company();
create function keep_out() returns trigger language plpgsql as 'begin return null; end';
create trigger events_keep_out before insert on events for each row
when (new.note = 'kept out') execute function keep_out();
"""
SQL = """
-- name: get(id)^
select id, name, price, made from items where id = :id;

-- name: get_name(id)$
select name from items where id = :id; -- and nothing else

-- name: find(name, made)^
with named as (select * from items where name = :name or made = :made)
select id, name from named order by id desc limit 1;

-- name: get_text(text)$
select :text::text || '|';

-- name: get_time(time)$
select :time::timestamptz;

-- name: is_null(id, text)$
select :id::bigint is null and :text::text is null;

-- name: shift(bits)$
select :bits + 0;

-- name: count_cheap(price)$
select count(*) from items where price < :price;

-- name: count_all()$
select count(*) from items;

-- name: get_many(id)^
select id from items where id = :id or :id = 1 and id = 101;

-- name: all_columns(id)^
select * from items where id = :id;

-- name: divide(number, divisor)$
select :number::int / :divisor::int;

-- name: wait(seconds)$
select slow(:seconds);

-- name: add(id, note)^
insert into events (id, note) values (:id, :note) returning id, note, work;

-- name: add_quietly(id)!
insert into events (id) values (:id);

-- name: list_items()
select id from items;

-- name: lock(id)^
select id from items where id = :id for update;

-- name: next_number(step)$
select nextval('numbers') + :step;

-- name: rename(id, name)!
update items set name = :name where id = :id;

-- name: add_and_rename(id)^
with renamed as (update items set name = 'x' where id = :id returning id)
insert into events (id) select id from renamed returning id;

-- name: count_of(ids)$
select count(*) from items where id = any(:ids);

-- name: get_part(id)$
select max(:id::int);

-- name: make()!
create table never (id int);
"""
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """The file of queries."""
    file = tmp_path_factory.mktemp("sql") / "items.sql"
    file.write_text(SQL, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def queries(path) -> Any:
    """The functions of the file."""
    return load_queries(path)


@pytest.fixture(scope="module")
def filled(server) -> Iterator[str]:
    """The URL of a database with the tables that the queries are about."""
    with server.janitor("gathering"):
        url = server.url("gathering")
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(TABLES)
        yield url


@pytest.fixture
def url(filled) -> str:
    """The same, without events."""
    with psycopg.connect(filled, autocommit=True) as conn:
        conn.execute("truncate events")
    return filled


@asynccontextmanager
async def gathering(url: str, *, timeout: float = 10, **options: Any) -> AsyncIterator[Gathered]:  # noqa: ASYNC109
    """What gathers on a pool of its own."""
    settings = {
        name: options.pop(name) for name in ("size", "statement_timeout") if name in options
    }
    settings = {"size": 2, "overflow": 0, "pre_ping": False, "timeout": timeout, **settings}
    async with open_async_pool(url, **settings) as pool, gather(pool, **options) as gathered:
        yield gathered


@contextmanager
def runs() -> Iterator[list[Run]]:
    """What is sent inside."""
    heard: list[Run] = []
    stop = listen(heard.append)
    try:
        yield heard
    finally:
        stop()


@contextmanager
def locked(url: str, tables: str) -> Iterator[psycopg.Connection]:
    """Nobody reads or writes these tables until the connection rolls back."""
    with psycopg.connect(url) as conn:
        conn.execute(f"lock table {tables}")
        yield conn
        conn.rollback()


async def somebody_waits(lock: psycopg.Connection) -> None:
    """Returns once a statement has come as far as a table that is locked."""
    async with asyncio.timeout(PATIENCE):
        waits = "select from pg_locks where not granted"
        while not lock.execute(waits).fetchall():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def each(*asked: Coroutine[Any, Any, Any]) -> list[Any]:
    """What each call gave, or its error."""
    return await asyncio.gather(*asked, return_exceptions=True)


async def plainly(url: str, function: Any, calls: list[dict[str, Any]]) -> list[Any]:
    """What the function gives by itself, call by call."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        return [(await each(function(conn, **given)))[0] for given in calls]


def told(results: list[Any]) -> list[Any]:
    """Errors as what is said of them, since no two are equal."""
    return [
        (type(one), str(one), getattr(one, "sqlstate", None)) if isinstance(one, Exception) else one
        for one in results
    ]


KEYS = [1, 101, 32701, 32801, 69901, 2, -1, 2**31, -(2**63), 2**63 - 1]
HOSTILE = ["", "null", "NULL", '"', "\\", '\\"{},', "{}", " a ", "'", "你好🐘", "\t\n", "a" * 9000]
SAME: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "ints of each width": ("get", [{"id": key} for key in KEYS]),
    "a null among them": ("get_name", [{"id": key} for key in (1, None, 101)]),
    "only nulls": ("is_null", [{"id": None, "text": None}] * 3),
    "nulls here and there": (
        "is_null",
        [{"id": a, "text": b} for a in (None, 1) for b in (None, "")],
    ),
    "numbers of other types": (
        "get",
        [{"id": key} for key in (1, Decimal(101), 201.0, "301", True, 2**70, "x", Decimal("1.5"))],
    ),
    "texts that mean something": ("get_text", [{"text": text} for text in HOSTILE]),
    "a text that can't be sent": ("get_text", [{"text": text} for text in ("a", "b\0", "\ud800")]),
    "times, with a zone and without": (
        "get_time",
        [
            {"time": dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)},
            {"time": dt.datetime(2026, 5, 1, 12)},  # noqa: DTZ001
            {"time": dt.date(2026, 5, 1)},
            {"time": "2026-05-01 12:00+08"},
        ],
    ),
    "a limit and an order": (
        "find",
        [{"name": f"item {n}", "made": dt.datetime(2026, 1, 3, 5, tzinfo=dt.UTC)} for n in KEYS],
    ),
    "an aggregate": ("count_cheap", [{"price": Decimal(n)} for n in (0, 1, 5000, 99999)]),
    "no arguments": ("count_all", [{}, {}, {}]),
    "too many rows for one": ("get_many", [{"id": key} for key in (201, 1, 301)]),
    "every column": ("all_columns", [{"id": key} for key in KEYS]),
    "some that fail": ("divide", [{"number": 10, "divisor": n} for n in (1, 0, 2, 0, 3)]),
    "all that fail": ("divide", [{"number": n, "divisor": 0} for n in range(3)]),
}


@pytest.mark.parametrize(("name", "calls"), SAME.values(), ids=SAME)
def test_each_gets_what_the_function_gives(url, queries, name, calls):
    """Rows, nothing, and errors are those of a call by itself, and each caller's own."""
    function = getattr(queries, name)

    async def check() -> None:
        async with gathering(url) as gathered:
            for _ in range(2):
                asked = each(*(gathered.run(function, **given) for given in calls))
                alone = await plainly(url, function, calls)
                got = await asked
                assert told(got) == told(alone)
                assert [type(one).__name__ for one in got] == [type(one).__name__ for one in alone]

    asyncio.run(check())


@pytest.mark.parametrize(
    "settings",
    [{"prepare_threshold": None}, {"client_encoding": "latin1"}, {"client_encoding": "sjis"}],
    ids=["nothing prepared", "latin1", "sjis"],
)
def test_other_connections(url, queries, settings):
    """Behind a pooler, and in other encodings, each gets the same."""
    calls = [{"id": key} for key in KEYS]
    texts = ["", "\\", '"', "表"] if "sjis" in settings.values() else ["", "\\", '"', "é"]

    async def check() -> None:
        kwargs = {"autocommit": True, **settings}
        async with (
            AsyncConnectionPool(url, kwargs=kwargs, min_size=1, open=False) as pool,
            gather(pool, connections=1) as gathered,
        ):
            for _ in range(2):
                got = await each(*(gathered.run(queries.get, **given) for given in calls))
                assert told(got) == told(await plainly(url, queries.get, calls))
                got = await each(*(gathered.run(queries.get_text, text=text) for text in texts))
                assert got == [f"{text}|" for text in texts]

    asyncio.run(check())


@pytest.mark.newest
def test_the_systems_reads(database):
    """Every read of one row of the five systems gives the same, gathered and by itself."""
    seeding.refill(load_project(start=ROOT, database=database), rows=60)
    with psycopg.connect(database, autocommit=True) as conn:
        heavy = HeavyRows.of(conn, SCHEMAS)
        asked = [
            (statement_of(query), list(heavy.calls(table, query)))
            for table, query in queries_by_table()
            if query.kind in {Kind.ONE, Kind.VALUE}
        ]

    async def check() -> tuple[int, int]:
        reads = found = 0
        async with open_async_pool(database, size=2) as pool, gather(pool) as gathered:
            for statement, values in asked:
                async with pool.connection() as conn:
                    form = await learn(conn, statement)
                if not isinstance(form, Read):
                    assert form is Together.INSERTS or "it changes" in form.why, statement.name
                    continue
                function = partial(function_of(statement), None)
                calls = [
                    dict(zip(statement.parameters, given, strict=True))
                    for given in (*values, [None] * len(statement.parameters), *values)
                ]
                got = await each(*(gathered.run(function, **given) for given in calls))
                async with pool.connection() as conn:
                    alone = [(await each(function(conn, **given)))[0] for given in calls]
                assert told(got) == told(alone), statement.name
                reads += 1
                found += got[0] is not None
        return reads, found

    reads, found = asyncio.run(check())
    assert reads > 140
    assert found > 100


def statement_of(query: Query) -> Statement:
    """The statement of a query, whose rows have no type."""
    return Statement(
        name=f"{query.path.parent.name}.{query.path.stem}.{query.name}",
        kind=query.kind,
        sql=query.statement,
        parameters=query.parameters,
    )


def test_few_statements(url, queries):
    """What is asked at once goes out together; few connections are enough."""

    async def check() -> list[Run]:
        async with gathering(url, most=100) as gathered:
            await gathered.run(queries.get, id=1)
            with runs() as heard:
                rows = await each(*(gathered.run(queries.get, id=1 + n * 100) for n in range(300)))
        assert [row.id for row in rows] == list(range(1, 30000, 100))
        return heard

    heard = asyncio.run(check())
    assert len(heard) <= 6
    assert {run.name for run in heard} == {"get"}


def test_oldest_first(url, queries):
    """Calls of a function are answered in the order that they came in."""
    done: list[int] = []

    async def check() -> None:
        async with gathering(url, connections=1, most=7) as gathered:

            async def ask(key: int) -> None:
                await gathered.run(queries.get, id=key)
                done.append(key)

            await each(*(ask(key) for key in range(100)))

    asyncio.run(check())
    assert done == list(range(100))


def test_no_function_waits_for_all_of_another(url, queries):
    """Functions take turns, a batch each."""
    done: list[str] = []

    async def check() -> None:
        async with gathering(url, connections=1, most=10) as gathered:

            async def ask(name: str, **given: Any) -> None:
                await gathered.run(getattr(queries, name), **given)
                done.append(name)

            many = [ask("get_name", id=n) for n in range(200)]
            await each(*many, ask("get_text", text="x"))

    asyncio.run(check())
    assert done.index("get_text") <= 20


def test_mixed_functions(url, queries):
    """Reads and inserts of several functions are asked for at once, and each answered."""

    async def check() -> None:
        async with gathering(url) as gathered:
            for offset in (0, 1000):
                asked = []
                for n in range(offset, offset + 40):
                    asked += [
                        gathered.run(queries.get_name, id=1 + 100 * (n % 40)),
                        gathered.run(queries.add, id=n, note=f"n{n}"),
                        gathered.run(queries.get_text, text=str(n)),
                    ]
                got = await each(*asked)
                assert got[::3] == [f"item {1 + 100 * n}" for n in range(40)]
                assert [row[:2] for row in got[1::3]] == [
                    (n, f"n{n}") for n in range(offset, offset + 40)
                ]
                assert got[2::3] == [f"{n}|" for n in range(offset, offset + 40)]

    asyncio.run(check())


def test_inserts_are_one_transaction(url, queries):
    """Inserts that go out together commit together."""

    async def check() -> list[Any]:
        async with gathering(url, connections=1) as gathered:
            return await each(*(gathered.run(queries.add, id=n, note=None) for n in range(50)))

    rows = asyncio.run(check())
    assert [row.id for row in rows] == list(range(50))
    assert len({row.work for row in rows}) == 1


@pytest.mark.parametrize("bad", [{3}, {0, 9}, set(range(10))], ids=["one", "two", "all"])
def test_bad_inserts(url, queries, bad):
    """Who gives a bad row gets its error, with its details; the other rows are there, once."""

    async def check() -> list[Any]:
        async with gathering(url, connections=1) as gathered:
            await gathered.run(queries.add, id=99, note=None)
            return await each(
                *(gathered.run(queries.add, id=99 if n in bad else n, note=None) for n in range(10))
            )

    got = asyncio.run(check())
    errors = [one for one in got if isinstance(one, psycopg.errors.UniqueViolation)]
    assert {n for n, one in enumerate(got) if one in errors} == bad
    assert {error.diag.constraint_name for error in errors} == {"events_pkey"}
    assert len({id(error) for error in errors}) == len(bad)
    with psycopg.connect(url) as conn:
        there = {row[0] for row in conn.execute("select id from events")}
    assert there == {99, *range(10)} - bad


def test_inserts_that_stand_in_each_others_way(url, queries):
    """After a deadlock the inserts of a function go in transactions of their own."""

    async def check() -> list[Any]:
        async with gathering(url, connections=1) as gathered:
            return [
                await each(
                    *(gathered.run(queries.add, id=n, note="alone") for n in range(at, at + 4))
                )
                for at in (0, 4)
            ]

    rows = [row for some in asyncio.run(check()) for row in some]
    assert [row.id for row in rows] == list(range(8))
    assert len({row.work for row in rows}) == 8


REFUSED = {
    "list_items": ({}, "it may give many rows"),
    "lock": ({"id": 1}, "it locks rows, or calls a volatile function"),
    "next_number": ({"step": 1}, "it locks rows, or calls a volatile function"),
    "rename": (
        {"id": 1, "name": "x"},
        "it changes or deletes rows, and would hold their locks for other callers",
    ),
    "add_and_rename": (
        {"id": 1},
        "it changes or deletes rows, and would hold their locks for other callers",
    ),
    "count_of": ({"ids": [1]}, "its parameter ids is an array"),
    "get_part": (
        {"id": 1},
        (
            "for several keys at once PostgreSQL says: aggregate functions are not allowed in FROM"
            " clause of their own query level\nLINE 4: select max(keys.a1::int)\n               ^"
        ),
    ),
    "make": ({}, "it is neither a select nor an insert"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(url, queries, name):
    """What can't go out together with others is refused, each time, and nothing of it is done."""
    given, why = REFUSED[name]

    async def check() -> list[Any]:
        async with gathering(url) as gathered:
            return [
                *await each(*(gathered.run(getattr(queries, name), **given) for _ in range(3))),
                await gathered.run(queries.get_name, id=1),
            ]

    *errors, name_of_first = asyncio.run(check())
    expected = (
        f"{name} can't be gathered: {why}.\n"
        "Call it on a connection: async with pool.connection() as conn."
    )
    assert [(type(error), str(error)) for error in errors] == [(QueryError, expected)] * 3
    assert name_of_first == "item 1"


def test_errors_that_cannot_be_copied(url, queries, monkeypatch):
    """Even an error of no common kind reaches each caller."""

    class OddError(Exception):
        def __init__(self, what: str, *, why: str) -> None:
            super().__init__(what)
            self.why = why

    async def fails(*_: Any) -> None:
        raise OddError("odd", why="it is")

    monkeypatch.setattr("sqlwright.gathering.flights.Forms.of", fails)

    async def check() -> list[Any]:
        async with gathering(url) as gathered:
            return await each(*(gathered.run(queries.get, id=n) for n in range(3)))

    assert [type(error) for error in asyncio.run(check())] == [OddError] * 3


def test_wrong_calls(url, queries):
    """A wrong call is told so before it waits."""

    async def check() -> None:
        async with gathering(url) as gathered:
            with pytest.raises(ArgumentError, match=r"^get has no parameter key\."):
                await gathered.run(queries.get, key=1)
            with pytest.raises(QueryError, match=r"^type is no named query\."):
                await gathered.run(type)

    asyncio.run(check())


@pytest.mark.parametrize("function", ["get_name", "add"])
def test_who_stops_waiting_in_the_queue(url, queries, function):
    """A call that is still here is not sent, and the others are answered."""
    given = {"get_name": {"id": 1}, "add": {"id": 1, "note": "gone"}}[function]

    async def check() -> tuple[list[Any], list[Run]]:
        async with gathering(url, connections=1) as gathered:
            await gathered.run(queries.get_text, text="x")
            with locked(url, "items") as lock, runs() as heard:
                busy = asyncio.create_task(gathered.run(queries.get, id=1))
                await somebody_waits(lock)
                gone = asyncio.create_task(gathered.run(getattr(queries, function), **given))
                other = asyncio.create_task(gathered.run(queries.get_name, id=101))
                await asyncio.sleep(0.02)
                gone.cancel()
                lock.rollback()
                return await each(busy, gone, other), heard

    (busy, gone, other), heard = asyncio.run(check())
    assert (busy.name, type(gone), other) == ("item 1", asyncio.CancelledError, "item 101")
    assert [run.name for run in heard] == ["get", "get_name"]
    with psycopg.connect(url) as conn:
        assert conn.execute("select count(*) from events").fetchone() == (0,)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_who_stops_waiting_for_what_is_out(url, queries, gone):
    """What is out goes on for the others."""

    async def check() -> list[Any]:
        async with gathering(url, connections=1) as gathered:
            await each(*(gathered.run(queries.get_name, id=1) for _ in range(3)))
            with locked(url, "items") as lock:
                asked = [
                    asyncio.create_task(gathered.run(queries.get_name, id=1)) for _ in range(3)
                ]
                await somebody_waits(lock)
                asked[gone].cancel()
                await asyncio.sleep(0)
                lock.rollback()
            return await each(*asked)

    got = asyncio.run(check())
    assert type(got.pop(gone)) is asyncio.CancelledError
    assert got == ["item 1", "item 1"]


def test_a_write_that_nobody_waits_for(url, queries):
    """An insert that is out when its caller stops waiting is done."""

    async def check() -> Any:
        async with gathering(url, connections=1) as gathered:
            await gathered.run(queries.add, id=0, note="first")
            with locked(url, "events") as lock:
                asked = [
                    asyncio.create_task(gathered.run(queries.add, id=n, note="x")) for n in (1, 2)
                ]
                await somebody_waits(lock)
                asked[0].cancel()
                await asyncio.sleep(0.02)
                lock.rollback()
            return await each(*asked)

    gone, row = asyncio.run(check())
    assert (type(gone), row[:2]) == (asyncio.CancelledError, (2, "x"))
    with psycopg.connect(url) as conn:
        assert conn.execute("select array_agg(id order by id) from events").fetchone() == (
            [0, 1, 2],
        )


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("get", [{"id": 1}, {"id": 101}]),
        ("add", [{"id": 1, "note": "x"}, {"id": 2, "note": "x"}]),
    ],
)
def test_the_connection_is_lost(url, queries, name, calls):
    """Whose calls are out gets psycopg's error; the next goes out on another connection."""
    function = getattr(queries, name)

    async def check() -> tuple[list[Any], str]:
        async with gathering(url, connections=1) as gathered:
            await gathered.run(queries.get_text, text="x")
            with locked(url, "items, events") as lock:
                asked = asyncio.gather(
                    *(gathered.run(function, **given) for given in calls), return_exceptions=True
                )
                await somebody_waits(lock)
                lock.execute("select pg_terminate_backend(pid) from pg_locks where not granted")
                errors = await asked
            return errors, await gathered.run(queries.get_name, id=101)

    errors, name_of_next = asyncio.run(check())
    assert [type(error) for error in errors] == [psycopg.errors.AdminShutdown] * 2
    assert [error.sqlstate for error in errors] == ["57P01"] * 2
    assert errors[0] is not errors[1]
    assert name_of_next == "item 101"


def test_a_time_limit(url, queries):
    """Who takes too long is told so; the others are run again."""

    async def check() -> list[Any]:
        async with gathering(url, connections=1, statement_timeout=0.6) as gathered:
            return await each(
                *(gathered.run(queries.wait, seconds=seconds) for seconds in (0, 5, 0.01))
            )

    first, slow, last = asyncio.run(check())
    assert (first, type(slow), last) == (True, psycopg.errors.QueryCanceled, True)


def test_never_in_a_transaction(url, queries):
    """Connections that begin transactions by themselves are refused, and nothing is left open."""

    async def check() -> Any:
        async with (
            AsyncConnectionPool(url, min_size=1, open=False) as pool,
            gather(pool, connections=1) as gathered,
        ):
            return (await each(gathered.run(queries.add, id=1, note=None)))[0]

    error = asyncio.run(check())
    assert type(error) is psycopg.ProgrammingError
    assert str(error) == (
        "gathered calls want connections in autocommit: open_async_pool makes such, and"
        " AsyncConnectionPool with kwargs={'autocommit': True}"
    )


def test_ten_thousand_tasks(url, queries):
    """Each of 10,000 tasks gets its own row."""
    keys = [1 + 100 * n for n in range(700)]
    random.Random(7).shuffle(keys)

    async def check() -> None:
        async with gathering(url) as gathered:
            names = await each(
                *(gathered.run(queries.get_name, id=keys[n % 700]) for n in range(10_000))
            )
        assert names == [f"item {keys[n % 700]}" for n in range(10_000)]

    asyncio.run(check())


def test_no_more_may_wait(url, queries):
    """Beyond the limit calls are refused at once; those that wait are answered."""

    async def check() -> list[Any]:
        async with gathering(url, max_waiting=3) as gathered:
            return await each(*(gathered.run(queries.get_name, id=1) for _ in range(5)))

    got = asyncio.run(check())
    assert got[:3] == ["item 1"] * 3
    assert (
        told(got[3:])
        == [(TooManyRequests, "3 gathered calls are waiting, and no more may", None)] * 2
    )


def test_the_end_of_the_block_waits(url, queries):
    """What is out or waits when the block ends is answered; after it nothing can be run."""

    async def check() -> list[Any]:
        async with gathering(url, connections=1, most=5) as gathered:
            asked = [
                asyncio.create_task(gathered.run(queries.add, id=n, note="x")) for n in range(30)
            ]
            await asyncio.sleep(0)
        assert all(task.done() for task in asked[:1])
        return [*await each(*asked), *await each(gathered.run(queries.get_name, id=1))]

    *rows, refused = asyncio.run(check())
    assert [row.id for row in rows] == list(range(30))
    assert told([refused]) == [
        (PoolClosed, "the block of `gather` has ended: nothing can be run in it any more", None)
    ]


def test_the_block_is_cancelled(url, queries):
    """Who waits for a block that is cancelled as it ends is told, and no task is left."""

    async def check() -> list[Any]:
        asked: list[asyncio.Task[Any]] = []
        ends = asyncio.Event()

        async def block() -> None:
            async with gathering(url, connections=1) as gathered:
                await gathered.run(queries.wait, seconds=0)
                asked.extend(
                    asyncio.create_task(gathered.run(queries.wait, seconds=30)) for _ in range(3)
                )
                await asyncio.sleep(0)
                ends.set()

        ending = asyncio.create_task(block())
        await ends.wait()
        await asyncio.sleep(0.1)
        ending.cancel()
        assert [type(one) for one in await each(ending)] == [asyncio.CancelledError]
        return await each(*asked)

    expected = (PoolClosed, "the task that ran `gather` was cancelled", None)
    assert told(asyncio.run(check())) == [expected] * 3


def test_no_connection(url, queries):
    """Whoever waits is told that no connection came in time; later ones are served."""

    async def check() -> list[Any]:
        async with (
            open_async_pool(url, size=1, overflow=0, pre_ping=False, timeout=0.1) as pool,
            gather(pool) as gathered,
        ):
            async with pool.connection():
                missed = await each(*(gathered.run(queries.get_name, id=1) for _ in range(3)))
            return [*missed, await gathered.run(queries.get_name, id=1)]

    *errors, name = asyncio.run(check())
    assert [type(error) for error in errors] == [PoolTimeout] * 3
    assert name == "item 1"


def test_connections_go_back(url, queries, monkeypatch):
    """Without work no connection is held."""
    monkeypatch.setattr("sqlwright.gathering.gathered._REST", 0.05)

    async def check() -> list[int]:
        async with open_async_pool(url, size=2, pre_ping=False) as pool, gather(pool) as gathered:
            held = []
            for _ in range(2):
                await each(*(gathered.run(queries.get_name, id=1) for _ in range(100)))
                held.append(_in_use(pool))
                async with asyncio.timeout(PATIENCE):
                    while _in_use(pool):  # noqa: ASYNC110 - nobody tells
                        await asyncio.sleep(0.02)
            return held

    first, again = asyncio.run(check())
    assert (first > 0, again > 0) == (True, True)


def _in_use(pool: Any) -> int:
    stats = pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


def test_a_delay(url, queries):
    """With a delay calls wait for company, until there are enough."""

    async def check() -> list[Run]:
        async with gathering(url, connections=1, delay=0.5, most=3) as gathered:
            await gathered.run(queries.get_name, id=1)
            with runs() as heard:
                asked = []
                for key in (1, 101):
                    asked.append(asyncio.create_task(gathered.run(queries.get_name, id=key)))
                    await asyncio.sleep(0.02)
                assert await each(*asked) == ["item 1", "item 101"]
        async with gathering(url, connections=1, delay=60, most=3) as gathered:
            got = await each(*(gathered.run(queries.get_name, id=1) for _ in range(6)))
            assert got == ["item 1"] * 6
        return heard

    assert len(asyncio.run(check())) == 1


def test_rows_that_cannot_be_made(url, path):
    """What the maker of a row raises is told to that row's caller alone."""

    def make(id_: int, *values: Any) -> Any:
        if id_ == 101:
            raise ValueError("not this one")
        return (id_, *values)

    functions = load_queries(path, {"get": make})

    async def check() -> list[Any]:
        async with gathering(url) as gathered:
            return await each(*(gathered.run(functions.get, id=key) for key in (1, 101, 2, 201)))

    first, refused, none, last = asyncio.run(check())
    assert (first[0], none, last[0]) == (1, None, 201)
    assert told([refused]) == [(ValueError, "not this one", None)]


def test_what_always_gives_a_row(url, path, monkeypatch):
    """A row that a trigger keeps out is an error of its caller, where there is always to be one."""
    monkeypatch.setattr(GeneratedQueries, "path", path)
    functions = GeneratedQueries(
        "generated", path.name, digest_of(read_queries(path)), {}, always=("add",)
    )

    async def check() -> list[Any]:
        async with gathering(url, connections=1) as gathered:
            notes = ["a", "kept out", "b"]
            return await each(
                *(gathered.run(functions.add, id=n, note=note) for n, note in enumerate(notes))
            )

    first, missing, last = asyncio.run(check())
    assert (first.note, last.note) == ("a", "b")
    assert type(missing) is QueryError
    assert str(missing) == (
        "add gave no row, though it always should.\n"
        "Look for a trigger or a rule of the table that keeps the row out."
    )


def test_a_generated_function(database):
    """The functions of generated modules are gathered as they are, JSON and all."""
    logs = importlib.import_module("sqlwright_systems.emotional_chat.system_logs")
    create = partial(logs.create, user_id=None, session_id=None, level="info", source="here")

    async def check() -> None:
        async with gathering(database) as gathered:
            rows = await each(
                *(
                    gathered.run(
                        logs.create,
                        **create.keywords,
                        message=f"m{n}",
                        context={"n": [n, None]},
                    )
                    for n in range(20)
                )
            )
        assert [(row.message, row.context) for row in rows] == [
            (f"m{n}", {"n": [n, None]}) for n in range(20)
        ]
        assert {type(row) for row in rows} == {logs.Row}

    asyncio.run(check())


def _coded(results: list[Any]) -> list[Any]:
    return [getattr(one, "sqlstate", one) for one in results]


def test_tables_change(blank, queries):
    """After a column was added, renamed or given another type, calls give what it is now."""
    changes = [
        "create table items (id int primary key, name text, price numeric, made timestamptz)",
        "insert into items select n, 'item ' || n, n, now() from generate_series(1, 3) as n",
        "alter table items add note text default 'new'",
        "alter table items rename note to remark",
        "alter table items alter id type bigint",
        "update items set id = 3000000000 where id = 3",
        "alter table items alter name type varchar(20)",
        "drop table items cascade",
        "create table items (id text primary key, name text)",
        "insert into items values ('1', 'again')",
    ]

    async def check() -> None:
        with psycopg.connect(blank, autocommit=True) as conn:
            async with gathering(blank, connections=1) as gathered:
                for change in changes:
                    conn.execute(change)
                    calls = [{"id": n} for n in (1, 2, 3_000_000_000)]
                    for function in (queries.all_columns, queries.get_name):
                        asked = [gathered.run(function, **given) for given in calls]
                        got, alone = await each(*asked), await plainly(blank, function, calls)
                        # Of a table that is gone the server says so without the line.
                        assert _coded(got) == _coded(alone), change
                        assert [getattr(row, "_fields", None) for row in got] == [
                            getattr(row, "_fields", None) for row in alone
                        ]

    asyncio.run(check())


@pytest.mark.parametrize(
    ("option", "value", "least"),
    [("connections", 0, 1), ("most", 0, 1), ("delay", -1, 0), ("max_waiting", 0, 1)],
)
def test_options_that_mean_nothing(url, option, value, least):
    """An option that means nothing is refused."""

    async def check() -> None:
        async with gathering(url, **{option: value}):
            pass

    with pytest.raises(ConfigError) as caught:
        asyncio.run(check())
    assert caught.value.message == f"{option} is {value}, but must be at least {least}."
