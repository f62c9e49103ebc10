"""The session that migrations run in: as whom, with which limits, and clean before each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.errors import ConnectError
from sqlwright.migrations.bookkeeping import Tables

__all__ = ["Limits", "become_owner", "clean", "owner_again", "refuse_pooler"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait for what, in seconds; 0 is for ever.

    Attributes:
        wait: For another process that migrates.
        lock: For a lock on a table, each time: traffic queues up behind a migration that waits.
            What works `concurrently` blocks nobody and waits as long as `statement` says.
        attempts: How often a migration is tried that could not have its lock.
        statement: For one statement of a migration in a transaction, which holds its locks so long.
    """

    wait: float = 60
    lock: float = 5
    attempts: int = 10
    statement: float = 900


def clean(
    conn: psycopg.Connection[Any], tables: Tables, limits: Limits, *, concurrent: bool = False
) -> None:
    """Undoes what the last file set, and sets the limits.

    Never `discard all`: it lets advisory locks go. What works `concurrently` may take its time,
    since it holds no lock that traffic waits for. The server looks for its client every
    second, so that a killed process leaves no orphan at work.
    """
    statement, lock = (0, limits.statement) if concurrent else (limits.statement, limits.lock)
    conn.execute(
        sql.SQL(
            "{owner}; reset all; close all; unlisten *; discard temp; discard plans;"
            " set lock_timeout = {lock}; set statement_timeout = {statement};"
            " set client_connection_check_interval = 1000;"
            " set idle_in_transaction_session_timeout = 0"
        ).format(
            owner=owner_again(tables),
            lock=_milliseconds(lock),
            statement=_milliseconds(statement),
        ),
        prepare=False,
    )


def owner_again(tables: Tables) -> sql.Composed:
    """Acts as the database's own owner again, whatever a file made of the role."""
    role = sql.SQL("set role {}").format(sql.Identifier(tables.owner)) if tables.owner else None
    statements = [sql.SQL("reset session authorization"), sql.SQL("reset role"), role]
    return sql.SQL("; ").join([statement for statement in statements if statement])


def become_owner(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Acts as the database's own owner, so that what is made belongs to it."""
    conn.execute(owner_again(tables), prepare=False)


def _milliseconds(seconds: float) -> sql.Literal:
    return sql.Literal(round(seconds * 1000))


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
