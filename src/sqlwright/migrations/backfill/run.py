"""Runs a backfill: batch after batch, each in a transaction with the record of how far it came.

So a process that is killed loses nothing and repeats nothing. Before the end is fixed, those who
are writing to the table are waited for: what they write is there then, or behind the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg

from sqlwright.config import Project
from sqlwright.errors import LockError
from sqlwright.migrations.backfill import record as records
from sqlwright.migrations.backfill.failure import failed
from sqlwright.migrations.backfill.lag import Lag
from sqlwright.migrations.backfill.opening import known, opened, try_out
from sqlwright.migrations.backfill.pace import Pace
from sqlwright.migrations.backfill.record import Record
from sqlwright.migrations.backfill.source import Backfill
from sqlwright.migrations.backfill.tries import tried
from sqlwright.migrations.backfill.waits import (
    Job,
    Stopped,
    await_standbys,
    await_writers,
    list_writers,
    pause,
    tell_of_hidden_standbys,
)
from sqlwright.migrations.backfill.walk import estimate, find_batch, find_end, find_walk
from sqlwright.migrations.session import become_owner, clean

__all__ = ["Progress", "run"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a backfill is.

    Attributes:
        rows: Walked, over all runs.
        changed: As the statement counts it, over all runs.
        total: Of the table, by the planner's estimate, until it is finished.
        finished: Whether nothing is left to do.
        batches: Of this run, as are `seconds`.
        lag: Of the standby that is furthest behind.
    """

    name: str
    rows: int
    changed: int
    total: int
    finished: bool
    batches: int = 0
    seconds: float = 0
    lag: float = 0


def run(
    project: Project,
    backfill: Backfill,
    *,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    restart: bool = False,
    show: Callable[[Progress], object] = lambda _: None,
    talk: Callable[[str], object] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Progress:
    """Runs a backfill to its end, from where it was left.

    Args:
        project: Whose database.
        backfill: What to run.
        pace: How fast.
        restart: From the beginning, to a new end, whatever was done before.
        show: Told how far it is, after each batch.
        talk: Told of waits and retries.
        stop: Asked between two batches whether to stop there.

    Returns:
        How far it came; `finished` is false where it was stopped.

    Raises:
        SourceError: the file names a table or key that can't be walked.
        HistoryError: the file was edited after it began.
        LockError: another process runs it, or rows stayed locked.
        StatementError: the server refused the statement; earlier batches stay.
        ConnectError: the database can't be reached, or can't be written there.
    """
    with opened(project) as (conn, tables), records.sole_run(conn, backfill.name):
        job = Job(
            conn=conn,
            tables=tables,
            backfill=backfill,
            walk=find_walk(conn, backfill),
            pace=pace,
            talk=talk,
            stop=stop,
        )
        try_out(conn, backfill)
        record = None if restart else known(conn, tables, backfill)
        records.install(conn, tables)
        return _run(job, record, show)


def _run(job: Job, record: Record | None, show: Callable[[Progress], object]) -> Progress:
    began = time.perf_counter()
    total = estimate(job.conn, job.walk)
    progress = _progress(job, record, total=total)
    try:
        for came, lag in _batches(job, record or _begin(job)):
            progress = replace(
                _progress(job, came, total=total),
                batches=progress.batches + (came.finished is None),
                seconds=time.perf_counter() - began,
                lag=lag.seconds,
            )
            show(progress)
    except Stopped:
        pass
    return progress


def _progress(job: Job, record: Record | None, *, total: int) -> Progress:
    rows = record.rows if record else 0
    finished = record is not None and record.finished is not None
    return Progress(
        name=job.backfill.name,
        rows=rows,
        changed=record.changed if record else 0,
        total=rows if finished else total,
        finished=finished,
    )


def _begin(job: Job) -> Record:
    """Fixes the end, once those who write now have ended."""
    await_writers(job)
    clean(job.conn, job.tables, job.pace.limits)
    end = find_end(job.conn, job.walk)
    return records.begin(job.conn, job.tables, job.backfill, end=end)


def _batches(job: Job, record: Record) -> Iterator[tuple[Record, Lag]]:
    """Goes on to the end; the record after each batch, and the lag before it."""
    tell_of_hidden_standbys(job)
    size = job.pace.first_size
    while record.finished is None:
        lag = await_standbys(job)
        came, size = _tried(job, record, size)
        if came is None:
            records.finish(job.conn, job.tables, record)
            record = replace(record, finished=datetime.now(UTC))
        else:
            record = came
        yield record, lag
        if record.finished is None:
            pause(job, job.pace.pause)


def _tried(job: Job, record: Record, size: int) -> tuple[Record | None, int]:
    """One batch, as often as needed: the record after it, None if none is left; the next size."""
    return tried(
        job,
        size,
        lambda rows: _one(job, record, rows),
        failed=lambda error: failed(error, job.backfill, done=record.done),
        locked_out=lambda error: _locked_out(job, error),
    )


def _one(job: Job, record: Record, size: int) -> Record | None:
    """Runs the next batch of that size; None if there is none."""
    if record.end is None:
        return None
    batch = find_batch(job.conn, job.walk, after=record.done, end=record.end, size=size)
    if batch is None:
        return None
    with job.conn.transaction(), psycopg.RawCursor(job.conn) as cursor:
        cursor.execute(job.backfill.query.statement.encode(), batch.values(job.backfill))
        changed = max(cursor.rowcount, 0)
        become_owner(job.conn, job.tables)
        records.advance(job.conn, job.tables, record, batch, changed=changed)
    return replace(
        record, done=batch.last, rows=record.rows + batch.rows, changed=record.changed + changed
    )


def _locked_out(job: Job, error: psycopg.Error) -> LockError:
    writers = list_writers(job)
    who = f" Who writes to the table: {', '.join(writers)}." if writers else ""
    return LockError(
        f"{job.backfill.name}: {error.diag.message_primary}, {job.pace.attempts} times.{who}",
        hint="What is done stays: run the command again when the rows are free.",
    )
