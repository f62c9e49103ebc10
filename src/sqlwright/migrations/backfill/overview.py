"""How each backfill of the project stands, and what a run of one would do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.migrations.backfill import record as records
from sqlwright.migrations.backfill.opening import known, opened, try_out
from sqlwright.migrations.backfill.pace import Pace
from sqlwright.migrations.backfill.record import Record
from sqlwright.migrations.backfill.source import Backfill, list_files, read_backfill
from sqlwright.migrations.backfill.walk import (
    Batch,
    Key,
    estimate,
    find_batch,
    find_end,
    find_walk,
)

__all__ = ["Plan", "Standing", "State", "list_standings", "plan"]


class State(StrEnum):
    """Where a backfill stands."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPED = "stopped"  # begun, and nobody runs it now
    FINISHED = "finished"
    CHANGED = "changed"  # its file was edited after it began
    MISSING = "missing"  # begun, and its file is gone


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A backfill, where it stands, and what is known of it where it was begun; times in UTC."""

    name: str
    state: State
    walks: str | None
    rows: int = 0
    changed: int = 0
    started: datetime | None = None
    finished: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a run would do: the rows after a key up to the end, about so many.

    Attributes:
        after: The last key that is done; None for the beginning.
        end: None where there is no row.
        rows: Still to walk; by the planner's estimate where one batch does not hold them.
        batches: Of the largest size.
        explained: The server's plan of the first batch.
    """

    name: str
    walks: str
    sql: str
    after: Key | None
    end: Key | None
    rows: int
    batches: int
    explained: list[str]


def list_standings(project: Project) -> list[Standing]:
    """Every backfill that has a file or was begun; takes no lock and creates nothing."""
    files = {path.stem: read_backfill(path) for path in list_files(project)}
    with opened(project) as (conn, tables):
        begun = records.list_records(conn, tables)
        return [
            _standing(conn, name, files.get(name), begun.get(name))
            for name in sorted({*files, *begun})
        ]


def _standing(
    conn: psycopg.Connection[Any], name: str, backfill: Backfill | None, record: Record | None
) -> Standing:
    standing = Standing(
        name=name,
        state=_state(conn, name, backfill, record),
        walks=backfill.walks if backfill else None,
    )
    if record is None:
        return standing
    return replace(
        standing,
        rows=record.rows,
        changed=record.changed,
        started=record.started,
        finished=record.finished,
    )


def _state(
    conn: psycopg.Connection[Any], name: str, backfill: Backfill | None, record: Record | None
) -> State:
    if record is None:
        return State.PENDING
    if backfill is None:
        return State.MISSING
    if record.checksum != backfill.checksum:
        return State.CHANGED
    if record.finished:
        return State.FINISHED
    return State.RUNNING if records.is_running(conn, name) else State.STOPPED


def plan(
    project: Project,
    backfill: Backfill,
    *,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    restart: bool = False,
) -> Plan:
    """What `run` would do; takes no lock and changes nothing.

    Raises:
        SourceError: the file names a table or key that can't be walked.
        HistoryError: the file was edited after it began.
        StatementError: the server refuses the statement.
    """
    with opened(project) as (conn, tables):
        walk = find_walk(conn, backfill)
        try_out(conn, backfill)
        record = None if restart else known(conn, tables, backfill)
        after = record.done if record else None
        end = record.end if record else find_end(conn, walk)
        batch = find_batch(conn, walk, after=after, end=end, size=pace.batch) if end else None
        left = _left(estimate(conn, walk), record, batch, pace) if batch else 0
        return Plan(
            name=backfill.name,
            walks=backfill.walks,
            sql=backfill.query.sql,
            after=after,
            end=end,
            rows=left,
            batches=ceil(left / pace.batch),
            explained=_explained(conn, backfill, batch) if batch else [],
        )


def _left(estimated: int, record: Record | None, batch: Batch, pace: Pace) -> int:
    """The rows still to walk: exactly where one batch holds them all."""
    if batch.rows < pace.batch:
        return batch.rows
    return max(estimated - (record.rows if record else 0), batch.rows)


def _explained(conn: psycopg.Connection[Any], backfill: Backfill, batch: Batch) -> list[str]:
    with psycopg.RawCursor(conn) as cursor:
        statement = f"explain {backfill.query.statement}"
        cursor.execute(statement.encode(), batch.values(backfill))
        return [line for (line,) in cursor.fetchall()]
