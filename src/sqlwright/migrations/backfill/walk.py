"""The way along a table's key: where it ends, and the first and last key of each batch.

Keys are text, one for each column, as PostgreSQL writes and reads them: any type will do that a
btree sorts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

from sqlwright.errors import SourceError
from sqlwright.migrations.backfill.sent import rows, run, value
from sqlwright.migrations.backfill.source import Backfill

__all__ = ["Batch", "Key", "Walk", "estimate", "find_batch", "find_end", "find_walk", "shown"]

Key: TypeAlias = list[str]
_TABLES = ("r", "p")


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A table and its key, as the server has them; `types` are those of the key's columns."""

    id: int
    table: sql.Identifier
    columns: tuple[str, ...]
    types: tuple[str, ...]

    def names(self) -> dict[str, sql.Composable]:
        """What stands in braces in a statement that walks."""
        columns = [sql.Identifier(column) for column in self.columns]
        return {
            "table": self.table,
            "columns": _listed(columns),
            "texts": _listed([sql.SQL("{}::text").format(column) for column in columns]),
            "downwards": _listed([sql.SQL("{} desc").format(column) for column in columns]),
        }

    def literal(self, key: Key) -> sql.Composable:
        """The key as it can stand in a statement."""
        pairs = zip(key, self.types, strict=True)
        return _listed([sql.SQL("{}::" + type_).format(sql.Literal(text)) for text, type_ in pairs])


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A stretch of the key, both ends in it, and how many rows it had when it was looked at."""

    first: Key
    last: Key
    rows: int

    def values(self, backfill: Backfill) -> list[str]:
        """What its statement is given, in the order that it declares."""
        pairs = zip(backfill.columns, self.first, self.last, strict=True)
        if len(self.first) == 1:
            known = {"first": self.first[0], "last": self.last[0]}
        else:
            known = {
                f"{edge}_{column}": text
                for column, first, last in pairs
                for edge, text in (("first", first), ("last", last))
            }
        return [known[parameter] for parameter in backfill.query.parameters]


def shown(key: Key | None) -> str:
    """The key as a person reads it."""
    return ", ".join(key) if key else "the beginning"


def find_walk(conn: psycopg.Connection[Any], backfill: Backfill) -> Walk:
    """The table and key that a backfill names.

    Raises:
        SourceError: there is no such table, or it can't be walked by that key.
    """
    schema, table, columns = backfill.schema, backfill.table, list(backfill.columns)
    found = run(conn, "find_table", schema=schema, table=table).fetchone()
    if found is None or found.relkind not in _TABLES:
        raise SourceError(
            f"{backfill.path} walks {schema}.{table}, which is no table of {conn.info.dbname}.",
            hint="Mend its line -- walks: …, or apply the migration that makes the table.",
        )
    there = rows(conn, "find_columns", id=found.id, names=columns)
    _check(conn, backfill, found.id, there)
    return Walk(
        id=found.id,
        table=sql.Identifier(schema, table),
        columns=backfill.columns,
        types=tuple(column.type for column in there),
    )


def _check(
    conn: psycopg.Connection[Any], backfill: Backfill, table: int, there: Sequence[Any]
) -> None:
    what = f"{backfill.schema}.{backfill.table}"
    known = {column.name for column in there}
    for name in backfill.columns:
        if name not in known:
            raise SourceError(
                f"{backfill.path} walks {what} by {name}, which is no column of it.",
                hint="Mend its line -- walks: ….",
            )
    for column in there:
        if not column.is_not_null:
            raise SourceError(
                f"{backfill.path} walks {what} by {column.name}, which may be null.",
                hint="Walk it by its primary key: rows without a key would be left out.",
            )
    if not value(conn, "has_index", id=table, names=list(backfill.columns)):
        raise SourceError(
            f"{backfill.path} walks {what} by {', '.join(backfill.columns)}, "
            "which no index gives in order.",
            hint="Walk it by its primary key, or build an index first: else each batch would"
            " sort it.",
        )


def find_end(conn: psycopg.Connection[Any], walk: Walk) -> Key | None:
    """The greatest key that there is; None in an empty table."""
    with conn.transaction():
        run(conn, "write_plainly")
        key: Key | None = value(conn, "find_end", walk.names())
        return key


def find_batch(
    conn: psycopg.Connection[Any], walk: Walk, *, after: Key | None, end: Key, size: int
) -> Batch | None:
    """The next rows after a key; None where there are none up to the end."""
    behind: sql.Composable = sql.SQL("true")
    if after is not None:
        columns = walk.names()["columns"]
        behind = sql.SQL("({}) > ({})").format(columns, walk.literal(after))
    names = {**walk.names(), "behind": behind, "end": walk.literal(end)}
    with conn.transaction():
        run(conn, "write_plainly")
        found = rows(conn, "find_batch", names, size=size)
    return Batch(first=found[0].key, last=found[-1].key, rows=found[0].rows) if found else None


def estimate(conn: psycopg.Connection[Any], walk: Walk) -> int:
    """How many rows the table has, as the planner sees it."""
    plan = value(conn, "explain_table", walk.names())
    return int(plan[0]["Plan"]["Plan Rows"])


def _listed(pieces: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(pieces)
