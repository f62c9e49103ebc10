"""One attempt at one file: with its mark in one transaction, or so that it can be made again.

A transactional file is sent whole; its mark, its log row and its checksum commit with it, so there
is no moment at which one is there without the other. A file without a transaction holds one
statement; a row says that it was begun, and a later attempt clears up what the broken one left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import generators, sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from sqlwright.errors import SourceError
from sqlwright.migrations import bookkeeping, statements
from sqlwright.migrations.bookkeeping import Tables
from sqlwright.migrations.failure import RETRYABLE, failure
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.session import (
    become_owner,
    clean,
    clean_transaction,
    is_lost,
    owner_again,
)
from sqlwright.migrations.source import Migration

__all__ = ["Work", "attempt"]


@dataclass(frozen=True)
class Work:
    """One file to run: `operation` is apply or rollback."""

    conn: psycopg.Connection[Any]
    tables: Tables
    migration: Migration
    operation: str
    limits: Limits

    @property
    def path(self) -> Path:
        """The file."""
        applies = self.operation == "apply"
        return self.migration.path if applies else self.migration.rollback_path

    @property
    def text(self) -> str:
        """What it holds; `check_rollback` has seen that a rollback file is there."""
        if self.operation == "apply":
            return self.migration.text
        assert self.migration.rollback_text is not None, self.migration.id
        return self.migration.rollback_text

    @cached_property
    def concurrent(self) -> statements.Concurrent | None:
        """What the file works on `concurrently`."""
        return None if self.migration.transactional else statements.concurrent(self.text)

    @cached_property
    def may_leave_a_part(self) -> bool:
        """Whether a part of it may be done when it fails, which another attempt would repeat."""
        return not self.migration.transactional and statements.may_commit(self.text)

    @property
    def left(self) -> str:
        """What stays of it where it fails, and what to do next."""
        if self.migration.transactional:
            return "Nothing of this file stays. Mend it and run the command again."
        if self.may_leave_a_part:
            return (
                "What it committed itself stays, and it is run from the beginning the next time:"
                " see that this does no harm, and run the command again."
            )
        return (
            "The file ran without a transaction. Mend it and run the command again: it clears up"
            " first."
        )

    @property
    def attempts(self) -> int:
        """How often to try."""
        return 1 if self.may_leave_a_part else self.limits.attempts

    @property
    def patience(self) -> float:
        """Seconds to wait for a lock; what works concurrently keeps nobody waiting."""
        return self.limits.lock if self.concurrent is None else self.limits.statement


def attempt(work: Work, *, report: Callable[[str], object]) -> None:
    """Runs the file and marks it.

    Raises:
        SourceError: the file let the transaction or the lock go.
        StatementError: the server refused a statement.
        psycopg.Error: one of `RETRYABLE`, or the connection is lost.
    """
    if work.migration.transactional:
        _in_transaction(work)
    else:
        _without_transaction(work, report)


def _in_transaction(work: Work) -> None:
    with clean_transaction(work.conn, work.tables, work.limits):
        _send(work)
        if work.conn.info.transaction_status != TransactionStatus.INTRANS:
            raise SourceError(
                f"{work.migration.id} ended its transaction.", hint="Take the commit out."
            )
        _end(work)
        if not _record(work):
            raise _let_go(work, "it was rolled back")


def _without_transaction(work: Work, report: Callable[[str], object]) -> None:
    conn, tables, migration = work.conn, work.tables, work.migration
    clean(conn, tables, work.limits, concurrent=work.concurrent is not None)
    begun = {row.hash: row for row in bookkeeping.list_started(conn, tables)}.get(migration.hash)
    done = _clear_up(work, report) and begun is not None and begun.operation == work.operation
    if begun is not None and work.may_leave_a_part:
        report(f"{migration.id} was begun before and not seen to end: it is run from the beginning")
    bookkeeping.begin(conn, tables, migration, operation=work.operation)
    if not done:
        _send(work, again=begun is not None and work.concurrent is None)
    become_owner(conn, tables)
    with conn.transaction():
        has_lock = _record(work)
    if not has_lock:
        raise _let_go(work, "it is done, and nothing after it")


def _let_go(work: Work, what: str) -> SourceError:
    return SourceError(
        f"{work.migration.id} let go of the migration lock; {what}.",
        hint="Take pg_advisory_unlock_all() or discard all out of the file.",
    )


def _record(work: Work) -> bool:
    """Whether the migration lock is still held; what the file did may keep it from being marked."""
    record = bookkeeping.mark if work.operation == "apply" else bookkeeping.unmark
    try:
        return record(work.conn, work.tables, work.migration)
    except psycopg.Error as error:
        raise _failed(work, error, text="", number=0) from None


def _clear_up(work: Work, report: Callable[[str], object]) -> bool:
    """Clears up what a broken run left.

    Returns:
        Whether the statement has nothing left to do: its index stands, or is gone.
    """
    if work.concurrent is None:
        return False
    if work.concurrent.kind == "detach":
        return _finish_detaching(work, report)
    return _drop_invalid(work, work.concurrent, report)


def _drop_invalid(
    work: Work, index: statements.Concurrent, report: Callable[[str], object]
) -> bool:
    rebuilt = index.kind == "reindex"
    cursor = bookkeeping.run(work.conn, "find_index", index=_quoted(index), rebuilt=rebuilt)
    found = cursor.fetchall()
    for name, valid in found:
        if not valid and index.kind != "drop":
            report(f"{work.migration.id}: drops the INVALID index {name}, left by a broken run")
            work.conn.execute(sql.SQL("drop index concurrently {}").format(sql.SQL(name)))
    if index.kind == "drop":
        return not found
    return index.kind == "create" and any(valid for _, valid in found)


def _finish_detaching(work: Work, report: Callable[[str], object]) -> bool:
    """A partition that is half detached can only be finalized; one that is no more was detached."""
    assert work.concurrent is not None, work.migration.id
    partition = _quoted(work.concurrent)
    row = bookkeeping.run(work.conn, "find_parent", partition=partition).fetchone()
    if row is None:
        return True
    parent, is_pending = row
    if is_pending:
        report(f"{work.migration.id}: finishes detaching {partition}, left by a broken run")
        finish = "alter table {} detach partition {} finalize"
        names = sql.SQL(parent), sql.SQL(partition)
        work.conn.execute(sql.SQL(finish).format(*names))
    return bool(is_pending)


def _quoted(thing: statements.Concurrent) -> str:
    parts = (thing.schema, thing.name) if thing.schema else (thing.name,)
    return sql.Identifier(*parts).as_string()


def _send(work: Work, *, again: bool = False) -> None:
    """Sends the file whole; the results tell how far it came, which the error alone does not."""
    error, number = _execute(work.conn, work.text)
    if error is not None:
        raise _failed(work, error, text=work.text, number=number, again=again)


def _end(work: Work) -> None:
    """Ends the file's work: role and encoding are ours again, and what it deferred is checked.

    Deferred constraints fail here, as the file's own error, and not at the commit.
    """
    undone = "set constraints all immediate; reset client_encoding; {}"
    text = sql.SQL(undone).format(owner_again(work.tables))
    error, _ = _execute(work.conn, text.as_string())
    if error is not None:
        raise _failed(work, error, text="", number=0)


def _failed(
    work: Work, error: psycopg.Error, *, text: str, number: int, again: bool = False
) -> Exception:
    if isinstance(error, RETRYABLE) or is_lost(work.conn, error):
        return error
    return failure(
        error,
        path=work.path,
        text=text,
        number=number,
        left=work.left,
        role=work.tables.owner or work.conn.info.user,
        limit=work.limits.statement,
        again=again,
    )


def _execute(conn: psycopg.Connection[Any], text: str) -> tuple[psycopg.Error | None, int]:
    """The error, if one came, and how many statements had succeeded before it."""
    conn.pgconn.send_query(text.encode())
    results = conn.wait(generators.execute(conn.pgconn))
    if results and results[-1].status == ExecStatus.FATAL_ERROR:
        return error_from_result(results[-1], encoding="utf-8"), len(results) - 1
    return None, len(results)
