"""A scratch database with rows in it that goes through history, one migration after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.catalog import Snapshot, read_snapshot
from sqlwright.config import Project
from sqlwright.migrations import executor
from sqlwright.migrations.bookkeeping import Tables, find_tables
from sqlwright.migrations.contents import Contents, read_contents
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.lock import migration_lock
from sqlwright.migrations.scratch import scratch_database
from sqlwright.migrations.session import clean
from sqlwright.migrations.source import Migration
from sqlwright.server.connection import Roles, connect, database_name

__all__ = ["Bench", "Fill", "open_bench"]

Fill = Callable[[psycopg.Connection[Any]], object]
_LIMITS = Limits(attempts=1)


class Bench:
    """One connection to a scratch database, with the lock held and the record of migrations."""

    def __init__(self, conn: psycopg.Connection[Any], tables: Tables, fill: Fill) -> None:
        self._conn, self._tables, self._fill = conn, tables, fill

    def apply(self, migration: Migration) -> None:
        """Applies it, as the command does."""
        executor.apply_one(self._conn, self._tables, migration, limits=_LIMITS)

    def rollback(self, migration: Migration) -> None:
        """Rolls it back, as the command does."""
        executor.rollback_one(self._conn, self._tables, migration, limits=_LIMITS)

    def write(self) -> None:
        """Puts rows into the tables that have none, where these are ready for it."""
        clean(self._conn, self._tables, _LIMITS)
        self._fill(self._conn)

    def snapshot(self) -> Snapshot:
        """The catalogue as it is now."""
        return read_snapshot(self._conn)

    def contents(self, *, like: Contents | None = None) -> Contents:
        """The rows as they are now; of the tables of `like`, the columns that it has."""
        return read_contents(self._conn, self._tables, like=like)


@contextmanager
def open_bench(project: Project, fill: Fill) -> Iterator[Bench]:
    """A new database on the project's server, made as `sqlwright create` makes it, and dropped.

    Raises:
        DatabaseError: who is logged in may not create a database there.
        ConnectError: the server can't be reached.
    """
    roles = Roles.of(database_name(project))
    with (
        scratch_database(project, migrations=(), roles=roles) as url,
        connect(url, _hasty(project)) as conn,
    ):
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(roles.owner)))
        own = replace(find_tables(conn), owner=roles.owner)
        with migration_lock(conn, own, wait=_LIMITS.wait) as tables:
            yield Bench(conn, tables, fill)


def _hasty(project: Project) -> Project:
    """Doesn't wait for the disk at each commit: nobody needs these data after a crash."""
    options = f"{project.environ.get('PGOPTIONS', '')} -c synchronous_commit=off"
    return replace(project, environ={**project.environ, "PGOPTIONS": options.strip()})
