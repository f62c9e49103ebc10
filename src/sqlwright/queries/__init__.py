"""Named SQL from `.sql` files: read strictly, called as functions, sync and async."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.queries.query import Kind, Query
from sqlwright.queries.reader import named_queries, read_queries

__all__ = ["Kind", "Query", "load_queries", "named_queries", "read_queries", "run_query"]


def load_queries(path: Path, rows: Mapping[str, Any] | None = None) -> Any:
    """The queries of a file, or of a folder of folders: `<schema>.<table>.<query>`.

    Args:
        path: `users.sql`, or a folder that holds `<schema>/<table>.sql`.
        rows: What makes a row of a query's columns, by the query's full name; else rows are
            named tuples.

    Returns:
        An object with a function for each query: `queries.get(conn, id=1)` gives the result on a
        `Connection`, and on an `AsyncConnection` a coroutine that does.

    Raises:
        QueryError: file, line and column of what is wrong.
    """
    from sqlwright.queries.loader import load  # and aiosql, which a start can do without

    return load(path, rows or {})


def run_query(
    conn: psycopg.Connection[Any],
    query: Query,
    values: Mapping[str, Any],
    **names: sql.Composable | str | None,
) -> psycopg.RawCursor[Any]:
    """Runs one query as it is, for the toolkit itself; each `{name}` in it is filled in.

    A name that is a str is an identifier.

    Returns:
        The cursor, to fetch rows from.
    """
    filled = {key: sql.Identifier(n) if isinstance(n, str) else n for key, n in names.items()}
    text = sql.SQL(query.statement).format(**filled) if filled else query.statement.encode()
    cursor = psycopg.RawCursor(conn)
    cursor.execute(text, [values[name] for name in query.parameters] or None)
    return cursor
