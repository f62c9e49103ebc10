"""Runs one migration: the file and its mark in one transaction, or so that it can be tried again.

A transactional file is sent whole; its mark, its log row and its checksum commit with it, so there
is no moment at which one is there without the other. A file without a transaction holds one
statement; a row says that it was begun, and a later try clears up what the broken one left.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import generators, sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from sqlwright.errors import LockError, SourceError
from sqlwright.migrations import bookkeeping, statements
from sqlwright.migrations.bookkeeping import Tables
from sqlwright.migrations.failure import failure
from sqlwright.migrations.session import Limits, become_owner, clean, owner_again
from sqlwright.migrations.source import Migration

__all__ = ["apply_one", "check_apply", "check_rollback", "rollback_one"]

_RETRYABLE = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)
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
        LockError: the file's locks could not be had in time.
    """
    _run(conn, tables, migration, "apply", limits=limits, report=report)


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
        LockError: the file's locks could not be had in time.
    """
    check_rollback(migration)
    _run(conn, tables, migration, "rollback", limits=limits, report=report)


def check_apply(migration: Migration) -> None:
    """Refuses a migration that can't be sent as it is, before anything else is.

    Raises:
        SourceError: why not.
    """
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
    if statements.is_empty(migration.rollback_text):
        raise SourceError(
            f"{migration.rollback_path} holds no statement.",
            hint="Write what undoes the migration, or `-- irreversible: why` in its first line.",
        )
    statements.check(
        migration.rollback_path, migration.rollback_text, transactional=migration.transactional
    )


def _run(
    conn: psycopg.Connection[Any],
    tables: Tables,
    migration: Migration,
    operation: str,
    *,
    limits: Limits,
    report: Callable[[str], object],
) -> None:
    """Tries until the locks can be had, or the attempts are used up."""
    run = _in_transaction if migration.transactional else _without_transaction
    concurrent = not migration.transactional and bool(
        statements.concurrent_index(_text(migration, operation))
    )
    for attempt in range(1, limits.attempts + 1):
        clean(conn, tables, limits, concurrent=concurrent)
        try:
            run(conn, tables, migration, operation)
        except _Retryable as retryable:
            said = retryable.error.diag.message_primary
            if attempt == limits.attempts:
                raise LockError(
                    f"{migration.id}: {said}, {attempt} times.",
                    hint="See in pg_stat_activity who holds its tables, and try again later.",
                ) from None
            pause = min(2.0 ** (attempt - 2), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311
            report(f"{migration.id}: {said}; trying again in {pause:.1f} s")
            time.sleep(pause)
        else:
            return


class _Retryable(Exception):  # noqa: N818 - it is a signal, caught in this module
    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


def _in_transaction(
    conn: psycopg.Connection[Any], tables: Tables, migration: Migration, operation: str
) -> None:
    with conn.transaction():
        _send(conn, migration, operation)
        if conn.info.transaction_status != TransactionStatus.INTRANS:
            raise SourceError(f"{migration.id} ended its transaction.", hint="Take the commit out.")
        _end(conn, tables, migration, operation)
        if not _record(conn, tables, migration, operation):
            raise SourceError(
                f"{migration.id} let go of the migration lock; it was rolled back.",
                hint="Take pg_advisory_unlock_all() or discard all out of the file.",
            )


def _without_transaction(
    conn: psycopg.Connection[Any], tables: Tables, migration: Migration, operation: str
) -> None:
    begun = {row.hash: row for row in bookkeeping.list_started(conn, tables)}.get(migration.hash)
    text = _text(migration, operation)
    done = _clear_up(conn, text) and begun is not None and begun.operation == operation
    bookkeeping.begin(conn, tables, migration, operation=operation)
    if not done:
        _send(conn, migration, operation)
    become_owner(conn, tables)
    with conn.transaction():
        _record(conn, tables, migration, operation)


def _record(
    conn: psycopg.Connection[Any], tables: Tables, migration: Migration, operation: str
) -> bool:
    """Whether the migration lock is still held."""
    record = bookkeeping.mark if operation == "apply" else bookkeeping.unmark
    return record(conn, tables, migration)


def _clear_up(conn: psycopg.Connection[Any], text: str) -> bool:
    """Drops the INVALID indexes that a broken run left.

    Returns:
        Whether the statement has nothing left to do: its index stands, or is gone.
    """
    index = statements.concurrent_index(text)
    if index is None:
        return False
    rebuilt = index.kind == "reindex"
    cursor = bookkeeping.run(conn, "find_index", index=_quoted(index), rebuilt=rebuilt)
    found = cursor.fetchall()
    for name, valid in found:
        if not valid and index.kind != "drop":
            conn.execute(sql.SQL("drop index concurrently {}").format(sql.SQL(name)))
    if index.kind == "drop":
        return not found
    return index.kind == "create" and any(valid for _, valid in found)


def _quoted(index: statements.ConcurrentIndex) -> str:
    parts = (index.schema, index.name) if index.schema else (index.name,)
    return sql.Identifier(*parts).as_string()


def _text(migration: Migration, operation: str) -> str:
    if operation == "apply":
        return migration.text
    assert migration.rollback_text is not None, migration.id
    return migration.rollback_text


def _send(conn: psycopg.Connection[Any], migration: Migration, operation: str) -> None:
    """Sends the file whole; the results tell how far it came, which the error alone does not."""
    text = _text(migration, operation)
    error, number = _execute(conn, text)
    if error is not None:
        raise _failed(error, migration, operation, text=text, number=number)


def _end(
    conn: psycopg.Connection[Any], tables: Tables, migration: Migration, operation: str
) -> None:
    """Ends the file's work: what it set of the role is undone, and what it deferred is checked.

    Deferred constraints fail here, as the file's own error, and not at the commit.
    """
    text = sql.SQL("set constraints all immediate; {}").format(owner_again(tables))
    error, _ = _execute(conn, text.as_string(conn))
    if error is not None:
        raise _failed(error, migration, operation, text="", number=0)


def _failed(
    error: psycopg.Error, migration: Migration, operation: str, *, text: str, number: int
) -> Exception:
    if isinstance(error, _RETRYABLE):
        return _Retryable(error)
    return failure(
        error,
        path=migration.path if operation == "apply" else migration.rollback_path,
        text=text,
        number=number,
        transactional=migration.transactional,
    )


def _execute(conn: psycopg.Connection[Any], text: str) -> tuple[psycopg.Error | None, int]:
    """The error, if one came, and how many statements had succeeded before it."""
    conn.pgconn.send_query(text.encode())
    results = conn.wait(generators.execute(conn.pgconn))
    if results and results[-1].status == ExecStatus.FATAL_ERROR:
        return error_from_result(results[-1], encoding="utf-8"), len(results) - 1
    return None, len(results)
