"""Reads a source block by block, sync and async, and leaves its connection usable."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import psycopg
from psycopg import waiting

from sqlwright.queries.log import timed
from sqlwright.queries.rows import AsyncRows, Progress, Rows
from sqlwright.queries.session import AnyConnection
from sqlwright.queries.source import Source

__all__ = ["Told", "rows_of"]

_SECONDS = 0.1
_TRIES, _PATIENCE = 10, 0.5  # seconds: as long as psycopg waits for the server to stop


class Told:
    """Counts rows, and tells who wants to know."""

    def __init__(self, progress: Progress | None) -> None:
        self.rows = 0
        self._progress = progress
        self._last = monotonic()

    def add(self, rows: int) -> None:
        """So many more."""
        self.rows += rows
        if self._progress and monotonic() - self._last >= _SECONDS:
            self._progress(self.rows)
            self._last = monotonic()

    def end(self) -> None:
        """There are no more."""
        if self._progress:
            self._progress(self.rows)


def rows_of(conn: AnyConnection, source: Source, progress: Progress | None) -> Any:
    """The rows of a source, for the world that the connection is of."""
    if isinstance(conn, psycopg.AsyncConnection):
        rows = _read_async(conn, source, Told(progress))
        return AsyncRows(rows, partial(_forget, conn, source))
    return Rows(_read(conn, source, Told(progress)))


def _read(conn: psycopg.Connection[Any], source: Source, told: Told) -> Generator[Any, None, None]:
    with timed(conn, [source.call]):
        try:
            with conn.lock:
                conn.wait(source.start())
            while block := _next(conn, source):
                yield from block[1]
                told.add(block[0])
        except GeneratorExit:  # the rows are closed, which is no failure
            return
        finally:
            if source.is_busy:
                _stop(conn, source)
    told.end()


def _next(conn: psycopg.Connection[Any], source: Source) -> tuple[int, Iterable[Any]] | None:
    with conn.lock:
        return conn.wait(source.block())


def _stop(conn: psycopg.Connection[Any], source: Source) -> None:
    """Cancels the query; without the lock, which who forgets the rows may have just now.

    Again and again: a query that the server has not begun with yet is not cancelled.
    """
    try:
        for _ in range(_TRIES):
            conn.cancel_safe(timeout=_PATIENCE)
            with suppress(psycopg.errors._WaitTimeout):  # noqa: SLF001
                conn.wait(source.drain(), timeout=_PATIENCE)
                return
        conn.pgconn.finish()
    except Exception:  # noqa: BLE001 - what the reader wanted is to stop
        conn.pgconn.finish()
    except BaseException:
        conn.pgconn.finish()
        raise


async def _read_async(
    conn: psycopg.AsyncConnection[Any], source: Source, told: Told
) -> AsyncGenerator[Any, None]:
    with timed(conn, [source.call]):
        try:
            async with conn.lock:
                await conn.wait(source.start())
            while block := await _next_async(conn, source):
                for row in block[1]:
                    yield row
                told.add(block[0])
        except GeneratorExit:
            return
        finally:
            if source.is_busy:
                await _stop_async(conn, source)
    told.end()


async def _next_async(
    conn: psycopg.AsyncConnection[Any], source: Source
) -> tuple[int, Iterable[Any]] | None:
    async with conn.lock:
        return await conn.wait(source.block())


def _forget(conn: psycopg.AsyncConnection[Any], source: Source) -> None:
    """The same where nobody can wait, else the connection would be busy for a while longer."""
    if not source.is_busy:
        return
    try:
        for _ in range(_TRIES):
            conn.cancel()
            with suppress(psycopg.errors._WaitTimeout):  # noqa: SLF001
                waiting.wait(source.drain(), conn.pgconn.socket, timeout=_PATIENCE)
                return
        conn.pgconn.finish()
    except Exception:  # noqa: BLE001
        conn.pgconn.finish()


async def _stop_async(conn: psycopg.AsyncConnection[Any], source: Source) -> None:
    try:
        for _ in range(_TRIES):
            await conn.cancel_safe(timeout=_PATIENCE)
            with suppress(psycopg.errors._WaitTimeout):  # noqa: SLF001
                await conn.wait(source.drain(), timeout=_PATIENCE)
                return
        conn.pgconn.finish()
    except Exception:  # noqa: BLE001
        conn.pgconn.finish()
    except BaseException:
        conn.pgconn.finish()
        raise
