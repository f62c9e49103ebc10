"""Pools for reading, one for each server, opened when they are first wanted.

Their connections are read only, so that a write in them fails wherever they lead. They outlive a
change of roles: who is promoted goes on serving those that it has.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection
from math import inf
from time import monotonic
from typing import Generic, TypeAlias, TypeVar

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolClosed, PoolTimeout

from sqlwright.errors import ConfigError
from sqlwright.pool.servers import lets_libpq_choose, read_only, split
from sqlwright.pool.watch import Watch

__all__ = ["AsyncReaders", "Readers"]

_Conn: TypeAlias = psycopg.Connection[TupleRow]
_AsyncConn: TypeAlias = psycopg.AsyncConnection[TupleRow]
_P = TypeVar("_P", ConnectionPool[_Conn], AsyncConnectionPool[_AsyncConn])
_PATIENCE = 1.0  # seconds for a server to give a connection, before it is chosen anew
_PAUSE = 0.1


class _Readers(Generic[_P]):
    """What both have: where to, and the pools that are open."""

    def __init__(self, conninfo: str, watch: Watch | None, make: Callable[[str], _P]) -> None:
        alone = [] if lets_libpq_choose(conninfo) else split(conninfo)
        self._conninfos = watch.conninfos if watch else alone
        self._watch = watch
        self._make: Callable[[str], _P] = make
        self._lock = threading.Lock()
        self._pools: dict[int, _P] = {}
        self._is_closed = False
        self._patience = _PATIENCE if watch else inf

    def _pool(self, number: int) -> _P:
        with self._lock:
            if self._is_closed:
                raise PoolClosed("the pool is closed")
            if number not in self._pools:
                self._pools[number] = self._make(read_only(self._conninfos[number]))
            return self._pools[number]

    def _end(self) -> list[_P]:
        """Opens no more pools; those that there are."""
        with self._lock:
            self._is_closed = True
            return list(self._pools.values())

    def _choose(self, lag: float, after: int | None, tried: Collection[int]) -> int | None:
        """A server by its number, if there is one to be asked now."""
        if self._is_closed:
            raise PoolClosed("the pool is closed")
        if self._watch:
            return self._watch.choose(lag, after, tried)
        if not self._conninfos:
            raise ConfigError(
                "reading(lag=…) can't be kept: the URL sets target_session_attrs, so that libpq"
                " chooses the server.",
                hint="Leave target_session_attrs out: connection() then leads to the primary, and"
                " reading() to a standby.",
            )
        return 0


class Readers(_Readers[ConnectionPool[_Conn]]):
    """Connections to read from."""

    def take(
        self, lag: float, after: str | None, wait: float
    ) -> tuple[ConnectionPool[_Conn], _Conn]:
        """A connection, and the pool that it goes back to.

        Raises:
            PoolTimeout: none came in time.
        """
        position, until, tried = _position(after), monotonic() + wait, set[int]()
        while (left := until - monotonic()) > 0:
            number = self._choose(lag, position, tried)
            if number is None:
                tried.clear()
                time.sleep(_PAUSE)
                continue
            pool = self._pool(number)
            pool.open()
            try:
                return pool, pool.getconn(min(left, self._patience))
            except PoolTimeout:
                tried.add(number)
        raise _too_late(wait)

    def close(self) -> None:
        """Closes them all."""
        for pool in self._end():
            pool.close()


class AsyncReaders(_Readers[AsyncConnectionPool[_AsyncConn]]):
    """The same for asyncio."""

    async def take(
        self, lag: float, after: str | None, wait: float
    ) -> tuple[AsyncConnectionPool[_AsyncConn], _AsyncConn]:
        """A connection, and the pool that it goes back to."""
        position, until, tried = _position(after), monotonic() + wait, set[int]()
        while (left := until - monotonic()) > 0:
            number = self._choose(lag, position, tried)
            if number is None:
                tried.clear()
                await asyncio.sleep(_PAUSE)
                continue
            pool = self._pool(number)
            await pool.open()
            try:
                return pool, await pool.getconn(min(left, self._patience))
            except PoolTimeout:
                tried.add(number)
        raise _too_late(wait)

    async def close(self) -> None:
        """Closes them all."""
        for pool in self._end():
            await pool.close()


def _position(after: str | None) -> int | None:
    """PostgreSQL's `16/B374D848` in bytes of WAL."""
    if after is None:
        return None
    try:
        high, low = (int(part, 16) for part in after.split("/"))
    except ValueError:
        raise ValueError(
            f"after is {after!r}, but must be a position of the WAL, such as 16/B374D848."
        ) from None
    return (high << 32) + low


def _too_late(wait: float) -> PoolTimeout:
    return PoolTimeout(f"couldn't get a connection after {wait:.2f} sec")
