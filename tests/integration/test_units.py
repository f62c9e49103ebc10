"""Units of work on real servers: several queries in one round trip, all of them or none."""

# What fails is the end of a block, and so the block is part of what raises.
# ruff: noqa: PT012

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from sqlwright.errors import ArgumentError, QueryError, StaleQueryError
from sqlwright.queries import load_queries
from sqlwright.queries.generated import GeneratedQueries
from sqlwright.queries.query import digest_of
from sqlwright.queries.reader import read_queries
from sqlwright.queries.units import unit

SQL = """
-- name: make_items()#
create temporary table items (id int primary key, name text not null);
insert into items select n, 'item ' || n from generate_series(1, 3) as n;

-- name: get(id)^
select id, name from items where id = :id;

-- name: list_all()
select id, name from items order by id;

-- name: all_columns()
table items;

-- name: rename(id, name)!
update items set name = :name where id = :id;

-- name: add(id, name)^
insert into items (id, name) values (:id, :name) returning id, name;

-- name: find_names()$
select name from items;

-- name: transaction()$
select pg_current_xact_id()::text;

-- name: sleep(seconds)$
select 1 from pg_sleep(:seconds::float8);

-- name: make_table()!
create table never (id int);
"""


class World:
    """Runs units on a connection, whichever world it is of."""

    def __init__(self, conn: Any, queries: Any, runner: asyncio.Runner | None) -> None:
        self.conn, self.queries, self.runner = conn, queries, runner

    def wait(self, result: Any) -> Any:
        """The result, or that of the coroutine."""
        return self.runner.run(result) if asyncio.iscoroutine(result) else result

    @contextmanager
    def block(self, manager: Any) -> Iterator[Any]:
        """A `with` block on either kind of manager."""
        if self.runner is None:
            with manager as entered:
                yield entered
            return
        entered = self.runner.run(manager.__aenter__())
        try:
            yield entered
        except BaseException as error:
            if not self.runner.run(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self.runner.run(manager.__aexit__(None, None, None))

    def unit(self) -> Any:
        """`with unit(conn)`."""
        return self.block(unit(self.conn))

    def get(self, id_: int) -> Any:
        """The name of an item, by a call of its own."""
        return self.wait(self.queries.get(self.conn, id=id_)).name

    def execute(self, text: str) -> Any:
        """Sends a statement psycopg's way."""
        return self.wait(self.conn.execute(text))

    @property
    def status(self) -> TransactionStatus:
        """The state of the connection's transaction."""
        return self.conn.info.transaction_status


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


@pytest.fixture(params=["sync", "async"])
def world(request, server, queries) -> Iterator[World]:
    """An autocommit connection with the table that the queries are about."""
    url = server.url()
    if request.param == "sync":
        with psycopg.connect(url, autocommit=True) as conn:
            queries.make_items(conn)
            yield World(conn, queries, None)
        return
    with asyncio.Runner() as runner:
        conn = runner.run(psycopg.AsyncConnection.connect(url, autocommit=True))
        runner.run(queries.make_items(conn))
        yield World(conn, queries, runner)
        runner.run(conn.close())


def test_a_unit(world, queries):
    """Each query gives what it gives by itself, in the order of the unit."""
    for round_ in range(3):
        with world.unit() as work:
            renamed = work.add(queries.rename, id=1, name=f"a{round_}")
            got = work.add(queries.get, id=1)
            none = work.add(queries.get, id=9)
            rows = work.add(queries.list_all)
        assert (renamed.value, got.value, none.value) == (1, (1, f"a{round_}"), None)
        assert rows.value[1:] == [(2, "item 2"), (3, "item 3")]


def test_one_transaction(world, queries):
    """In autocommit a unit is a transaction of its own."""
    with world.unit() as work:
        ids = [work.add(queries.transaction) for _ in range(3)]
    assert len({pending.value for pending in ids}) == 1
    assert world.status is TransactionStatus.IDLE


def test_one_round_trip(server, queries, tmp_path):
    """Once prepared, or at first: one Sync."""
    trace = tmp_path / "trace"
    with psycopg.connect(server.url(), autocommit=True) as conn:
        queries.make_items(conn)
        with trace.open("wb") as file:
            conn.pgconn.trace(file.fileno())
            with unit(conn) as work:
                for id_ in (1, 2, 3):
                    work.add(queries.get, id=id_)
            conn.pgconn.untrace()
    sent = [line.split("\t")[3] for line in trace.read_text().splitlines() if "\tF\t" in line]
    assert (sent.count("Parse"), sent.count("Execute"), sent.count("Sync")) == (1, 3, 1)


def test_an_error_takes_all_back(world, queries):
    """Prepared or not; its notes tell which it was."""
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation) as caught, world.unit() as work:
            work.add(queries.rename, id=1, name="x")
            failed = work.add(queries.add, id=2, name="x")
            work.add(queries.rename, id=3, name="x")
        assert caught.value.diag.constraint_name == "items_pkey"
        assert caught.value.__notes__ == ["add, 2 of 3 in a unit: none of them is done."]
        assert (world.get(1), world.get(3)) == ("item 1", "item 3")
        assert world.status is TransactionStatus.IDLE
        with pytest.raises(QueryError):
            _ = failed.value


def test_in_a_transaction(world, queries):
    """A unit is part of it, and goes with it."""
    with pytest.raises(ZeroDivisionError), world.block(world.conn.transaction()):
        with world.unit() as work:
            work.add(queries.rename, id=1, name="x")
        assert world.get(1) == "x"
        raise ZeroDivisionError
    assert world.get(1) == "item 1"


def test_out_of_autocommit(world, queries):
    """`begin` goes with the unit, which waits to be committed."""
    world.wait(world.conn.set_autocommit(False))
    with world.unit() as work:
        work.add(queries.rename, id=1, name="x")
    assert world.status is TransactionStatus.INTRANS
    world.wait(world.conn.rollback())
    assert world.get(1) == "item 1"


@pytest.mark.parametrize("way", ["threshold", "pipeline", "encoding"])
def test_where_nothing_is_prepared(world, queries, way):
    """A unit is the same in more round trips."""
    if way == "threshold":
        world.conn.prepare_threshold = None
    if way == "encoding":
        world.execute("set client_encoding to latin1")

    block = world.conn.pipeline if way == "pipeline" else world.conn.transaction
    with world.block(block()), world.unit() as work:
        got = work.add(queries.rename, id=1, name="x")
    assert (got.value, world.get(1)) == (1, "x")
    with pytest.raises(psycopg.errors.UniqueViolation) as caught, world.unit() as work:
        work.add(queries.rename, id=1, name="y")
        work.add(queries.add, id=2, name="y")
    assert caught.value.__notes__ == ["add, 2 of 2 in a unit: none of them is done."]
    assert (world.get(1), world.status) == ("x", TransactionStatus.IDLE)


def test_nothing_is_sent_after_an_error(world, queries):
    """A block that raises sends nothing."""
    with pytest.raises(ZeroDivisionError), world.unit() as work:
        work.add(queries.rename, id=1, name="x")
        raise ZeroDivisionError
    assert world.get(1) == "item 1"


def test_a_unit_used_again(world, queries):
    """Runs what was added the second time, and nothing twice."""
    work = unit(world.conn)
    for number in (4, 5):
        with world.block(work) as again:
            again.add(queries.add, id=number, name="new")
    assert world.get(5) == "new"


def test_an_empty_unit(world):
    """It sends nothing, not even on a connection that is closed."""
    world.wait(world.conn.close())
    with world.unit():
        pass


def test_a_value_before_its_time(world, queries):
    """It is not there yet."""
    with world.unit() as work:
        pending = work.add(queries.get, id=1)
        with pytest.raises(QueryError) as caught:
            _ = pending.value
    assert (caught.value.message, caught.value.hint) == (
        "get has no value: its unit has not been run, or failed.",
        "Read the value below the `with` block.",
    )


def test_wrong_arguments(world, queries):
    """They are refused when the query is added."""
    with world.unit() as work, pytest.raises(ArgumentError) as caught:
        work.add(queries.get, ids=1)
    assert caught.value.message == "get has no parameter ids."


@pytest.mark.parametrize("name", ["make_items", "make_table"])
def test_what_can_not_be_added(world, queries, name):
    """Scripts and DDL are no part of a unit."""
    with world.unit() as work, pytest.raises(QueryError) as caught:
        work.add(getattr(queries, name))
    assert (caught.value.message, caught.value.hint) == (
        f"{name} can't be part of a unit: it is no select, insert, update, delete or merge.",
        "Run it by itself, or in a block `with conn.transaction():`.",
    )


def test_what_is_no_query(world):
    """Another function is refused."""
    with world.unit() as work, pytest.raises(QueryError) as caught:
        work.add(repr)
    assert (caught.value.message, caught.value.hint) == (
        "repr is no named query.",
        "Add the functions of generated modules, or of load_queries.",
    )


def test_several_rows_for_one(world, queries):
    """The error is that of the query, when the block ends."""
    with pytest.raises(QueryError, match="find_names gave 3 rows"), world.unit() as work:
        work.add(queries.find_names)


def test_more_than_may_be_prepared(world, queries):
    """A unit of more statements than the connection keeps is run all the same."""
    world.conn.prepared_max = 1
    for _ in range(3):
        with world.unit() as work:
            got, rows, again = (
                work.add(queries.get, id=1),
                work.add(queries.list_all),
                work.add(queries.get, id=2),
            )
        assert (got.value.id, len(rows.value), again.value.id) == (1, 3, 2)


def test_a_stale_unit(world, queries):
    """It is prepared anew and run again where nothing is lost, as a query is."""
    for _ in range(2):
        with world.unit() as work:
            work.add(queries.rename, id=1, name="x")
            rows = work.add(queries.all_columns)
        world.execute("alter table items add column if not exists more int")
    assert len(rows.value[0]) == 3
    with world.unit() as work:
        rows = work.add(queries.all_columns)
    with world.block(world.conn.transaction()):
        world.execute("deallocate all")
        with pytest.raises(StaleQueryError), world.unit() as work:
            work.add(queries.all_columns)
        world.execute("rollback")
        world.execute("begin")


def test_a_large_unit(world, queries):
    """What does not fit into a socket's buffer, both ways, at once."""
    text = "x" * 5_000_000
    with world.unit() as work:
        done = [work.add(queries.rename, id=1, name=text) for _ in range(5)]
        rows = [work.add(queries.list_all) for _ in range(5)]
    assert [pending.value for pending in done] == [1] * 5
    assert [pending.value[0].name == text for pending in rows] == [True] * 5


def test_a_cancelled_unit(server, queries):
    """Whenever its task is cancelled, all of it is done or nothing, and the connection is free."""

    async def main() -> None:
        async with await psycopg.AsyncConnection.connect(server.url(), autocommit=True) as conn:
            await queries.make_items(conn)

            async def work(name: str) -> None:
                async with unit(conn) as both:
                    both.add(queries.rename, id=1, name=name)
                    both.add(queries.sleep, seconds=0.001)
                    both.add(queries.rename, id=2, name=name)

            for steps in range(20):
                task = asyncio.create_task(work(str(steps)))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert conn.info.transaction_status is TransactionStatus.IDLE
                first, second = [await queries.get(conn, id=id_) for id_ in (1, 2)]
                assert (first.name == second.name) == (first.name != "item 1")

    asyncio.run(main())


def test_the_server_ends_the_session(server, queries):
    """The error tells why."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("set idle_session_timeout to 0")
        with pytest.raises(psycopg.errors.AdminShutdown), unit(conn) as work:
            work.add(queries.sleep, seconds=0)
            work.add(queries.sleep, seconds=0)
            other = psycopg.connect(server.url(), autocommit=True)
            other.execute("select pg_terminate_backend(%s)", (conn.info.backend_pid,))
            other.close()
        assert conn.broken


def test_a_row_that_always_comes(server, tmp_path, monkeypatch):
    """A generated function that promises a row is held to it in a unit too."""
    file = tmp_path / "items.sql"
    file.write_text("-- name: one(id)^\nselect :id::int as id where :id::int > 0;")
    digest = digest_of(read_queries(file))
    queries = GeneratedQueries("x.y", "items.sql", digest, {}, always=["one"])
    monkeypatch.setattr(GeneratedQueries, "path", file)
    with psycopg.connect(server.url(), autocommit=True) as conn:
        with unit(conn) as work:
            made = work.add(queries.one, id=1)
        assert made.value.id == 1
        with pytest.raises(QueryError, match="one gave no row"), unit(conn) as work:
            work.add(queries.one, id=0)
