"""How calls on asyncio wait: right answers in any mixture, and no descriptor left behind."""

# Whether the double of a socket is there has no public name.
# ruff: noqa: SLF001

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvloop

from callers import PATIENCE
from sqlwright.queries import load_queries, readiness

pytestmark = [
    pytest.mark.newest,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is open"),
]

SQL = """
-- name: double(number)$
select 2 * :number::int;

-- name: sleep(seconds)$
select pg_sleep(:seconds::float8)::text;

-- name: get_many(number)
select generate_series(1, :number::int) as number, repeat('x', 100) as text;
"""


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The queries, of which `double` is called most."""
    path = tmp_path_factory.mktemp("sql") / "queries.sql"
    path.write_text(SQL)
    return load_queries(path)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Awaitable[None]], None]:
    """Runs a coroutine in a loop of its own, of either kind."""

    def in_loop(work: Awaitable[None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(work)

    return in_loop


def open_now() -> set[str]:
    """The open descriptors, without those of connections that tests before have forgotten."""
    gc.collect()
    found = [path.name for path in Path("/proc/self/fd").iterdir()]
    return {name for name in found if os.path.exists(f"/proc/self/fd/{name}")}  # noqa: PTH110


async def nothing_but(before: set[str]) -> None:
    """Returns once nothing is open that was not open then."""
    async with asyncio.timeout(PATIENCE):
        while open_now() - before:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def connected(server: Any) -> psycopg.AsyncConnection:
    """A connection in autocommit."""
    return await psycopg.AsyncConnection.connect(server.url(), autocommit=True)


def is_registered(conn: psycopg.AsyncConnection) -> bool:
    """Whether the loop has the double of its socket."""
    return bool(conn._prepared.session.readiness._double != readiness._NONE)


def test_nothing_stays_open(server, run, queries):
    """A closed connection leaves no descriptor, once the loop has had a moment."""

    async def work() -> None:
        before = open_now()
        conn = await connected(server)
        for number in range(50):
            assert await queries.double(conn, number=number) == 2 * number
        assert is_registered(conn)
        await conn.close()
        await nothing_but(before)

    run(work())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_nothing_stays_open_of_what_is_forgotten(server, run, queries):
    """Nor does one that nobody closed."""

    async def work() -> None:
        before = open_now()
        conn = await connected(server)
        for number in range(5):
            assert await queries.double(conn, number=number) == 2 * number
        del conn
        await nothing_but(before)

    run(work())


def test_a_second_loop(server, run, queries):
    """A connection goes on in another loop, and nothing is left of the first."""
    before, kept = open_now(), []

    async def first() -> None:
        kept.append(await connected(server))
        assert await queries.double(kept[0], number=1) == 2
        assert await queries.double(kept[0], number=2) == 4

    async def second() -> None:
        assert await queries.double(kept[0], number=3) == 6
        assert await queries.double(kept[0], number=4) == 8
        await kept.pop().close()
        await asyncio.sleep(0.2)

    run(first())
    run(second())
    assert not open_now() - before


def test_psycopgs_calls_between(server, run, queries):
    """psycopg's calls, transactions and ours take turns, each with its own answer."""

    async def work() -> None:
        async with await connected(server) as conn:
            for number in range(100):
                assert await queries.double(conn, number=number) == 2 * number
                found = await conn.execute("select %s::int", [number])
                assert await found.fetchone() == (number,)
                async with conn.transaction():
                    assert await queries.double(conn, number=-number) == -2 * number

    run(work())


def test_many_at_once(server, run, queries):
    """Tasks on connections of their own don't get each other's answers."""

    async def one(number: int) -> None:
        async with await connected(server) as conn:
            for step in range(50):
                assert await queries.double(conn, number=number + step) == 2 * (number + step)

    async def work() -> None:
        await asyncio.gather(*(one(1000 * number) for number in range(8)))

    run(work())


def test_a_large_result(server, run, queries):
    """What comes in many packets is waited for to its end."""

    async def work() -> None:
        async with await connected(server) as conn:
            for _ in range(3):
                rows = await queries.get_many(conn, number=20_000)
                assert (len(rows), rows[-1].number) == (20_000, 20_000)

    run(work())


def test_what_nobody_waits_for(server, run, queries):
    """A notification to an idle connection doesn't keep the loop busy."""

    async def work() -> None:
        async with await connected(server) as conn, await connected(server) as other:
            await conn.execute("listen news")
            for number in range(3):
                assert await queries.double(conn, number=number) == 2 * number
            await other.execute("notify news")
            while is_registered(conn):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
            assert await queries.double(conn, number=7) == 14

    run(work())


def test_a_cancelled_wait(server, run, queries):
    """The connection is usable when a task has given up."""

    async def work() -> None:
        async with await connected(server) as conn:
            for _ in range(3):
                await queries.sleep(conn, seconds=0)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(queries.sleep(conn, seconds=30), 0.05)
                assert await queries.double(conn, number=7) == 14

    run(work())


def test_a_lost_connection(server, run, queries):
    """Whoever waits is told when the server's process ends."""

    async def work() -> None:
        async with await connected(server) as other:
            conn = await connected(server)
            await queries.sleep(conn, seconds=0)
            task = asyncio.create_task(queries.sleep(conn, seconds=30))
            await asyncio.sleep(0.05)
            await other.execute("select pg_terminate_backend(%s)", [conn.pgconn.backend_pid])
            with pytest.raises(psycopg.errors.AdminShutdown):
                await task
            assert conn.closed
            await conn.close()

    run(work())


def test_without_a_double(server, run, queries, monkeypatch):
    """Where too many files are open psycopg waits."""

    def refuse(_: int) -> int:
        raise OSError(24, "Too many open files")

    async def work() -> None:
        async with await connected(server) as conn:
            monkeypatch.setattr(os, "dup", refuse)
            for number in range(3):
                assert await queries.double(conn, number=number) == 2 * number
            assert not is_registered(conn)

    run(work())
