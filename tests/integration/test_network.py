"""A connection that ends in the midst: it is said what was interrupted, and made good."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import psycopg
import pytest

from proxy import Proxy
from sqlwright.config import Project
from sqlwright.errors import ConnectError, StatementError
from sqlwright.migrations import migrate
from sqlwright.migrations.limits import Limits
from sqlwright.server import temporary_server
from sqlwright.server.connection import connect

SLOW = "create table public.items (id int); select pg_sleep(seconds) from public.brake;"


@pytest.fixture
def proxy(server):
    """A loopback port that leads to the server."""
    with Proxy(Path(server.socket) / f".s.PGSQL.{server.port}") as running:
        yield running


@pytest.fixture
def slow(write, blank):
    """`slow(url)`: a project there, whose one migration sleeps until `brake` is emptied."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("create table brake as select 60 as seconds")
    project = write(shop_0001_items=SLOW)
    return lambda url: Project(root=project.root, name="shop", url=url)


def when_it_sleeps(url, act):
    """Calls `act` with the pid of the session that sleeps, once there is one."""

    def wait():
        query = (
            "select pid from pg_stat_activity"
            " where datname = current_database() and wait_event = 'PgSleep'"
        )
        with psycopg.connect(url, autocommit=True) as conn:
            while not (found := conn.execute(query).fetchone()):
                time.sleep(0.01)
            act(conn, found[0])
            conn.execute("delete from brake")

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_cut_network_is_said_and_made_good(slow, blank, proxy):
    """The migration is named; nothing of it stays, and the next run applies it."""
    cut = when_it_sleeps(blank, lambda *_: proxy.cut())
    with pytest.raises(ConnectError) as caught:
        migrate.apply(slow(proxy.url("blank")))
    cut.join()
    assert caught.value.message.startswith(
        "The connection to blank was lost while shop_0001_items was applied: "
    )
    assert caught.value.hint == (
        "Run the command again: the file is there whole, with its mark, or not at all."
    )
    assert [done.id for done in migrate.apply(slow(blank))] == ["shop_0001_items"]


def test_a_terminated_session_is_no_fault_of_the_file(slow, blank):
    """An administrator ended it: the file needs no mending."""
    ended = when_it_sleeps(
        blank, lambda conn, pid: conn.execute("select pg_terminate_backend(%s)", [pid])
    )
    with pytest.raises(ConnectError) as caught:
        migrate.apply(slow(blank))
    ended.join()
    assert str(caught.value) == (
        "The connection to blank was lost while shop_0001_items was applied:"
        " terminating connection due to administrator command.\n"
        "Run the command again: the file is there whole, with its mark, or not at all."
    )
    assert [done.id for done in migrate.apply(slow(blank))] == ["shop_0001_items"]


def test_a_canceled_statement_is_a_statement_s_error(slow, blank):
    """Somebody canceled it: PostgreSQL's words with the place in the file, and nothing stays."""
    canceled = when_it_sleeps(
        blank, lambda conn, pid: conn.execute("select pg_cancel_backend(%s)", [pid])
    )
    project = slow(blank)
    with pytest.raises(StatementError) as caught:
        migrate.apply(project)
    canceled.join()
    assert str(caught.value) == (
        f"{project.root}/migrations/shop/shop_0001_items.sql, line 1, column 37:"
        " canceling statement due to user request (SQLSTATE 57014)\n"
        f"  1 | {SLOW}\n"
        f"    | {' ' * 36}^\n"
        "Nothing of this file stays. Mend it and run the command again."
    )
    assert [done.id for done in migrate.apply(project)] == ["shop_0001_items"]


def test_a_statement_that_takes_too_long_is_ended(slow, blank):
    """It holds its locks while it runs; the message says how long it had, and how to give more."""
    with pytest.raises(StatementError) as caught:
        migrate.apply(slow(blank), limits=Limits(statement=0.2))
    assert "canceling statement due to statement timeout (SQLSTATE 57014)" in caught.value.message
    assert caught.value.hint == (
        "A statement may take 0.2 s: give it more with --statement-timeout SECONDS.\n"
        "Nothing of this file stays. Mend it and run the command again."
    )


def test_a_dead_network_is_noticed_within_a_minute(slow, blank, proxy):
    """This side asks for a sign of life, and a DATABASE_URL that says otherwise has its way."""
    for options, idle in (("", 30), ("&keepalives_idle=7", 7)):
        project = slow(proxy.url("blank") + options)
        with (
            connect(project.url, project) as conn,
            socket.socket(fileno=socket.dup(conn.fileno())) as line,
        ):
            seen = [
                line.getsockopt(socket.IPPROTO_TCP, option)
                for option in (
                    socket.TCP_KEEPIDLE,
                    socket.TCP_KEEPINTVL,
                    socket.TCP_KEEPCNT,
                    socket.TCP_USER_TIMEOUT,
                )
            ]
        assert seen == [idle, 10, 3, 60_000]


def test_the_server_lets_go_of_a_client_that_fell_silent(write):
    """The session makes the server ask too: else it would hold locks for hours."""
    names = ("client_connection_check_interval", "tcp_keepalives_idle", "tcp_user_timeout")
    shown = ", ".join(f"current_setting('{name}')" for name in names)
    project = write(shop_0001_seen=f"create table seen as select array[{shown}] as settings;")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    tcp = {"listen_addresses": "127.0.0.1", "port": port}
    with temporary_server(environ=environ, settings=tcp) as running:
        with psycopg.connect(running.url()) as conn:
            conn.execute("alter role postgres password 'secret'")
        url = f"postgresql://postgres:secret@127.0.0.1:{port}/postgres"
        migrate.apply(Project(root=project.root, name="shop", url=url))
        with psycopg.connect(url) as conn:
            seen = conn.execute("select settings from seen").fetchone()[0]
    assert seen == ["1s", "30", "60000"]
