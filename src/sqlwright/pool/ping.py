"""Asks whether a connection lives, and waits for the answer only while it is of use."""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeAlias

import psycopg
from psycopg import generators
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from sqlwright.pool.watch import Watch

__all__ = ["NOT_THE_PRIMARY", "ping"]

NOT_THE_PRIMARY = "the connection leads to a server that is no longer the primary"
_Conn: TypeAlias = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]


def ping(conn: _Conn, seconds: float, watch: Watch | None) -> Generator[Any, Any, None]:
    """What `conn.wait` is given; of several servers it must be the one that takes writes.

    A server that hangs, or a pooler before one that is gone, keeps a connection open and silent.
    What a connection says unasked (`in_hot_standby`) a pooler may have from before a promotion.

    Raises:
        psycopg.Error: it is dead, was silent for so long, or doesn't lead to the primary any more;
            it is closed.
    """
    until = monotonic() + seconds
    conn.pgconn.send_query(b"show transaction_read_only" if watch else b"")
    answer = generators.execute(conn.pgconn)
    try:
        wanted = next(answer)
        while True:
            ready = yield wanted
            if not ready and (monotonic() > until or (watch and not watch.is_primary(conn))):
                raise _closed(conn, "the server does not answer")
            wanted = answer.send(ready)
    except StopIteration as end:
        [*_, result] = end.value
    if result.status == ExecStatus.FATAL_ERROR:
        raise error_from_result(result)
    if watch and result.get_value(0, 0) == b"on":
        raise _closed(conn, NOT_THE_PRIMARY)


def _closed(conn: _Conn, why: str) -> psycopg.OperationalError:
    conn.pgconn.finish()
    return psycopg.OperationalError(why)
