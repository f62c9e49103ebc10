"""Sixty-four callers at once, each with one question after the other, over ten connections."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import uvloop
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from bench import gathering
from bench.clients import as_json
from bench.place import Place
from bench.results import Column, Goal, Row, Table
from bench.sqlalchemy_models import UserSession
from bench.ways import for_psycopg, query_of
from sqlwright.pool import open_async_pool
from sqlwright_systems.iopaint import user_sessions

__all__ = ["measure", "measure_writes"]

CALLERS, CONNECTIONS = 64, 10
_OURS = "sqlwright, its pool"
_PSYCOPG = "psycopg, the same pool"
_ASYNCPG = "asyncpg, its pool"
_ORM = "SQLAlchemy ORM, asyncio"
_GATHERED = "sqlwright, gathered"
_PGBENCH = f"pgbench -M prepared -c {CONNECTIONS} (C)"
_POOL = {"size": CONNECTIONS, "overflow": 0, "pre_ping": False, "timeout": 30}
_COLUMNS = (
    Column(name="calls", heading="calls a second", digits=0),
    Column(name="p50", heading="p50 ms", digits=2),
    Column(name="p99", heading="p99 ms", digits=2),
    Column(name="longest", heading="longest wait ms"),
)
_QUERY = query_of(user_sessions.get)

Ask = Callable[[int], Awaitable[Any]]
_Figures = Mapping[str, float | None]


@asynccontextmanager
async def _ours(url: str) -> AsyncIterator[Ask]:
    async with open_async_pool(url, **_POOL) as pool:

        async def ask(key: int) -> Any:
            async with pool.connection() as conn:
                return await user_sessions.get(conn, id=key)

        yield ask


@asynccontextmanager
async def _by_psycopg(url: str) -> AsyncIterator[Ask]:
    statement, _ = for_psycopg(_QUERY)
    async with open_async_pool(url, **_POOL) as pool:

        async def ask(key: int) -> Any:
            async with pool.connection() as conn:
                return await (await conn.execute(statement, [key])).fetchone()

        yield ask


@asynccontextmanager
async def _by_asyncpg(url: str) -> AsyncIterator[Ask]:
    known = conninfo_to_dict(url)
    async with asyncpg.create_pool(
        host=known["host"],
        port=known["port"],
        user=known["user"],
        database=known["dbname"],
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        init=as_json,
    ) as pool:
        yield lambda key: pool.fetchrow(_QUERY.statement, key)


@asynccontextmanager
async def _by_orm(url: str) -> AsyncIterator[Ask]:
    known = {**conninfo_to_dict(url), "autocommit": True}
    engine = create_async_engine(
        "postgresql+psycopg_async://",
        connect_args=known,
        isolation_level="AUTOCOMMIT",
        pool_size=CONNECTIONS,
        max_overflow=0,
    )

    async def ask(key: int) -> Any:
        async with AsyncSession(engine) as session:
            return await session.get(UserSession, key)

    yield ask
    await engine.dispose()


_WAYS: dict[str, Any] = {
    _GATHERED: gathering.gathered,
    _OURS: _ours,
    _PSYCOPG: _by_psycopg,
    _ASYNCPG: _by_asyncpg,
    _ORM: _by_orm,
}


async def _waits(way: Any, place: Place, seconds: float) -> tuple[float, list[float]]:
    """How long it took all together, and how long each call was waited for, in seconds."""
    waits: list[float] = []
    async with way(place.url) as ask:
        assert (await ask(1)) is not None
        ends = time.perf_counter() + seconds

        async def call(number: int) -> None:
            draw = random.Random(number)
            while (began := time.perf_counter()) < ends:
                await ask(1 + int(draw.random() * place.logins))
                waits.append(time.perf_counter() - began)

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(call(number))
        return time.perf_counter() - began, waits


def _figures(passed: float, waits: Sequence[float], *, calls: float | None = None) -> _Figures:
    """What callers got; of waits that were drawn from more calls, the longest isn't known."""
    ordered = sorted(waits)
    return {
        "calls": (calls or len(waits)) / passed,
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[len(ordered) * 99 // 100] * 1000,
        "longest": ordered[-1] * 1000 if calls is None else None,
    }


def _by_pgbench(place: Place, seconds: float) -> _Figures:
    """PostgreSQL's own program, which writes down how long a tenth of its calls took."""
    with TemporaryDirectory(prefix="sqlwright-bench-") as name:
        folder = Path(name)
        (folder / "script.sql").write_text(
            f"\\set id random(1, {place.logins})\n{_QUERY.statement.replace('$1', ':id')}\n",
            encoding="utf-8",
        )
        options = ["--no-vacuum", "--protocol=prepared", "--file=script.sql", "--log"]
        load = [f"--client={CONNECTIONS}", "--jobs=2", f"--time={max(round(seconds), 1)}"]
        said = subprocess.run(
            [place.bindir / "pgbench", *options, *load, "--sampling-rate=0.1", place.url],
            cwd=folder,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        lines = (line for log in folder.glob("pgbench_log.*") for line in log.open())
        waits = [int(line.split()[2]) / 1e6 for line in lines]
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found, said
    return _figures(1.0, waits, calls=float(found[1]))


def measure(place: Place, *, seconds: float, rounds: int) -> Table:
    """The table of what callers get: each way for so many seconds, in turns."""
    found: dict[str, list[_Figures]] = {name: [] for name in (*_WAYS, _PGBENCH)}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for _ in range(rounds):
            for name, way in _WAYS.items():
                passed, waits = runner.run(_waits(way, place, seconds))
                found[name].append(_figures(passed, waits))
            found[_PGBENCH].append(_by_pgbench(place, seconds))
    return Table(
        name="callers",
        title="64 callers at once",
        note=f"`iopaint.user_sessions.get` of keys at random, by {CALLERS} tasks of one process on"
        f" uvloop over {CONNECTIONS} connections; gathered, the questions of a moment go out as"
        " one statement, on two. Milliseconds from the call to its answer. Not pinned.",
        columns=_COLUMNS,
        rows=[Row(name=name, figures=_medians(each)) for name, each in found.items()],
        base=_PSYCOPG,
        goals=[
            Goal(row=_GATHERED, limit=2, against=_PGBENCH, at_least=True),
            Goal(row=_OURS, limit=1, against=_ASYNCPG, at_least=True),
            Goal(row=_OURS, limit=5, against=_ORM, at_least=True),
        ],
    )


def measure_writes(place: Place, *, seconds: float, rounds: int) -> Table:
    """The same of independent inserts, gathered and by the pool."""
    found = gathering.measure(place, seconds=seconds, rounds=rounds)
    rows = {_OURS: found["pooled inserts"], _GATHERED: found["gathered inserts"]}
    return Table(
        name="callers-insert",
        title="64 callers at once, who write",
        note="`emotional_chat.system_logs.create`, each a transaction of its own to its caller."
        " Gathered, the rows of a moment go out together, and a bad one is nobody else's loss.",
        columns=_COLUMNS,
        rows=[
            Row(name=name, figures={each.name: figures[each.name] for each in _COLUMNS})
            for name, figures in rows.items()
        ],
        base=_OURS,
    )


def _medians(figures: Sequence[_Figures]) -> _Figures:
    return {
        name: median(values) if (values := [v for f in figures if (v := f[name])]) else None
        for name in figures[0]
    }
