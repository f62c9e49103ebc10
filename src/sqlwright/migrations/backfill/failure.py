"""PostgreSQL's error about a batch: whether it passes, else said so that the line is in sight."""

from __future__ import annotations

import psycopg

from sqlwright.errors import StatementError
from sqlwright.migrations.backfill.source import Backfill
from sqlwright.migrations.backfill.walk import Key, shown
from sqlwright.migrations.failure import RETRYABLE, what_else
from sqlwright.migrations.limits import Limits

__all__ = ["failed", "is_passing"]


def is_passing(error: psycopg.Error, *, took: float, limits: Limits) -> bool:
    """Whether a smaller batch may do, later; what a person cancelled came before its time."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return took >= limits.statement
    return isinstance(error, RETRYABLE)


def failed(error: psycopg.Error, backfill: Backfill, *, done: Key | None) -> StatementError:
    """The error with its file and line; `done` is the last key that stays."""
    place = int(error.diag.statement_position or 1) - 1
    line = backfill.query.sql_line + backfill.query.statement[:place].count("\n")
    said = f"{backfill.path}, line {line}: {error.diag.message_primary} (SQLSTATE {error.sqlstate})"
    return StatementError("\n".join([said, *what_else(error)]), hint=_next_step(backfill, done))


def _next_step(backfill: Backfill, done: Key | None) -> str:
    if done is None:
        return "No row was changed. Mend the file, and run the command again with --restart."
    columns = ", ".join(backfill.columns)
    return (
        f"What is done up to {columns} {shown(done)} stays. Mend the rows and run the command"
        " again, or mend the file and begin anew with --restart."
    )
