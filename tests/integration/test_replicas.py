"""Writes go to the primary, reads to a standby as near as the caller wants; sync and async."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from math import inf
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import PoolClosed, PoolTimeout

from pair import members, until, url_of
from sqlwright.errors import ConfigError, ConnectError
from sqlwright.pool import open_async_pool, open_pool
from sqlwright.pool.watch import Watch

pytestmark = pytest.mark.newest

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
PLACE = "select (case when pg_is_in_recovery() then 'standby' else 'primary' end)"
POSITION = "select pg_current_wal_insert_lsn()::text"
NEAR = 60  # seconds: what any standby here is within, once it streams
PATIENCE = 60


@pytest.fixture(scope="module")
def pair(server):
    """A primary with one table of one row, and its standby."""
    with psycopg.connect(server.url()) as conn:
        is_newest = conn.info.server_version >= 180000
    with members("east", "west", binaries=None if is_newest else DEBIAN_15) as made:
        made[0].ask(
            "create table t as select 1 as n; create role plain login; grant all on t to plain"
        )
        yield made


@pytest.fixture(params=["sync", "async"])
def opened(request):
    """`opened(url, **options)`: a pool, as two functions that ask for one value: write and read."""
    if request.param == "sync":
        with ExitStack() as stack:

            def open_sync(url, **options):
                pool = stack.enter_context(open_pool(url, **options))

                def ask(taken, statement):
                    with taken as conn:
                        cursor = conn.execute(statement)
                        return cursor.fetchone()[0] if cursor.description else None

                return Asking(pool, ask)

            yield open_sync
        return
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        def open_async(url, **options):
            pool = runner.run(stack.enter_async_context(open_async_pool(url, **options)))

            async def ask(taken, statement):
                async with taken as conn:
                    cursor = await conn.execute(statement)
                    return (await cursor.fetchone())[0] if cursor.description else None

            return Asking(pool, lambda taken, statement: runner.run(ask(taken, statement)))

        yield open_async
        runner.run(stack.aclose())


class Asking:
    """A pool that is asked for the value of a statement."""

    def __init__(self, pool, ask):
        self.pool = pool
        self._ask = ask

    def write(self, statement=PLACE, **options):
        """On a connection to write with."""
        return self._ask(self.pool.connection(**options), statement)

    def read(self, statement=PLACE, **options):
        """On one that only reads."""
        return self._ask(self.pool.reading(**options), statement)

    def read_when_near(self):
        """Waits until the standby is seen to be near."""
        until(lambda: self.read(lag=NEAR) == "standby")


@contextmanager
def paused(standby):
    """A standby that receives and doesn't replay."""
    standby.ask("select pg_wal_replay_pause()")
    until(lambda: standby.ask("select pg_get_wal_replay_pause_state()") == "paused")
    try:
        yield
    finally:
        standby.ask("select pg_wal_replay_resume()")


@pytest.mark.parametrize("order", [1, -1], ids=["primary first", "standby first"])
def test_writes_go_to_the_primary(pair, opened, order):
    """Whatever the order of the hosts."""
    asking = opened(url_of(pair[::order]), size=2)
    assert {asking.write() for _ in range(4)} == {"primary"}


def test_reads_go_to_a_standby_that_is_near(pair, opened):
    """And to the primary where nothing may be missing."""
    asking = opened(url_of(pair), size=2)
    asking.read_when_near()
    assert {asking.read(lag=NEAR) for _ in range(4)} == {"standby"}
    assert asking.read(lag=0) == "primary"


def test_an_idle_primary_makes_no_standby_late(pair, opened):
    """However long ago the last transaction was, its standby is near."""
    asking = opened(url_of(pair), size=1)
    asking.read_when_near()
    time.sleep(1.5)
    until(lambda: asking.read(lag=1.5) == "standby")


def test_a_standby_that_lags_is_left_for_the_primary(pair, opened):
    """As soon as it may lack something that is older than the caller bears, and until it has it."""
    primary, standby = pair
    asking = opened(url_of(pair), size=1)
    asking.read_when_near()
    with paused(standby):
        primary.ask("update t set n = n + 1")
        until(lambda: asking.read(lag=1.5) == "primary")
        assert asking.read(lag=NEAR) == "standby"
        assert asking.read(lag=inf) == "standby"
    until(lambda: asking.read(lag=1.5) == "standby")


def test_what_was_just_written_is_read(pair, opened):
    """With its position, from a server that has come to it."""
    _, standby = pair
    asking = opened(url_of(pair), size=1)
    asking.read_when_near()
    with paused(standby):
        asking.write("update t set n = n + 1")
        position = asking.write(POSITION)
        written = asking.write("select n from t")
        assert asking.read(lag=NEAR, after=position) == "primary"
        assert asking.read("select n from t", lag=NEAR, after=position) == written
        assert asking.read(lag=NEAR) == "standby"
    until(lambda: asking.read(lag=NEAR, after=position) == "standby")
    assert asking.read("select n from t", lag=NEAR, after=position) == written


def test_a_position_that_is_none(pair, opened):
    """It is refused, and not taken for the beginning."""
    with pytest.raises(ValueError, match=r"^after is 'x', but must be a position of the WAL, such"):
        opened(url_of(pair), size=1).read(lag=1, after="x")


@pytest.mark.parametrize("lag", [0, NEAR])
def test_a_write_in_a_reading_is_refused(pair, opened, lag):
    """On the primary as on a standby; the connection serves the next caller."""
    asking = opened(url_of(pair), size=1, overflow=0)
    asking.read_when_near()
    for _ in range(2):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            asking.read("update t set n = 0", lag=lag)


@pytest.mark.parametrize("attributes", ["", "&target_session_attrs=read-write"])
def test_one_host_serves_both(pair, opened, attributes):
    """A service that reads from standbys runs on one server too."""
    asking = opened(pair[0].url() + attributes, size=1, timeout=PATIENCE)
    assert (asking.write(), asking.read(lag=NEAR)) == ("primary", "primary")


def test_a_role_without_rights(pair, opened):
    """Nothing has to be granted to who writes and reads."""
    asking = opened(url_of(pair, user="plain"), size=1)
    asking.read_when_near()
    assert asking.write("update t set n = n + 1 returning 'done'") == "done"


def test_a_standby_that_is_down(pair, opened):
    """No read fails when it goes, and it is read from again when it is back."""
    _, standby = pair
    asking = opened(url_of(pair), size=2, timeout=PATIENCE)
    asking.read_when_near()
    standby.stop()
    try:
        assert {asking.read(lag=NEAR) for _ in range(20)} == {"primary"}
    finally:
        standby.start()
    asking.read_when_near()


def write_again_and_again(asking):
    """For the server's processes take notice of a setting one by one."""
    for _ in range(1000):
        with suppress(ReadOnlySqlTransaction):
            asking.write(timeout=1)
        time.sleep(0.01)


def test_a_primary_that_is_set_to_read_only(pair, opened):
    """Nobody writes there, though its connections live, and everybody does when that is over."""
    primary, standby = pair
    asking = opened(url_of(pair), size=2, timeout=PATIENCE)
    asking.write()
    primary.ask("alter system set default_transaction_read_only = on")
    primary.ask("select pg_reload_conf()")
    try:
        with pytest.raises(PoolTimeout) as caught:
            write_again_and_again(asking)
    finally:
        primary.ask("alter system reset default_transaction_read_only")
        primary.ask("select pg_reload_conf()")
    assert asking.write() == "primary"
    [note] = caught.value.__notes__
    assert note == (
        f"No server takes writes: {primary.socket}:5432 is set to read only;"
        f" {standby.socket}:5432 is a standby."
    )


def test_without_a_primary(pair, opened):
    """Opening says of each server why nobody can write there."""
    _, standby = pair
    url = f"postgresql://postgres:s3cret@/postgres?host={standby.socket},/nowhere&port=5432"
    with pytest.raises(ConnectError) as caught:
        opened(url)
    assert str(caught.value) == (
        f"No connection to {url.replace('s3cret', '***')}: no server takes writes:"
        f" {standby.socket}:5432 is a standby; /nowhere:5432: No such file or directory.\n"
        "Start the primary, or promote a standby."
    )


def test_a_watch_outlives_a_lack_of_files(pair, monkeypatch):
    """Who looks at the servers looks again when there are files to be had."""
    primary, _ = pair
    connect, refusals = psycopg.connect, [OSError(24, "Too many open files")]

    def connect_at_last(*arguments, **options):
        if refusals:
            raise refusals.pop()
        return connect(*arguments, **options)

    monkeypatch.setattr(psycopg, "connect", connect_at_last)
    watch = Watch([primary.url()])
    try:
        assert watch.open() == f"{primary.socket}:5432: [Errno 24] Too many open files"
        until(lambda: watch.why_not() is None)
    finally:
        watch.close()


def test_a_pool_that_is_closed(pair):
    """It opens no connections to read with, which nobody would close."""

    async def read_async():
        async with open_async_pool(url_of(pair), application="late") as pool:
            pass
        async with pool.reading(lag=0):
            pass

    with open_pool(url_of(pair), application="late") as pool:
        pass
    with pytest.raises(PoolClosed) as caught, pool.reading(lag=0):
        pass
    assert str(caught.value) == "the pool 'late' is already closed"
    with pytest.raises(PoolClosed):
        asyncio.run(read_async())


def test_what_libpq_chooses_is_of_no_known_age(pair, opened):
    """It serves as before, and a lag can't be promised."""
    asking = opened(f"{url_of(pair)}&target_session_attrs=standby", size=1)
    assert asking.write() == "standby"
    with pytest.raises(ConfigError) as caught:
        asking.read(lag=1)
    assert str(caught.value) == (
        "reading(lag=…) can't be kept: the URL sets target_session_attrs, so that libpq chooses the"
        " server.\n"
        "Leave target_session_attrs out: connection() then leads to the primary, and reading() to a"
        " standby."
    )


def test_the_examples_of_the_page(pair, monkeypatch, tmp_path):
    """The Python of docs/replicas.md runs as it stands, block after block."""
    pair[0].ask("create schema shop")
    pair[0].ask("create table shop.orders (customer text not null, amount int not null)")
    monkeypatch.setenv("DATABASE_URL", url_of(pair))
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "replicas.md").read_text(encoding="utf-8")
    space = {}
    for block in re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        exec(block, space)
    assert asyncio.run(space["count_orders"]()) == 2
    assert (space["amount"], space["orders"]) == (6, 2)
