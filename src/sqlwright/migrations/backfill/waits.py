"""What batches wait for: who writes to the table, standbys, pauses; each can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from sqlwright.migrations.backfill.lag import Lag, Positions, read_lag
from sqlwright.migrations.backfill.pace import Pace
from sqlwright.migrations.backfill.sent import rows
from sqlwright.migrations.backfill.source import Backfill
from sqlwright.migrations.backfill.walk import Walk
from sqlwright.migrations.bookkeeping import Tables

__all__ = [
    "Job",
    "Stopped",
    "Work",
    "await_standbys",
    "await_writers",
    "list_writers",
    "pause",
    "tell_of_hidden_standbys",
]

_POLL = 0.2
_SILENCE = 1.0  # seconds that a wait may take before it is talked of
_REMINDER = 10.0


@dataclass(frozen=True, kw_only=True)
class Work:
    """What whoever works in batches has at hand."""

    conn: psycopg.Connection[Any]
    tables: Tables
    pace: Pace
    talk: Callable[[str], object]
    stop: Callable[[], bool]
    positions: Positions = field(default_factory=Positions)


@dataclass(frozen=True, kw_only=True)
class Job(Work):
    """What a run of a backfill has at hand."""

    backfill: Backfill
    walk: Walk


class Stopped(Exception):  # noqa: N818 - it is a signal, caught where batches are run
    """Somebody wants an end between two batches."""


def await_writers(job: Job) -> None:
    """Waits until who has written to the table by now has ended the transaction."""
    writers = _writers(job)
    begun = {writer.transaction for writer in writers}

    def reason() -> str | None:
        for writer in _writers(job):
            if writer.transaction in begun:
                return f"waiting for {_who(writer)} to end: it has written to the table"
        return None

    _wait(job, reason)


def list_writers(job: Job) -> list[str]:
    """Who has written to the table and not ended the transaction, in words."""
    return [_who(writer) for writer in _writers(job)]


def _writers(job: Job) -> list[Any]:
    return rows(job.conn, "list_writers", id=job.walk.id)


def _who(writer: Any) -> str:
    if writer.pid is None:
        return "a prepared transaction"
    name = writer.application or "unnamed application"
    return f"server process {writer.pid} ({writer.role}, {name})"


def tell_of_hidden_standbys(work: Work) -> None:
    """Says so where nothing will be waited for, since this role may not see how far they are."""
    if work.pace.max_lag and read_lag(work.conn, work.positions).hidden:
        role = work.conn.info.user
        work.talk(f"{role} may not see the standbys' lag: grant pg_monitor to {role}")


def await_standbys(work: Work) -> Lag:
    """Waits until no standby is further behind than it may be; how far it is then."""
    lag = Lag()

    def reason() -> str | None:
        nonlocal lag
        lag = read_lag(work.conn, work.positions)
        if lag.seconds <= work.pace.max_lag:
            return None
        return (
            f"waiting for standby {lag.standby}: it is {lag.seconds:.0f} s behind,"
            f" more than {work.pace.max_lag:g} s"
        )

    if work.pace.max_lag:
        _wait(work, reason)
    return lag


def _wait(work: Work, reason: Callable[[], str | None]) -> None:
    """Waits while there is a reason, and says it, but for short waits."""
    say_at = time.monotonic() + _SILENCE
    while (why := reason()) is not None:
        if time.monotonic() >= say_at:
            work.talk(why)
            say_at = time.monotonic() + _REMINDER
        pause(work, _POLL)


def pause(work: Work, seconds: float) -> None:
    """Sleeps, or stops where somebody wants that."""
    deadline = time.monotonic() + seconds
    while True:
        if work.stop():
            raise Stopped
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _POLL))
