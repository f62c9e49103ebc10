"""Asks a server what it is now: a primary or a standby, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

__all__ = ["Sight", "look", "name_of"]


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A server as it was seen.

    Attributes:
        name: Its host and port.
        at: When it was asked, in seconds of a clock that only goes on.
        is_standby: Whether it replays another's WAL.
        takes_writes: Whether it is a primary, and not set to read only.
        position: How far it is in bytes of WAL: on its disk, or replayed.
        timeline: That it writes, or is known to follow.
    """

    name: str
    at: float
    is_standby: bool
    takes_writes: bool
    position: int
    timeline: int


def look(conn: psycopg.Connection[Any]) -> Sight:
    """What a server is now.

    Raises:
        psycopg.Error: it can't be asked, or is just being promoted.
    """
    at = monotonic()
    row = conn.execute(_statement(), prepare=False).fetchone()  # there may be a pooler between
    assert row is not None
    is_standby, takes_writes, position, timeline = row
    return Sight(
        name=name_of(conn),
        at=at,
        is_standby=is_standby,
        takes_writes=takes_writes and not is_standby,
        position=position,
        timeline=timeline,
    )


def name_of(conn: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> str:
    """The host and port that a connection leads to."""
    return f"{conn.pgconn.host.decode()}:{conn.pgconn.port.decode()}"


@lru_cache(maxsize=1)
def _statement() -> bytes:
    return (Path(__file__).parent / "sql" / "look.sql").read_bytes()
