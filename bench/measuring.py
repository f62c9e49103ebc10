"""Measures contenders side by side: they take turns, and a figure is the median of their rounds.

A wake-up on another CPU costs more than a short call, and comes and goes by chance. So the client
and the postmaster, from which each backend inherits it, are kept on one CPU while `pinned` lasts.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

__all__ = [
    "Contender",
    "Figure",
    "Spent",
    "can_pin",
    "compare",
    "on_loop",
    "once",
    "pgbench",
    "pinned",
    "plain",
]

Call = Callable[[], Any]


class Spent(NamedTuple):
    """What a number of calls took together: seconds by the clock, and of the client's CPU."""

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way to do what a table measures.

    Attributes:
        name: As the page has it.
        turn: Makes so many calls.
        answer: Makes one, and gives what comes back; None where that can't be looked at.
    """

    name: str
    turn: Callable[[int], Spent]
    answer: Call | None


class Figure(NamedTuple):
    """The median of a contender's rounds, in microseconds a call."""

    wall: float
    cpu: float


def _nothing() -> None:
    """Is done before most calls."""


def once(name: str, call: Call, *, before: Call = _nothing) -> Contender:
    """A contender that is a function; `before` is run before each turn, and takes none of it."""

    def turn(number: int) -> Spent:
        before()
        began, spent = time.perf_counter(), time.process_time()
        for _ in range(number):
            call()
        return Spent(time.perf_counter() - began, time.process_time() - spent)

    return Contender(name=name, turn=turn, answer=call)


def on_loop(
    name: str,
    loop: asyncio.AbstractEventLoop,
    call: Callable[[], Awaitable[Any]],
    *,
    before: Call = _nothing,
) -> Contender:
    """A contender that is a coroutine, awaited call by call on one loop."""

    async def repeat(number: int) -> Spent:
        began, spent = time.perf_counter(), time.process_time()
        for _ in range(number):
            await call()
        return Spent(time.perf_counter() - began, time.process_time() - spent)

    def turn(number: int) -> Spent:
        before()
        return loop.run_until_complete(repeat(number))

    async def answer() -> Any:
        return await call()

    return Contender(name=name, turn=turn, answer=lambda: loop.run_until_complete(answer()))


def pgbench(name: str, command: Sequence[str], *, times: int = 5) -> Contender:
    """A contender that is PostgreSQL's own program in C; its start is spread over more calls."""

    def turn(number: int) -> Spent:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        calls = number * times
        said = subprocess.run(
            [*command, "-t", str(calls)], capture_output=True, check=True, text=True
        ).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        found = re.search(r"tps = ([0-9.]+)", said)
        assert found, said
        return Spent(number / float(found[1]), cpu / times)

    return Contender(name=name, turn=turn, answer=None)


def compare(
    contenders: Sequence[Contender], *, rounds: int, patience: float, turn: float = 0.02
) -> dict[str, Figure]:
    """The figures of each.

    A turn takes about so many seconds, one call at least. Who needs more than `patience` seconds
    for one has had all turns with that.
    """
    numbers: dict[str, int] = {}
    spent: dict[str, list[Spent]] = {contender.name: [] for contender in contenders}
    for contender in contenders:
        first = contender.turn(1)
        numbers[contender.name] = _calls(contender, first.wall, turn)
        if first.wall > patience:
            spent[contender.name].append(first)
    patient = [contender for contender in contenders if not spent[contender.name]]
    for number in range(rounds):
        first_one = number % max(len(patient), 1)  # else each would always follow the same one
        for contender in [*patient[first_one:], *patient[:first_one]]:
            calls = numbers[contender.name]
            wall, cpu = contender.turn(calls)
            spent[contender.name].append(Spent(wall / calls, cpu / calls))
    return {
        name: Figure(
            median(each.wall for each in values) * 1e6, median(each.cpu for each in values) * 1e6
        )
        for name, values in spent.items()
    }


def _calls(contender: Contender, first: float, turn: float) -> int:
    """How many calls fit into a turn, after as many as drivers wait for before they prepare."""
    if first > turn * 4:
        return 1
    contender.turn(9)
    return min(max(int(turn / (contender.turn(10).wall / 10)), 1), 2000)


def plain(answer: Any, names: Sequence[str], fields: Sequence[str]) -> Any:
    """An answer in plain types, whichever classes a contender has for rows and values.

    Args:
        answer: A row, or a list of rows.
        names: The columns that count.
        fields: All columns in the statement's order: what plain tuples hold.
    """
    if isinstance(answer, list):
        return [plain(row, names, fields) for row in answer]
    return [_value(_field(answer, name, fields)) for name in names]


def _field(row: Any, name: str, fields: Sequence[str]) -> Any:
    if type(row) is tuple:
        return row[fields.index(name)]
    try:
        return row[name]
    except (KeyError, TypeError, IndexError):
        return getattr(row, name)


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [_value(item) for item in value]
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return str(value)


def can_pin() -> bool:
    """Whether this machine lets processes be kept on a CPU."""
    return hasattr(os, "sched_setaffinity")


@contextmanager
def pinned(*pids: int, alone: bool = False) -> Iterator[None]:
    """Keeps this process and others, and what they start meanwhile, on one CPU for the block.

    With `alone` other programs have to stay off it while it is wanted, which takes root.
    """
    if not can_pin():
        yield
        return
    before = {pid: os.sched_getaffinity(pid) for pid in (0, *pids)}
    cpu = max(before[0])
    try:
        for pid in before:
            os.sched_setaffinity(pid, {cpu})
            if alone:
                os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
        yield
    finally:
        for pid, cpus in before.items():
            if alone:
                os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            os.sched_setaffinity(pid, cpus)
