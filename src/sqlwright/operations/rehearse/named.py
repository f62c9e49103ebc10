"""Runs the project's named queries on a restored database, which they can't change.

Every query is prepared, so that each name and type in it is resolved. What reads is also run, with
null for each parameter, in a transaction that is read only; what would write ends there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from sqlwright.operations.rehearse.evidence import Check
from sqlwright.queries import Kind, Query

__all__ = ["run_named_queries"]

_SECONDS = 10  # for one query; what takes longer with nulls is no longer asked
_SOME_ROWS = 100
# It is no select, or writes, or doesn't take nulls, or takes too long: prepared is all it can be.
_NO_FAULT = ("0A", "22", "23", "25", "40", "42601", "55", "57014", "P0001")


def run_named_queries(conn: psycopg.Connection[Any], queries: Sequence[Query]) -> Check:
    """Prepares each of the queries, runs those that read, and says which of them fail."""
    ran, failed = 0, []
    with _read_only(conn):
        prepared = [one for one in queries if one.kind is not Kind.SCRIPT]
        for query in prepared:
            name = f"{query.path.parent.name}.{query.path.stem}.{query.name}"
            try:
                ran += _run(conn, query)
            except psycopg.Error as error:
                failed.append(f"{name}: {str(error).splitlines()[0]}")
    return Check(
        name="named queries",
        found=f"{len(prepared) - len(failed)} of {len(prepared)} prepared, {ran} run",
        differences=tuple(failed),
    )


@contextmanager
def _read_only(conn: psycopg.Connection[Any]) -> Iterator[None]:
    with conn.transaction(force_rollback=True):
        conn.execute("set transaction read only")
        conn.execute(f"set local statement_timeout = '{_SECONDS}s'")
        yield


def _run(conn: psycopg.Connection[Any], query: Query) -> bool:
    """Whether the query could be run as well.

    Raises:
        psycopg.Error: the server does not understand it.
    """
    with conn.transaction():
        found = conn.pgconn.prepare(b"", query.statement.encode())
        if found.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(found, encoding="utf-8")
    try:
        with conn.transaction(), psycopg.RawServerCursor(conn, "rehearsed") as cursor:
            cursor.execute(query.statement.encode(), [None] * len(query.parameters) or None)
            cursor.fetchmany(_SOME_ROWS)
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith(_NO_FAULT):
            raise
        return False
    return True
