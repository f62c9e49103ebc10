"""What a backup notes of the server and the database that it is of."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from sqlwright.config import Project
from sqlwright.errors import MigrationError, SourceError
from sqlwright.migrations import bookkeeping
from sqlwright.migrations.history import schema_of
from sqlwright.migrations.source import read_project
from sqlwright.operations.backup.manifest import Migrated
from sqlwright.queries import named_queries, run_query
from sqlwright.server.connection import admin_url, database_name
from sqlwright.server.held import read_form
from sqlwright.urls import with_database

__all__ = [
    "Server",
    "ask",
    "begin",
    "database_url",
    "read_creation",
    "read_migrations",
    "read_roles",
    "read_server",
]

_SQL = Path(__file__).parent / "sql" / "backup.sql"


class Server(NamedTuple):
    """The server, and how far it is."""

    version: str
    system: str
    timeline: int
    lsn: str
    wal_segment_size: int
    next_xid: int
    superuser: str
    now: datetime
    as_of: datetime

    @property
    def major(self) -> int:
        """The major version."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def database_url(project: Project) -> str:
    """The project's database as whoever may read all of it: on the embedded server a superuser."""
    return with_database(admin_url(project), database_name(project))


def ask(conn: psycopg.Connection[Any], name: str) -> list[tuple[Any, ...]]:
    """The rows of a query of `backup.sql`."""
    return run_query(conn, named_queries(_SQL)[name], {}).fetchall()


def begin(conn: psycopg.Connection[Any]) -> None:
    """Begins a transaction that sees one moment, and prints values the same everywhere."""
    conn.execute(named_queries(_SQL)["begin"].statement.encode())


def read_server(conn: psycopg.Connection[Any]) -> Server:
    """The server behind the connection, now."""
    server = Server(*ask(conn, "describe_server")[0])
    return server._replace(version=server.version.split()[0])


def read_migrations(conn: psycopg.Connection[Any], project: Project) -> tuple[Migrated, ...]:
    """The migrations that the database has, in the order of applying.

    The session may act as the database's owner afterwards.
    """
    migrations = []
    with suppress(SourceError):  # without migrations, or with broken ones, a backup is made too
        migrations = read_project(project, whole=False)
    schemas = {migration.id: migration.schema for migration in migrations}
    applied: list[bookkeeping.Applied] = []
    with suppress(MigrationError):  # of a search_path that has no place for their record
        applied = bookkeeping.list_applied(conn, bookkeeping.find_tables(conn))
    return tuple(
        Migrated(
            id=one.id,
            schema=schemas.get(one.id) or schema_of(one.id, migrations),
            checksum=one.checksum,
        )
        for one in applied
    )


def read_roles(conn: psycopg.Connection[Any]) -> dict[str, bool]:
    """Who owns something or may do something in the database, and whether they may log in."""
    return dict(ask(conn, "list_roles"))


def read_creation(conn: psycopg.Connection[Any]) -> dict[str, Any]:
    """What the database was made with, its grants, its settings and its comment."""
    (comment, limit) = ask(conn, "describe_itself")[0]
    return {
        **asdict(read_form(conn)),
        "rights": [list(row) for row in ask(conn, "list_rights")],
        "settings": [list(row) for row in ask(conn, "list_settings")],
        "comment": comment,
        "connection_limit": limit,
    }
