"""Runs a query on a `Connection` or an `AsyncConnection`.

One function serves both worlds. On a `Connection` it returns the result, on an `AsyncConnection` a
coroutine that does. A query that shall give one row and finds several is an error: which one it
gave would be left to chance. What it changed is the caller's transaction's to take back. In a
pipeline a call waits for its own result.

A statement that PostgreSQL makes a plan of is prepared with its first call on a connection, and
from then on sent by its name; everything else goes psycopg's ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from sqlwright.errors import ArgumentError
from sqlwright.queries import ordinary
from sqlwright.queries.exchange import fetch, fetch_async
from sqlwright.queries.log import is_heard, timed
from sqlwright.queries.session import session_of
from sqlwright.queries.statement import Statement, wrong_call
from sqlwright.queries.units import Recorder

__all__ = ["function_of"]


def function_of(statement: Statement) -> Callable[..., Any]:
    """A method that runs the statement on the connection that it is given."""
    name, parameters = statement.name, statement.parameters

    def run(_: object, conn: Any, *values: object, **given: Any) -> Any:
        if values or len(given) != len(parameters):
            raise wrong_call(statement, values, given)
        try:
            arguments = list(map(given.__getitem__, parameters))
        except KeyError:
            raise wrong_call(statement, values, given) from None
        if isinstance(conn, psycopg.Connection):
            if not is_heard():  # even a `with` that does nothing costs something
                return _run(conn, statement, arguments)
            with timed(conn, [(statement, arguments)]):
                return _run(conn, statement, arguments)
        if isinstance(conn, psycopg.AsyncConnection):
            return _run_async(conn, statement, arguments)
        if isinstance(conn, Recorder):
            return conn.record(statement, arguments)
        raise ArgumentError(
            f"{name} is called on {type(conn).__name__}, which is no connection.",
            hint="Give it one of psycopg's; a pool's is had by `with pool.connection() as …`.",
        )

    return run


def _run(conn: psycopg.Connection[Any], statement: Statement, values: Sequence[Any]) -> Any:
    if not statement.is_planned:
        return ordinary.run(conn, statement, values)
    with conn.lock:
        session = session_of(conn)
        if session is not None:
            prepared, result = fetch(conn, session, statement, values)
    if session is None:
        return ordinary.run(conn, statement, values)
    return prepared.answer(conn, result)


async def _run_async(
    conn: psycopg.AsyncConnection[Any], statement: Statement, values: Sequence[Any]
) -> Any:
    with timed(conn, [(statement, values)]):
        if not statement.is_planned:
            return await ordinary.run_async(conn, statement, values)
        async with conn.lock:
            session = session_of(conn)
            if session is not None:
                prepared, result = await fetch_async(conn, session, statement, values)
        if session is None:
            return await ordinary.run_async(conn, statement, values)
        return prepared.answer(conn, result)
