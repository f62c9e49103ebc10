"""A primary that is killed, demoted or back from the dead: no acknowledged write is lost."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from failover import fail_over
from pair import members, until, url_of
from sqlwright.pool import open_async_pool, open_pool

pytestmark = pytest.mark.newest

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
HOST = "select current_setting('cluster_name')"
NEAR = 60
PATIENCE = 60
_log = logging.getLogger(__name__)


@pytest.fixture
def binaries(server):
    """The programs of the version that the test is for."""
    with psycopg.connect(server.url()) as conn:
        return None if conn.info.server_version >= 180000 else DEBIAN_15


def test_no_acknowledged_write_is_lost(binaries):
    """`kill -9` under load, the synchronous standby promoted, and the old primary started again."""
    came = fail_over(binaries=binaries, pause=0.005)  # two cores carry other tests too
    _log.info("%s", came)
    assert not came.did_harm, came
    assert came.after > 0


def test_roles_that_are_swapped_are_followed(binaries):
    """Writes and reads change places with the servers, through pools that stay open."""
    with members("east", "west", binaries=binaries) as (east, west):
        url = url_of([east, west])
        with open_pool(url, size=2) as pool, asyncio.Runner() as runner:
            stack = AsyncExitStack()
            other = runner.run(stack.enter_async_context(open_async_pool(url, size=2)))

            def ask(sync, on_asyncio):
                with sync as conn:
                    name = conn.execute(HOST).fetchone()[0]
                assert runner.run(value(on_asyncio)) == name
                return name

            def reads_from(name):
                with suppress(AssertionError):  # one sees it before the other
                    return ask(pool.reading(lag=NEAR), other.reading(lag=NEAR)) == name

            until(lambda: reads_from("west"))
            assert ask(pool.connection(), other.connection()) == "east"
            swap(primary=east, standby=west)
            assert ask(pool.connection(), other.connection()) == "west"
            until(lambda: reads_from("east"))
            runner.run(stack.aclose())


def test_a_primary_that_hangs_is_left_for_a_new_one(binaries):
    """Who waits for its answer is served by whom it is promoted, reads and writes alike."""
    with members("east", "west", binaries=binaries) as (east, west), ExitStack() as stack:
        pool = stack.enter_context(open_pool(url_of([east, west]), size=1, timeout=PATIENCE))
        runner = stack.enter_context(asyncio.Runner())
        other = open_async_pool(url_of([east, west]), size=1, timeout=PATIENCE)
        on_asyncio = runner.run(other.__aenter__())

        def ask(taken):
            with taken as conn:
                return conn.execute(HOST).fetchone()[0]

        async def ask_both():
            async with asyncio.TaskGroup() as tasks:
                taken = on_asyncio.connection(), on_asyncio.reading(lag=0)
                asked = [tasks.create_task(value(each)) for each in taken]
            return [each.result() for each in asked]

        def ask_all(threads):
            return [
                threads.submit(ask, pool.connection()),
                threads.submit(ask, pool.reading(lag=0)),
                threads.submit(runner.run, ask_both()),
            ]

        threads = stack.enter_context(ThreadPoolExecutor(3))
        assert [each.result() for each in ask_all(threads)] == ["east", "east", ["east"] * 2]
        with east.hanging():
            asked = ask_all(threads)
            west.promote()
            assert [each.result() for each in asked] == ["west", "west", ["west"] * 2]
        runner.run(other.__aexit__(None, None, None))


async def value(taken):
    """Which server answers."""
    async with taken as conn:
        return (await (await conn.execute(HOST)).fetchone())[0]


def swap(*, primary, standby):
    """What an administrator does: all WAL is sent, the roles change."""
    primary.stop()
    standby.promote()
    primary.demote(standby)
    primary.start()
