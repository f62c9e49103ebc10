"""psycopg's pools, which here follow the primary, and know the longest wait.

Three things differ from psycopg's. After a restart of the server all dead connections are replaced
at once, where psycopg meets them one by one and waits after each twice as long as before. A new
connection is tried every second, so that a long outage doesn't hide that a server is back. And of
several servers, which a watch looks at, connections lead to the primary, and are left when they
don't any more.

A pool belongs to the process that opened it: another one that uses its connections, after a fork,
would read answers that are not its own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import monotonic
from traceback import walk_tb
from typing import Any

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolClosed, PoolTimeout
from psycopg_pool.base import AttemptWithBackoff
from psycopg_pool.pool import ReturnConnection, WaitingClient

from sqlwright.pool.ping import NOT_THE_PRIMARY, ping
from sqlwright.pool.readers import AsyncReaders, Readers
from sqlwright.pool.watch import LOST, Watch

__all__ = ["AsyncPool", "Pool"]

_HALF_A_PAUSE = 0.5  # what psycopg doubles before it tries again


class Pool(ConnectionPool[psycopg.Connection[TupleRow]]):
    """A pool of connections; `longest_wait` is the most seconds that a caller waited for one."""

    longest_wait = 0.0

    def __init__(
        self, conninfo: str, *, pre_ping: bool, watch: Watch | None = None, **settings: Any
    ) -> None:
        self._watch = watch
        self._process = os.getpid()
        self._pings = pre_ping
        reading = {**settings, "pre_ping": pre_ping, "min_size": 0, **_patience(watch)}
        self._readers = Readers(conninfo, watch, lambda server: Pool(server, **reading))
        where = watch.primary if watch else conninfo
        check = self._see if pre_ping or watch else None
        super().__init__(where, check=check, open=False, **settings)

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[psycopg.Connection[TupleRow]]:
        """A connection to read and write with; it is put back with the block.

        Raises:
            PoolTimeout: none came in time.
        """
        with super().connection(timeout) as conn:
            try:
                yield conn
            except ReadOnlySqlTransaction:
                conn.close()  # the server may have been demoted: the next one is looked for anew
                raise

    @contextmanager
    def reading(
        self, *, lag: float, after: str | None = None, timeout: float | None = None
    ) -> Iterator[psycopg.Connection[TupleRow]]:
        """A connection that can only read: to a standby that is near enough, else to the primary.

        Args:
            lag: How many seconds old may be what is read; 0 is always the primary.
            after: A position that the server must have come to, as
                `select pg_current_wal_insert_lsn()::text` gives it after a commit.
            timeout: Seconds to wait for a connection; else those of the pool.

        Raises:
            ConfigError: the URL has libpq choose the server, so that `lag` can't be kept.
            PoolTimeout: none came in time.
        """
        self._check_open_getconn()
        wait = self.timeout if timeout is None else timeout
        with _explained(self._watch):
            pool, conn = self._readers.take(lag, after, wait)
        try:
            with conn:
                yield conn
        finally:
            pool.putconn(conn)

    def getconn(self, timeout: float | None = None) -> psycopg.Connection[TupleRow]:
        """A connection that must be put back; prefer `with pool.connection()`."""
        began = monotonic()
        try:
            with _explained(self._watch):
                return super().getconn(timeout)
        finally:
            self.longest_wait = max(self.longest_wait, monotonic() - began)

    # psycopg's is static, and is asked of a pool all the same.
    def check_connection(  # type: ignore[override]
        self, conn: psycopg.Connection[TupleRow]
    ) -> None:
        """Raises if the connection is dead, or leads to a server that is not the primary."""
        self._follow(conn)  # a server that was left may never answer
        conn.wait(ping(conn, self.timeout, self._watch))

    def close(self, timeout: float = 5.0) -> None:
        """Closes it, and what `reading` opened."""
        self._readers.close()
        super().close(timeout)

    def _follow(self, conn: psycopg.Connection[TupleRow]) -> None:
        if self._watch and not self._watch.is_primary(conn):
            conn.close()
            raise psycopg.OperationalError(NOT_THE_PRIMARY)

    def _see(self, conn: psycopg.Connection[TupleRow]) -> None:
        """Raises if the connection is of no use, and replaces every other that is of none."""
        try:
            if self._pings:
                self.check_connection(conn)
            else:
                self._follow(conn)
        except psycopg.Error:
            if conn._created_at > self._drained_at:  # noqa: SLF001 - or they are replaced by now
                self.drain()
            raise

    def _check_open_getconn(self) -> None:
        super()._check_open_getconn()
        _refuse_another_process(self)

    def _getconn_unchecked(self, timeout: float) -> psycopg.Connection[TupleRow]:
        """psycopg's, which keeps the place of a caller whom Ctrl-C ends while waiting.

        The connection that came to that place would be lost for good.
        """
        try:
            return super()._getconn_unchecked(timeout)
        except Exception:
            raise
        except BaseException as interrupt:
            for frame, _ in walk_tb(interrupt.__traceback__):
                place = frame.f_locals.get("pos")
                if isinstance(place, WaitingClient):
                    self._give_up(place)
            raise

    def _give_up(self, place: WaitingClient[psycopg.Connection[TupleRow]]) -> None:
        if not place.fail(PoolTimeout()) and place.conn:
            self.run_task(ReturnConnection(self, place.conn, from_getconn=True))

    def _add_connection(
        self,
        attempt: AttemptWithBackoff | None,
        growing: bool = False,  # noqa: FBT001, FBT002 - the signature is psycopg's
    ) -> None:
        if attempt:
            attempt.delay = min(attempt.delay, _HALF_A_PAUSE)
        super()._add_connection(attempt, growing)


class AsyncPool(AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]):
    """The same for asyncio."""

    longest_wait = 0.0

    def __init__(
        self, conninfo: str, *, pre_ping: bool, watch: Watch | None = None, **settings: Any
    ) -> None:
        self._watch = watch
        self._process = os.getpid()
        self._pings = pre_ping
        reading = {**settings, "pre_ping": pre_ping, "min_size": 0, **_patience(watch)}
        self._readers = AsyncReaders(conninfo, watch, lambda server: AsyncPool(server, **reading))
        where = watch.primary if watch else conninfo
        check = self._see if pre_ping or watch else None
        super().__init__(where, check=check, open=False, **settings)

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is psycopg's
    ) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
        """A connection to read and write with; it is put back with the block."""
        async with super().connection(timeout) as conn:
            try:
                yield conn
            except ReadOnlySqlTransaction:
                await conn.close()
                raise

    @asynccontextmanager
    async def reading(
        self,
        *,
        lag: float,
        after: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as that of connection()
    ) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
        """A connection that can only read: to a standby that is near enough, else to the primary.

        Arguments and errors are those of `Pool.reading`.
        """
        self._check_open_getconn()
        wait = self.timeout if timeout is None else timeout
        with _explained(self._watch):
            pool, conn = await self._readers.take(lag, after, wait)
        try:
            async with conn:
                yield conn
        finally:
            await pool.putconn(conn)

    async def getconn(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is psycopg's
    ) -> psycopg.AsyncConnection[TupleRow]:
        """A connection that must be put back; prefer `async with pool.connection()`."""
        began = monotonic()
        try:
            with _explained(self._watch):
                return await super().getconn(timeout)
        finally:
            self.longest_wait = max(self.longest_wait, monotonic() - began)

    async def check_connection(  # type: ignore[override]
        self, conn: psycopg.AsyncConnection[TupleRow]
    ) -> None:
        """Raises if the connection is dead, or leads to a server that is not the primary."""
        await self._follow(conn)
        await conn.wait(ping(conn, self.timeout, self._watch))

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - as above
        """Closes it, and what `reading` opened."""
        await self._readers.close()
        await super().close(timeout)

    async def _follow(self, conn: psycopg.AsyncConnection[TupleRow]) -> None:
        if self._watch and not self._watch.is_primary(conn):
            await conn.close()
            raise psycopg.OperationalError(NOT_THE_PRIMARY)

    async def _see(self, conn: psycopg.AsyncConnection[TupleRow]) -> None:
        try:
            if self._pings:
                await self.check_connection(conn)
            else:
                await self._follow(conn)
        except psycopg.Error:
            if conn._created_at > self._drained_at:  # noqa: SLF001
                await self.drain()
            raise

    def _check_open_getconn(self) -> None:
        super()._check_open_getconn()
        _refuse_another_process(self)

    async def _add_connection(
        self,
        attempt: AttemptWithBackoff | None,
        growing: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        if attempt:
            attempt.delay = min(attempt.delay, _HALF_A_PAUSE)
        await super()._add_connection(attempt, growing)


def _patience(watch: Watch | None) -> dict[str, Any]:
    """How long a server that is read from may be silent where there are others."""
    return {"timeout": LOST} if watch else {}


@contextmanager
def _explained(watch: Watch | None) -> Iterator[None]:
    """Notes on an error why nobody can write, where that is the reason."""
    try:
        yield
    except PoolTimeout as error:
        why = watch.why_not() if watch else None
        if why is not None:
            error.add_note(f"No server takes writes: {why}.")
        raise


def _refuse_another_process(pool: Pool | AsyncPool) -> None:
    if pool._process != os.getpid():  # noqa: SLF001
        raise PoolClosed(
            f"the pool {pool.name!r} belongs to process {pool._process},"  # noqa: SLF001
            " from which this one was forked: open another here"
        )
