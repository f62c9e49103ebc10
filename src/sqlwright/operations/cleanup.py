"""Removes what the project's policies say is due: rows in small transactions, then their files.

The paths of a batch are noted in the transaction that deletes its rows, and a file is removed when
that is committed; then its note goes. A process that is killed in between leaves the note, and the
next run begins with what is noted.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.errors import ConfigError, DatabaseError, LockError
from sqlwright.hooks import load_hooks
from sqlwright.hooks.retention import Policy
from sqlwright.migrations.backfill import Pace
from sqlwright.migrations.backfill.opening import opened
from sqlwright.migrations.backfill.record import sole_run
from sqlwright.migrations.backfill.tries import tried
from sqlwright.migrations.backfill.waits import (
    Stopped,
    Work,
    await_standbys,
    pause,
    tell_of_hidden_standbys,
)
from sqlwright.migrations.failure import what_else
from sqlwright.migrations.session import clean
from sqlwright.operations import cleanup_notes as notes
from sqlwright.operations.cleanup_notes import Swept
from sqlwright.operations.files import NAME_A_FOLDER, Folder, open_folder

__all__ = ["Cleaned", "Due", "clean_up", "find_due", "find_policies"]


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What was done for a policy.

    Attributes:
        due: Rows, when it began.
        rows: That were deleted.
        files: What became of their bytes.
        left: Rows that were due and still are: somebody holds them, or `remove` passes them over.
        left_out: Why nothing was done, although rows are due, and what to do.
        finished: Whether nothing is left to do.
    """

    table: str
    due: int = 0
    rows: int = 0
    left: int = 0
    files: Swept = Swept()  # noqa: RUF009 - frozen
    left_out: str | None = None
    finished: bool = True


@dataclass(frozen=True, kw_only=True)
class Due:
    """What a policy would delete: how many rows, and the first of them as they were found."""

    table: str
    before: datetime
    due: int
    first: list[dict[str, Any]]


def find_policies(project: Project, only: Sequence[str] = ()) -> list[Policy]:
    """The policies of the project's hooks, in order; of tables or schemas that `only` names.

    Raises:
        ConfigError: a hook is missing or wrong, two policies are for one table, or `only` names
            none.
    """
    hooks = load_hooks(project, "cleanup", wanted=True)
    policies: dict[str, Policy] = {}
    for policy in (policy for hook in hooks for policy in hook()):
        if policy.table in policies:
            raise ConfigError(
                f"Two policies are for {policy.table}.",
                hint="Give it one, whose `remove` deletes whatever is due.",
            )
        policies[policy.table] = policy
    for name in only:
        if not any(_is_meant(table, name) for table in policies):
            near = difflib.get_close_matches(name, policies, n=1)
            known = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(policies)}."
            raise ConfigError(f"No policy is for {name}.", hint=known)
    return [
        policy
        for table, policy in policies.items()
        if not only or any(_is_meant(table, name) for name in only)
    ]


def _is_meant(table: str, name: str) -> bool:
    return name in {table, table.partition(".")[0]}


def find_due(project: Project, policies: Sequence[Policy], *, first: int = 3) -> list[Due]:
    """What is due now, with so many of the first rows; changes nothing and creates nothing.

    A policy whose table is not in the database is left out.
    """
    with opened(project) as (conn, tables):
        clean(conn, tables, Pace().limits, concurrent=True)
        there = notes.list_there(conn, [policy.table for policy in policies])
        return [_due(conn, policy, first) for policy in policies if policy.table in there]


def _due(conn: psycopg.Connection[Any], policy: Policy, first: int) -> Due:
    before = notes.cutoff(conn, policy.keep)
    found = [row._asdict() for row in policy.find(conn, before, first)]
    due = found[0]["due"] if found else 0
    shown = [{name: row[name] for name in row if name != "due"} for row in found]
    return Due(table=policy.table, before=before, due=due, first=shown)


def clean_up(
    project: Project,
    policies: Sequence[Policy],
    *,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    show: Callable[[Cleaned], object] = lambda _: None,
    talk: Callable[[str], object] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Cleaned]:
    """Deletes what is due by each policy, and removes its files.

    Args:
        project: Whose database, and whose environment names the storage folders.
        policies: In this order.
        pace: How fast.
        show: Told how far it is, after each batch.
        talk: Told of waits and retries, and of policies whose table is not there.
        stop: Asked between two batches whether to stop there.

    Returns:
        What was done for each whose table is there; the last one's `finished` is false where it
        was stopped.

    Raises:
        ConfigError: a disk does not keep what was removed.
        DatabaseError: the server refused to delete rows; earlier batches stay.
        LockError: another process cleans up, or rows stayed locked.
        ConnectError: the database can't be reached, or can't be written there.
    """
    done: list[Cleaned] = []
    with opened(project) as (conn, tables):
        work = Work(conn=conn, tables=tables, pace=pace, talk=talk, stop=stop)
        notes.install(conn, tables)
        there = notes.list_there(conn, [policy.table for policy in policies])
        for missing in [policy.table for policy in policies if policy.table not in there]:
            talk(f"{missing} is not in this database, and is left out.")
        tell_of_hidden_standbys(work)
        for policy in policies:
            if policy.table in there:
                done.append(_clean(work, policy, project, show))
            if done and not done[-1].finished:
                break
    return done


def _clean(
    work: Work, policy: Policy, project: Project, show: Callable[[Cleaned], object]
) -> Cleaned:
    """Cleans up by one policy, until nothing is due or somebody wants an end."""
    hint = "Two at once win nothing: wait for the other one's end."
    with sole_run(work.conn, f"cleanup of {policy.table}", hint=hint):
        _take_time(work)
        before = notes.cutoff(work.conn, policy.keep)
        first = policy.find(work.conn, before, 1)
        cleaned = Cleaned(table=policy.table, due=first[0].due if first else 0)
        if not first and not notes.list_noted(work, policy, after=0):
            return cleaned
        with ExitStack() as stack:
            try:
                root = stack.enter_context(_opened(policy, project))
            except ConfigError as error:
                return replace(cleaned, left_out=f"{error.message} {error.hint}")
            try:
                for came in _batches(work, policy, before, root):
                    cleaned = replace(cleaned, rows=came.rows, files=came.files)
                    show(cleaned)
            except Stopped:
                return replace(cleaned, finished=False)
        if cleaned.rows < cleaned.due and (rest := policy.find(work.conn, before, 1)):
            cleaned = replace(cleaned, left=min(rest[0].due, cleaned.due - cleaned.rows))
    return cleaned


def _take_time(work: Work) -> None:
    """Has no limit stand in the way of what only looks: it may count a large table."""
    clean(work.conn, work.tables, work.pace.limits, concurrent=True)


@contextmanager
def _opened(policy: Policy, project: Project) -> Iterator[Folder | None]:
    """The policy's storage folder; None where its rows have no files.

    Raises:
        ConfigError: the variable is not set, or names no folder that can be worked in.
    """
    if policy.storage is None:
        yield None
        return
    variable = policy.storage.variable
    written = project.environ.get(variable)
    if not written:
        raise ConfigError(f"{variable} is not set.", hint=NAME_A_FOLDER)
    with open_folder(project.root / written, variable=variable) as root:
        yield root


def _batches(
    work: Work, policy: Policy, before: datetime, root: Folder | None
) -> Iterator[Cleaned]:
    """What is noted, then batch after batch with its files; how far it is after each step."""
    came, size = Cleaned(table=policy.table), work.pace.first_size
    while True:
        while (files := _sweep(work, policy, root, came.files)) is not None:
            came = replace(came, files=files)
            yield came
            pause(work, 0)
        await_standbys(work)
        rows, size = _tried(work, policy, before, size)
        _take_time(work)
        if not rows:
            return
        came = replace(came, rows=came.rows + rows)
        yield came
        pause(work, work.pace.pause)


def _sweep(work: Work, policy: Policy, root: Folder | None, swept: Swept) -> Swept | None:
    if policy.storage is None or root is None:
        return None
    return notes.sweep(work, policy, policy.storage, root, swept)


def _tried(work: Work, policy: Policy, before: datetime, size: int) -> tuple[int, int]:
    """Deletes a batch, as often as needed: how many rows, and the size of the next."""

    def failed(error: psycopg.Error) -> DatabaseError:
        said = f"{policy.table} can't be cleaned up: {error.diag.message_primary}"
        lines = [f"{said} (SQLSTATE {error.sqlstate})", *what_else(error)]
        return DatabaseError("\n".join(lines), hint="What was deleted before this batch is gone.")

    def locked_out(error: psycopg.Error) -> LockError:
        return LockError(
            f"{policy.table}: {error.diag.message_primary}, {work.pace.attempts} times.",
            hint="What is done stays: run the command again when its rows are free.",
        )

    return tried(
        work,
        size,
        lambda rows: notes.delete(work, policy, before, rows),
        failed=failed,
        locked_out=locked_out,
    )
