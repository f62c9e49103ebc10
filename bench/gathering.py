"""Measures gathering: 64 callers of one function, gathered, by the pool, and pgbench on the same.

    python -m bench.gathering

They take turns on one server; a figure is the median of its rounds. Waits are in milliseconds, from
the call to its answer. Nothing is pinned.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from bench.place import Place, place
from sqlwright.gathering import gather
from sqlwright.pool import open_async_pool
from sqlwright.queries.generated import sql_of
from sqlwright_systems.emotional_chat import system_logs
from sqlwright_systems.iopaint import user_sessions

__all__ = ["gathered", "measure"]

CALLERS, PGBENCH_CLIENTS = 64, 10
Ask = Callable[[int], Awaitable[Any]]
_LOG: dict[str, Any] = {
    "user_id": None,
    "session_id": None,
    "level": "info",
    "source": "bench",
    "message": "one of many",
    "context": {},
}


@asynccontextmanager
async def gathered(url: str) -> AsyncIterator[Ask]:
    """Point selects by `gather`, as it is by default."""
    async with open_async_pool(url, size=2, overflow=0) as pool, gather(pool) as gathering:
        yield lambda key: gathering.run(user_sessions.get, id=key)


@asynccontextmanager
async def _gathered_inserts(url: str) -> AsyncIterator[Ask]:
    async with open_async_pool(url, size=2, overflow=0) as pool, gather(pool) as gathering:
        yield lambda _: gathering.run(system_logs.create, **_LOG)


@asynccontextmanager
async def _pooled_inserts(url: str) -> AsyncIterator[Ask]:
    async with open_async_pool(url, size=10, overflow=0, pre_ping=False) as pool:

        async def ask(_: int) -> Any:
            async with pool.connection() as conn:
                return await system_logs.create(conn, **_LOG)

        yield ask


_WAYS: dict[str, Any] = {
    "gathered selects": gathered,
    "gathered inserts": _gathered_inserts,
    "pooled inserts": _pooled_inserts,
}


def measure(where: Place | None = None, *, seconds: float = 2, rounds: int = 3) -> dict[str, Any]:
    """Calls a second of each way, with p50, p99 and the longest wait; and how far ahead it is."""
    if where is None:
        with place() as made:
            return measure(made, seconds=seconds, rounds=rounds)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ("pgbench", *_WAYS)}
    for _ in range(rounds):
        found["pgbench"].append({"calls": _pgbench(where, seconds)})
        for name, way in _WAYS.items():
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found[name].append(runner.run(_ask(way, where, seconds)))
    figures = {
        name: {key: median(figure[key] for figure in figures) for key in figures[0]}
        for name, figures in found.items()
    }
    times = figures["gathered selects"]["calls"] / figures["pgbench"]["calls"]
    return {**figures, "selects against pgbench": times}


async def _ask(way: Any, where: Place, seconds: float) -> dict[str, float]:
    waits: list[float] = []
    async with way(where.url) as ask:
        await ask(1)
        ends = time.perf_counter() + seconds

        async def call(number: int) -> None:
            draw = random.Random(number)
            while (began := time.perf_counter()) < ends:
                await ask(int(draw.random() * where.logins) + 1)
                waits.append(time.perf_counter() - began)

        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(call(number) for number in range(CALLERS)))
        passed, cpu = time.perf_counter() - began, time.process_time() - cpu
    waits.sort()
    return {
        "calls": len(waits) / passed,
        "p50": waits[len(waits) // 2] * 1000,
        "p99": waits[len(waits) * 99 // 100] * 1000,
        "longest": waits[-1] * 1000,
        "client CPU of a call, µs": cpu / len(waits) * 1e6,
    }


def _pgbench(where: Place, seconds: float) -> float:
    """Transactions a second of PostgreSQL's own program."""
    statement = sql_of(user_sessions.get).replace("$1", ":id")
    with TemporaryDirectory(prefix="sqlwright-bench-") as folder:
        script = Path(folder) / "script.sql"
        script.write_text(f"\\set id random(1, {where.logins})\n{statement}\n", encoding="utf-8")
        load = [f"--client={PGBENCH_CLIENTS}", "--jobs=2", f"--time={max(round(seconds), 1)}"]
        said = subprocess.run(
            [
                where.bindir / "pgbench",
                *("--no-vacuum", "--protocol=prepared", f"--file={script}"),
                *load,
                where.url,
            ],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found, said
    return float(found[1])


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2, ensure_ascii=False))
