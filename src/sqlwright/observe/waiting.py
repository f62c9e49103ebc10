"""Waits for what may hang, no longer than one wants to, and never for the same thing twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

__all__ = ["Shared", "in_thread"]

T = TypeVar("T")


class Shared(Generic[T]):
    """A call that is under way at most once: whoever asks meanwhile waits for the same answer.

    What hangs therefore holds one connection, however often one asks. It is not cancelled when
    nobody waits any longer: to cancel a query takes a server that answers.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._task: asyncio.Task[T] | None = None

    async def __call__(self, timeout: float) -> T:  # noqa: ASYNC109 - others may wait on
        """The answer.

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.ensure_future(_awaited(self._call))
            task.add_done_callback(_look)
        done, _ = await asyncio.wait({task}, timeout=timeout)
        if not done:
            raise TimeoutError(f"no answer within {timeout:g} s")
        if task.cancelled():
            raise RuntimeError("it was cancelled")
        return task.result()


async def _awaited(call: Callable[[], Awaitable[T]]) -> T:
    return await call()


def _look(task: asyncio.Task[Any]) -> None:
    """Else asyncio complains of an error that came when nobody waited any longer."""
    if not task.cancelled():
        task.exception()


async def in_thread(function: Callable[[], T]) -> T:
    """What the function returns or raises, from a thread that no exit of the process waits for."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(result: Any, error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    def run() -> None:
        result, failed = None, None
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - it is handed over, not swallowed
            failed = error
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="sqlwright.observe", daemon=True).start()
    return await answer
