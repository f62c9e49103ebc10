"""Applies, rolls back and reads a project's migrations: connect, lock, compare, plan, execute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.migrations import bookkeeping, executor, plan
from sqlwright.migrations.bookkeeping import Tables
from sqlwright.migrations.history import Entry, compare, overtaken, schema_of, verify
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.lock import migration_lock
from sqlwright.migrations.session import refuse_pooler
from sqlwright.migrations.source import Migration, check_depends, read_project
from sqlwright.server.connection import connect, owner_url

__all__ = [
    "Done",
    "adopt_all",
    "apply",
    "compare_with",
    "install",
    "locked",
    "plan_apply",
    "plan_rollback",
    "read_entries",
    "read_log",
    "rollback",
]


@dataclass(frozen=True, kw_only=True)
class Done:
    """A migration that was applied or rolled back, and how long it took, in seconds."""

    id: str
    operation: str
    seconds: float


def _silent(_: object) -> None:
    """Nobody listens."""


def apply(
    project: Project,
    *,
    schemas: Sequence[str] = (),
    to: str | None = None,
    steps: int | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    done: Callable[[Done], object] = _silent,
    talk: Callable[[str], object] = _silent,
) -> list[Done]:
    """Applies what is pending, each migration whole or not at all.

    Every file is looked at before the first is run.

    Args:
        project: Whose migrations, on which database.
        schemas: Of these alone, with what they depend on.
        to: Up to this id of its schema.
        steps: The next so many of these; None for all.
        limits: How long to wait for what.
        done: Told of each migration once it is committed.
        talk: Told of what is out of order, of waits and of retries.

    Returns:
        What was applied, in order.

    Raises:
        MigrationError: of the kind that says why; what was committed before stays.
        ConnectError: the database can't be reached, or only through a pooler.
    """
    migrations = read_project(project, whole=False)
    with locked(project, limits) as (conn, tables):
        entries = compare_with(conn, tables, migrations)
        verify(entries)
        adopt_all(conn, tables, entries)
        chosen = _to_apply(entries, schemas=schemas, to=to, steps=steps, talk=talk)
        return _each(conn, tables, chosen, "apply", limits=limits, done=done, talk=talk)


def rollback(
    project: Project,
    *,
    steps: int | None = None,
    schemas: Sequence[str] = (),
    to: str | None = None,
    agreed: Sequence[Migration] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    done: Callable[[Done], object] = _silent,
    talk: Callable[[str], object] = _silent,
) -> list[Done]:
    """Rolls back the newest migrations; see `plan.to_rollback` for which.

    Every rollback file is looked at before the first is run.

    Args:
        project: Whose migrations, on which database.
        steps: How many of the newest.
        schemas: Of these alone.
        to: What was applied after this id.
        agreed: What was planned before the lock was had, and nothing else; None for whatever is
            newest then.
        limits: How long to wait for what.
        done: Told of each migration once it is committed.
        talk: Told of waits and of retries.

    Raises:
        HistoryError: another process has migrated meanwhile, and others are the newest now.
        MigrationError: of the kind that says why; what was committed before stays.
        ConnectError: the database can't be reached, or only through a pooler.
    """
    migrations = read_project(project, whole=False)
    with locked(project, limits) as (conn, tables):
        entries = compare_with(conn, tables, migrations)
        verify(entries)
        chosen = _to_rollback(entries, steps=steps, schemas=schemas, to=to)
        if agreed is not None:
            plan.check_agreed(chosen, agreed)
        return _each(conn, tables, chosen, "rollback", limits=limits, done=done, talk=talk)


@contextmanager
def locked(project: Project, limits: Limits) -> Iterator[tuple[psycopg.Connection[Any], Tables]]:
    """A connection that holds the lock, and the bookkeeping, which is made where it is missing."""
    with connect(owner_url(project), project) as conn:
        refuse_pooler(conn)
        with migration_lock(conn, bookkeeping.find_tables(conn), wait=limits.wait) as tables:
            yield conn, tables


def _each(
    conn: psycopg.Connection[Any],
    tables: Tables,
    chosen: Sequence[Migration],
    operation: str,
    *,
    limits: Limits,
    done: Callable[[Done], object],
    talk: Callable[[str], object],
) -> list[Done]:
    run = executor.apply_one if operation == "apply" else executor.rollback_one
    finished = []
    for migration in chosen:
        began = time.perf_counter()
        run(conn, tables, migration, limits=limits, report=talk)
        finished.append(
            Done(id=migration.id, operation=operation, seconds=time.perf_counter() - began)
        )
        done(finished[-1])
    return finished


def adopt_all(conn: psycopg.Connection[Any], tables: Tables, entries: Sequence[Entry]) -> list[str]:
    """Keeps the checksums of what plain yoyo applied, so that later edits are seen.

    Returns:
        The ids that were adopted.
    """
    adopted = []
    for entry in entries:
        if entry.applied and entry.migration and entry.applied.checksum is None:
            bookkeeping.adopt(conn, tables, entry.applied, entry.migration)
            adopted.append(entry.id)
    return adopted


def read_entries(project: Project) -> list[Entry]:
    """Every migration as it stands; takes no lock and creates nothing."""
    migrations = read_project(project, whole=False)
    with connect(owner_url(project), project) as conn:
        return compare_with(conn, bookkeeping.find_tables(conn), migrations)


def plan_apply(
    project: Project,
    *,
    schemas: Sequence[str] = (),
    to: str | None = None,
    steps: int | None = None,
    talk: Callable[[str], object] = _silent,
) -> list[Migration]:
    """What `apply` would run; refuses what it would refuse, takes no lock, changes nothing."""
    entries = read_entries(project)
    verify(entries)
    return _to_apply(entries, schemas=schemas, to=to, steps=steps, talk=talk)


def plan_rollback(
    project: Project,
    *,
    steps: int | None = None,
    schemas: Sequence[str] = (),
    to: str | None = None,
) -> list[Migration]:
    """What `rollback` would run; refuses what it would refuse, takes no lock, changes nothing."""
    entries = read_entries(project)
    verify(entries)
    return _to_rollback(entries, steps=steps, schemas=schemas, to=to)


def _to_apply(
    entries: Sequence[Entry],
    *,
    schemas: Sequence[str],
    to: str | None,
    steps: int | None,
    talk: Callable[[str], object],
) -> list[Migration]:
    """What is to be applied, once every file of it was looked at."""
    chosen = plan.to_apply(entries, schemas=schemas, to=to, steps=steps)
    late = overtaken(entries)
    for migration in chosen:
        executor.check_apply(migration)
        if migration.id in late:
            talk(f"{migration.id} comes before {late[migration.id]}, which is applied already.")
    return chosen


def _to_rollback(
    entries: Sequence[Entry], *, steps: int | None, schemas: Sequence[str], to: str | None
) -> list[Migration]:
    """What is to be rolled back, once every file of it was looked at."""
    chosen = plan.to_rollback(entries, steps=steps, schemas=schemas, to=to)
    for migration in chosen:
        executor.check_rollback(migration)
    return chosen


def read_log(project: Project, *, schemas: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """What was done: time in UTC, operation, id, user and host, oldest first.

    Raises:
        SourceError: there is no such schema.
    """
    migrations = read_project(project, whole=False) if schemas else []
    plan.check_schemas(schemas, migrations)
    of = {migration.id: migration.schema for migration in migrations}
    with connect(owner_url(project), project) as conn:
        rows = bookkeeping.list_log(conn, bookkeeping.find_tables(conn))
    if not schemas:
        return rows
    return [row for row in rows if (of.get(row[2]) or schema_of(row[2], migrations)) in schemas]


def install(project: Project) -> None:
    """Makes the bookkeeping, for the owner alone, before anybody migrates."""
    with locked(project, Limits()):
        pass


def compare_with(
    conn: psycopg.Connection[Any], tables: Tables, migrations: Sequence[Migration]
) -> list[Entry]:
    """Every migration as it stands in that database.

    Raises:
        SourceError: one depends on what is neither a file nor applied.
    """
    applied = bookkeeping.list_applied(conn, tables)
    check_depends(migrations, [row.id for row in applied])
    return compare(migrations, applied, bookkeeping.list_started(conn, tables))
