"""Asks a database a few questions, by a pool of either kind or by a connection of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from sqlwright.conninfo import refusal
from sqlwright.errors import ConnectError
from sqlwright.observe.waiting import in_thread

__all__ = ["Answer", "AnyPool", "Ask", "UsedUpError", "ask_of", "is_pool"]

AnyPool: TypeAlias = ConnectionPool[Any] | AsyncConnectionPool[Any]
# The rows of a statement, or why there are none.
Answer: TypeAlias = list[dict[str, Any]] | psycopg.Error
Ask: TypeAlias = Callable[[Sequence[str]], Awaitable[list[Answer]]]
_MOST_SECONDS = 10  # that a statement of ours may take on a connection of its own


class UsedUpError(ConnectError):
    """A pool has no connection to spare, while the server would let one in."""


def is_pool(where: object) -> bool:
    """Whether it is one of psycopg's pools, which ours are too."""
    return isinstance(where, ConnectionPool | AsyncConnectionPool)


def ask_of(where: AnyPool | str, *, patience: float) -> Ask:
    """What runs statements without parameters on one connection, each for itself.

    Args:
        where: A pool, or what libpq connects with.
        patience: Seconds to wait for a connection.

    Returns:
        A function, which raises ConnectError where no connection can be had.
    """
    if isinstance(where, AsyncConnectionPool):
        return lambda statements: _ask_async(where, statements, patience)
    if isinstance(where, ConnectionPool):
        return lambda statements: in_thread(lambda: _ask_pool(where, statements, patience))
    return lambda statements: in_thread(lambda: _ask_alone(where, statements))


def _ask_pool(
    pool: ConnectionPool[Any], statements: Sequence[str], patience: float
) -> list[Answer]:
    try:
        with pool.connection(patience) as conn:
            return [_answer(conn, statement) for statement in statements]
    except PoolTimeout:
        raise _no_connection(pool, patience) from None


async def _ask_async(
    pool: AsyncConnectionPool[Any], statements: Sequence[str], patience: float
) -> list[Answer]:
    try:
        async with pool.connection(patience) as conn:
            return [await _answer_async(conn, statement) for statement in statements]
    except PoolTimeout:
        raise await in_thread(lambda: _no_connection(pool, patience)) from None


def _ask_alone(conninfo: str, statements: Sequence[str]) -> list[Answer]:
    try:
        with psycopg.connect(conninfo, autocommit=True) as conn:
            # Of a database in SQL_ASCII psycopg would give bytes.
            conn.execute(f"set statement_timeout = '{_MOST_SECONDS}s'; set client_encoding = utf8")
            return [_answer(conn, statement) for statement in statements]
    except psycopg.OperationalError as error:
        raise _refused(error) from None


def _answer(conn: psycopg.Connection[Any], statement: str) -> Answer:
    """The rows; a connection that is lost is no answer."""
    try:
        with psycopg.Cursor(conn, row_factory=dict_row) as cursor:
            cursor.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        if conn.broken or conn.closed:
            raise
        return error
    finally:
        if not conn.autocommit and not conn.closed:
            conn.rollback()


async def _answer_async(conn: psycopg.AsyncConnection[Any], statement: str) -> Answer:
    try:
        async with psycopg.AsyncCursor(conn, row_factory=dict_row) as cursor:
            await cursor.execute(statement.encode())
            return await cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        if conn.broken or conn.closed:
            raise
        return error
    finally:
        if not conn.autocommit and not conn.closed:
            await conn.rollback()


def _no_connection(pool: AnyPool, patience: float) -> ConnectError:
    """Why a pool has none: the server lets nobody in, or all are in use.

    The pool itself can't tell: it counts those in use that it tries to open.
    """
    where: Any = pool.conninfo
    try:
        conninfo = where() if callable(where) else where
        if isinstance(conninfo, str):
            psycopg.connect(conninfo, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return _refused(error)
    return UsedUpError(
        f"None of the pool's {pool.max_size} connections came free within {patience:g} s.",
        hint="Give connections back sooner, or raise DB_POOL_SIZE or DB_MAX_OVERFLOW.",
    )


def _refused(error: psycopg.OperationalError) -> ConnectError:
    """The reason alone: whoever reads this knows which database is meant."""
    whole = refusal("", error)
    return ConnectError(whole.message.partition(": ")[2], hint=whole.hint)
