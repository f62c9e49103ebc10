"""Reads a query of many rows in chunks, so that any number of rows takes the memory of some.

    export = stream(orders.page)

    with export(conn, customer="小雨", after_id=None, limit=10**7) as rows:
        for order in rows:
            print(order.total)

libpq hands a result out in chunks as it comes. A server-side cursor would take a transaction and a
round trip for each chunk, couldn't run what changes rows, and has PostgreSQL plan for the first of
them; it is no faster. See `sqlwright.queries.rows` for what holds meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

import psycopg

from sqlwright.errors import ArgumentError, QueryError
from sqlwright.queries.query import Kind
from sqlwright.queries.reading import rows_of
from sqlwright.queries.rows import AsyncRows, Progress, Rows
from sqlwright.queries.source import Chunks
from sqlwright.queries.statement import Statement
from sqlwright.queries.units import Pending, Recorder

__all__ = ["Stream", "stream"]

T = TypeVar("T")
P = ParamSpec("P")


class _Recorder(Recorder):
    def record(self, statement: Statement, values: Sequence[Any]) -> Pending[Any]:
        if statement.kind is not Kind.MANY or not statement.is_planned:
            raise QueryError(
                f"{statement.name} can't be streamed: it is no query of many rows.",
                hint="Call it by itself.",
            )
        return Pending(statement, values)


_RECORDER: Any = _Recorder()


class Stream(Generic[P, T]):
    """A function like the one that it streams, which gives its rows as they come."""

    def __init__(
        self,
        function: Callable[Concatenate[psycopg.Connection[Any], P], list[T]],
        *,
        size: int,
        progress: Progress | None,
    ) -> None:
        self._function, self._size, self._progress = function, size, progress

    @overload
    def __call__(
        self, conn: psycopg.Connection[Any], /, *values: P.args, **given: P.kwargs
    ) -> Rows[T]: ...
    @overload
    def __call__(
        self, conn: psycopg.AsyncConnection[Any], /, *values: P.args, **given: P.kwargs
    ) -> AsyncRows[T]: ...
    def __call__(self, conn: Any, /, *values: P.args, **given: P.kwargs) -> Any:
        """The rows, of which the first one that is read has the query sent.

        Raises:
            ArgumentError: the arguments are not the declared ones.
            QueryError: it is no query of many rows.
            psycopg.Error: while rows are read, what the server refused.
        """
        pending: Any = self._function(_RECORDER, *values, **given)
        name = getattr(self._function, "__name__", self._function)
        if not isinstance(pending, Pending):
            raise QueryError(
                f"{name} is no named query.",
                hint="Stream the functions of generated modules, or of load_queries.",
            )
        if not isinstance(conn, psycopg.Connection | psycopg.AsyncConnection):
            raise ArgumentError(
                f"{name} is streamed from {type(conn).__name__}, which is no connection.",
                hint="Give it one of psycopg's; a pool's is had by `with pool.connection() as …`.",
            )
        return rows_of(conn, Chunks(conn, *pending.call, self._size), self._progress)


def stream(
    function: Callable[Concatenate[psycopg.Connection[Any], P], list[T]],
    /,
    *,
    size: int = 500,
    progress: Progress | None = None,
) -> Stream[P, T]:
    """The same function, giving an iterator in place of a list; see the module.

    Args:
        function: A query of many rows: of a generated module, or of `load_queries`.
        size: How many rows a chunk has.
        progress: Is called with the number of rows so far, ten times a second at most, and at the
            end.
    """
    if size < 1:
        raise ArgumentError(
            f"A stream can't have chunks of {size} rows.", hint="Say how many: size=500."
        )
    return Stream(function, size=size, progress=progress)
