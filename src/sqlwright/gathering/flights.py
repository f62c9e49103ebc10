"""Sends the calls of one function together, and gives each its own answer or its own error.

What fails together is run again call by call: nothing of it was done.
"""

from __future__ import annotations

import asyncio
import copy
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from psycopg.abc import Transformer
from psycopg.errors import DeadlockDetected, ReadOnlySqlTransaction
from psycopg.pq.abc import PGresult
from psycopg.rows import namedtuple_row

from sqlwright.errors import QueryError
from sqlwright.gathering.arrays import Array, encode
from sqlwright.gathering.forms import Forms, Read, Refused, Together
from sqlwright.queries import ordinary
from sqlwright.queries.adapter import function_of
from sqlwright.queries.exchange import fetch_async
from sqlwright.queries.flight import Reply, fetch_all
from sqlwright.queries.log import timed
from sqlwright.queries.session import session_of
from sqlwright.queries.statement import Statement
from sqlwright.queries.units import Pending

__all__ = ["Call", "fail", "send"]


class Call(Pending[Any]):
    """A call that waits for its answer."""

    answer: asyncio.Future[Any]

    def give(self, value: Any) -> None:
        """Answers with what the statement gave, unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_result(self.check(value) if self.check else value)

    def refuse(self, error: Exception) -> None:
        """Answers with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


def fail(calls: Iterable[Call], error: Exception) -> None:
    """Tells all of them of an error; each has one of its own, to be raised in its own task."""
    for call in calls:
        if not call.answer.done():
            call.refuse(_copy(error))


def _copy(error: Exception) -> Exception:
    try:
        return copy.copy(error)
    except Exception:  # noqa: BLE001 - its class wants other arguments than it keeps
        return error


async def send(
    conn: psycopg.AsyncConnection[Any], dumpers: Transformer, forms: Forms, calls: Sequence[Call]
) -> None:
    """Runs the calls of one function, in the way that it can be gathered.

    Raises:
        psycopg.Error: the connection was lost before anything was sent.
    """
    statement = calls[0].call[0]
    form = await forms.of(conn, statement)
    if isinstance(form, Refused):
        for call in calls:
            call.refuse(form.error())
    elif isinstance(form, Read):
        if not await _read(conn, dumpers, form, calls):
            forms.forget(statement)
    elif form is Together.INSERTS:
        if not await _insert(conn, calls):
            forms.part(statement)
    else:
        await _apart(conn, calls)


async def _read(
    conn: psycopg.AsyncConnection[Any], dumpers: Transformer, form: Read, calls: Sequence[Call]
) -> bool:
    """Runs the calls of a read as one statement; False if its form is no longer right."""
    if len(calls) == 1 or conn.pgconn.parameter_status(b"client_encoding") != b"UTF8":
        await _apart(conn, calls)
        return True
    others: list[Call] = []
    try:
        calls, others, values = _encoded(dumpers, form, calls)
        with timed(conn, [(form.statement, values)]):
            rows, result = await _fetch(conn, form.statement, values)
        make = _maker(conn, form, calls[0].call[0], rows, result)
    except Exception as error:  # noqa: BLE001 - some call's, which is told by itself
        if await _is_lost(conn, error):
            fail([*calls, *others], error)
        else:
            await _apart(conn, [*calls, *others])
        return not _is_outdated(error)
    _deal(calls, rows, make)
    await _apart(conn, others)
    return True


def _encoded(
    dumpers: Transformer, form: Read, calls: Sequence[Call]
) -> tuple[Sequence[Call], list[Call], list[Any]]:
    """Those whose values fit, those whose don't, and the arrays for the former."""
    if not form.types:
        return calls, [], [len(calls)]
    columns = zip(*(call.call[1] for call in calls), strict=True)
    arrays: list[Array] = []
    misfits: set[int] = set()
    for values, element, array in zip(columns, form.types, form.arrays, strict=True):
        encoded, found = encode(dumpers, values, element, array)
        arrays.append(encoded)
        misfits |= found
    if not misfits:
        return calls, [], arrays
    others = [call for place, call in enumerate(calls) if place in misfits]
    fit = [call for place, call in enumerate(calls) if place not in misfits]
    return fit, others, _encoded(dumpers, form, fit)[2] if fit else []


async def _fetch(
    conn: psycopg.AsyncConnection[Any], statement: Statement, values: Sequence[Any]
) -> tuple[list[tuple[Any, ...]], PGresult | None]:
    async with conn.lock:
        session = session_of(conn)
        if session is not None:
            prepared, result = await fetch_async(conn, session, statement, values)
            return prepared.read(conn, result)[0], result
    return await ordinary.run_async(conn, statement, values), None


def _maker(
    conn: psycopg.AsyncConnection[Any],
    form: Read,
    statement: Statement,
    rows: Sequence[tuple[Any, ...]],
    result: PGresult | None,
) -> Callable[[tuple[Any, ...]], Any]:
    """What makes a row as the function by itself would."""
    if not rows:
        return tuple
    if make := statement.maker(len(rows[0]) - 1):
        return make
    if result is not None and _names(result)[1:] != _names(form.columns):
        raise LookupError(statement.name)  # a column was renamed, of a statement without types
    cursor = psycopg.AsyncRawCursor(conn)
    cursor.pgresult = form.columns
    return namedtuple_row(cursor)


def _names(columns: PGresult) -> list[bytes | None]:
    return [columns.fname(number) for number in range(columns.nfields)]


def _deal(
    calls: Sequence[Call],
    rows: Sequence[tuple[Any, ...]],
    make: Callable[[tuple[Any, ...]], Any],
) -> None:
    """Gives each call its row; the first column of a row is the number of its call, from 1."""
    found: list[tuple[Any, ...] | None] = [None] * len(calls)
    for row in rows:
        found[row[0] - 1] = row[1:]
    if len(rows) > len(calls) - found.count(None):
        _refuse_many(calls, rows)
    for call, values in zip(calls, found, strict=True):
        try:
            call.give(None if values is None else make(values))
        except Exception as error:  # noqa: BLE001 - what a row's maker raises is the caller's
            call.refuse(error)


def _refuse_many(calls: Sequence[Call], rows: Sequence[tuple[Any, ...]]) -> None:
    """Tells the calls that have several rows so, as the function by itself would."""
    for place, count in Counter(row[0] for row in rows).items():
        call = calls[place - 1]
        if count > 1:
            try:
                call.call[0].answer([()] * count, count)
            except QueryError as error:
                call.refuse(error)


async def _insert(conn: psycopg.AsyncConnection[Any], calls: Sequence[Call]) -> bool:
    """Runs inserts in one round trip and transaction; False if they stood in others' way."""
    sent = [call.call for call in calls]
    replies: list[Reply] = []
    try:
        with timed(conn, sent):
            async with conn.lock:
                session = session_of(conn) if len(calls) > 1 else None
                if session is not None:
                    replies = await conn.wait(fetch_all(conn, session, sent))
    except Exception as error:  # noqa: BLE001
        if await _is_lost(conn, error):
            fail(calls, error)
        else:
            await _apart(conn, calls)
        return not isinstance(error, DeadlockDetected)
    if session is None:
        await _apart(conn, calls)
        return True
    for call, (prepared, result) in zip(calls, replies, strict=True):
        try:
            rows, count = prepared.read(conn, result)
            call.give(call.call[0].answer(rows, count, prepared.make))
        except Exception as error:  # noqa: BLE001
            call.refuse(error)
    return True


async def _apart(conn: psycopg.AsyncConnection[Any], calls: Sequence[Call]) -> None:
    """Runs each call by itself, as the function would on this connection."""
    for place, call in enumerate(calls):
        if call.answer.done():
            continue
        statement, values = call.call
        run = function_of(statement)
        try:
            call.give(await run(None, conn, **dict(zip(statement.parameters, values, strict=True))))
        except Exception as error:  # noqa: BLE001
            call.refuse(error)
            if await _is_lost(conn, error):
                fail(calls[place:], error)
                return


def _is_outdated(error: Exception) -> bool:
    """Whether a statement failed for what it says, and not for what it was given."""
    state = getattr(error, "sqlstate", None) or ""
    return isinstance(error, LookupError) or state.startswith(("0A", "26", "42"))


async def _is_lost(conn: psycopg.AsyncConnection[Any], error: Exception) -> bool:
    """Whether the connection is of no more use; the pool then has another."""
    diag = error.diag if isinstance(error, psycopg.Error) else None
    # The server says good-bye before it hangs up. One that was demoted would go on to refuse.
    is_over = diag is not None and diag.severity_nonlocalized in {"FATAL", "PANIC"}
    if is_over or isinstance(error, ReadOnlySqlTransaction):
        await conn.close()
    return bool(conn.closed)
