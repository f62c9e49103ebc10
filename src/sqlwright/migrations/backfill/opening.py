"""What a backfill stands on: a session that can write, a statement that can run, what is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from sqlwright.config import Project
from sqlwright.errors import ConnectError, HistoryError
from sqlwright.migrations.backfill.failure import failed
from sqlwright.migrations.backfill.record import Record, list_records
from sqlwright.migrations.backfill.sent import value
from sqlwright.migrations.backfill.source import Backfill
from sqlwright.migrations.bookkeeping import Tables, find_tables
from sqlwright.migrations.session import refuse_pooler
from sqlwright.server.connection import connect, owner_url

__all__ = ["known", "opened", "try_out"]


@contextmanager
def opened(project: Project) -> Iterator[tuple[psycopg.Connection[Any], Tables]]:
    """A session on the project's primary, as the database's owner.

    Raises:
        ConnectError: it can't be reached, or it is a standby.
    """
    with connect(owner_url(project), project) as conn:
        conn.prepare_threshold = None  # a plan for any stretch would be worse than one for each
        refuse_pooler(conn)
        if value(conn, "is_standby"):
            raise ConnectError(
                f"{conn.info.dbname} is a standby on this server, where nobody can write.",
                hint="Set DATABASE_URL to the primary for this command.",
            )
        yield conn, find_tables(conn)


def try_out(conn: psycopg.Connection[Any], backfill: Backfill) -> None:
    """Has the server read the statement, before anything is begun.

    Raises:
        StatementError: it refuses the statement.
    """
    prepared = conn.pgconn.prepare(b"", backfill.query.statement.encode())
    if prepared.status == ExecStatus.FATAL_ERROR:
        raise failed(error_from_result(prepared, encoding="utf-8"), backfill, done=None)


def known(conn: psycopg.Connection[Any], tables: Tables, backfill: Backfill) -> Record | None:
    """What the database remembers of the backfill; None where it was never begun.

    Raises:
        HistoryError: its file was edited since.
    """
    record = list_records(conn, tables).get(backfill.name)
    if record and record.checksum != backfill.checksum:
        raise HistoryError(
            f"{backfill.name} was edited after it began ({backfill.path}).",
            hint="Restore the file as it was to go on. --restart begins anew: the statement then"
            " meets the rows again that it has done.",
        )
    return record
