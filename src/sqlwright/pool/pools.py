"""psycopg's pools, which here take a restart of the server at once, and know the longest wait."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool

__all__ = ["AsyncPool", "Pool", "PoolStats", "pool_stats"]


class Pool(ConnectionPool[psycopg.Connection[TupleRow]]):
    """A pool of connections; `longest_wait` is the most seconds that a caller waited for one."""

    longest_wait = 0.0

    def __init__(self, conninfo: str, *, pre_ping: bool, **settings: Any) -> None:
        check = self._ping if pre_ping else None
        super().__init__(conninfo, check=check, open=False, **settings)

    def getconn(self, timeout: float | None = None) -> psycopg.Connection[TupleRow]:
        """A connection that must be put back; prefer `with pool.connection()`."""
        began = monotonic()
        try:
            return super().getconn(timeout)
        finally:
            self.longest_wait = max(self.longest_wait, monotonic() - began)

    def _ping(self, conn: psycopg.Connection[TupleRow]) -> None:
        """Raises if the connection is dead, and then replaces every other dead one too.

        psycopg's pool would meet them one by one, and wait after each twice as long as before:
        after a restart of the server, callers of a large pool would run out of time.
        """
        try:
            self.check_connection(conn)
        except psycopg.Error:
            self.check()
            raise


class AsyncPool(AsyncConnectionPool[psycopg.AsyncConnection[TupleRow]]):
    """The same for asyncio."""

    longest_wait = 0.0

    def __init__(self, conninfo: str, *, pre_ping: bool, **settings: Any) -> None:
        check = self._ping if pre_ping else None
        super().__init__(conninfo, check=check, open=False, **settings)

    async def getconn(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is psycopg's
    ) -> psycopg.AsyncConnection[TupleRow]:
        """A connection that must be put back; prefer `async with pool.connection()`."""
        began = monotonic()
        try:
            return await super().getconn(timeout)
        finally:
            self.longest_wait = max(self.longest_wait, monotonic() - began)

    async def _ping(self, conn: psycopg.AsyncConnection[TupleRow]) -> None:
        try:
            await self.check_connection(conn)
        except psycopg.Error:
            await self.check()
            raise


@dataclass(frozen=True, kw_only=True)
class PoolStats:
    """How a pool is, and what it did since it was opened; times in seconds.

    Attributes:
        size: Connections that are open or being opened.
        available: Of these, how many nobody uses.
        waiting: Callers that wait for one now.
        requests: How often one was asked for.
        queued: How often it had to be waited for.
        timeouts: How often none came in time.
        lost: Connections that were found dead before use.
        waited: What all callers waited together.
        longest_wait: What one waited at most.
    """

    size: int
    available: int
    waiting: int
    requests: int
    queued: int
    timeouts: int
    lost: int
    waited: float
    longest_wait: float


def pool_stats(pool: Pool | AsyncPool) -> PoolStats:
    """How the pool is now."""
    found = pool.get_stats()
    return PoolStats(
        size=found["pool_size"],
        available=found["pool_available"],
        waiting=found["requests_waiting"],
        requests=found.get("requests_num", 0),
        queued=found.get("requests_queued", 0),
        timeouts=found.get("requests_errors", 0),
        lost=found.get("connections_lost", 0),
        waited=found.get("requests_wait_ms", 0) / 1000,
        longest_wait=pool.longest_wait,
    )
