"""Gathers what many tasks ask for at once: one statement to the server instead of one for each.

    async with open_async_pool() as pool, gather(pool) as gathered:
        user = await gathered.run(users.get, id=7)

While a connection is busy, calls wait. Once it is free, those of one function go out together:
single-row reads as one statement over arrays of their arguments, inserts in one round trip and one
transaction. Each caller gets what the function would have given it alone, or its own error.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from sqlwright.errors import ConfigError
from sqlwright.gathering.gathered import Gathered, Limits

__all__ = ["Gathered", "gather"]


@asynccontextmanager
async def gather(
    pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]],
    *,
    connections: int = 2,
    most: int = 64,
    delay: float = 0,
    max_waiting: int = 10_000,
) -> AsyncGenerator[Gathered, None]:
    """What gathers calls, until the end of the block, which waits for those that are out.

    Args:
        pool: Where connections come from, in autocommit; they go back when there is nothing to do.
        connections: How many are used at once.
        most: Calls that go out together.
        delay: Seconds that a free connection waits for more calls; with 0 those go together that
            came while the connections were busy.
        max_waiting: Calls that may wait; the next ones are refused.

    Raises:
        ConfigError: an option means nothing.
    """
    limits = Limits(connections=connections, most=most, delay=delay, max_waiting=max_waiting)
    for name, least in {"connections": 1, "most": 1, "delay": 0, "max_waiting": 1}.items():
        if not getattr(limits, name) >= least:
            raise ConfigError(
                f"{name} is {getattr(limits, name)!r}, but must be at least {least}.",
                hint="Mend it, or leave it out: then its default counts.",
            )
    gathered = Gathered(pool, limits)
    try:
        yield gathered
    finally:
        await gathered.close()
