"""The session that migrations run in: as whom, within its limits, and clean before each file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from math import ceil
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.conninfo import is_end, reason_of_loss
from sqlwright.errors import ConnectError
from sqlwright.migrations.bookkeeping import Tables
from sqlwright.migrations.limits import Limits

__all__ = [
    "become_owner",
    "clean",
    "clean_transaction",
    "is_lost",
    "owner_again",
    "refuse_pooler",
    "saying_what_is_lost",
]

_TRANSACTION_TIMEOUT = 170_000  # the version that has it
_LONGEST = 2_000_000.0  # seconds, which the server keeps as milliseconds in 32 bits


def clean(
    conn: psycopg.Connection[Any], tables: Tables, limits: Limits, *, concurrent: bool = False
) -> None:
    """Undoes what the last file set, and sets the limits.

    Never `discard all`: it lets advisory locks go. What works `concurrently` may take its time,
    since it holds no lock that traffic waits for.
    """
    version = conn.info.server_version
    conn.execute(_cleaning(tables, limits, version, concurrent=concurrent), prepare=False)


@contextmanager
def clean_transaction(
    conn: psycopg.Connection[Any], tables: Tables, limits: Limits
) -> Iterator[None]:
    """A transaction in a clean session; one trip begins it."""
    cleaning = _cleaning(tables, limits, conn.info.server_version, concurrent=False)
    conn.execute(cleaning + b"; begin", prepare=False)
    try:
        yield
    except BaseException:
        with suppress(psycopg.OperationalError):  # of what came first is spoken
            conn.rollback()
        raise
    conn.commit()


@cache
def _cleaning(tables: Tables, limits: Limits, version: int, *, concurrent: bool) -> bytes:
    """The server looks for its client while it works, and asks for a sign of life while it waits.

    So neither a killed process nor a dead network leaves an orphan that holds its locks for hours.
    What a role's own settings would end it for, our limits are there for.
    """
    statement, lock = (0, limits.statement) if concurrent else (limits.statement, limits.lock)
    settings = {
        "lock_timeout": _milliseconds(lock),
        "statement_timeout": _milliseconds(statement),
        "client_connection_check_interval": 1000,
        "idle_session_timeout": 0,
        "idle_in_transaction_session_timeout": 0,
        **({"transaction_timeout": 0} if version >= _TRANSACTION_TIMEOUT else {}),
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    undone = ("reset all", "close all", "unlisten *", "discard temp", "discard plans")
    made = (f"set {name} = {value}" for name, value in settings.items())
    return "; ".join([owner_again(tables).as_string(), *undone, *made]).encode()


def _milliseconds(seconds: float) -> int:
    """As the server counts them: 0 is for ever, so that less than one is one."""
    return ceil(min(seconds, _LONGEST) * 1000)


def owner_again(tables: Tables) -> sql.Composed:
    """Acts as the database's own owner again, whatever a file made of the role."""
    role = sql.SQL("set role {}").format(sql.Identifier(tables.owner)) if tables.owner else None
    statements = [sql.SQL("reset session authorization"), sql.SQL("reset role"), role]
    return sql.SQL("; ").join([statement for statement in statements if statement])


def become_owner(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Acts as the database's own owner, so that what is made belongs to it."""
    conn.execute(owner_again(tables), prepare=False)


def is_lost(conn: psycopg.Connection[Any], error: psycopg.Error) -> bool:
    """Whether the error is the connection's end, and not the statement's."""
    return isinstance(error, psycopg.OperationalError) and (is_end(error) or conn.broken)


@contextmanager
def saying_what_is_lost(conn: psycopg.Connection[Any], *, when: str, hint: str) -> Iterator[None]:
    """Says what a lost connection interrupted.

    Raises:
        ConnectError: it was lost in the block.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        if not is_lost(conn, error):
            raise
        raise ConnectError(
            f"The connection to {conn.info.dbname} was lost {when}: {reason_of_loss(error)}.",
            hint=hint,
        ) from None


def refuse_pooler(conn: psycopg.Connection[Any]) -> None:
    """Refuses a connection that a pooler hands from transaction to transaction.

    A pooler makes up the process number that it tells its client, so it differs from the server's.

    Raises:
        ConnectError: something stands between this process and the server.
    """
    row = conn.execute("select pg_catalog.pg_backend_pid()").fetchone()
    if row is not None and row[0] != conn.info.backend_pid:
        raise ConnectError(
            f"{conn.info.dbname} is reached through a pooler, which would lose the migration lock.",
            hint="Migrate over PostgreSQL's own port: set DATABASE_URL to it for this command.",
        )
