"""Runs a query as psycopg does by itself, on raw cursors: for whatever is not prepared by us.

That is DDL, COPY, CALL and scripts; a connection in a pipeline; one whose `prepare_threshold` is
None (for a pooler that keeps no prepared statements) or whose `client_encoding` is not UTF-8; and a
class of connection that has methods of its own to see queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import args_row, namedtuple_row, scalar_row, tuple_row

from sqlwright.queries.query import Kind
from sqlwright.queries.statement import Statement

__all__ = ["run", "run_async"]


def run(conn: psycopg.Connection[Any], statement: Statement, values: Sequence[Any]) -> Any:
    """The answer of the statement."""
    with psycopg.RawCursor(conn, row_factory=_factory(statement)) as cursor:
        cursor.execute(statement.sql, _given(statement, values), prepare=_may_prepare(statement))
        if cursor.description is not None or conn.pgconn.pipeline_status:
            with _rowless(cursor):
                return statement.answer(cursor.fetchall(), cursor.rowcount)
        return statement.answer([], cursor.rowcount)


async def run_async(
    conn: psycopg.AsyncConnection[Any], statement: Statement, values: Sequence[Any]
) -> Any:
    """The same for asyncio."""
    async with psycopg.AsyncRawCursor(conn, row_factory=_factory(statement)) as cursor:
        await cursor.execute(
            statement.sql, _given(statement, values), prepare=_may_prepare(statement)
        )
        if cursor.description is not None or conn.pgconn.pipeline_status:
            with _rowless(cursor):
                return statement.answer(await cursor.fetchall(), cursor.rowcount)
        return statement.answer([], cursor.rowcount)


def _factory(statement: Statement) -> Any:
    if statement.kind is Kind.SCRIPT:
        return tuple_row
    if statement.kind is Kind.VALUE:
        return scalar_row
    return args_row(statement.row) if statement.row else namedtuple_row


def _given(statement: Statement, values: Sequence[Any]) -> Sequence[Any] | None:
    return None if statement.kind is Kind.SCRIPT else values


def _may_prepare(statement: Statement) -> bool | None:
    """Several statements can't be prepared, and psycopg may try; else it is left to it."""
    return False if statement.kind is Kind.SCRIPT else None


@contextmanager
def _rowless(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> Iterator[None]:
    """Lets a statement pass that gave no rows: in a pipeline one can't know before one asks."""
    try:
        yield
    except psycopg.ProgrammingError:
        if cursor.pgresult is None or cursor.description:
            raise
