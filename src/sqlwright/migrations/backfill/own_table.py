"""Tables of ours beside yoyo's, made when they are first wanted, for the owner alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.errors import MigrationError
from sqlwright.migrations import bookkeeping
from sqlwright.migrations.backfill.sent import NAMESPACE, value
from sqlwright.migrations.bookkeeping import Tables

__all__ = ["has_table", "make_table"]


def has_table(conn: psycopg.Connection[Any], tables: Tables, table: str) -> bool:
    """Whether it is there."""
    return bool(value(conn, "has_table", schema=tables.schema, table=table))


def make_table(
    conn: psycopg.Connection[Any],
    tables: Tables,
    *,
    table: str,
    create: Callable[[], object],
    remembers: str,
) -> None:
    """Makes the table if it is missing; `remembers` is what for, in words.

    Raises:
        MigrationError: this role may not make it.
    """
    try:
        with conn.transaction():
            value(conn, "await_turn", namespace=NAMESPACE)
            if has_table(conn, tables, table):
                return
            create()
            granted = bookkeeping.run(conn, "find_grants", schema=tables.schema, names=[table])
            for (revoke,) in granted.fetchall():
                conn.execute(sql.SQL(revoke))
    except psycopg.errors.InsufficientPrivilege as error:
        raise MigrationError(
            f"{conn.info.user} may not make {tables.schema}.{table}, which remembers {remembers}:"
            f" {error.diag.message_primary}.",
            hint="Connect as the database's owner.",
        ) from None
