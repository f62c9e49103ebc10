"""Copies rows to the server: from an iterable, in blocks of bytes.

psycopg's own `Cursor.copy` holds the connection's lock all the while, so that an iterable that
reads from the same connection would wait for itself. Here it is told that the connection is busy.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import generators
from psycopg._copy_base import format_row_binary
from psycopg.abc import PQGen, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus

from sqlwright.errors import QueryError
from sqlwright.queries.copies import Copied
from sqlwright.queries.log import timed
from sqlwright.queries.reading import Told
from sqlwright.queries.session import AnyConnection
from sqlwright.queries.source import begin_of, described, failed
from sqlwright.queries.statement import Statement
from sqlwright.queries.wire import Columns, columns_of

__all__ = ["copy_in", "copy_in_async"]

# psycopg's function in C for one row; tests/integration/test_bulk.py fails where it changes.
_format: Callable[[Sequence[Any], Transformer, bytearray], None] = format_row_binary

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_BLOCK = 32 * 1024  # bytes, and how many are not waited for: psycopg's measures
_AHEAD = 1024 * 1024


class Encoder:
    """Makes blocks of bytes of rows."""

    def __init__(self, statement: Statement, columns: Columns, told: Told) -> None:
        self._name, self._columns, self._told = statement.name, columns, told
        self._transformer = columns.transformer()
        self._transformer.set_dumper_types(columns.types, Format.BINARY)
        self._block = bytearray(_HEADER)
        self._rows = 0

    def add(self, row: Sequence[Any]) -> bytearray | None:
        """Adds a row; gives a block when one is full.

        Raises:
            QueryError: the row's number and column, where a value doesn't fit.
        """
        self._rows += 1
        block = self._block
        try:
            _format(row, self._transformer, block)
        except Exception as error:
            raise self._wrong(row, error) from error
        if len(block) < _BLOCK:
            return None
        self._block = bytearray()
        self._told.add(self._rows - self._told.rows)
        return block

    def end(self) -> bytearray:
        """The last block."""
        self._told.add(self._rows - self._told.rows)
        self._block += _END
        return self._block

    def _wrong(self, row: Any, error: Exception) -> QueryError:
        columns, name = self._columns, f"{self._name}: row {self._rows}"
        listed = ", ".join(columns.names)
        if not isinstance(row, Sequence):
            return QueryError(
                f"{name} is of type {type(row).__name__}.", hint=f"Give tuples of {listed}."
            )
        if len(row) != len(columns.names):
            return QueryError(
                f"{name} has {len(row)} values for {len(columns.names)} columns.",
                hint=f"Give tuples of {listed}.",
            )
        for column, oid, value in zip(columns.names, columns.types, row, strict=True):
            if self._fails(oid, value):
                info = columns.adapters.types.get(oid)
                said = "" if isinstance(error, KeyError) else f": {error}"  # that is the value
                return QueryError(
                    f"{name}, column {column}: a value of type {type(value).__name__} does not fit"
                    f" into {info.name if info else oid}{said}.",
                    hint="No row was stored. Mend this one, and copy them again.",
                )
        return QueryError(f"{name}: {error}.", hint="No row was stored.")

    def _fails(self, oid: int, value: Any) -> bool:
        alone = self._columns.transformer()
        alone.set_dumper_types([oid], Format.BINARY)
        try:
            _format((value,), alone, bytearray())
        except Exception:  # noqa: BLE001 - the error is the one that we were called for
            return True
        return False


class _Copy:
    """A copy under way, as generators that psycopg waits for.

    Attributes:
        is_busy: Whether the connection is in the midst of it.
        is_open: Whether the server waits for rows.
    """

    def __init__(self, conn: AnyConnection, statement: Statement, copied: Copied) -> None:
        self.is_busy = self.is_open = False
        self._conn, self._statement, self._copied = conn, statement, copied
        self._unsent = 0

    def start(self, told: Told) -> PQGen[Encoder]:
        """Describes the columns, and begins."""
        conn, pgconn, encoding = self._conn, self._conn.pgconn, self._conn.info.encoding
        text = self._copied.columns.encode(encoding)
        found = yield from described(conn, self._statement, text, before=begin_of(conn))
        columns = yield from columns_of(conn, self._statement, found, to_server=True)
        self.is_busy = True
        pgconn.send_query(self._copied.sql.encode(encoding))
        result = (yield from generators.execute(pgconn))[-1]
        if result.status != ExecStatus.COPY_IN:
            raise failed(conn, result)
        self.is_open = True
        return Encoder(self._statement, columns, told)

    def write(self, block: bytearray) -> PQGen[None]:
        """Sends bytes; waits for the server where too many are on their way."""
        self._unsent += len(block)
        flush = self._unsent >= _AHEAD
        self._unsent = 0 if flush else self._unsent
        for start in range(0, len(block), 4 * _BLOCK):  # libpq may never end with larger ones
            yield from generators.copy_to(
                self._conn.pgconn, block[start : start + 4 * _BLOCK], flush=flush
            )

    def end(self, block: bytearray) -> PQGen[int]:
        """Sends the last bytes; gives how many rows there are more."""
        yield from self.write(block)
        self.is_open = False
        result = yield from generators.copy_end(self._conn.pgconn, None)
        return result.command_tuples or 0

    def abort(self, error: BaseException) -> PQGen[None]:
        """Has the server forget the rows; it is told no more than the kind of the error."""
        self.is_open = False
        said = f"the rows failed with {type(error).__name__}"
        with suppress(psycopg.Error):  # the server says so to every abort
            yield from generators.copy_end(self._conn.pgconn, said.encode())

    def leave(self) -> None:
        """Gives up a connection that Ctrl-C has left in the midst of it, between two steps."""
        if self.is_busy and self._conn.pgconn.transaction_status == TransactionStatus.ACTIVE:
            self._conn.pgconn.finish()


def copy_in(
    conn: psycopg.Connection[Any],
    statement: Statement,
    copied: Copied,
    rows: Iterable[Any],
    told: Told,
) -> int:
    """Copies the rows; gives how many were stored.

    Raises:
        QueryError: the row and the column that don't fit.
        psycopg.Error: what the server refused.
    """
    copy = _Copy(conn, statement, copied)
    with timed(conn, [(statement, ())]):
        try:
            encoder = _step(conn, copy.start(told))
            for row in rows:
                if block := encoder.add(row):
                    _step(conn, copy.write(block))
            stored: int = _step(conn, copy.end(encoder.end()))
        except BaseException as error:
            try:
                if copy.is_open and not conn.closed:
                    _step(conn, copy.abort(error))
            finally:
                copy.leave()
            raise
    told.end()
    return stored


def _step(conn: psycopg.Connection[Any], step: PQGen[Any]) -> Any:
    with conn.lock:
        return conn.wait(step)


async def copy_in_async(
    conn: psycopg.AsyncConnection[Any],
    statement: Statement,
    copied: Copied,
    rows: Iterable[Any] | AsyncIterable[Any],
    told: Told,
) -> int:
    """The same for asyncio, where the rows may come from an async iterable."""
    copy = _Copy(conn, statement, copied)
    with timed(conn, [(statement, ())]):
        try:
            encoder = await _step_async(conn, copy.start(told))
            if isinstance(rows, AsyncIterable):
                async for row in rows:
                    if block := encoder.add(row):
                        await _step_async(conn, copy.write(block))
            else:
                for row in rows:
                    if block := encoder.add(row):
                        await _step_async(conn, copy.write(block))
            stored = await _step_async(conn, copy.end(encoder.end()))
        except BaseException as error:
            try:
                if copy.is_open and not conn.closed:
                    await _step_async(conn, copy.abort(error))
            finally:
                copy.leave()
            raise
    told.end()
    return int(stored)


async def _step_async(conn: psycopg.AsyncConnection[Any], step: PQGen[Any]) -> Any:
    async with conn.lock:
        return await conn.wait(step)
