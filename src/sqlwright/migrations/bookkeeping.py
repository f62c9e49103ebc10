"""What is applied: yoyo's tables, and two of ours beside them.

Names are schema-qualified and resolved once, since a migration may set `search_path`. Reading takes
no lock and creates nothing.
"""

from __future__ import annotations

import getpass
import socket
import uuid
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.errors import MigrationError
from sqlwright.migrations.source import Migration
from sqlwright.queries import named_queries, run_query

__all__ = [
    "Applied",
    "Started",
    "Tables",
    "adopt",
    "begin",
    "find_tables",
    "first",
    "install",
    "list_applied",
    "list_log",
    "list_started",
    "lock_key",
    "mark",
    "run",
    "unmark",
]

_SQL = Path(__file__).parent / "sql" / "bookkeeping.sql"
_YOYO_VERSION = 2
_LOCKS = 0x5351_4C57  # "SQLW"


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Where the bookkeeping is, which of its tables exist, and whose they are.

    `owner` is the role that `sqlwright create` made for the database, where this session may act as
    it; None means that migrations run as whoever is logged in.
    """

    schema: str
    owner: str | None = None
    migrations: str = "_yoyo_migration"
    present: frozenset[str] = frozenset()
    log: str = "_yoyo_log"
    version: str = "_yoyo_version"
    lock: str = "yoyo_lock"
    checksums: str = "_sqlwright_checksum"
    started: str = "_sqlwright_started"

    @property
    def names(self) -> dict[str, str]:
        """Each table's name, by what the statements call it."""
        kinds = ("migrations", "log", "version", "lock", "checksums", "started")
        return {kind: getattr(self, kind) for kind in kinds}

    def has(self, kind: str) -> bool:
        """Whether that table exists."""
        return self.names[kind] in self.present


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A migration that the database has; no checksum where plain yoyo applied it."""

    hash: str
    id: str
    at: datetime
    checksum: str | None


@dataclass(frozen=True, kw_only=True)
class Started:
    """A migration without a transaction that was begun and not seen to end."""

    hash: str
    id: str
    operation: str
    at: datetime


def run(
    conn: psycopg.Connection[Any], name: str, tables: Tables | None = None, **values: Any
) -> psycopg.RawCursor[Any]:
    """Runs a named query of ours, its tables filled in."""
    names = tables.names if tables else {}
    schema = tables.schema if tables else ""
    identifiers = {kind: sql.Identifier(schema, table) for kind, table in names.items()}
    return run_query(conn, named_queries(_SQL)[name], values, **identifiers)


def find_tables(conn: psycopg.Connection[Any], migrations: str = "_yoyo_migration") -> Tables:
    """Where yoyo's tables are, or would be made; the session acts as their owner from here on.

    Raises:
        MigrationError: the session has no schema to make them in.
    """
    owner = first(conn, "find_owner")
    if owner:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(owner)))
    schema = first(conn, "find_schema", migrations=migrations)
    if schema is None:
        raise MigrationError(
            f"{conn.info.dbname}: the search_path names no schema that exists.",
            hint="Set search_path for the role, or create the schema that it names.",
        )
    return _look(conn, Tables(schema=schema, owner=owner, migrations=migrations))


def _look(conn: psycopg.Connection[Any], tables: Tables) -> Tables:
    """The same, with the tables that are there now."""
    names = list(tables.names.values())
    rows = run(conn, "find_tables", schema=tables.schema, names=names).fetchall()
    return replace(tables, present=frozenset(row[0] for row in rows))


def install(conn: psycopg.Connection[Any], tables: Tables) -> Tables:
    """Makes what is missing of the bookkeeping, in one transaction, for the owner alone.

    The caller holds the lock: whoever held it before may have made the tables meanwhile.

    Raises:
        MigrationError: the tables are those of a yoyo before version 6.
    """
    tables = _look(conn, tables)
    if tables.has("migrations"):
        _check_version(conn, tables)
    with conn.transaction():
        for kind in tables.names:
            if not tables.has(kind):
                run(conn, f"create_{kind}", tables)
                if kind == "version":
                    run(conn, "mark_version", tables)
        names = list(tables.names.values())
        grants = run(conn, "find_grants", schema=tables.schema, names=names).fetchall()
        for (revoke,) in grants:
            conn.execute(sql.SQL(revoke))
    return replace(tables, present=frozenset(names))


def _check_version(conn: psycopg.Connection[Any], tables: Tables) -> None:
    version = first(conn, "current_version", tables) if tables.has("version") else None
    if version != _YOYO_VERSION:
        raise MigrationError(
            f"{tables.schema}.{tables.migrations} has the form of another version of yoyo.",
            hint="Run `yoyo list` of yoyo 9 once on its own backend: it updates the tables.",
        )


def list_applied(conn: psycopg.Connection[Any], tables: Tables) -> list[Applied]:
    """What the database has, in the order of applying."""
    if not tables.has("migrations"):
        return []
    name = "list_applied_with_checksums" if tables.has("checksums") else "list_applied"
    rows = run(conn, name, tables).fetchall()
    return [Applied(hash=row[0], id=row[1], at=row[2], checksum=row[3]) for row in rows]


def list_started(conn: psycopg.Connection[Any], tables: Tables) -> list[Started]:
    """What was begun without a transaction and not seen to end."""
    if not tables.has("started"):
        return []
    rows = run(conn, "list_started", tables).fetchall()
    return [Started(hash=row[0], id=row[1], operation=row[2], at=row[3]) for row in rows]


def list_log(conn: psycopg.Connection[Any], tables: Tables) -> list[tuple[Any, ...]]:
    """What was done: time in UTC, operation, id, user and host, oldest first."""
    if not tables.has("log"):
        return []
    return run(conn, "list_log", tables).fetchall()


def mark(
    conn: psycopg.Connection[Any], tables: Tables, migration: Migration, *, operation: str = "apply"
) -> bool:
    """Marks a migration applied, logs it and keeps its checksum.

    Returns:
        Whether this session still holds the migration lock.
    """
    values = {**_log_values(migration, operation), **lock_key(tables)}
    return bool(first(conn, "mark", tables, checksum=migration.checksum, **values))


def unmark(
    conn: psycopg.Connection[Any],
    tables: Tables,
    migration: Migration | Applied,
    *,
    operation: str = "rollback",
) -> bool:
    """Takes the mark and its checksum away, and logs it; the file may be gone.

    Returns:
        Whether this session still holds the migration lock.
    """
    return bool(
        first(conn, "unmark", tables, **_log_values(migration, operation), **lock_key(tables))
    )


def begin(
    conn: psycopg.Connection[Any], tables: Tables, migration: Migration, *, operation: str
) -> None:
    """Notes that a migration without a transaction is begun."""
    run(conn, "start", tables, hash=migration.hash, id=migration.id, operation=operation)


def adopt(
    conn: psycopg.Connection[Any], tables: Tables, applied: Applied, migration: Migration
) -> None:
    """Keeps the checksum of what plain yoyo applied."""
    run(
        conn,
        "adopt",
        tables,
        hash=applied.hash,
        applied_at=applied.at,
        checksum=migration.checksum,
    )


def lock_key(tables: Tables) -> dict[str, int]:
    """The advisory lock of this bookkeeping; PostgreSQL keeps the databases apart."""
    name = f"{tables.schema}.{tables.migrations}".encode()
    return {"namespace": _LOCKS, "key": zlib.crc32(name) & 0x7FFF_FFFF}


def _log_values(migration: Migration | Applied, operation: str) -> dict[str, str]:
    return {
        "hash": migration.hash,
        "id": migration.id,
        "operation": operation,
        "username": _username(),
        "hostname": socket.gethostname()[:255],
        "log_id": str(uuid.uuid4()),
    }


def _username() -> str:
    try:
        return getpass.getuser()[:255]
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"


def first(
    conn: psycopg.Connection[Any], name: str, tables: Tables | None = None, **values: Any
) -> Any:
    """The first column of the first row, or None."""
    row = run(conn, name, tables, **values).fetchone()
    return row[0] if row else None
