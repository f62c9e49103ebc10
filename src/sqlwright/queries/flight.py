"""Sends several statements in one round trip, as a generator that psycopg waits for.

`conn.wait` runs it, sync and async: so Ctrl-C, timeouts and cancelled tasks are dealt with where
psycopg deals with them, and what is too large to be sent at once is sent as psycopg would.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from sqlwright.errors import StaleQueryError
from sqlwright.queries.session import AnyConnection, Prepared, Session, Types
from sqlwright.queries.statement import Statement

__all__ = ["Call", "Reply", "again", "blame", "fetch_all", "flight", "stale"]

IDLE = TransactionStatus.IDLE
FATAL_ERROR, PIPELINE_SYNC = ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_SYNC
# No such operator or function, several, a value that can't be assigned or cast.
_OTHER_TYPES = {"42883", "42725", "42804", "42846"}
Call: TypeAlias = tuple[Statement, Sequence[Any]]
Reply: TypeAlias = tuple[Prepared, PGresult]  # how a result is read, and the result


def stale(result: PGresult) -> psycopg.Error:
    """The server's error, if it is that a statement is to be prepared anew.

    Raises:
        psycopg.Error: what else it is.
    """
    error = error_from_result(result, encoding="utf-8")
    if not _is_stale(error):
        raise error
    return error


def again(
    conn: AnyConnection, session: Session, call: Call, error: psycopg.Error, *, was_idle: bool
) -> PQGen[Reply]:
    """Prepares a statement anew that failed for being stale, in silence if nothing is lost.

    Raises:
        StaleQueryError: a transaction is lost.
    """
    session.forget(are_there=error.sqlstate != "26000")
    if not was_idle:
        raise _lost(call[0]) from error
    return (yield from fetch_all(conn, session, [call]))[0]


def fetch_all(
    conn: AnyConnection, session: Session, calls: Sequence[Call], *, is_second: bool = False
) -> PQGen[list[Reply]]:
    """The results of several statements in one round trip: all of them succeed, or none.

    In autocommit they are a transaction of their own, else part of the one that is open or, with
    `begin` sent ahead of them, of a new one. What isn't prepared yet is prepared on the way.
    """
    pgconn = conn.pgconn
    is_idle = pgconn.transaction_status == IDLE
    begins = is_idle and not conn.autocommit
    results, replies, new = yield from _send_all(conn, session, calls, begins=begins)
    failed = [place for place, result in enumerate(results) if result.status == FATAL_ERROR]
    if not failed:
        return [(prepared, results[place]) for prepared, place in replies]
    error = error_from_result(results[failed[0]], encoding="utf-8")
    number = sum(place < failed[0] for _, place in replies)
    if failed[0] in new or is_second or not _is_stale(error):
        with blame(calls, number):
            raise error
    session.forget(are_there=error.sqlstate != "26000")
    if not is_idle:
        raise _lost(calls[number][0]) from error
    if begins:  # and nothing else yet, so there is nothing to lose
        yield from flight(pgconn, [partial(pgconn.send_query_params, b"rollback", None)])
    return (yield from fetch_all(conn, session, calls, is_second=True))


def _send_all(
    conn: AnyConnection, session: Session, calls: Sequence[Call], *, begins: bool
) -> PQGen[tuple[list[PGresult], list[tuple[Prepared, int]], Container[int]]]:
    """What the server said, where in it each statement's result is, and where it was prepared."""
    pgconn = conn.pgconn
    bounds = [session.bind(conn, statement, values) for statement, values in calls]
    sends: list[Callable[[], None]] = []
    if begins:
        begin = conn._get_tx_start_command()  # noqa: SLF001 - see sqlwright.queries.session
        sends.append(partial(pgconn.send_query_params, begin, None))
    sends += [_close(pgconn, name) for name in session.unwanted]
    session.unwanted.clear()
    if not sends:
        # After a stream, of psycopg's too, libpq hands out a pipeline's first result in parts.
        sends.append(_close(pgconn, b""))
    new: dict[int, tuple[Statement, Types]] = {}
    replies: list[tuple[Prepared, int]] = []
    for (statement, _), (_, sent, types, formats) in zip(calls, bounds, strict=True):
        prepared = session.known(statement, types)
        if prepared is None:
            prepared = session.add(statement, types, most=conn.prepared_max)
            new[len(sends)] = statement, types
            text = statement.text
            sends.append(partial(pgconn.send_prepare, prepared.name, text, param_types=types))
        replies.append((prepared, len(sends)))
        sends.append(
            partial(pgconn.send_query_prepared, prepared.name, sent, formats, prepared.format)
        )
    results: list[PGresult] = []
    try:
        results = yield from flight(pgconn, sends)
    finally:
        for place, (statement, types) in new.items():
            if place >= len(results) or results[place].status != ExecStatus.COMMAND_OK:
                session.lose(statement, types)
    return results, replies, new


def _close(pgconn: PGconn, name: bytes) -> Callable[[], None]:
    """What lets a prepared statement go: a message of the protocol, where libpq has it."""
    if psycopg.capabilities.has_send_close_prepared():
        return partial(pgconn.send_close_prepared, name)
    command = b"deallocate " + name if name else b""  # the unnamed one goes with the next
    return partial(pgconn.send_query_params, command, None)


@contextmanager
def blame(calls: Sequence[Call], number: int) -> Iterator[None]:
    """Notes on an error of the server which of several calls it was; `number` counts from 0."""
    try:
        yield
    except psycopg.Error as error:
        if number < len(calls) > 1:
            name = calls[number][0].name
            error.add_note(f"{name}, {number + 1} of {len(calls)} in a unit: none of them is done.")
        raise


def flight(pgconn: PGconn, sends: Sequence[Callable[[], None]]) -> PQGen[list[PGresult]]:
    """What the server says to each of these, up to the first that fails if it is the end."""
    results: list[PGresult] = []
    try:
        pgconn.enter_pipeline_mode()
        for send in sends:
            send()
        pgconn.pipeline_sync()
        yield from generators.send(pgconn)
        while (found := (yield from generators.fetch_many(pgconn))) and (
            found[0].status != PIPELINE_SYNC
        ):
            results += found
    except psycopg.OperationalError:
        # As psycopg: what the server said before it closed the connection tells more.
        if not any(result.status == FATAL_ERROR for result in results):
            raise
    finally:
        try:
            _leave_pipeline(pgconn)
        except BaseException:  # Ctrl-C, a moment before
            _leave_pipeline(pgconn)
            raise
    return results


def _leave_pipeline(pgconn: PGconn) -> None:
    if pgconn.status != ConnStatus.OK:
        return
    try:
        pgconn.exit_pipeline_mode()
    except psycopg.OperationalError:  # interrupted between two steps of ours
        pgconn.finish()


def _is_stale(error: psycopg.Error) -> bool:
    """Whether a statement that was prepared before is lost, or no longer what it was.

    Its parameters keep the types that they were given, or that the server found for them, though a
    column has another by now, or a type is no longer there.
    """
    diag = error.diag
    if error.sqlstate in _OTHER_TYPES:
        return diag.statement_position is not None  # else it is of something within, as a function
    return (
        error.sqlstate == "26000"
        or (error.sqlstate == "0A000" and diag.source_function == "RevalidateCachedQuery")
        or (diag.message_primary or "").startswith("cache lookup failed for type")
    )


def _lost(statement: Statement) -> StaleQueryError:
    return StaleQueryError(
        f"{statement.name} was prepared for a table that has changed since, or was deallocated,"
        " and its transaction has failed with it.",
        hint="Roll the transaction back and run it again: the statement is then prepared anew.",
    )
