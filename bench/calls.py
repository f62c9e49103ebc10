"""Measures single calls: prints Markdown, and adds to bench/results.json.

The client, its sessions and the server are pinned to one CPU: a wake-up on another costs more than
a call, and comes and goes by chance. Contenders take turns, some hundred calls at a time; a figure
is the median of its rounds, in microseconds. Each contender has its own connection in autocommit to
a server of the benchmark's own, with durability off, and does the same on the same rows.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import inspect
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import aiosql
import psycopg
from migrations import CLEAN, ROOT

from queries import add
from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.queries.generated import sql_of
from sqlwright.queries.units import unit
from sqlwright.server import temporary_server
from sqlwright.urls import local_url
from sqlwright_systems.claude_fastapi import users

ROWS = 10_000
CPU = max(os.sched_getaffinity(0))
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$" + "a" * 43
NAMES = (f"bench{number}" for number in count())
Calls = Mapping[str, Callable[[], Any]]


def pin(pid: int, *, alone: bool) -> None:
    """Keeps a process on the benchmark's CPU, and other processes off it while it wants it."""
    os.sched_setaffinity(pid, {CPU})
    if alone:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))


@contextmanager
def database(*, alone: bool) -> Iterator[str]:
    """A database with every migration and some users, on a server that is pinned."""
    with temporary_server(environ=CLEAN) as running:
        url = local_url(
            user="postgres", database="postgres", socket=str(running.socket), port=running.port
        )
        migrate.apply(Project(root=ROOT, name="bench", url=url))
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(
                "insert into claude_fastapi.users (username, email, hashed_password)"
                " select 'u' || n, 'u' || n || '@example.com', %s from generate_series(1, %s) as n",
                (HASH, ROWS),
            )
            conn.execute("vacuum analyze claude_fastapi.users")
            cluster = conn.execute("show data_directory").fetchone()
        assert cluster is not None
        pin(int(Path(cluster[0], "postmaster.pid").read_text().split()[0]), alone=alone)
        pin(0, alone=alone)
        yield url


def bound(function: Any, **values: Any) -> tuple[str, tuple[Any, ...]]:
    """What psycopg is given to do the same: the statement with %s, and its values."""
    names = list(inspect.signature(function).parameters)[1:]
    text = sql_of(function)
    places = re.findall(r"\$(\d+)", text)
    return re.sub(r"\$\d+", "%s", text), tuple(values[names[int(place) - 1]] for place in places)


def account() -> dict[str, Any]:
    """One that is not there yet."""
    name = next(NAMES)
    return {
        "username": name,
        "email": f"{name}@example.org",
        "hashed_password": HASH,
        "full_name": None,
    }


def sync_calls(ours: Any, theirs: Any, other: Any) -> dict[str, Calls]:
    """The contenders of each table, on a connection each; each has a row of its own."""
    named: Any = aiosql.from_path(ROOT / "sql" / "claude_fastapi" / "users.sql", "psycopg")
    profile = {"full_name": None, "avatar": None, "phone": None, "bio": "x"}
    get, get_values = bound(users.get, id=8)
    create, _ = bound(users.create, **account())
    change, change_values = bound(users.change, id=8, **profile)
    active, active_values = bound(users.set_active, id=8, is_active=True)

    def in_unit() -> None:
        with unit(ours) as work:
            work.add(users.get, id=7)
            work.add(users.create, **account())
            work.add(users.set_active, id=7, is_active=True)

    def in_transaction() -> None:
        with theirs.transaction():
            theirs.execute(get, get_values).fetchone()
            theirs.execute(create, tuple(account().values())).fetchone()
            theirs.execute(active, active_values).fetchone()

    return {
        "Point select, 13 columns": {
            "psycopg, conn.execute": lambda: theirs.execute(get, get_values).fetchone(),
            "aiosql on psycopg": lambda: named.get(other, id=9),
            "sqlwright": lambda: users.get(ours, id=7),
        },
        "Insert returning": {
            "psycopg, conn.execute": lambda: theirs.execute(
                create, tuple(account().values())
            ).fetchone(),
            "aiosql on psycopg": lambda: named.create(other, **account()),
            "sqlwright": lambda: users.create(ours, **account()),
        },
        "Update returning": {
            "psycopg, conn.execute": lambda: theirs.execute(change, change_values).fetchone(),
            "aiosql on psycopg": lambda: named.change(other, id=9, **profile),
            "sqlwright": lambda: users.change(ours, id=7, **profile),
        },
        "Three statements in one transaction": {
            "psycopg, conn.transaction()": in_transaction,
            "sqlwright, unit": in_unit,
        },
    }


def compare(calls: Calls, rounds: int, number: int = 200) -> dict[str, float]:
    """The median of each, in microseconds a call; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):  # the first prepares
        for name, call in calls.items():
            began = time.perf_counter()
            for _ in range(number):
                call()
            times[name].append((time.perf_counter() - began) / number * 1e6)
    return {name: median(values[1:]) for name, values in times.items()}


async def compare_async(
    calls: Mapping[str, Callable[[], Awaitable[Any]]], rounds: int, number: int = 100
) -> dict[str, float]:
    """The same for coroutines, one at a time."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            for _ in range(number):
                await call()
            times[name].append((time.perf_counter() - began) / number * 1e6)
    return {name: median(values[1:]) for name, values in times.items()}


async def bench_async(url: str, rounds: int, *, alone: bool) -> dict[str, float]:
    """A point select over asyncio; with asyncpg where it is installed."""
    ours = await psycopg.AsyncConnection.connect(url, autocommit=True)
    theirs = await psycopg.AsyncConnection.connect(url, autocommit=True)
    for conn in ours, theirs:
        pin(conn.info.backend_pid, alone=alone)
    get, values = bound(users.get, id=8)

    async def execute() -> Any:
        return await (await theirs.execute(get, values)).fetchone()

    calls: dict[str, Callable[[], Awaitable[Any]]] = {"psycopg, conn.execute": execute}
    if importlib.util.find_spec("asyncpg"):
        asyncpg = importlib.import_module("asyncpg")
        info = ours.info
        other = await asyncpg.connect(
            host=info.host, port=info.port, user=info.user, database=info.dbname
        )
        pin(other.get_server_pid(), alone=alone)
        calls["asyncpg"] = lambda: other.fetchrow(sql_of(users.get), 9)
    calls["sqlwright"] = lambda: users.get(ours, id=7)
    times = await compare_async(calls, rounds)
    for conn in ours, theirs:
        await conn.close()
    return times


def show(title: str, times: Mapping[str, float]) -> list[dict[str, object]]:
    """Prints a table, and returns it for the JSON."""
    first = next(iter(times.values()))
    print(f"\n### {title}\n\n| | µs | ratio |\n|---|--:|--:|")
    for name, value in times.items():
        print(f"| {name} | {value:.1f} | {value / first:.2f} |")
    return [{"name": name, "us": round(value, 1)} for name, value in times.items()]


def main() -> None:
    """Runs everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="how often each is measured")
    parser.add_argument(
        "--alone", action="store_true", help="keep other programs off the CPU (as root)"
    )
    given = parser.parse_args()
    tables: dict[str, dict[str, float]] = {}
    with database(alone=given.alone) as url:
        conns = [psycopg.connect(url, autocommit=True) for _ in range(3)]
        for conn in conns:
            pin(conn.info.backend_pid, alone=given.alone)
        for title, calls in sync_calls(*conns).items():
            tables[title] = compare(calls, given.rounds)
        for conn in conns:
            conn.close()
        tables["Point select, asyncio"] = asyncio.run(
            bench_async(url, given.rounds, alone=given.alone)
        )
    add({title: show(title, times) for title, times in tables.items()})


if __name__ == "__main__":
    main()
