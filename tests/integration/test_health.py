"""Health: on the command line, over HTTP, and where the database is down, full or hanging."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from callers import PATIENCE
from commands import COMMAND, project
from sqlwright.config import Project
from sqlwright.errors import ConfigError, ServerError
from sqlwright.migrations import migrate
from sqlwright.observe import Part, app_of
from sqlwright.operations.serve import serve
from sqlwright.pool import open_async_pool, open_pool
from sqlwright.server import temporary_server
from sqlwright.urls import with_database

pytestmark = pytest.mark.newest

HANGS = "no answer within 0.2 s"
REFUSED = "Connection refused. Start the server there, or mend host and port in DATABASE_URL."
NOWHERE = "postgresql://bob:geheim@127.0.0.1:1/shop"


@pytest.fixture
def cli(tmp_path, blank):
    """A project with three migrations, of which none is applied."""
    return project(tmp_path / "project", DATABASE_URL=blank)


def apply(cli, **options):
    """Applies the project's migrations."""
    url = cli.environ["DATABASE_URL"]
    migrate.apply(Project(root=cli.folder, name="shop", url=url), **options)


@pytest.fixture(scope="module")
def own():
    """A server of these tests' own, which lets four roles without privileges in."""
    settings = {"max_connections": "7", "superuser_reserved_connections": "3"}
    with temporary_server(settings={**settings, "max_wal_senders": "0"}) as running:
        yield running


async def _get(app, *paths, **headers):
    """What the application answers to each path."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return [await client.get(path, headers=headers) for path in paths]


def get(app, *paths, **headers):
    """The same, and the only answer if there is one."""
    found = asyncio.run(_get(app, *paths, **headers))
    return found[0] if len(found) == 1 else found


def _says(answer):
    """What each part says of itself."""
    return {name: part["says"] for name, part in answer.json()["details"].items()}


@contextmanager
def stopped(server):
    """The server and all that it has started stand still within the block."""
    pids = [server.pid]
    try:
        _send(signal.SIGSTOP, pids)  # first, so that it starts no more
        pids += _children(server.pid)
        _send(signal.SIGSTOP, pids)
        yield
    finally:
        _send(signal.SIGCONT, pids)


def _children(pid):
    """Also sessions that are about to begin, of which the server's own views don't tell yet."""
    return map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def _send(sign, pids):
    for pid in pids:
        with suppress(ProcessLookupError):  # a session that has ended meanwhile
            os.kill(pid, sign)


def test_healthy(cli):
    """Once all is applied every part is healthy, and the exit code is 0."""
    apply(cli)
    said = cli("health --json")
    document = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", document["timestamp"])
    assert {**document, "timestamp": None, "details": None} == {
        "status": "healthy",
        "database": "healthy",
        "migrations": "healthy",
        "pool": "healthy",
        "timestamp": None,
        "version": "0.1.0",
        "details": None,
    }
    assert document["details"]["migrations"]["says"] == "3 applied, the newest is shop_0002_items"


def test_half_migrated(cli):
    """What is pending or was edited makes the whole unhealthy, and is named."""
    apply(cli, steps=2)
    cli.write("common/common_0001_schema.sql", "-- Edited.\ncreate schema common;\n")
    said = cli("health")
    assert (said.code, said.err) == (1, "")
    line = next(line for line in said.out.splitlines() if "migrations" in line)
    assert line == (
        "unhealthy  migrations  1 pending: shop_0002_items; 1 changed: common_0001_schema"
    )


def test_down(cli):
    """A database that is down is said once, with what to do, and without its password."""
    said = cli("health", DATABASE_URL=NOWHERE)
    assert (said.code, said.err) == (1, "")
    assert said.out == (
        f"unhealthy  database    {REFUSED}\n"
        "unknown    migrations  there is no connection\n"
        "unknown    pool        there is no connection\n"
    )


def test_no_rights(cli, blank):
    """A role that may not see what is applied is told so, which is no illness."""
    apply(cli)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("drop role if exists health_guest")
        conn.execute("create role health_guest login")
    try:
        said = cli("health", DATABASE_URL=blank.replace("postgres@", "health_guest@"))
    finally:
        with psycopg.connect(blank, autocommit=True) as conn:
            conn.execute("drop role health_guest")
    assert said.code == 0
    assert (
        "unknown  migrations  health_guest: permission denied for table _yoyo_migration"
    ) in re.sub(" {2,}", "  ", said.out)


def test_hooks(cli):
    """A part of the project's own is asked by its hook; its URL's password is not repeated."""
    (cli.folder / "sqlwright.toml").write_text(
        'name = "shop"\n[hooks]\nhealth = ["parts:redis", "parts:disk"]\n'
    )
    (cli.folder / "parts.py").write_text(
        "def redis():\n    raise OSError('no answer of redis://:geheim@cache:6379/0')\n"
        "async def disk():\n    return 'half empty'\n"
    )
    apply(cli)
    said = cli("health")
    assert said.code == 1
    assert said.out.splitlines()[-2:] == [
        "unhealthy  redis       OSError: no answer of redis://:***@cache:6379/0",
        "healthy    disk        half empty",
    ]


def test_a_part_with_a_name_of_ours(blank):
    """A part can't take the name of another, or of what the answer has anyway."""
    with pytest.raises(ConfigError) as caught:
        app_of(blank, parts={"status": lambda: None})
    assert caught.value.message == "A part can't be called status: the answer has that already."
    with pytest.raises(ConfigError) as caught:
        app_of(blank, parts={"database": lambda: None})
    assert caught.value.message == "A part can't be called database: there is one already."


def _no():
    return False


def _ill():
    raise RuntimeError


async def _hangs():
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("check", "timeout", "says"),
    [
        (_no, 30, "it says no"),
        (_ill, 30, "RuntimeError"),
        (_hangs, 0.2, HANGS),
        (lambda: time.sleep(5), 0.2, HANGS),
    ],
)
def test_a_part_that_is_not_well(blank, check, timeout, says):
    """One that says no, raises or hangs is unhealthy in time, and others are asked all the same."""
    parts = {"cache": Part(check=check, timeout=timeout), "queue": lambda: "empty"}
    answer = get(app_of(blank, parts=parts, timeout=30), "/health")
    assert answer.status_code == 503
    assert _says(answer) == {
        "database": _says(answer)["database"],
        "cache": says,
        "queue": "empty",
    }
    assert answer.json()["status"] == answer.json()["cache"] == "unhealthy"


def test_a_part_that_hangs_is_asked_once(blank):
    """Whoever asks while a part hangs waits for the same answer: nothing piles up."""
    calls = []

    async def check():
        calls.append(1)
        await asyncio.sleep(60)

    app = app_of(blank, parts={"cache": Part(check=check, timeout=0.02)})
    get(app, "/health", "/health", "/health")
    assert calls == [1]


def test_ready_without_what_can_be_missed(blank):
    """What a service can do without does not take it out of the balance."""
    parts = {"cache": _no, "store": Part(check=_no, is_needed=True)}
    assert get(app_of(blank, parts={"cache": _no}), "/ready").status_code == 200
    assert get(app_of(blank, parts=parts), "/ready").status_code == 503


@pytest.mark.parametrize("path", ["/ops/health", "/ops/ready", "/ops/health/"])
def test_mounted(blank, tmp_path, path):
    """Mounted in FastAPI on the service's own pool, sync or async, it answers under its prefix."""
    where = Project(root=tmp_path, name="shop", url=blank)

    async def on_async():
        async with open_async_pool(where, size=1) as pool:
            service = FastAPI()
            service.mount("/ops", app_of(pool, version="7.1"))
            return (await _get(service, path))[0]

    with open_pool(where, size=1) as pool:
        service = FastAPI()
        service.mount("/ops", app_of(pool, version="7.1"))
        answers = [get(service, path), asyncio.run(on_async())]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["version"] for answer in answers] == ["7.1", "7.1"]


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/", 404, '{"detail": "There are /health, /ready and /metrics."}'),
        ("POST", "/health", 405, '{"detail": "These are read: GET or HEAD."}'),
        ("HEAD", "/health", 200, ""),
    ],
)
def test_other_requests(blank, method, path, status, body):
    """What is not there, is not read or has no body is answered as HTTP wants it."""

    async def ask():
        transport = httpx.ASGITransport(app_of(blank))
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.text) == (status, body)


@pytest.fixture
def queries(tmp_path):
    """Queries that a service calls, in their folder."""
    path = tmp_path / "sql" / "shop" / "items.sql"
    path.parent.mkdir(parents=True)
    path.write_text(
        "-- name: list_items()\nselect name from shop.items where name like 'a%' order by name;\n"
        "-- name: add(name)!\ninsert into shop.items (name) values (:name) -- the new one\n"
        "-- name: make()#\ncreate table shop.more ();\n"
        "-- name: refresh()!\nrefresh materialized view shop.totals;\n"
    )
    return tmp_path / "sql"


@pytest.mark.parametrize("is_async", [False, True])
def test_ready_with_what_the_queries_need(cli, blank, tmp_path, queries, is_async):
    """A service is ready from the migration on that its last query needs."""

    def ask(pool):
        return _get(app_of(pool, queries=queries), "/ready")

    async def on_async():
        async with open_async_pool(where, size=1) as pool:
            return (await ask(pool))[0]

    def answer():
        if is_async:
            return asyncio.run(on_async())
        with open_pool(where, size=1) as pool:
            return asyncio.run(ask(pool))[0]

    where = Project(root=tmp_path, name="shop", url=blank)
    apply(cli, steps=2)
    before = answer()
    apply(cli)
    after = answer()
    assert (before.status_code, after.status_code) == (503, 200)
    assert _says(before)["queries"] == (
        '2 queries are not understood (list_items, add): relation "shop.items" does not exist'
    )
    assert _says(after)["queries"] == "all 3 queries are understood"


def _all_that_are_left(url):
    """Every connection that the server still has, also of those that are just being closed."""
    taken = []
    for _ in range(3):
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(psycopg.connect(url))
        time.sleep(0.05)
    return taken


def test_no_connection_left(own, tmp_path):
    """A full server is told from one that is down, also by a pool that can't grow any more."""
    with psycopg.connect(own.url(), autocommit=True) as conn:
        conn.execute("create role guest login")
        url = own.url(user="guest")
        where = Project(root=tmp_path, name="shop", url=url)
        with open_pool(where, size=1, overflow=0) as pool, pool.connection():
            taken = _all_that_are_left(url)
            try:
                answers = [get(app_of(one, timeout=4), "/health") for one in (url, pool)]
            finally:
                for one in taken:
                    one.close()
        conn.execute("drop role guest")
    full = (
        "remaining connection slots are reserved for roles with the SUPERUSER attribute."
        " Wait until others disconnect, or raise max_connections."
    )
    assert [_says(answer)["database"] for answer in answers] == [full, full]


def test_a_pool_that_is_used_up(blank, tmp_path):
    """A service whose connections are all in use is not ready, and says so in time."""
    where = Project(root=tmp_path, name="shop", url=blank)
    with open_pool(where, size=1, overflow=0) as pool, pool.connection():
        app = app_of(pool, timeout=2, database=True)
        answer, metrics = get(app, "/ready", "/metrics")
    assert answer.status_code == 503
    assert _says(answer)["database"] == (
        "None of the pool's 1 connections came free within 1.6 s."
        " Give connections back sooner, or raise DB_POOL_SIZE or DB_MAX_OVERFLOW."
    )
    assert "\nsqlwright_up 1.0\n" in metrics.text  # the database is not to blame
    assert '\nsqlwright_unseen{metric="sqlwright_disk_used_ratio"} 1.0\n' in metrics.text


def test_wrong_password(blank, server):
    """A password that is wrong is the reason, and is nowhere in the answer."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("create role health_bob login password 'right'")
    url = f"{blank.replace('postgres@', 'health_bob:geheim@')}&require_auth=scram-sha-256"
    try:
        answer = get(app_of(url), "/health")
    finally:
        with psycopg.connect(blank, autocommit=True) as conn:
            conn.execute("drop role health_bob")
    assert answer.status_code == 503
    assert "geheim" not in answer.text
    assert "auth" in _says(answer)["database"]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_server_that_hangs(own, tmp_path, is_async):
    """While the server stands still every request is answered in time, and after it all is well."""
    where = Project(root=tmp_path, name="shop", url=own.url())

    async def ask(pool):
        app = app_of(pool, timeout=0.2, database=True)
        await _get(app, "/health")
        with stopped(own):
            ill = await _get(app, "/health", "/ready", "/metrics", "/health")
        until = time.monotonic() + PATIENCE
        while (well := (await _get(app, "/health"))[0]).status_code != 200:
            assert time.monotonic() < until, well.text
        return ill, well

    async def on_async():
        async with open_async_pool(where, size=1, overflow=1) as pool:
            return await ask(pool)

    if is_async:
        ill, well = asyncio.run(on_async())
    else:
        with open_pool(where, size=1, overflow=1) as pool:
            ill, well = asyncio.run(ask(pool))
    assert [answer.status_code for answer in ill] == [503, 503, 200, 503]
    assert _says(ill[0])["database"] == HANGS
    assert "\nsqlwright_up 0.0\n" in ill[2].text
    assert well.status_code == 200


def _wait_until_it_serves(process):
    line = process.stderr.readline()
    assert line.startswith("Serving /health, /ready and /metrics on http://127.0.0.1:")
    return line.split()[-1]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve(cli, blank, how):
    """`serve` answers on a port of its own, tells ready from not, and ends in order."""
    apply(cli, steps=2)
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0"],
        cwd=cli.folder,
        env={"DATABASE_URL": blank, "PATH": os.environ["PATH"], "HOME": str(cli.folder)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url = _wait_until_it_serves(process)
        before = httpx.get(f"{url}/ready")
        metrics = httpx.get(f"{url}/metrics")
        apply(cli)
        after = httpx.get(f"{url}/ready")
        process.send_signal(how)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""
    assert (before.status_code, after.status_code) == (503, 200)
    assert _says(before)["migrations"] == "1 pending: shop_0002_items"
    assert "\nsqlwright_up 1.0\n" in metrics.text


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_end_at_the_beginning(cli, how):
    """Who wants an end before the first request is heard too."""
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0"],
        cwd=cli.folder,
        env={**cli.environ, "PATH": os.environ["PATH"], "HOME": str(cli.folder)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _wait_until_it_serves(process)
        process.send_signal(how)
        try:
            assert process.wait(timeout=20) == 0
        finally:
            process.kill()


def test_serve_while_the_database_hangs(cli, own):
    """`serve` ends in order too while the database stands still, and answers until then."""
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--timeout", "0.2"],
        cwd=cli.folder,
        env={"DATABASE_URL": own.url(), "PATH": os.environ["PATH"], "HOME": str(cli.folder)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url = _wait_until_it_serves(process)
        with stopped(own):
            answer = httpx.get(f"{url}/health")
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
    assert _says(answer) == {"database": HANGS, "migrations": HANGS}


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(-2, "It is unknown (while attempting to …)"), TypeError("It is unknown")],
)
def test_an_address_that_is_none(tmp_path, monkeypatch, error):
    """A host that can't be listened on is named, with why."""

    def create_server(*_, **__):
        raise error

    monkeypatch.setattr(socket, "create_server", create_server)
    with pytest.raises(ServerError) as caught:
        serve(Project(root=tmp_path, name="shop", url=NOWHERE), host="no:where")
    assert caught.value.message == "[no:where]:9432 can't be listened on: It is unknown."


def test_a_database_without_an_encoding(blank):
    """What it says is text there too."""
    name = f"{psycopg.conninfo.conninfo_to_dict(blank)['dbname']}_ascii"
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(
            f'create database "{name}" template template0 encoding sql_ascii'
            " locale_provider libc locale 'C'"
        )
        try:
            answer = get(app_of(with_database(blank, name), timeout=30), "/health")
        finally:
            conn.execute(f'drop database "{name}" with (force)')
    assert re.fullmatch(r"PostgreSQL [\d.]+, primary", _says(answer)["database"])


def test_a_url_is_read_as_everywhere(monkeypatch):
    """Over TLS to another machine, and not for ever where nobody answers."""
    given = []
    monkeypatch.setattr("sqlwright.observe.app.ask_of", lambda where, **_: given.append(where))
    app_of("postgresql+asyncpg://bob@db.example.com/shop")
    settings = psycopg.conninfo.conninfo_to_dict(given[0])
    assert (settings["sslmode"], settings["connect_timeout"]) == ("require", "10")


def test_a_port_that_is_taken(cli, tmp_path):
    """A port that somebody else listens on is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = cli(f"serve --port {port}")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"error: 127.0.0.1:{port} can't be listened on: Address already in use.\n"
        "Choose another --port, or an address of this machine for --host.\n"
    )
