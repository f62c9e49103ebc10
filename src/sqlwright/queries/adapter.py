"""Runs a query on a `Connection` or an `AsyncConnection`: aiosql's adapter, on raw cursors.

One function serves both worlds. On a `Connection` it returns the result, on an `AsyncConnection` a
coroutine that does. A query that shall give one row and finds several is an error: which one it
gave would be left to chance.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import args_row, namedtuple_row, scalar_row

from sqlwright.errors import ArgumentError, QueryError

__all__ = ["Adapter"]

AnyConnection: TypeAlias = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
# From the rows and their number, as the server counts it, to what the caller gets.
Take: TypeAlias = Callable[[list[Any], int], Any]


class Adapter:
    """What aiosql calls; `parameters` has the names that each query declares, in their order."""

    def __init__(self, parameters: dict[str, tuple[str, ...]]) -> None:
        self.parameters = parameters

    def process_sql(self, _name: str, _operation: object, sql: str) -> str:
        """Our loader has done it."""
        return sql

    def select(
        self, conn: AnyConnection, name: str, sql: str, given: Any, row: Callable[..., Any] | None
    ) -> Any:
        """Every row, in a list."""
        return self._run(conn, name, sql, given, _all, row=row)

    def select_one(
        self, conn: AnyConnection, name: str, sql: str, given: Any, row: Callable[..., Any] | None
    ) -> Any:
        """The row, or None."""
        return self._run(conn, name, sql, given, partial(_only, name), row=row)

    def select_value(self, conn: AnyConnection, name: str, sql: str, given: Any) -> Any:
        """The first column of the row, or None."""
        return self._run(conn, name, sql, given, partial(_only, name), scalar=True)

    def select_cursor(self, _conn: AnyConnection, name: str, _sql: str, _given: Any) -> Any:
        """aiosql's second function of every many-row query; there is no cursor to hand out."""
        raise QueryError(f"{name}_cursor is not offered.", hint=f"Call {name}: it gives a list.")

    def insert_update_delete(self, conn: AnyConnection, name: str, sql: str, given: Any) -> Any:
        """How many rows were affected."""
        return self._run(conn, name, sql, given, _count)

    def execute_script(self, conn: AnyConnection, sql: str) -> Any:
        """Nothing; the script is sent whole."""
        take: Take = _nothing
        return _run(conn, sql, None, namedtuple_row, take)

    def _run(
        self,
        conn: AnyConnection,
        name: str,
        sql: str,
        given: Mapping[str, Any],
        take: Take,
        *,
        row: Callable[..., Any] | None = None,
        scalar: bool = False,
    ) -> Any:
        factory = scalar_row if scalar else args_row(row) if row else namedtuple_row
        return _run(conn, sql, self._values(name, given), factory, take)

    def _values(self, name: str, given: Mapping[str, Any]) -> list[Any]:
        declared = self.parameters[name]
        if given.keys() != set(declared):
            raise _wrong_arguments(name, declared, given)
        return [given[parameter] for parameter in declared]


def _run(
    conn: AnyConnection, sql: str, values: Sequence[Any] | None, factory: Any, take: Take
) -> Any:
    if isinstance(conn, psycopg.AsyncConnection):
        return _run_async(conn, sql, values, factory, take)
    with psycopg.RawCursor(conn, row_factory=factory) as cursor:
        cursor.execute(sql.encode(), values)
        rows = cursor.fetchall() if cursor.description else []
        return take(rows, cursor.rowcount)


async def _run_async(
    conn: psycopg.AsyncConnection[Any],
    sql: str,
    values: Sequence[Any] | None,
    factory: Any,
    take: Take,
) -> Any:
    async with psycopg.AsyncRawCursor(conn, row_factory=factory) as cursor:
        await cursor.execute(sql.encode(), values)
        rows = await cursor.fetchall() if cursor.description else []
        return take(rows, cursor.rowcount)


def _all(rows: list[Any], _count: int) -> list[Any]:
    return rows


def _only(name: str, rows: list[Any], _count: int) -> Any:
    if len(rows) > 1:
        raise QueryError(
            f"{name} gave {len(rows)} rows, but is to give one.",
            hint="Narrow its where clause, add `limit 1` with an order, or take the mark away.",
        )
    return rows[0] if rows else None


def _count(_rows: list[Any], count: int) -> int:
    return count


def _nothing(_rows: list[Any], _count: int) -> None:
    return None


def _wrong_arguments(name: str, declared: Sequence[str], given: Mapping[str, Any]) -> ArgumentError:
    for argument in given:
        if argument not in declared:
            near = difflib.get_close_matches(argument, declared, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"It takes: {', '.join(declared)}."
            return ArgumentError(f"{name} has no parameter {argument}.", hint=hint)
    missing = [parameter for parameter in declared if parameter not in given]
    return ArgumentError(
        f"{name} is called without {', '.join(missing)}.",
        hint="Give each parameter by name; None is null.",
    )
