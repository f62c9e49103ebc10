"""Runs a query on a `Connection` or an `AsyncConnection`: aiosql's adapter, on raw cursors.

One function serves both worlds. On a `Connection` it returns the result, on an `AsyncConnection` a
coroutine that does. A query that shall give one row and finds several is an error: which one it
gave would be left to chance. What it changed is the caller's transaction's to take back. In a
pipeline a call waits for its own result.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from time import perf_counter
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import args_row, namedtuple_row, scalar_row, tuple_row

from sqlwright.errors import ArgumentError, QueryError

__all__ = ["Adapter", "wrong_arguments"]

_log = logging.getLogger("sqlwright.queries")
_UNTIMED = nullcontext()
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

    def insert_update_delete(self, conn: AnyConnection, name: str, sql: str, given: Any) -> Any:
        """How many rows were affected."""
        return self._run(conn, name, sql, given, _count)

    def execute_script(self, conn: AnyConnection, sql: str, name: str = "a script") -> Any:
        """Nothing; the script is sent whole."""
        take: Take = _nothing
        return _run(conn, name, sql, None, factory=tuple_row, take=take)

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
        return _run(conn, name, sql, self._values(name, given), factory=factory, take=take)

    def _values(self, name: str, given: Mapping[str, Any]) -> list[Any]:
        declared = self.parameters[name]
        if given.keys() != set(declared):
            raise wrong_arguments(name, declared, given)
        return [given[parameter] for parameter in declared]


def _run(
    conn: AnyConnection,
    name: str,
    sql: str,
    values: Sequence[Any] | None,
    *,
    factory: Any,
    take: Take,
) -> Any:
    if isinstance(conn, psycopg.AsyncConnection):
        return _run_async(conn, name, sql, values, factory=factory, take=take)
    with _logged(name), psycopg.RawCursor(conn, row_factory=factory) as cursor:
        cursor.execute(sql, values)
        if cursor.description or conn.pgconn.pipeline_status:
            with _rowless(cursor):
                return take(cursor.fetchall(), cursor.rowcount)
        return take([], cursor.rowcount)


async def _run_async(
    conn: psycopg.AsyncConnection[Any],
    name: str,
    sql: str,
    values: Sequence[Any] | None,
    *,
    factory: Any,
    take: Take,
) -> Any:
    with _logged(name):
        async with psycopg.AsyncRawCursor(conn, row_factory=factory) as cursor:
            await cursor.execute(sql, values)
            if cursor.description or conn.pgconn.pipeline_status:
                with _rowless(cursor):
                    return take(await cursor.fetchall(), cursor.rowcount)
            return take([], cursor.rowcount)


def _logged(name: str) -> AbstractContextManager[None]:
    """Logs name and time of what runs inside, if somebody listens; never its values."""
    return _timed(name) if _log.isEnabledFor(logging.INFO) else _UNTIMED


@contextmanager
def _timed(name: str) -> Iterator[None]:
    began = perf_counter()
    try:
        yield
    except BaseException as error:
        milliseconds = 1000 * (perf_counter() - began)
        _log.info("%s failed after %.1f ms: %s", name, milliseconds, type(error).__name__)
        raise
    _log.info("%s took %.1f ms", name, 1000 * (perf_counter() - began))


@contextmanager
def _rowless(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> Iterator[None]:
    """Lets a statement pass that gave no rows: in a pipeline one can't know before one asks."""
    try:
        yield
    except psycopg.ProgrammingError:
        if cursor.pgresult is None or cursor.description:
            raise


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
    return max(count, 0)  # the server counts -1 for what has no rows, as `create table`


def _nothing(_rows: list[Any], _count: int) -> None:
    return None


def wrong_arguments(name: str, declared: Sequence[str], given: Mapping[str, Any]) -> ArgumentError:
    """The error for arguments that are not the declared ones, by their names."""
    for argument in given:
        if argument not in declared:
            near = difflib.get_close_matches(argument, declared, n=1)
            hint = (
                f"Did you mean {near[0]}?" if near else f"It takes {', '.join(declared) or 'none'}."
            )
            return ArgumentError(f"{name} has no parameter {argument}.", hint=hint)
    missing = [parameter for parameter in declared if parameter not in given]
    return ArgumentError(
        f"{name} is called without {', '.join(missing)}.",
        hint="Give each parameter by name; None is null.",
    )
