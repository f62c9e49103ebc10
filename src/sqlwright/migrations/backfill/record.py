"""How far each backfill came: a table of ours, written in the transaction of each batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

import psycopg
from psycopg import sql

from sqlwright.errors import LockError
from sqlwright.migrations import bookkeeping
from sqlwright.migrations.backfill.own_table import has_table, make_table
from sqlwright.migrations.backfill.sent import NAMESPACE, rows, run
from sqlwright.migrations.backfill.source import Backfill
from sqlwright.migrations.backfill.walk import Batch, Key
from sqlwright.migrations.bookkeeping import Tables

__all__ = [
    "Record",
    "advance",
    "begin",
    "finish",
    "install",
    "is_running",
    "list_records",
    "sole_run",
]

_TABLE = "_sqlwright_backfill"
_ORPHAN_GOES_WITHIN = 3.0  # seconds: the server looks each second whether its client is there
_PAUSE = 0.2
_HOW_FAR = "See how far it is: sqlwright backfill."


@dataclass(frozen=True, kw_only=True)
class Record:
    """What the database remembers of a backfill; `end` is None where the table was empty."""

    name: str
    checksum: str
    end: Key | None
    done: Key | None = None
    rows: int = 0
    changed: int = 0
    started: datetime | None = None
    finished: datetime | None = None


def _names(tables: Tables) -> dict[str, sql.Composable]:
    return {"backfills": sql.Identifier(tables.schema, _TABLE)}


def install(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Makes the table if it is missing, for the owner alone.

    Raises:
        MigrationError: this role may not make it.
    """
    make_table(
        conn,
        tables,
        table=_TABLE,
        create=lambda: run(conn, "create_backfills", _names(tables)),
        remembers="how far a backfill came",
    )


def list_records(conn: psycopg.Connection[Any], tables: Tables) -> dict[str, Record]:
    """Every backfill that was begun, by its name."""
    if not has_table(conn, tables, _TABLE):
        return {}
    found = rows(conn, "list_backfills", _names(tables))
    return {row[0]: Record(**dict(zip(Record.__annotations__, row, strict=True))) for row in found}


def begin(
    conn: psycopg.Connection[Any], tables: Tables, backfill: Backfill, *, end: Key | None
) -> Record:
    """Notes that a backfill is begun, in place of what was known of it."""
    with conn.transaction():
        run(conn, "forget", _names(tables), name=backfill.name)
        run(
            conn,
            "begin",
            _names(tables),
            name=backfill.name,
            checksum=backfill.checksum,
            walks=backfill.walks,
            end_key=end,
        )
    return Record(name=backfill.name, checksum=backfill.checksum, end=end)


def advance(
    conn: psycopg.Connection[Any], tables: Tables, record: Record, batch: Batch, *, changed: int
) -> None:
    """Notes that a batch is done, in the batch's own transaction.

    Raises:
        LockError: another process went on meanwhile; the batch must be rolled back.
    """
    found = run(
        conn,
        "advance",
        _names(tables),
        name=record.name,
        before=record.done,
        done_key=batch.last,
        rows=batch.rows,
        changed=changed,
    )
    if found.rowcount != 1:
        raise LockError(
            f"{record.name} was taken over by another process.",
            hint=_HOW_FAR,
        )


def finish(conn: psycopg.Connection[Any], tables: Tables, record: Record) -> None:
    """Notes that all is done."""
    run(conn, "finish", _names(tables), name=record.name)


@contextmanager
def sole_run(conn: psycopg.Connection[Any], name: str, *, hint: str = _HOW_FAR) -> Iterator[None]:
    """Holds the lock that lets one process run what has that name at a time.

    A killed process's lock goes within a second or two, so that is waited for.

    Raises:
        LockError: another process runs it.
    """
    lock = _lock(name)
    deadline = time.monotonic() + _ORPHAN_GOES_WITHIN
    while not bookkeeping.first(conn, "try_lock", None, **lock):
        if time.monotonic() >= deadline:
            raise LockError(f"{name} is being run by {_holder(conn, lock)}.", hint=hint)
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        if not conn.closed and not conn.broken:
            bookkeeping.run(conn, "unlock", None, **lock)


def is_running(conn: psycopg.Connection[Any], name: str) -> bool:
    """Whether a process runs that backfill now."""
    return bookkeeping.run(conn, "who_holds_lock", None, **_lock(name)).fetchone() is not None


def _lock(name: str) -> dict[str, int]:
    """The advisory lock of a backfill; 0 is the one under which the table is made."""
    return {"namespace": NAMESPACE, "key": crc32(name.encode()) & 0x7FFF_FFFF or 1}


def _holder(conn: psycopg.Connection[Any], lock: dict[str, int]) -> str:
    row = bookkeeping.run(conn, "who_holds_lock", None, **lock).fetchone()
    if row is None or row[0] is None:
        return "another process, which has just ended"
    return f"server process {row[0]} ({row[1]}, {row[2] or 'unnamed application'})"
