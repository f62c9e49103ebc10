"""What a database holds: rows and hashes of each table, and how far its sequences have come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.errors import BackupError
from sqlwright.operations.backup.files import Step
from sqlwright.operations.backup.manifest import Manifest, Rows
from sqlwright.queries import named_queries, run_query

__all__ = ["Contents", "compare_contents", "count_tables", "read_contents", "read_sequences"]

_SQL = Path(__file__).parent / "sql" / "contents.sql"


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Rows by table, sequences by name, and the large objects."""

    tables: Mapping[str, Rows]
    sequences: Mapping[str, int | None]
    large_objects: Rows


def read_sequences(conn: psycopg.Connection[Any]) -> dict[str, int | None]:
    """How far each sequence has come, counted upwards: no snapshot holds them still.

    Raises:
        BackupError: the role may not read one.
    """
    try:
        return dict(run_query(conn, named_queries(_SQL)["list_sequences"], {}).fetchall())
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            f"{conn.info.user} may not back up: {error.diag.message_primary}.",
            hint="Back up as the database's owner, or as a superuser.",
        ) from None


def count_tables(conn: psycopg.Connection[Any]) -> int:
    """How many tables have rows of their own."""
    return len(run_query(conn, named_queries(_SQL)["list_tables"], {}).fetchall())


def read_contents(
    conn: psycopg.Connection[Any], *, sequences: Mapping[str, int | None], step: Step
) -> Contents:
    """The rows of every table, as the connection's transaction sees them.

    Args:
        conn: In a transaction that `backup.sql` began, which prints values the same everywhere.
        sequences: Read before, so that nothing has a number that they have not come to.
        step: Told each table.

    Raises:
        BackupError: the role may not read a table.
    """
    found = run_query(conn, named_queries(_SQL)["list_tables"], {}).fetchall()
    tables = {}
    for number, (name, columns) in enumerate(found, start=1):
        step(f"counting {name}", number, len(found))
        tables[name] = _hashed(conn, name, columns)
    rows = run_query(conn, named_queries(_SQL)["hash_large_objects"], {}).fetchone()
    assert rows is not None
    return Contents(
        tables=tables, sequences=sequences, large_objects=Rows(rows=rows[0], hash=rows[1])
    )


def _hashed(conn: psycopg.Connection[Any], name: str, columns: list[str]) -> Rows:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = named_queries(_SQL)["hash_rows"]
    try:
        found = run_query(conn, query, {}, columns=listed, table=sql.SQL(name)).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        raise BackupError(
            f"{conn.info.user} may not read every row of {name}.",
            hint="Back up as the database's owner or a superuser; pg_read_all_data reads every"
            " table, and bypassrls every row.",
        ) from None
    assert found is not None
    return Rows(rows=found[0], hash=found[1])


def compare_contents(manifest: Manifest, found: Contents) -> list[str]:
    """Where what was found is not what the manifest says; a line for each."""
    return [
        *_tables(manifest.tables, found.tables),
        *_sequences(manifest.sequences, found.sequences),
        *_large_objects(manifest.large_objects, found.large_objects),
    ]


def _tables(wanted: Mapping[str, Rows], found: Mapping[str, Rows]) -> Iterator[str]:
    for name in sorted(wanted.keys() | found.keys()):
        then, now = wanted.get(name), found.get(name)
        if then is None or now is None:
            yield f"{name} is {'missing' if now is None else 'not in the manifest'}"
        elif then.rows != now.rows:
            yield f"{name} has {now.rows:,} rows, and the manifest says {then.rows:,}"
        elif then.hash != now.hash:
            yield f"{name} has {now.rows:,} rows, and their hash is not the manifest's"


def _sequences(wanted: Mapping[str, int | None], found: Mapping[str, int | None]) -> Iterator[str]:
    """A sequence may be further: rows that came while it was dumped had numbers too."""
    for name, then in wanted.items():
        if name not in found:
            yield f"the sequence {name} is missing"
        elif then is not None and ((now := found[name]) is None or now < then):
            yield f"the sequence {name} is behind: {now}, and the manifest says {then}"


def _large_objects(wanted: Rows | None, found: Rows) -> Iterator[str]:
    if wanted is not None and wanted != found:
        yield f"there are {found.rows:,} large objects, and the manifest says {wanted.rows:,}"
