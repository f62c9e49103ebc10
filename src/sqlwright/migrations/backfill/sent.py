"""The statements of backfill.sql, with names and keys filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from sqlwright.queries import named_queries, run_query

__all__ = ["NAMESPACE", "rows", "run", "value"]

_SQL = Path(__file__).parent.parent / "sql" / "backfill.sql"

NAMESPACE = 0x5351_4C42  # "SQLB": the advisory locks of backfills


def run(
    conn: psycopg.Connection[Any],
    name: str,
    names: Mapping[str, sql.Composable] | None = None,
    /,
    **values: Any,
) -> psycopg.RawCursor[Any]:
    """Runs a statement by its name; `names` is what stands in braces."""
    cursor = run_query(conn, named_queries(_SQL)[name], values, **(names or {}))
    cursor.row_factory = namedtuple_row
    return cursor


def rows(
    conn: psycopg.Connection[Any],
    name: str,
    names: Mapping[str, sql.Composable] | None = None,
    /,
    **values: Any,
) -> list[Any]:
    """All rows of a statement, as named tuples."""
    return run(conn, name, names, **values).fetchall()


def value(
    conn: psycopg.Connection[Any],
    name: str,
    names: Mapping[str, sql.Composable] | None = None,
    /,
    **values: Any,
) -> Any:
    """The first column of the first row, or None."""
    row = run(conn, name, names, **values).fetchone()
    return row[0] if row else None
