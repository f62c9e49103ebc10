"""How many seconds the standbys are behind.

PostgreSQL's own `replay_lag` stands still while a standby's replay does. So the position of the WAL
is noted as it grows: a standby is behind since the oldest position that it has not replayed yet.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import psycopg

from sqlwright.migrations.backfill.sent import rows, value

__all__ = ["Lag", "Positions", "read_lag"]


@dataclass(frozen=True, kw_only=True)
class Lag:
    """The standby that is furthest behind, in seconds; `hidden` if this role may not see some."""

    seconds: float = 0
    standby: str = ""
    hidden: bool = False


class Positions:
    """When the WAL had grown to where; times in seconds of a clock that only goes on."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int]] = deque()

    def note(self, now: float, position: int) -> None:
        """Notes how far the WAL is."""
        if not self._noted or position > self._noted[-1][1]:
            self._noted.append((now, position))

    def behind(self, now: float, replayed: int) -> float:
        """For how long what follows this position has been there."""
        return next((now - at for at, position in self._noted if position > replayed), 0.0)

    def forget(self, replayed: int) -> None:
        """Forgets what every standby has replayed."""
        while self._noted and self._noted[0][1] <= replayed:
            self._noted.popleft()


def read_lag(conn: psycopg.Connection[Any], positions: Positions) -> Lag:
    """How far the standbys are behind now; as the role that logged in, who may see it."""
    conn.execute("reset role")
    standbys = rows(conn, "list_standbys")
    written, now = value(conn, "current_position"), time.monotonic()
    positions.note(now, written)
    seen = [standby for standby in standbys if standby.replayed is not None]
    positions.forget(min((standby.replayed for standby in seen), default=written))
    lags = [(_seconds(standby, positions, written, now), standby.name) for standby in seen]
    seconds, name = max(lags, default=(0.0, ""))
    return Lag(seconds=seconds, standby=name, hidden=any(found.is_hidden for found in standbys))


def _seconds(standby: Any, positions: Positions, written: int, now: float) -> float:
    """Its own measure counts while it has something to replay; an idle one keeps its last."""
    if standby.replayed >= written:
        return 0.0
    return max(float(standby.seconds), positions.behind(now, standby.replayed))
