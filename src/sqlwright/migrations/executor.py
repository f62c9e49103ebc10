"""Runs one migration: looks at its file, and tries until the locks that it wants can be had.

Where one can't be had, it is said who is in the way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import psycopg

from sqlwright.errors import SourceError
from sqlwright.migrations import statements
from sqlwright.migrations.attempt import Work, attempt
from sqlwright.migrations.bookkeeping import Tables
from sqlwright.migrations.failure import RETRYABLE, in_the_way
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.session import saying_what_is_lost
from sqlwright.migrations.source import Migration
from sqlwright.migrations.waiting import Wait, Watch

__all__ = ["apply_one", "check_apply", "check_rollback", "rollback_one"]

_LONGEST_PAUSE = 15.0


def apply_one(
    conn: psycopg.Connection[Any],
    tables: Tables,
    migration: Migration,
    *,
    limits: Limits,
    report: Callable[[str], object] = lambda _: None,
) -> None:
    """Applies one migration, which `check_apply` has passed, and marks it.

    Raises:
        SourceError: the file let the transaction or the lock go; it was rolled back.
        StatementError: the server refused a statement.
        LockError: the file's locks could not be had in time; who held them.
        ConnectError: the connection was lost.
    """
    _run(Work(conn, tables, migration, "apply", limits), report)


def rollback_one(
    conn: psycopg.Connection[Any],
    tables: Tables,
    migration: Migration,
    *,
    limits: Limits,
    report: Callable[[str], object] = lambda _: None,
) -> None:
    """Rolls one migration back and takes its mark away.

    Raises:
        SourceError: there is no rollback file, or it says that there is no way back.
        StatementError: the server refused a statement.
        LockError: the file's locks could not be had in time; who held them.
        ConnectError: the connection was lost.
    """
    check_rollback(migration)
    _run(Work(conn, tables, migration, "rollback", limits), report)


def check_apply(migration: Migration) -> None:
    """Refuses a migration that can't be sent as it is, before anything else is.

    Raises:
        SourceError: why not.
    """
    if migration.title.startswith("TODO"):
        raise SourceError(
            f"{migration.path} is not written yet: its first line says TODO.",
            hint="Write there why it exists, and below what it does; or take both its files away.",
        )
    if statements.is_empty(migration.text) and not migration.is_merge:
        raise SourceError(
            f"{migration.path} holds no statement.",
            hint="Write what it shall do, or take both its files away.",
        )
    statements.check(migration.path, migration.text, transactional=migration.transactional)


def check_rollback(migration: Migration) -> None:
    """Refuses a migration that can't be rolled back, before anything else is.

    Raises:
        SourceError: why not.
    """
    if migration.rollback_text is None:
        raise SourceError(
            f"{migration.id} has no rollback file.",
            hint=f"Write {migration.rollback_path}, or restore a backup.",
        )
    if migration.irreversible:
        raise SourceError(
            f"{migration.id} is irreversible: {migration.irreversible}",
            hint="Restore a backup, or write a new migration that goes on from here.",
        )
    if statements.is_empty(migration.rollback_text) and not (
        migration.is_merge and statements.is_empty(migration.text)
    ):
        raise SourceError(
            f"{migration.rollback_path} holds no statement.",
            hint="Write what undoes the migration, or `-- irreversible: why` in its first line.",
        )
    statements.check(
        migration.rollback_path, migration.rollback_text, transactional=migration.transactional
    )


def _run(work: Work, report: Callable[[str], object]) -> None:
    """Tries until the locks can be had, or the attempts are used up."""
    migration = work.migration

    def tell(wait: Wait) -> None:
        """What gives up and tries again says so itself."""
        if work.concurrent is not None or not work.patience:
            report(f"{migration.id} waits for {wait}")

    for number in range(1, work.attempts + 1):
        with Watch(work.conn, patience=work.patience, tell=tell) as watch:
            try:
                with saying_what_is_lost(work.conn, **_when(work)):
                    attempt(work, report=report)
            except RETRYABLE as error:
                if number == work.attempts:
                    raise in_the_way(
                        error,
                        watch.wait,
                        file=migration.id,
                        attempts=number,
                        limit=work.patience,
                        left=work.left if work.may_leave_a_part else None,
                    ) from None
                pause = min(2.0 ** (number - 2), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311
                what = f" waits for {watch.wait}" if watch.wait else f": {_said(error)}"
                report(f"{migration.id}{what}; trying again in {pause:.1f} s")
            else:
                return
        time.sleep(pause)


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)


def _when(work: Work) -> dict[str, str]:
    """What a lost connection interrupts, and what is left of it."""
    verb = "applied" if work.operation == "apply" else "rolled back"
    left = (
        "the file is there whole, with its mark, or not at all"
        if work.migration.transactional
        else "it takes up again what it was at"
    )
    return {
        "when": f"while {work.migration.id} was {verb}",
        "hint": f"Run the command again: {left}.",
    }
