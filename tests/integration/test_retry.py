"""A transaction is run again where that is sound, and nowhere else; sync and async."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import psycopg
import pytest
from psycopg import IsolationLevel

from sqlwright.errors import CommitUnknownError
from sqlwright.pool import open_async_pool, open_pool, retrying
from sqlwright.queries import load_queries

pytestmark = pytest.mark.newest

ENDS = "select pg_terminate_backend(pg_backend_pid())"
CALLERS = 4
TABLES = """
create table accounts (id int primary key, balance int not null);
insert into accounts values (1, 0), (2, 0);
create function end_session() returns trigger language plpgsql as
    'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
create table doors (id int);
create constraint trigger doors_end_the_session after insert on doors
    deferrable initially deferred for each row execute function end_session();
"""


def drive(steps, conn):
    """Runs a generator that yields statements and gets the first value of each, or its error."""
    run = steps()
    statement = next(run)
    while True:
        try:
            cursor = conn.execute(statement)
            go_on = partial(run.send, cursor.fetchone()[0] if cursor.description else None)
        except psycopg.Error as error:
            go_on = partial(run.throw, error)
        try:
            statement = go_on()
        except StopIteration as end:
            return end.value


async def drive_async(steps, conn):
    """The same for asyncio."""
    run = steps()
    statement = next(run)
    while True:
        try:
            cursor = await conn.execute(statement)
            go_on = partial(run.send, (await cursor.fetchone())[0] if cursor.description else None)
        except psycopg.Error as error:
            go_on = partial(run.throw, error)
        try:
            statement = go_on()
        except StopIteration as end:
            return end.value


@pytest.fixture(params=["sync", "async"])
def run(request, blank):
    """`run(*works, **options)`: all of them at once, each a generator of statements."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(TABLES)

    def on_threads(*works, **options):
        with (
            open_pool(blank, size=len(works), overflow=0) as pool,
            ThreadPoolExecutor(len(works)) as threads,
        ):
            started = [
                threads.submit(retrying, pool, partial(drive, work), **options) for work in works
            ]
            return [each.result() for each in started]

    async def on_asyncio(*works, **options):
        async with open_async_pool(blank, size=len(works), overflow=0) as pool:
            return await asyncio.gather(
                *(retrying(pool, partial(drive_async, work), **options) for work in works)
            )

    if request.param == "sync":
        return on_threads
    return lambda *works, **options: asyncio.run(on_asyncio(*works, **options))


def is_killed():
    """As an administrator would."""
    yield ENDS


def idles_too_long():
    """As the server may be set not to bear."""
    yield "set local idle_in_transaction_session_timeout = 50"
    time.sleep(0.5)
    yield "select 1"


@pytest.fixture
def ask(blank, run):
    """`ask(statement)`: its first value, on a connection of its own."""
    del run  # the tables are made

    def once(statement):
        with psycopg.connect(blank, autocommit=True) as conn:
            cursor = conn.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    return once


def test_what_it_gives(run, ask):
    """The value of the work, once it is committed."""

    def work():
        yield "update accounts set balance = 7 where id = 1"
        return (yield "select balance from accounts where id = 1")

    assert run(work) == [7]
    assert ask("select balance from accounts where id = 1") == 7


def test_serialization_failures(run, ask):
    """No update is lost of those who read and write the same row, however they clash."""

    def work():
        balance = yield "select balance from accounts where id = 1"
        yield "select pg_sleep(0.01)"
        yield f"update accounts set balance = {balance + 1} where id = 1"

    run(*[work] * CALLERS, attempts=50, isolation=IsolationLevel.REPEATABLE_READ)
    assert ask("select balance from accounts where id = 1") == CALLERS


def test_the_isolation_is_that_of_the_transaction_alone(run):
    """The connection goes back as it came."""
    levels = []

    def work():
        levels.append((yield "show transaction_isolation"))

    run(work, isolation=IsolationLevel.SERIALIZABLE)
    run(work)
    assert levels == ["serializable", "read committed"]


def test_a_deadlock(run, ask):
    """Two that lock the same rows in opposite order are both done in the end."""

    def work(first, second):
        yield f"update accounts set balance = balance + 1 where id = {first}"
        yield "select pg_sleep(0.1)"
        yield f"update accounts set balance = balance + 1 where id = {second}"

    ask("do $$ begin execute format('alter database %I set deadlock_timeout = 50',"
        " current_database()); end $$")  # fmt: skip
    run(partial(work, 1, 2), partial(work, 2, 1))
    assert ask("select array_agg(balance) from accounts") == [2, 2]


@pytest.mark.parametrize(
    ("loss", "ignored"),
    [(is_killed, ()), (is_killed, psycopg.OperationalError), (idles_too_long, ())],
)
def test_a_connection_lost_before_the_commit(run, ask, loss, ignored):
    """The transaction that was under way is gone for sure, and is run on another connection."""
    attempts = []

    def work():
        attempts.append(1)
        yield "update accounts set balance = balance + 1 where id = 1"
        if len(attempts) == 1:
            with suppress(ignored):
                yield from loss()

    run(work)
    assert (len(attempts), ask("select balance from accounts where id = 1")) == (2, 1)


def test_a_server_that_takes_no_writes_any_more(run):
    """Nothing was written there, and the next attempt has another connection."""
    sessions = []

    def work():
        sessions.append((yield "select pg_backend_pid()"))
        if len(sessions) == 1:
            yield "set transaction read only"
        yield "update accounts set balance = balance + 1 where id = 1"

    run(work)
    assert len(set(sessions)) == 2


def test_a_connection_lost_in_the_commit(run):
    """Nothing is run again, and the error says why."""
    attempts = []

    def work():
        attempts.append(1)
        yield "insert into doors values (1)"

    with pytest.raises(CommitUnknownError) as caught:
        run(work)
    assert str(caught.value) == (
        "The connection was lost during a commit (terminating connection due to administrator"
        " command): the transaction is there whole, or not at all.\n"
        "Look for one of its rows before you run it again."
    )
    assert len(attempts) == 1


def test_what_no_further_attempt_would_mend(run):
    """Any other error is the caller's at once."""
    attempts = []

    def work():
        attempts.append(1)
        yield "insert into accounts values (1, 0)"

    with pytest.raises(psycopg.errors.UniqueViolation):
        run(work)
    assert len(attempts) == 1


def test_it_gives_up(run):
    """The last failure is the caller's, with how often it was tried."""
    attempts = []

    def work():
        attempts.append(1)
        yield "do $$ begin raise serialization_failure; end $$"

    with pytest.raises(psycopg.errors.SerializationFailure) as caught:
        run(work, attempts=3)
    assert (len(attempts), caught.value.__notes__) == (3, ["This was the last of 3 attempts."])


def test_it_gives_up_on_lost_connections(run):
    """The error is psycopg's own."""

    def work():
        yield ENDS

    with pytest.raises(psycopg.OperationalError) as caught:
        run(work, attempts=2)
    assert caught.value.__notes__ == ["This was the last of 2 attempts."]


def test_an_error_that_was_swallowed(run, ask):
    """A transaction that has failed is not taken for done."""

    def work():
        yield "update accounts set balance = 1 where id = 1"
        with suppress(psycopg.errors.DivisionByZero):
            yield "select 1 / 0"

    with pytest.raises(psycopg.errors.InFailedSqlTransaction) as caught:
        run(work)
    assert str(caught.value) == (
        "a statement of the transaction has failed, and what it called went on as if it had not:"
        " nothing is committed"
    )
    assert ask("select balance from accounts where id = 1") == 0


def test_a_stale_query(blank, tmp_path):
    """A table that changed under a prepared query costs an attempt, and no error."""
    path = tmp_path / "accounts.sql"
    path.write_text("-- name: get_account(id)^\nselect * from accounts where id = :id;\n")
    queries = load_queries(path)
    seen = []

    def work(conn):
        conn.execute("select 1")
        seen.append(conn.info.transaction_status)
        return queries.get_account(conn, id=1)

    with (
        psycopg.connect(blank, autocommit=True) as conn,
        open_pool(blank, size=1, overflow=0) as pool,
    ):
        conn.execute(TABLES)
        assert retrying(pool, work) == (1, 0)
        conn.execute("alter table accounts add column name text default 'x'")
        assert retrying(pool, work) == (1, 0, "x")
    assert len(seen) == 3
