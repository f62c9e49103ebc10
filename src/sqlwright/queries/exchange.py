"""Sends a prepared statement and takes its result, sync and async.

The usual case is waited for here, and costs half of what psycopg's waiting costs. Whatever comes
otherwise is left to psycopg: a parameter too large to be sent at once, a result in many parts, a
query that a thread has waited a tenth of a second for, a connection that is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from sqlwright.queries.flight import Reply, again, fetch_all, stale
from sqlwright.queries.readiness import Readiness
from sqlwright.queries.session import Session
from sqlwright.queries.statement import Statement

__all__ = ["fetch", "fetch_async"]

ACTIVE, IDLE = TransactionStatus.ACTIVE, TransactionStatus.IDLE
FATAL_ERROR = ExecStatus.FATAL_ERROR
_SECONDS = 0.1  # as psycopg, which looks as often whether it was interrupted


def fetch(
    conn: psycopg.Connection[Any], session: Session, statement: Statement, values: Sequence[Any]
) -> Reply:
    """The result of a statement, and how it is read; the caller has the connection's lock."""
    pgconn, poll = conn.pgconn, session.poll
    prepared, sent, _, formats = session.bind(conn, statement, values)
    was_idle = pgconn.transaction_status == IDLE
    if prepared is None or (was_idle and not conn.autocommit):
        return conn.wait(fetch_all(conn, session, [(statement, values)]))[0]
    try:
        pgconn.send_query_prepared(prepared.name, sent, formats, prepared.format)
        if pgconn.flush() or poll is None or not poll(1000 * _SECONDS):
            results = conn.wait(generators.execute(pgconn))
        else:
            pgconn.consume_input()
            results, is_whole = _take(pgconn)
            if not is_whole:
                results = conn.wait(_rest(pgconn, results))
    except BaseException:
        if pgconn.transaction_status == ACTIVE:
            _stop(conn)
        raise
    result = results[-1]  # a second one is the refusal to commit
    if result.status == FATAL_ERROR:
        call, error = (statement, values), stale(result)
        return conn.wait(again(conn, session, call, error, was_idle=was_idle))
    return prepared, result


async def fetch_async(
    conn: psycopg.AsyncConnection[Any],
    session: Session,
    statement: Statement,
    values: Sequence[Any],
) -> Reply:
    """The same for asyncio."""
    pgconn = conn.pgconn
    prepared, sent, _, formats = session.bind(conn, statement, values)
    was_idle = pgconn.transaction_status == IDLE
    if prepared is None or (was_idle and not conn.autocommit):
        return (await conn.wait(fetch_all(conn, session, [(statement, values)])))[0]
    try:
        pgconn.send_query_prepared(prepared.name, sent, formats, prepared.format)
        if pgconn.flush() or not await _is_answered(session, pgconn):
            results = await conn.wait(generators.execute(pgconn))
        else:
            results, is_whole = _take(pgconn)
            if not is_whole:
                results = await conn.wait(_rest(pgconn, results))
    except BaseException:
        if pgconn.transaction_status == ACTIVE:
            await _stop_async(conn)
        raise
    result = results[-1]  # a second one is the refusal to commit
    if result.status == FATAL_ERROR:
        call, error = (statement, values), stale(result)
        return await conn.wait(again(conn, session, call, error, was_idle=was_idle))
    return prepared, result


async def _is_answered(session: Session, pgconn: PGconn) -> bool:
    """Waits for a result; False where that is psycopg's to do."""
    loop = asyncio.get_running_loop()
    if not session.readiness.suits(loop):
        session.readiness = Readiness()
    return await session.readiness.wait(pgconn, loop)


def _take(pgconn: PGconn) -> tuple[list[PGresult], bool]:
    """What has come, and whether that is all."""
    results: list[PGresult] = []
    while not pgconn.is_busy():
        result = pgconn.get_result()
        if result is None:
            while notify := pgconn.notifies():
                if pgconn.notify_handler:
                    pgconn.notify_handler(notify)
            return results, True
        results.append(result)
    return results, False


def _rest(pgconn: PGconn, results: list[PGresult]) -> PQGen[list[PGresult]]:
    """The same, once the server is ready for the next query."""
    try:
        results += yield from generators.fetch_many(pgconn)
    except psycopg.OperationalError:
        # As psycopg: what the server said before it closed the connection tells more.
        if not any(result.status == FATAL_ERROR for result in results):
            raise
    return results


def _stop(conn: psycopg.Connection[Any]) -> None:
    """What psycopg does on Ctrl-C: cancels the query, or else gives the connection up."""
    try:
        conn.cancel_safe(timeout=5)
        conn.wait(generators.fetch_many(conn.pgconn), timeout=5)
    except Exception:  # noqa: BLE001 - the interruption is what the caller is told
        conn.pgconn.finish()
    except BaseException:
        conn.pgconn.finish()
        raise


async def _stop_async(conn: psycopg.AsyncConnection[Any]) -> None:
    """The same for a task that is cancelled."""
    try:
        await conn.cancel_safe(timeout=5)
        await conn.wait(generators.fetch_many(conn.pgconn), timeout=5)
    except Exception:  # noqa: BLE001
        conn.pgconn.finish()
    except BaseException:
        conn.pgconn.finish()
        raise
