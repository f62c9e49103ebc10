"""Sends what waits as connections are free, each of which has a task that holds it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg.abc import Transformer
from psycopg_pool import AsyncConnectionPool, PoolClosed, TooManyRequests

from sqlwright.errors import QueryError
from sqlwright.gathering import flights
from sqlwright.gathering.arrays import dumpers_of
from sqlwright.gathering.flights import Call
from sqlwright.gathering.forms import Forms, Refused
from sqlwright.gathering.waiting import Waiting
from sqlwright.queries.statement import Statement
from sqlwright.queries.units import Recorder

__all__ = ["Gathered", "Limits"]

T = TypeVar("T")
P = ParamSpec("P")
AsyncConnection = psycopg.AsyncConnection[Any]

_REST = 1.0  # seconds without work, after which a connection goes back to the pool
_HOLD = 60.0  # and with work: the pool has its own ideas of how long a connection shall live


class _Recorder(Recorder):
    """Takes a connection's place, to learn what a function would run."""

    def record(self, statement: Statement, values: Sequence[Any]) -> Call:
        if not statement.is_planned:
            raise Refused(statement.name, "it is neither a select nor an insert").error()
        return Call(statement, values)


_RECORDER: Any = _Recorder()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What `gather` says of its options."""

    connections: int
    most: int
    delay: float
    max_waiting: int


class Gathered:
    """Runs functions of generated modules, many callers' at once; `gather` makes one."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection], limits: Limits) -> None:
        self._pool = pool
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._waiting = Waiting()
        self._forms = Forms()
        self._workers: set[asyncio.Task[None]] = set()
        self._connected = 0
        self._resting: deque[asyncio.Future[bool]] = deque()
        self._is_called = False  # a worker that rested is about to take what waits
        self._is_full: asyncio.Future[bool] | None = None
        self._is_closed = False

    async def run(
        self,
        function: Callable[Concatenate[psycopg.Connection[Any], P], T],
        /,
        *values: P.args,
        **given: P.kwargs,
    ) -> T:
        """What the function gives for these arguments on a connection in autocommit.

        Who stops waiting leaves the others alone: a call that is still here is not sent, one that
        is out is done.

        Raises:
            ArgumentError: the arguments are not the declared ones.
            QueryError: the function can't be gathered, and why; or what it raises itself.
            psycopg.Error: what PostgreSQL refused of this call; or the connection was lost, or
                none came in time.
            psycopg_pool.TooManyRequests: as many calls wait as may; nothing was sent.
            psycopg_pool.PoolClosed: the block of `gather` has ended; nothing was sent.
        """
        call: Any = function(_RECORDER, *values, **given)
        if not isinstance(call, Call):
            raise QueryError(
                f"{getattr(function, '__name__', function)} is no named query.",
                hint="Give the functions of generated modules, or of load_queries.",
            )
        if self._is_closed:
            raise PoolClosed("the block of `gather` has ended: nothing can be run in it any more")
        waiting = self._waiting
        if waiting.number >= self._limits.max_waiting:
            raise TooManyRequests(f"{waiting.number} gathered calls are waiting, and no more may")
        call.answer = self._loop.create_future()
        waiting.add(call)
        if not self._is_called:
            self._wake()
        if self._is_full and waiting.number >= self._limits.most:
            _settle(self._is_full, True)  # noqa: FBT003
        answer: T = await call.answer
        return answer

    def _wake(self) -> None:
        """Has somebody take what waits: a worker that rests, else a new one, if there may be."""
        while self._resting:
            resting = self._resting.popleft()
            if not resting.done():
                resting.set_result(True)
                self._is_called = True
                return
        if len(self._workers) < self._limits.connections:
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._leave)

    def _leave(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if worker.cancelled():
            return
        if error := worker.exception():
            self._waiting.fail(error if isinstance(error, Exception) else _cancelled())
        if self._waiting.number and not self._connected:
            self._wake()

    async def _work(self) -> None:
        """Sends what waits, on a connection at a time, until there is nothing more."""
        while self._waiting.number:
            try:
                async with self._pool.connection() as conn:
                    self._connected += 1
                    try:
                        await self._serve(conn)
                    finally:
                        self._connected -= 1
                        self._is_called = False
            except psycopg.Error as error:  # no connection was to be had
                if not self._connected:
                    self._waiting.fail(error)
                return

    async def _serve(self, conn: AsyncConnection) -> None:
        """Sends what waits on this connection, while it is good."""
        if not conn.autocommit:
            raise psycopg.ProgrammingError(
                "gathered calls want connections in autocommit: open_async_pool makes such,"
                " and AsyncConnectionPool with kwargs={'autocommit': True}"
            )
        dumpers = dumpers_of(conn)
        until = monotonic() + _HOLD
        while not conn.closed and monotonic() < until:
            self._is_called = False
            if not self._waiting.number:
                if self._is_closed or not await self._rest(_REST):
                    return
                continue
            if self._limits.delay and not self._is_closed:
                await self._linger()
            if self._waiting.number:
                await self._send(conn, dumpers, self._take())

    async def _rest(self, seconds: float) -> bool:
        """Waits for work; False if none came."""
        resting: asyncio.Future[bool] = self._loop.create_future()
        self._resting.append(resting)
        timer = self._loop.call_later(seconds, _settle, resting, False)  # noqa: FBT003
        try:
            return await resting
        finally:
            timer.cancel()
            with contextlib.suppress(ValueError):
                self._resting.remove(resting)

    async def _linger(self) -> None:
        """Waits for company, for as long as is allowed."""
        if self._waiting.number >= self._limits.most:
            return
        full = self._is_full = self._is_full or self._loop.create_future()
        await asyncio.wait([full], timeout=self._limits.delay)
        self._is_full = None

    def _take(self) -> list[Call]:
        """What goes out now; for the rest another worker is woken."""
        free = len(self._resting) + self._limits.connections - len(self._workers)
        calls = self._waiting.take(most=self._limits.most, hands=1 + free)
        if self._waiting.number:
            self._wake()
        return calls

    async def _send(self, conn: AsyncConnection, dumpers: Transformer, calls: list[Call]) -> None:
        """Sees that each call gets its answer, or the error why there is none."""
        try:
            if calls:
                await flights.send(conn, dumpers, self._forms, calls)
        except Exception as error:  # noqa: BLE001 - each caller is told
            flights.fail(calls, error)
        except BaseException:
            flights.fail(calls, _cancelled())
            raise

    async def close(self) -> None:
        """Takes no more calls, and waits for those that are here."""
        self._is_closed = True
        while self._resting:
            _settle(self._resting.popleft(), False)  # noqa: FBT003
        if self._is_full:
            _settle(self._is_full, True)  # noqa: FBT003
        try:
            while self._workers:
                await asyncio.wait(self._workers)
        finally:  # cancelled, if there are any
            for worker in self._workers:
                worker.cancel()
            self._waiting.fail(_cancelled())
            if self._workers:
                await asyncio.wait(self._workers)


def _cancelled() -> PoolClosed:
    return PoolClosed("the task that ran `gather` was cancelled")


def _settle(future: asyncio.Future[bool], value: bool) -> None:  # noqa: FBT001
    if not future.done():
        future.set_result(value)
