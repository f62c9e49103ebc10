"""A real PgBouncer in transaction mode between the pool and the server, with two connections."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import yaml

from pair import members, until
from sqlwright.config import Project
from sqlwright.pool import open_async_pool, open_pool, retrying
from sqlwright.queries import load_queries
from sqlwright.server.account import account_for, run_as

pytestmark = pytest.mark.newest

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
CALLERS = 8
CALLS = 20
# What is another here than in docker-compose.yml, whose settings these are.
HERE = """
listen_addr =
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
admin_users = postgres
default_pool_size = 2
logfile = {folder}/log
"""
QUERIES = """
-- name: add(first, second)$
select :first::int + :second::int;

-- name: greet(name)$
select 'hello ' || :name::text;

-- name: put(number)!
insert into numbers (number) values (:number::int);
"""


@pytest.fixture(scope="module")
def pooler(server):
    """The folder of a PgBouncer's socket."""
    with psycopg.connect(server.url()) as conn:
        account = account_for(Path(conn.execute("show data_directory").fetchone()[0]))
    with running(server.socket, server.port, account) as folder:
        yield folder


@contextmanager
def running(socket, port, account):
    """A PgBouncer before the server there, by the folder of its own socket."""
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="sqlwright-pgbouncer-"))
    folder.chmod(0o755)
    config = folder / "pgbouncer.ini"
    config.write_text(settings(socket, port, folder))
    (folder / "users").write_text('"postgres" ""\n')
    if os.geteuid() == 0:
        os.chown(folder, account.uid, account.gid)
    process = subprocess.Popen(
        [PGBOUNCER, "--quiet", str(config)], cwd="/", stdin=subprocess.DEVNULL, **run_as(account)
    )
    try:
        until((folder / ".s.PGSQL.6432").exists)
        yield folder
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)


def settings(socket, port, folder):
    """Those of docker-compose.yml, for the test's server; of two lines the last one counts."""
    compose = (Path(__file__).parents[2] / "docker-compose.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(compose)["configs"]["pooler"]["content"]
    here = content.replace("host=postgres port=5432", f"host={socket} port={port}")
    assert here != content
    return here + HERE.format(folder=folder)


@pytest.fixture
def url(pooler, blank):
    """The URL of a database behind it, which nobody uses once the test is over."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("create table numbers (number int)")
    name = psycopg.conninfo.conninfo_to_dict(blank)["dbname"]
    yield f"postgresql://postgres@/{name}?host={pooler}&port=6432"
    admin = f"postgresql://postgres@/pgbouncer?host={pooler}&port=6432"
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"kill {name}")
        conn.execute(f"resume {name}")


@pytest.fixture
def queries(tmp_path):
    """Two named queries, which two callers that share a connection would both prepare."""
    path = tmp_path / "numbers.sql"
    path.write_text(QUERIES)
    return load_queries(path)


def calls(queries, conn):
    """What a caller does."""
    for number in range(CALLS):
        assert queries.add(conn, first=number, second=1) == number + 1
        assert queries.greet(conn, name="you") == "hello you"


def on_threads(url, work, **options):
    """Runs it on each of many connections at once."""
    with (
        open_pool(url, size=CALLERS, overflow=0, **options) as pool,
        ThreadPoolExecutor(CALLERS) as threads,
    ):

        def call(_):
            with pool.connection() as conn:
                work(conn)

        list(threads.map(call, range(CALLERS)))


def test_named_queries(url, queries):
    """Callers that share the server's connections get what they ask for."""
    on_threads(url, lambda conn: calls(queries, conn), pooler=True)


def test_without_the_option_they_are_in_each_others_way(url, queries):
    """A statement that one connection has prepared is met, or missed, on another."""
    with pytest.raises(
        (psycopg.errors.InvalidSqlStatementName, psycopg.errors.DuplicatePreparedStatement)
    ):
        on_threads(url, lambda conn: calls(queries, conn))


def test_named_queries_on_asyncio(url, queries):
    """The same for asyncio."""

    async def call(pool):
        async with pool.connection() as conn:
            for number in range(CALLS):
                assert await queries.add(conn, first=number, second=1) == number + 1

    async def whole():
        async with open_async_pool(url, size=CALLERS, overflow=0, pooler=True) as pool:
            await asyncio.gather(*(call(pool) for _ in range(CALLERS)))

    asyncio.run(whole())


def test_transactions(url, queries):
    """A transaction stays on one connection of the server to its end."""

    def work(conn):
        queries.put(conn, number=1)
        queries.put(conn, number=2)
        return conn.execute("select count(*) from numbers").fetchone()[0]

    with open_pool(url, size=2, pooler=True) as pool:
        assert retrying(pool, work) == 2


def test_the_variable(url, queries, tmp_path):
    """DB_POOLER says it for a whole service."""
    project = Project(root=tmp_path, name="x", url=url, environ={"DB_POOLER": "true"})
    on_threads(project, lambda conn: calls(queries, conn))


def test_a_limit_of_the_role(url, blank):
    """What is set on the role or the database holds behind it."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(
            "do $$ begin execute format('alter database %I set statement_timeout = 50',"
            " current_database()); end $$"
        )
    with (
        open_pool(url, size=1, pooler=True) as pool,
        pool.connection() as conn,
        pytest.raises(psycopg.errors.QueryCanceled),
    ):
        conn.execute("select pg_sleep(30)")


def test_reading(url):
    """It works there too, with `options` among what PgBouncer ignores."""
    with open_pool(url, size=1, pooler=True) as pool, pool.reading(lag=1) as conn:
        assert conn.execute("select 1").fetchone() == (1,)


def test_a_primary_that_is_gone_behind_it():
    """Of two, each before its server, the one before the new primary serves.

    The other still listens, and lets a query wait for a server that is dead; and this one goes on
    saying of its server that it is a standby.
    """
    with (
        members("east", "west") as (east, west),
        running(east.socket, 5432, east.place.account) as old,
        running(west.socket, 5432, west.place.account) as new,
    ):
        url = f"postgresql://postgres@/postgres?host={old},{new}&port=6432"
        with open_pool(url, size=1, timeout=60, pooler=True) as pool:

            def name():
                with pool.connection() as conn:
                    return conn.execute("select current_setting('cluster_name')").fetchone()[0]

            assert name() == "east"
            east.kill()
            west.promote()
            assert name() == "west"
