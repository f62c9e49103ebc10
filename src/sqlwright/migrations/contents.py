"""What the tables hold, told by the hashes of their rows, which the server computes.

Tables and columns that bear another name are known by their numbers in pg_catalog; those that were
dropped and made again, by their names. A partitioned table stands for its partitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.migrations.bookkeeping import Tables
from sqlwright.queries import named_queries, run_query

__all__ = ["Contents", "Rows", "read_contents"]

_SQL = Path(__file__).parent / "sql" / "contents.sql"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a table.

    Attributes:
        id: Of the table, in pg_class.
        name: Of the table, qualified and quoted.
        columns: What is hashed: names by their numbers.
        hashes: How many rows have which hash.
        added: What is not hashed: in how many rows each of these columns has a value.
    """

    id: int
    name: str
    columns: Mapping[int, str]
    hashes: Counter[int]
    added: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.hashes.total()


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The rows of each table, and by name how far each sequence has come, counted upwards."""

    tables: tuple[Rows, ...]
    sequences: Mapping[str, int | None]

    def find(self, table: int, name: str) -> Rows | None:
        """The table of that number, else of that name."""
        same = [rows for rows in self.tables if rows.id == table]
        return next(iter(same or [rows for rows in self.tables if rows.name == name]), None)


def read_contents(
    conn: psycopg.Connection[Any], tables: Tables, *, like: Contents | None = None
) -> Contents:
    """The rows of every table but those of `tables`, the record of migrations.

    Args:
        conn: In autocommit; its settings stay as they are.
        tables: Where the record is.
        like: Of the tables in it, hash the columns alone that they have there.
    """
    kept = {"bookkeeping": tables.schema, "kept": list(tables.names.values())}
    with conn.transaction():
        run_query(conn, named_queries(_SQL)["settle"], {})
        found = run_query(conn, named_queries(_SQL)["list_tables"], kept).fetchall()
        with conn.pipeline():
            sequences = run_query(conn, named_queries(_SQL)["list_sequences"], {})
            asked = [_ask(conn, _Table(*row), like) for row in found]
            rows = tuple(one.answer() for one in asked)
    positions = {name: None if at is None else int(at) for name, at in sequences.fetchall()}
    return Contents(tables=rows, sequences=positions)


@dataclass(frozen=True)
class _Table:
    """A table as it is now."""

    id: int
    name: str
    is_partitioned: bool
    names: list[str]
    numbers: list[int]

    @property
    def columns(self) -> dict[int, str]:
        """Its columns by number."""
        return dict(zip(self.numbers, self.names, strict=True))

    @property
    def source(self) -> sql.SQL:
        """Where its rows are: not those of tables that inherit from it."""
        return sql.SQL(self.name if self.is_partitioned else f"only {self.name}")


@dataclass(frozen=True)
class _Asked:
    """What was asked of a table: the hashes of these columns, and how many values others have."""

    table: _Table
    columns: dict[int, str]
    others: list[str]
    cursor: psycopg.RawCursor[Any]

    def answer(self) -> Rows:
        """Waits for the answer."""
        hashes, counts = self.cursor.fetchone() or (None, None)
        return Rows(
            id=self.table.id,
            name=self.table.name,
            columns=self.columns,
            hashes=Counter(hashes),
            added=dict(zip(self.others, counts or (), strict=True)),
        )


def _ask(conn: psycopg.Connection[Any], table: _Table, like: Contents | None) -> _Asked:
    """Asks for the rows of a table, and doesn't wait for the answer."""
    then = like.find(table.id, table.name) if like else None
    columns = _matching(table, then) if then else table.columns
    others = [name for number, name in table.columns.items() if number not in columns]
    cursor = run_query(
        conn,
        named_queries(_SQL)["hash_rows"],
        {},
        columns=_listed("{}", columns.values()),
        counts=_listed("count({})", others),
        table=table.source,
    )
    return _Asked(table, columns, others, cursor)


def _matching(table: _Table, then: Rows) -> dict[int, str]:
    """Of its columns those that were there then, in the order that they had.

    They are known by their numbers where it is the same table, and else by their names.
    """
    by_name = {name: number for number, name in table.columns.items()}
    same = table.columns if table.id == then.id else {}
    numbers = (
        number if number in same else by_name.get(name) for number, name in then.columns.items()
    )
    return {number: table.columns[number] for number in numbers if number is not None}


def _listed(form: str, columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(form).format(sql.Identifier(name)) for name in columns)
