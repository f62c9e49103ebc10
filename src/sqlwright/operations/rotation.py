"""Puts what is encrypted under the newest key: page by page, each row unless it changed meanwhile.

What is under the newest key already is left alone, so that a run that was broken off is gone on
with by running it again. A row that somebody changed while it was rotated is looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.errors import DatabaseError, LockError, SecretError
from sqlwright.hooks import load_hooks
from sqlwright.hooks.rotation import Ciphertexts
from sqlwright.migrations.backfill import Pace
from sqlwright.migrations.backfill.opening import opened
from sqlwright.migrations.backfill.tries import tried
from sqlwright.migrations.backfill.waits import Stopped, Work, await_standbys, pause
from sqlwright.operations.cleanup_notes import list_there
from sqlwright.secrets import Keyring

__all__ = ["Rotated", "Unreadable", "rotate"]


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A ciphertext that no key opens: where it is, never what it is."""

    key: str
    column: str


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """How far a table is: how many ciphertexts, but for `rows`.

    Attributes:
        rows: Looked at.
        current: Were under the newest key already.
        outdated: Were under an older key.
        rotated: Are under the newest key now.
        unreadable: Can't be opened.
        finished: Whether all rows were looked at.
    """

    table: str
    rows: int = 0
    current: int = 0
    outdated: int = 0
    rotated: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    finished: bool = True


@dataclass(frozen=True, kw_only=True)
class _Job(Work):
    """What the rotation of a table has at hand."""

    ciphertexts: Ciphertexts
    keys: Keyring
    dry_run: bool


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What was found on a page.

    Attributes:
        changes: Rows as they were and as they shall be, and how many ciphertexts differ.
        written: How many ciphertexts were put under the newest key.
        raced: Whether somebody changed a row meanwhile.
    """

    last: Any
    rows: int
    current: int
    unreadable: tuple[Unreadable, ...]
    changes: list[tuple[Any, Any, int]]
    written: int = 0
    raced: bool = False

    @property
    def outdated(self) -> int:
        """How many ciphertexts were under an older key."""
        return sum(number for *_, number in self.changes)


def rotate(
    project: Project,
    *,
    dry_run: bool = False,
    pace: Pace = Pace(),  # noqa: B008 - frozen
    show: Callable[[Rotated], object] = lambda _: None,
    talk: Callable[[str], object] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Rotated]:
    """Puts every ciphertext of the project's hooks under the newest of its keys.

    Args:
        project: Whose hooks and keys, on which database.
        dry_run: Only looks.
        pace: How fast.
        show: Told how far it is, after each page.
        talk: Told of waits and retries, and of tables that are not there.
        stop: Asked between two pages whether to stop there.

    Returns:
        How far each table is; the last one's `finished` is false where it was stopped.

    Raises:
        ConfigError: a hook is missing or wrong.
        SecretError: the keys are missing or wrong.
        DatabaseError: the server refused a row, or a row stays as it was; what was rotated before
            stays.
        LockError: rows stayed locked.
    """
    keys = Keyring.from_environ(project.environ)
    hooks = load_hooks(project, "rotate", wanted=True)
    done: list[Rotated] = []
    with opened(project) as (conn, tables):
        for ciphertexts in (one for hook in hooks for one in hook()):
            if not list_there(conn, [ciphertexts.table]):
                talk(f"{ciphertexts.table} is not in this database, and is left out.")
                continue
            job = _Job(
                conn=conn,
                tables=tables,
                pace=pace,
                talk=talk,
                stop=stop,
                ciphertexts=ciphertexts,
                keys=keys,
                dry_run=dry_run,
            )
            done.append(_rotate(job, show))
            if not done[-1].finished:
                break
    return done


def _rotate(job: _Job, show: Callable[[Rotated], object]) -> Rotated:
    """Goes along a table's key to its end, or to where somebody wants an end."""
    came = Rotated(table=job.ciphertexts.table)
    after, size, earlier, in_vain = None, job.pace.first_size, 0, 0
    try:
        while True:
            await_standbys(job)
            page, size = _tried(job, size, partial(_page, job, after))
            if page is None:
                return came
            if page.raced:  # the page once more, for those rows
                earlier += page.written
                in_vain = 0 if page.written else in_vain + 1
                _refuse_for_ever(job, page, in_vain)
            else:
                came = _with(came, page, earlier)
                show(came)
                after, earlier, in_vain = page.last, 0, 0
            pause(job, 0 if job.dry_run else job.pace.pause)
    except Stopped:
        return replace(came, finished=False)


def _refuse_for_ever(job: _Job, page: _Page, in_vain: int) -> None:
    """A row that somebody changed is rotated the next time; one that is never changed is not."""
    if in_vain == job.pace.attempts:
        (row, *_), *_ = page.changes
        raise DatabaseError(
            f"{job.ciphertexts.table} {row[0]} stays as it was, {in_vain} times.",
            hint="See what `replace` of its hook asks for, and whether a trigger keeps the row.",
        )


def _page(job: _Job, after: Any, size: int) -> _Page | None:
    """Looks at the next rows and rotates what is to be; None where there is none.

    The rows are read and encrypted before the transaction that writes them, which is short by that.
    """
    rows = job.ciphertexts.page(job.conn, after, size)
    if not rows:
        return None
    page = _look(rows, job.ciphertexts.columns, job.keys)
    if job.dry_run or not page.changes:
        return page
    with job.conn.transaction():
        written = sum(
            number * job.ciphertexts.replace(job.conn, old, new)
            for old, new, number in page.changes
        )
    return replace(page, written=written, raced=written < page.outdated)


def _look(rows: Sequence[Any], columns: Sequence[str], keys: Keyring) -> _Page:
    """Opens every ciphertext, and encrypts anew what an older key encrypted."""
    current, unreadable, changes = 0, [], []
    for row in rows:
        new = {}
        for column in columns:
            old = getattr(row, column)
            if old is None:
                continue
            try:
                if keys.is_current(old):
                    current += 1
                else:
                    new[column] = _rotated(keys, old)
            except SecretError:
                unreadable.append(Unreadable(key=str(row[0]), column=column))
        if new:
            changes.append((row, row._replace(**new), len(new)))
    return _Page(
        last=rows[-1][0],
        rows=len(rows),
        current=current,
        unreadable=tuple(unreadable),
        changes=changes,
    )


def _with(came: Rotated, page: _Page, earlier: int) -> Rotated:
    """What a page adds, on which so many ciphertexts were rotated by `earlier` looks."""
    return replace(
        came,
        rows=came.rows + page.rows,
        current=came.current + max(page.current - earlier, 0),
        outdated=came.outdated + page.outdated + earlier,
        rotated=came.rotated + page.written + earlier,
        unreadable=(*came.unreadable, *page.unreadable),
    )


def _rotated(keys: Keyring, old: str) -> str:
    """The ciphertext under the newest key, once that has been seen to open it.

    Raises:
        SecretError: no key opens the old one, or the new one holds something else.
    """
    new = keys.rotate(old)
    if not keys.is_current(new) or keys.decrypt(new) != keys.decrypt(old):
        raise SecretError("A ciphertext came out wrong.", hint="Nothing was written.")
    return new


def _tried(job: _Job, size: int, page: Callable[[int], _Page | None]) -> tuple[_Page | None, int]:
    """A page, as often as needed, and the size of the next."""
    table = job.ciphertexts.table

    def failed(error: psycopg.Error) -> DatabaseError:
        said = f"{table} can't be rotated: {error.diag.message_primary}"
        hint = "What was rotated before is done. Mend the row or the query, and run it again."
        return DatabaseError(f"{said} (SQLSTATE {error.sqlstate}).", hint=hint)

    def locked_out(error: psycopg.Error) -> LockError:
        return LockError(
            f"{table}: {error.diag.message_primary}, {job.pace.attempts} times.",
            hint="What is done stays: run the command again when its rows are free.",
        )

    return tried(job, size, page, failed=failed, locked_out=locked_out)
