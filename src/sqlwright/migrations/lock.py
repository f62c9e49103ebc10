"""The lock that lets one process migrate a database at a time.

A session advisory lock is the truth: the server lets it go when the process that held it ends,
however it ends. It is polled, since a blocking wait would hold a snapshot that `create index
concurrently` waits for. yoyo's lock row is taken besides, so that plain yoyo keeps out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.errors import LockError, MigrationError
from sqlwright.migrations.bookkeeping import Tables, first, install, lock_key, run
from sqlwright.migrations.session import become_owner, saying_what_is_lost

__all__ = ["break_lock", "migration_lock"]

_PAUSE = 0.2
_AFTER_A_LOSS = "Run the command again: what was committed stays, and nothing is half done."


@contextmanager
def migration_lock(
    conn: psycopg.Connection[Any], tables: Tables, *, wait: float
) -> Iterator[Tables]:
    """Holds both locks, and makes the bookkeeping tables that are missing.

    Args:
        conn: In autocommit, outside a transaction.
        tables: Where the bookkeeping is.
        wait: Seconds to wait for another process to finish.

    Yields:
        The tables as they are now.

    Raises:
        LockError: another process held one of the locks for longer than that.
    """
    deadline = time.monotonic() + wait
    with saying_what_is_lost(conn, when="while it was locked", hint=_AFTER_A_LOSS):
        conn.execute("set idle_session_timeout = 0")  # it waits between two attempts too
        _take_advisory_lock(conn, tables, deadline)
        try:
            with _naming_the_right(conn, tables):
                installed = install(conn, tables)
                _take_lock_row(conn, installed, deadline)
            try:
                yield installed
            finally:
                _give_back(conn, installed)
        finally:
            if not conn.closed:
                with suppress(psycopg.OperationalError):
                    run(conn, "unlock", None, **lock_key(tables))


def _give_back(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """A connection that died took the advisory lock with it; its row is known as stale."""
    if conn.closed:
        return
    with suppress(psycopg.Error):  # of what came first is spoken
        conn.rollback()
        become_owner(conn, tables)
        run(conn, "delete_lock_row", tables, pid=-conn.info.backend_pid)


@contextmanager
def _naming_the_right(conn: psycopg.Connection[Any], tables: Tables) -> Iterator[None]:
    """Says what a role needs that may not keep the books."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        role = tables.owner or conn.info.user
        grantee = sql.Identifier(role).as_string()
        schema = sql.Identifier(tables.schema).as_string()
        raise MigrationError(
            f"{role} can't keep the record of migrations in schema {tables.schema} of"
            f" {conn.info.dbname}: {error.diag.message_primary}.",
            hint=(
                "Migrate as the role that owns these tables, or as a member of it."
                if tables.present
                else f"As the owner of the schema: grant usage, create on schema {schema}"
                f" to {grantee};"
            ),
        ) from None


def _take_advisory_lock(conn: psycopg.Connection[Any], tables: Tables, deadline: float) -> None:
    while not first(conn, "try_lock", None, **lock_key(tables)):
        if time.monotonic() >= deadline:
            raise LockError(
                f"{conn.info.dbname} is being migrated by {_holder(conn, tables)}.",
                hint="Wait until it has finished and run the command again.",
            )
        time.sleep(_PAUSE)


def _holder(conn: psycopg.Connection[Any], tables: Tables) -> str:
    row = run(conn, "who_holds_lock", None, **lock_key(tables)).fetchone()
    if row is None or row[0] is None:
        return "another process, which has just ended"
    pid, role, application, client, since = row
    return (
        f"server process {pid} ({role or 'another role'}, {application or 'unnamed application'}"
        f" from {client or 'this machine'}"
        + (f", since {since:%Y-%m-%d %H:%M:%S})" if since else ")")
    )


def _take_lock_row(conn: psycopg.Connection[Any], tables: Tables, deadline: float) -> None:
    while first(conn, "insert_lock_row", tables) is None:
        row = run(conn, "find_lock_row", tables).fetchone()
        if row is None:
            continue
        pid, since, stale = row
        if stale:
            run(conn, "delete_lock_row", tables, pid=pid)
        elif time.monotonic() >= deadline:
            raise LockError(
                f"{conn.info.dbname} is locked by yoyo: process {abs(pid)}, since {since} UTC.",
                hint="If that process is no more, run `yoyo break-lock`, then this command again.",
            )
        else:
            time.sleep(_PAUSE)


def break_lock(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Takes yoyo's lock row away, whoever's it is."""
    if tables.has("lock"):
        run(conn, "break_lock", tables)
