"""Wakes who waits for an answer on asyncio, without asking the loop anew for each call.

To register a socket with the loop and take it out again costs as much as the rest of a call. So a
double of the connection's socket stays registered, which psycopg's own waiting, on the socket
itself, knows nothing of. It goes as soon as something comes that nobody here waits for: then
psycopg reads, or the connection is closed. Who closes it while somebody waits is noticed by looking
from time to time, since the double hears nothing of that.
"""

from __future__ import annotations

import asyncio
import os

import psycopg
from psycopg.pq import ConnStatus
from psycopg.pq.abc import PGconn

__all__ = ["Readiness"]

_NONE = -1
_SECONDS = 0.1  # as psycopg, which looks as often


class Readiness:
    """Of one connection; what it holds of that outlives no wait, so that it keeps none alive."""

    __slots__ = ("_answer", "_double", "_look", "_loop", "_pgconn")

    def __init__(self) -> None:
        self._double = _NONE
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answer: asyncio.Future[bool] | None = None
        self._pgconn: PGconn | None = None
        self._look: asyncio.TimerHandle | None = None

    def __del__(self) -> None:
        """Without a loop any more, since that would have kept it alive."""
        if self._double != _NONE:
            os.close(self._double)

    def suits(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether it is registered with no other loop."""
        return self._loop is loop or self._loop is None

    async def wait(self, pgconn: PGconn, loop: asyncio.AbstractEventLoop) -> bool:
        """Reads until a result can be taken; False where this can't wait.

        Raises:
            psycopg.OperationalError: the connection was lost.
        """
        if self._double == _NONE and not self._register(pgconn, loop):
            return False
        answer: asyncio.Future[bool] = loop.create_future()
        self._answer, self._pgconn = answer, pgconn
        if self._look is None:
            self._look = loop.call_later(_SECONDS, self._look_after_it)
        try:
            return await answer
        finally:
            self._answer = self._pgconn = None

    def _register(self, pgconn: PGconn, loop: asyncio.AbstractEventLoop) -> bool:
        try:
            double = os.dup(pgconn.socket)
        except OSError:  # too many are open, or they are no files, as on Windows
            return False
        try:
            loop.add_reader(double, self._ready)
        except NotImplementedError:
            os.close(double)
            return False
        self._double, self._loop = double, loop
        return True

    def _ready(self) -> None:
        answer, pgconn = self._answer, self._pgconn
        if answer is None or pgconn is None:
            self._leave()
        elif not answer.done():
            try:
                # Here, not where it is waited for: else the loop would wake us for it once more.
                pgconn.consume_input()
                if not pgconn.is_busy():
                    answer.set_result(True)
            except psycopg.OperationalError as error:
                answer.set_exception(error)

    def _look_after_it(self) -> None:
        answer, pgconn, loop = self._answer, self._pgconn, self._loop
        self._look = None
        if answer is None or pgconn is None or loop is None:
            return
        self._look = loop.call_later(_SECONDS, self._look_after_it)
        if pgconn.status != ConnStatus.OK and not answer.done():
            answer.set_result(False)  # psycopg says what is wrong

    def _leave(self) -> None:
        double, loop = self._double, self._loop
        self._double, self._loop = _NONE, None
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if loop is not None:
            loop.remove_reader(double)
        os.close(double)
