"""Runs a transaction again that failed for no fault of its own.

What is run again was surely not done: the server has rolled it back, or was never told to commit.
A connection that is lost in the commit itself leaves that open, and only the caller can find out.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeAlias, TypeVar, overload

import psycopg
from psycopg import IsolationLevel
from psycopg.errors import (
    DeadlockDetected,
    InFailedSqlTransaction,
    ReadOnlySqlTransaction,
    SerializationFailure,
)
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from sqlwright.conninfo import reason_of_loss
from sqlwright.errors import CommitUnknownError, StaleQueryError
from sqlwright.pool.pools import AsyncPool, Pool

__all__ = ["retrying"]

_T = TypeVar("_T")
_Conn: TypeAlias = psycopg.Connection[TupleRow]
_AsyncConn: TypeAlias = psycopg.AsyncConnection[TupleRow]
_PASSING = (SerializationFailure, DeadlockDetected, ReadOnlySqlTransaction, StaleQueryError)
_SHORTEST, _LONGEST = 0.02, 1.0


class _Lost(Exception):  # noqa: N818 - it is caught here, and its cause is what callers see
    """The connection was lost before the commit."""


@overload
def retrying(
    pool: Pool,
    work: Callable[[_Conn], _T],
    *,
    attempts: int = 5,
    isolation: IsolationLevel | None = None,
) -> _T: ...


@overload
def retrying(
    pool: AsyncPool,
    work: Callable[[_AsyncConn], Awaitable[_T]],
    *,
    attempts: int = 5,
    isolation: IsolationLevel | None = None,
) -> Coroutine[Any, Any, _T]: ...


def retrying(
    pool: Pool | AsyncPool,
    work: Callable[[Any], Any],
    *,
    attempts: int = 5,
    isolation: IsolationLevel | None = None,
) -> Any:
    """What `work(conn)` gives in a transaction of its own, which is run again where that helps.

    That is after a serialization failure, a deadlock, a `StaleQueryError`, a write that met a
    server which had been demoted, and a connection that was lost before the commit. Between two
    attempts it waits, at random, up to a second. `work` may so run several times: what it does
    besides its SQL must bear that.

    Args:
        pool: From which each attempt takes a connection.
        work: All of the transaction; async for an `AsyncPool`. It neither commits nor rolls back.
        attempts: How often at most.
        isolation: Of the transaction, else what the server has set.

    Raises:
        CommitUnknownError: the connection was lost in the commit; nothing was run again.
        psycopg.Error: what the last attempt failed with, or what no further one would mend.
        PoolTimeout: no connection came in time.
    """
    if isinstance(pool, AsyncPool):
        return _run_async(pool, work, attempts, isolation)
    return _run(pool, work, attempts, isolation)


def _run(
    pool: Pool, work: Callable[[_Conn], _T], attempts: int, isolation: IsolationLevel | None
) -> _T:
    for attempt in count(1):
        try:
            return _once(pool, work, isolation)
        except (_Lost, *_PASSING) as error:
            _give_up(error, attempt, attempts)
        time.sleep(_pause(attempt))
    raise AssertionError


async def _run_async(
    pool: AsyncPool,
    work: Callable[[_AsyncConn], Awaitable[_T]],
    attempts: int,
    isolation: IsolationLevel | None,
) -> _T:
    for attempt in count(1):
        try:
            return await _once_async(pool, work, isolation)
        except (_Lost, *_PASSING) as error:
            _give_up(error, attempt, attempts)
        await asyncio.sleep(_pause(attempt))
    raise AssertionError


def _once(pool: Pool, work: Callable[[_Conn], _T], isolation: IsolationLevel | None) -> _T:
    with pool.connection() as conn:
        conn.set_isolation_level(isolation)
        try:
            with _judged(conn) as commits, conn.transaction():
                done = work(conn)
                commits()
            return done
        finally:
            if not conn.closed:
                conn.set_isolation_level(None)


async def _once_async(
    pool: AsyncPool, work: Callable[[_AsyncConn], Awaitable[_T]], isolation: IsolationLevel | None
) -> _T:
    async with pool.connection() as conn:
        await conn.set_isolation_level(isolation)
        try:
            with _judged(conn) as commits:
                async with conn.transaction():
                    done = await work(conn)
                    commits()
            return done
        finally:
            if not conn.closed:
                await conn.set_isolation_level(None)


@contextmanager
def _judged(conn: _Conn | _AsyncConn) -> Iterator[Callable[[], None]]:
    """Tells a connection that is lost before the commit from one that is lost in it.

    What it gives is called right before the commit, and refuses one that would be none: where a
    statement has failed PostgreSQL answers it by rolling back, and where the connection is lost
    psycopg sends nothing; neither is said.
    """
    is_committing = False

    def commits() -> None:
        nonlocal is_committing
        if conn.closed:
            raise psycopg.OperationalError(
                "the connection was lost, and what the transaction called went on as if it had not"
            )
        if conn.info.transaction_status == TransactionStatus.INERROR:
            raise InFailedSqlTransaction(
                "a statement of the transaction has failed, and what it called went on as if it had"
                " not: nothing is committed"
            )
        is_committing = True

    try:
        yield commits
    except (psycopg.OperationalError, psycopg.InternalError) as error:  # the latter: idle too long
        if not conn.closed:
            raise
        if is_committing:
            raise _unknown(error) from error
        raise _Lost from error


def _unknown(error: psycopg.Error) -> CommitUnknownError:
    return CommitUnknownError(
        f"The connection was lost during a commit ({reason_of_loss(error)}): the transaction is"
        " there whole, or not at all.",
        hint="Look for one of its rows before you run it again.",
    )


def _give_up(error: Exception, attempt: int, attempts: int) -> None:
    """Raises, at the last attempt, what it failed with."""
    if attempt < attempts:
        return
    cause = error.__cause__ if isinstance(error, _Lost) else error
    assert cause is not None
    cause.add_note(f"This was the last of {attempts} attempts.")
    raise cause


def _pause(attempt: int) -> float:
    """Seconds, at random, so that those who clashed don't meet again."""
    longest: float = min(_SHORTEST * 2**attempt, _LONGEST)
    return random.uniform(0, longest)  # noqa: S311
