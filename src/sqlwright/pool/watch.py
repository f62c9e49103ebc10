"""Looks at each of several servers twice a second: who takes writes, and how far the others are.

How far a standby is behind is told by one clock, our own. What the primary has on its disk is noted
with the time at which it was asked; a standby that has replayed as much holds all that was
committed before. So the answer is right on an idle primary, where the time since the last replayed
transaction grows and nothing is missing, and of a standby that is cut off, which can't know what it
misses.

A server that is promoted counts a timeline up. Once a timeline was seen, whoever takes writes on an
older one is the primary of yesterday, and left alone.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Collection, Sequence
from math import inf
from time import monotonic
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sqlwright.conninfo import reason_of_loss
from sqlwright.pool.sight import Sight, look, name_of

__all__ = ["LOST", "Watch"]

_log = logging.getLogger("sqlwright.pool")
_PAUSE = 0.5
LOST = 3.0  # seconds after which a server that does not answer is none to read from
_MOST_MARKS = 1200


class Watch:
    """Looks at servers from when it is opened until it is closed; a server is its number."""

    def __init__(self, conninfos: Sequence[str]) -> None:
        self.conninfos = list(conninfos)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._first = [threading.Event() for _ in conninfos]
        self._seen: dict[int, Sight] = {}
        self._missed: dict[int, str] = {}
        self._marks: deque[tuple[float, int]] = deque(maxlen=_MOST_MARKS)
        self._timeline = 0
        self._primary: int | None = None
        self._primary_name: str | None = None
        self._threads = [
            threading.Thread(
                target=self._look_on, args=(number,), name=f"watch-{number}", daemon=True
            )
            for number in range(len(conninfos))
        ]

    def open(self) -> str | None:
        """Begins, and waits until every server was looked at once.

        Returns:
            What `why_not` says.
        """
        for thread in self._threads:
            thread.start()
        for first in self._first:
            first.wait()
        return self.why_not()

    def why_not(self) -> str | None:
        """Why there is nobody to write to now, server by server; None if there is one."""
        with self._lock:
            return None if self._primary in self._seen else self._why_not()

    def close(self) -> None:
        """Ends; a look that hangs ends by itself."""
        self._over.set()
        for thread in self._threads:
            thread.join(1)

    def primary(self) -> str:
        """Where to write, as libpq is told: the primary as it was last seen.

        Raises:
            psycopg.OperationalError: nobody takes writes.
        """
        with self._lock:
            if self._primary is None:
                raise psycopg.OperationalError(f"no server takes writes: {self._why_not()}")
            return self.conninfos[self._primary]

    def is_primary(self, conn: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
        """Whether a connection leads to who was the primary when it was last looked at."""
        return name_of(conn) == self._primary_name

    def choose(
        self, lag: float, after: int | None = None, without: Collection[int] = ()
    ) -> int | None:
        """Where to read: a standby that is near enough, else the primary, if there is one.

        Args:
            lag: The most seconds that it may be behind.
            after: A position in bytes of WAL that it must have come to.
            without: Servers that are not to be chosen.
        """
        with self._lock:
            now = monotonic()
            near = [
                number
                for number, seen in self._seen.items()
                if number not in without and self._is_near(seen, now, lag, after)
            ]
            if near:
                return random.choice(near)  # noqa: S311 - to share the load
            return None if self._primary in without else self._primary

    def _is_near(self, seen: Sight, now: float, lag: float, after: int | None) -> bool:
        return (
            seen.is_standby
            and now - seen.at <= LOST
            and seen.timeline == self._timeline
            and (after is None or seen.position >= after)
            and self._behind(seen, now) <= lag
        )

    def _behind(self, seen: Sight, now: float) -> float:
        """For how long it may lack something: since the newest mark that it has come to."""
        marks = reversed(self._marks)
        return next((now - at for at, position in marks if position <= seen.position), inf)

    def _look_on(self, number: int) -> None:
        """Looks at one server, over and over."""
        conn = None
        try:
            while not self._over.is_set():
                conn = self._look(number, conn)
                self._first[number].set()
                self._over.wait(_PAUSE)
        finally:
            self._first[number].set()
            if conn:
                conn.close()

    def _look(
        self, number: int, conn: psycopg.Connection[Any] | None
    ) -> psycopg.Connection[Any] | None:
        """Looks once, on a new connection where the one from before is lost."""
        if conn:
            try:
                self._note(number, look(conn))
            except psycopg.Error:
                conn.close()
                conn = None
            else:
                return conn
        try:
            conn = psycopg.connect(self.conninfos[number], autocommit=True)
            self._note(number, look(conn))
        except psycopg.Error as error:
            self._miss(number, reason_of_loss(error))
        except OSError as error:  # too many open files: some other time there are fewer
            self._miss(number, str(error))
        return conn

    def _miss(self, number: int, why: str) -> None:
        """A primary that does not answer stays the primary until there is another."""
        with self._lock:
            self._seen.pop(number, None)
            self._missed[number] = why

    def _note(self, number: int, seen: Sight) -> None:
        with self._lock:
            before = self._seen.get(number)
            self._seen[number] = seen
            self._settle()
            if number == self._primary and seen.takes_writes:
                self._mark(seen)
            elif seen.takes_writes and (before is None or not before.takes_writes):
                _log.warning(
                    "%s takes writes on timeline %s and is left alone: the primary is %s on"
                    " timeline %s",
                    seen.name, seen.timeline, self._primary_name, self._timeline,
                )  # fmt: skip

    def _settle(self) -> None:
        """Who is the primary, after something was seen."""
        writers = {number: seen for number, seen in self._seen.items() if seen.takes_writes}
        newest = max([self._timeline, *(seen.timeline for seen in writers.values())])
        if newest > self._timeline:
            self._timeline = newest
            self._marks.clear()  # a position of another timeline says nothing
        rightful = [number for number, seen in writers.items() if seen.timeline == newest]
        if self._primary in rightful:
            return
        if rightful:
            self._appoint(rightful[0])
        elif self._primary in self._seen:  # it was demoted, or is the primary of yesterday
            self._appoint(None)

    def _appoint(self, number: int | None) -> None:
        self._primary = number
        self._primary_name = None if number is None else self._seen[number].name
        self._marks.clear()
        _log.info("the primary is %s, timeline %s", self._primary_name, self._timeline)

    def _mark(self, seen: Sight) -> None:
        """Notes what the primary has on its disk; while it is idle the same, later."""
        if self._marks and self._marks[-1][1] == seen.position:
            self._marks.pop()
        self._marks.append((seen.at, seen.position))

    def _why_not(self) -> str:
        """Of each server, why nobody can write there."""
        return "; ".join(self._why(number) for number in range(len(self.conninfos)))

    def _why(self, number: int) -> str:
        seen = self._seen.get(number)
        if seen is None:
            known = conninfo_to_dict(self.conninfos[number])
            name = f"{known.get('host') or known.get('hostaddr')}:{known.get('port') or 5432}"
            return f"{name}: {self._missed.get(number, 'not looked at yet')}"
        if seen.is_standby:
            return f"{seen.name} is a standby"
        if not seen.takes_writes:
            return f"{seen.name} is set to read only"
        return f"{seen.name} is on timeline {seen.timeline}, which another server has left behind"
