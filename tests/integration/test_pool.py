"""Pools on real servers, sync and async: what they open, and what a failure shows the caller."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolClosed, PoolTimeout

from callers import PATIENCE
from pair import until
from sqlwright.config import Project
from sqlwright.errors import ConnectError
from sqlwright.pool import PoolStats, open_async_pool, open_pool, pool_stats
from sqlwright.queries import load_queries
from sqlwright.server.installation import find_installation
from sqlwright.server.place import Place, place_in
from sqlwright.server.service import bring_up, take_down

CALLERS = 20
DEBIAN_15 = "/usr/lib/postgresql/15/bin"


class Opened:
    """A pool, sync or async."""

    def __init__(self, pool: Any, runner: asyncio.Runner | None) -> None:
        self.pool = pool
        self._runner = runner

    def __call__(self, sql: str, *, times: int = 1) -> list[Any]:
        """The value of a query, from as many callers at once."""

        async def ask() -> Any:
            async with self.pool.connection() as conn:
                return (await (await conn.execute(sql)).fetchone())[0]

        async def ask_all() -> list[Any]:
            return await asyncio.gather(*(ask() for _ in range(times)))

        def ask_sync(_: int) -> Any:
            with self.pool.connection() as conn:
                return conn.execute(sql).fetchone()[0]

        if self._runner:
            return self._runner.run(ask_all())
        with ThreadPoolExecutor(times) as threads:
            return list(threads.map(ask_sync, range(times)))

    def take(self) -> Any:
        """A connection, however long it takes to open it."""
        taken = self.pool.getconn(PATIENCE)
        return self._runner.run(taken) if self._runner else taken

    @contextmanager
    def held(self, count: int) -> Iterator[list[Any]]:
        """So many connections, which nobody else has for as long; put back in their order."""
        conns = [self.take() for _ in range(count)]
        try:
            yield conns
        finally:
            for conn in conns:
                put = self.pool.putconn(conn)
                if self._runner:
                    self._runner.run(put)

    def call(self, query: Any, **arguments: Any) -> Any:
        """What a named query gives."""

        async def on_async() -> Any:
            async with self.pool.connection() as conn:
                return await query(conn, **arguments)

        if self._runner:
            return self._runner.run(on_async())
        with self.pool.connection() as conn:
            return query(conn, **arguments)


@pytest.fixture(params=["sync", "async"])
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[..., Opened]]:
    """`opened(database, **options)`: an open pool, which is closed after the test."""
    if request.param == "sync":
        with ExitStack() as stack:
            yield lambda *database, **options: Opened(
                stack.enter_context(open_pool(*database, **options)), None
            )
        return
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield lambda *database, **options: Opened(
            runner.run(stack.enter_async_context(open_async_pool(*database, **options))), runner
        )
        runner.run(stack.aclose())


@pytest.fixture
def project(tmp_path: Path, blank: str) -> Callable[..., Project]:
    """`project(DB_POOL_SIZE="1")`: a project with these variables, on an empty database."""
    return lambda **environ: Project(root=tmp_path, name="shop", url=blank, environ=environ)


def _terminate(url: str, application: str) -> None:
    """Ends every backend of that name, and waits until they are gone."""
    with psycopg.connect(url, autocommit=True, application_name="killer") as conn:
        conn.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
            " where application_name = %s",
            [application],
        )


def test_sizes(project, opened):
    """So many connections are kept, and so many more can be had."""
    pool = opened(project(DB_POOL_SIZE="1", DB_MAX_OVERFLOW="2")).pool
    assert (pool.min_size, pool.max_size) == (1, 3)


def test_an_argument_comes_before_the_environment(project, opened):
    """What the caller says counts."""
    pool = opened(project(DB_POOL_SIZE="5"), size=1, overflow=0).pool
    assert (pool.min_size, pool.max_size) == (1, 1)


def test_autocommit(project, opened):
    """A statement is a transaction of its own: each call has another."""
    ask = opened(project(), size=1, overflow=0)
    assert ask("select pg_current_xact_id()::text") != ask("select pg_current_xact_id()::text")


@pytest.mark.parametrize(
    ("environ", "options", "name"),
    [
        ({}, {}, "shop"),
        ({"PGAPPNAME": "worker"}, {}, "worker"),
        ({"PGAPPNAME": "worker"}, {"application": "web"}, "web"),
    ],
)
def test_application_name(project, opened, environ, options, name):
    """The server sees the project's name, unless libpq's variable or the caller gives another."""
    ask = opened(project(**environ), size=1, **options)
    assert ask("select current_setting('application_name')") == [name]


def test_limits(project, opened):
    """The limits hold from the start of each connection, and `reset all` comes back to them."""
    ask = opened(project(DB_STATEMENT_TIMEOUT="2.5"), size=1, overflow=0, lock_timeout=1)
    sql = "select current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')"
    with pytest.raises(psycopg.ProgrammingError):
        ask("reset all")
    assert ask(sql) == ["2500ms 1s"]


def test_a_statement_that_takes_too_long(project, opened):
    """A statement over its limit is cancelled, and the connection serves the next caller."""
    ask = opened(project(), size=1, overflow=0, statement_timeout=0.05)
    with pytest.raises(psycopg.errors.QueryCanceled):
        ask("select pg_sleep(60)")
    assert ask("select 1") == [1]


def test_options_of_the_url_stay(blank, opened, tmp_path):
    """A limit is added to what the URL sets."""
    url = f"{blank}&options=-c%20search_path%3Dshop"
    ask = opened(Project(root=tmp_path, name="x", url=url), size=1, lock_timeout=1)
    sql = "select current_setting('search_path') || ' ' || current_setting('lock_timeout')"
    assert ask(sql) == ["shop 1s"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+asyncpg", "postgresql+psycopg2"])
def test_every_spelling_of_a_url(blank, opened, scheme):
    """A URL as other tools write it names the same database."""
    ask = opened(blank.replace("postgresql", scheme, 1), size=1)
    assert ask("select current_database()::text") == ["blank"]


def test_the_projects_url(blank, opened, tmp_path, monkeypatch):
    """Without a URL, DATABASE_URL and the variables of `.env` count."""
    (tmp_path / ".env").write_text(f"DATABASE_URL='{blank}'\nDB_POOL_SIZE=2\nPGAPPNAME=envy\n")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    ask = opened()
    assert ask.pool.min_size == 2
    assert ask("select current_setting('application_name')") == ["envy"]


def test_a_url_without_a_database(opened, server, tmp_path):
    """A URL that names no database means the project's."""
    url = server.url("").replace("/?", "?")
    project = Project(root=tmp_path, name="postgres", url=url)
    assert opened(project, size=1)("select current_database()::text") == ["postgres"]


def test_several_hosts(opened, server):
    """Of several hosts the first that answers serves."""
    url = (
        "postgresql://postgres@/postgres"
        f"?host=/nowhere,{server.socket}&port=1,{server.port}&target_session_attrs=read-write"
    )
    assert opened(url, size=2)("select 1", times=5) == [1] * 5


def test_no_server(opened):
    """Where nobody listens, opening says so at once, and never the password."""
    url = "postgresql://u:s3cret@/d?host=/nowhere"
    with pytest.raises(ConnectError) as caught:
        opened(url)
    assert caught.value.message == (
        "No connection to postgresql://u:***@/d?host=/nowhere: No such file or directory."
    )
    assert caught.value.hint == ("Start the server there, or mend host and port in DATABASE_URL.")


def test_nobody_gets_more_than_there_are(project, opened):
    """Who can't have a connection in time gets psycopg's error, and the others are served."""
    ask = opened(project(), size=1, overflow=1, timeout=0.3)
    with ask.held(2), pytest.raises(PoolTimeout) as caught:
        ask("select 1")
    assert str(caught.value) == "couldn't get a connection after 0.30 sec"
    assert pool_stats(ask.pool).timeouts == 1


@pytest.fixture
def interrupt() -> Iterator[Callable[[Callable[[], object]], None]]:
    """`interrupt(condition)`: Ctrl-C as soon as it is true; test runners may ignore it else."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def once(condition: Callable[[], object]) -> None:
        until(condition)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    yield once
    signal.signal(signal.SIGINT, before)


def test_who_is_interrupted_while_waiting(project, interrupt):
    """Ctrl-C gives up the place in the queue: no connection is lost to it."""
    with open_pool(project(), size=1, overflow=0, timeout=PATIENCE) as pool:
        ask = Opened(pool, None)
        with ask.held(1), ThreadPoolExecutor(1) as threads:
            threads.submit(interrupt, lambda: pool_stats(pool).waiting)
            with pytest.raises(KeyboardInterrupt):
                ask.take()
        assert ask("select 1") == [1]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_another_process(project, opened):
    """A process that was forked is refused: it would share the connections and their answers."""
    pool = opened(project(), size=1, overflow=0, application="shop").pool
    ends, begins = os.pipe()
    child = os.fork()
    if not child:
        try:
            taken = pool.getconn()
            if asyncio.iscoroutine(taken):
                taken.send(None)
        except PoolClosed as error:
            os.write(begins, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(begins)
    with os.fdopen(ends) as pipe:
        assert pipe.read() == (
            f"the pool 'shop' belongs to process {os.getpid()}, from which this one was forked:"
            " open another here"
        )


def test_more_callers_than_connections(project, opened):
    """Callers beyond the size wait for their turn."""
    ask = opened(project(), size=1, overflow=1)
    assert ask("select 1 from pg_sleep(0.01)", times=CALLERS) == [1] * CALLERS


def test_a_connection_is_recycled(project, opened):
    """A connection that has lived long enough is replaced when it comes back."""
    ask = opened(project(), size=1, overflow=0, recycle=0.001)
    pid = ask("select pg_backend_pid()")
    ask("select pg_sleep(0.01)::text")
    assert ask("select pg_backend_pid()") != pid


def test_a_connection_is_kept(project, opened):
    """A connection that is young enough serves again."""
    ask = opened(project(), size=1, overflow=0, recycle=-1)
    assert ask("select pg_backend_pid()") == ask("select pg_backend_pid()")


def test_killed_backends_are_replaced(project, opened, blank):
    """No caller sees that every idle connection was killed."""
    ask = opened(project(), size=10, overflow=10, timeout=PATIENCE, application="victim")
    assert ask("select 1", times=CALLERS) == [1] * CALLERS
    _terminate(blank, "victim")
    assert ask("select 1", times=CALLERS) == [1] * CALLERS
    assert pool_stats(ask.pool).lost >= 1


@contextmanager
def hanging(pids: list[int]) -> Iterator[None]:
    """Backends that keep their connections open and answer nothing."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_connection_that_hangs(project, opened):
    """A caller waits for its answer no longer than for a connection."""
    ask = opened(project(), size=1, overflow=0, timeout=0.5)
    with ask.held(1) as [conn]:
        pid = conn.info.backend_pid
    with hanging([pid]), pytest.raises(PoolTimeout):
        ask("select 1")


def test_others_that_hang(project, opened, blank):
    """Where one is found dead nobody waits to hear what became of the others."""
    ask = opened(project(), size=3, overflow=0, timeout=PATIENCE)
    with ask.held(3) as conns:
        dead, *others = [conn.info.backend_pid for conn in conns]
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(%s, 10000)", [dead])
    with hanging(others):
        assert ask("select 1") == [1]
        assert ask("select 1", times=3) == [1] * 3


def test_without_a_ping_a_caller_sees_it(project, opened, blank):
    """Without a ping the first caller of a dead connection gets the error."""
    ask = opened(project(), size=1, overflow=0, pre_ping=False, application="victim")
    ask("select 1")
    _terminate(blank, "victim")
    with pytest.raises(psycopg.OperationalError):
        ask("select 1")
    assert ask("select 1") == [1]


@pytest.fixture(params=["", DEBIAN_15], ids=["pg18", "pg15"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where a server of the test's own lives; it goes with the test."""
    if request.param and not Path(request.param).is_dir():
        pytest.skip(f"{request.param} is not installed")
    home = Path(tempfile.mkdtemp(prefix="sqlwright-test-"))
    home.chmod(0o711)
    environ = {"PG_BINDIR": request.param} if request.param else {}
    made = place_in(home, name="restarted", installation=find_installation(environ))
    try:
        yield made
    finally:
        take_down(made, how=signal.SIGQUIT)
        for folder in (made.socket, home):
            rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("callers", [1, CALLERS])
def test_a_restart_is_not_seen(place, opened, callers):
    """No caller sees that the server was started anew, however many connections there were."""
    url = bring_up(place, sync=False).url()
    ask = opened(url, size=10, overflow=10, timeout=PATIENCE)
    assert ask("select 1 from pg_sleep(0.1)", times=CALLERS) == [1] * CALLERS
    take_down(place)
    bring_up(place)
    assert ask("select 1", times=callers) == [1] * callers


def test_a_server_that_is_down_for_a_moment(place, opened):
    """A caller who comes while the server is down waits until it is there again."""
    url = bring_up(place, sync=False).url()
    ask = opened(url, size=3, overflow=0, timeout=PATIENCE)
    ask("select 1")
    take_down(place)
    with ThreadPoolExecutor(1) as threads:
        again = threads.submit(bring_up, place)
        assert ask("select 1", times=3) == [1] * 3
        again.result()


def test_statistics(project, opened):
    """The statistics tell what was asked for, and how long it took at most."""
    ask = opened(project(), size=1, overflow=0)
    ask("select 1 from pg_sleep(0.2)", times=3)
    found = pool_stats(ask.pool)
    assert (found.size, found.waiting, found.requests, found.timeouts) == (1, 0, 3, 0)
    assert found.queued >= 2
    assert found.longest_wait >= 0.2
    assert found.waited >= found.longest_wait / 2


def test_statistics_are_frozen():
    """Statistics are what was, and can't be changed."""
    fields = dict.fromkeys(PoolStats.__dataclass_fields__, 0)
    with pytest.raises(AttributeError):
        PoolStats(**fields).size = 1


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What the queries' logger said; it is as it was after the test."""
    logger = logging.getLogger("sqlwright.queries")
    level = logger.level
    yield lambda: [line.getMessage() for line in caplog.records if line.name == logger.name]
    logger.setLevel(level)


@pytest.fixture
def queries(tmp_path: Path) -> Any:
    """Three named queries."""
    path = tmp_path / "users.sql"
    path.write_text(
        "-- name: echo(secret)$\nselect :secret::text;\n"
        "-- name: divide(secret)$\nselect 1 / (:secret::text = '')::int;\n"
        "-- name: make()#\nselect 1;\n"
    )
    return load_queries(path)


def test_echo(project, opened, queries, log):
    """With echo each query's name and time are logged, and never a value."""
    ask = opened(project(DB_ECHO="true"), size=1)
    ask.call(queries.echo, secret="s3cret")
    ask.call(queries.make)
    with pytest.raises(psycopg.errors.DivisionByZero):
        ask.call(queries.divide, secret="s3cret")
    assert [line.split(" ")[:2] for line in log()] == [
        ["echo", "took"],
        ["make", "took"],
        ["divide", "failed"],
    ]
    assert log()[-1].endswith(" ms: DivisionByZero")
    assert "s3cret" not in "".join(log())


def test_no_echo(project, opened, queries, log):
    """Without echo nothing is logged."""
    opened(project(), size=1).call(queries.echo, secret="s3cret")
    assert log() == []


def test_a_server_that_takes_no_writes_any_more(project, opened):
    """A connection whose write was refused is not used again: behind it may be another server."""
    ask = opened(project(), size=1, overflow=0)
    before = ask("select pg_backend_pid()")
    with pytest.raises(psycopg.ProgrammingError):
        ask("set default_transaction_read_only = on")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask("create table t ()")
    assert ask("select pg_backend_pid()") != before
