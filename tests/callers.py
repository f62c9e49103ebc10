"""Several callers at once, each on a connection of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

PATIENCE = 60


def at_once(url: str, query: Any, calls: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Calls the query with each of the arguments, from as many threads; their results."""
    ready = threading.Barrier(len(calls))

    def call(arguments: Mapping[str, Any]) -> Any:
        with psycopg.connect(url, autocommit=True) as conn:
            ready.wait(PATIENCE)
            return query(conn, **arguments)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def at_once_async(url: str, query: Any, calls: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The same in one thread, from as many coroutines."""

    async def call(arguments: Mapping[str, Any], ready: asyncio.Barrier) -> Any:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
            await ready.wait()
            return await query(conn, **arguments)

    async def gather() -> list[Any]:
        ready = asyncio.Barrier(len(calls))
        return await asyncio.gather(*(call(arguments, ready) for arguments in calls))

    return asyncio.run(gather())


def wait_until_blocked(conn: psycopg.Connection[Any], pid: int) -> None:
    """Returns once that server process waits for a lock that another holds."""
    deadline = time.monotonic() + PATIENCE
    while not conn.execute("select pg_blocking_pids(%s) <> '{}'", [pid]).fetchone()[0]:
        assert time.monotonic() < deadline, "it was never blocked"
        time.sleep(0.01)
