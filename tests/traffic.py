"""Calls of named queries through a pool, without pause, while something else goes on.

A call is a query with values that it accepts. Each runs in a transaction of its own that is taken
back, so that callers meet the locks of others and never their rows. The first caller reads and
writes and the others read: several that write would run into deadlocks of their own making.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from sqlwright.pool import Pool, open_pool
from sqlwright.queries import Query

__all__ = ["Call", "Traffic", "traffic"]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A query and what it is given; whether it `reads` and no more."""

    name: str
    query: Query
    values: list[str | None]
    reads: bool = False

    def run(self, conn: psycopg.Connection) -> None:
        """Runs it, and takes back what it did."""
        with conn.transaction(force_rollback=True):
            psycopg.RawCursor(conn).execute(self.query.statement, self.values)


@dataclass
class Traffic:
    """What the callers are asked for, and what they met.

    Attributes:
        calls: What is asked for from now on.
        failures: Each call that failed, with its error.
        made: How many calls came back.
        longest: The longest wait for one, in seconds, and for which.
    """

    calls: Sequence[Call] = ()
    failures: list[str] = field(default_factory=list)
    made: int = 0
    longest: tuple[float, str] = (0.0, "")
    _turns: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def ask_for(self, calls: Sequence[Call]) -> None:
        """Changes what is asked for, and waits until nothing else is under way."""
        self.calls = calls
        self.wait_for_turns(1)

    def wait_for_turns(self, turns: int) -> None:
        """Waits until every caller has come back that often, and begun anew."""
        goal = [turn + turns for turn in self._turns]
        while any(turn < wanted for turn, wanted in zip(self._turns, goal, strict=True)):
            if self._over.wait(0.001):
                return

    def stop(self) -> None:
        """Sends the callers home."""
        self._over.set()

    def caller(self, pool: Pool, number: int) -> Callable[[], None]:
        """A caller that never pauses; what it asks for is drawn from its number."""
        self._turns.append(0)
        drawn = random.Random(number)

        def work() -> None:
            while not self._over.is_set():
                calls = self.calls if number == 0 else [c for c in self.calls if c.reads]
                if calls:
                    self._make(drawn.choice(calls), pool)
                else:
                    time.sleep(0.001)
                self._turns[number] += 1

        return work

    def _make(self, call: Call, pool: Pool) -> None:
        began = time.perf_counter()
        try:
            with pool.connection() as conn:
                call.run(conn)
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller met it
            failure = f"{call.name}: {type(error).__name__}: {error}"
            with self._lock:
                self.failures.append(failure)
        waited = time.perf_counter() - began
        with self._lock:
            self.made += 1
            self.longest = max(self.longest, (waited, call.name))


@contextmanager
def traffic(url: str, *, callers: int) -> Iterator[Traffic]:
    """Callers on a pool, asking for nothing yet; they go home with the block."""
    met = Traffic()
    with open_pool(url, size=callers, overflow=0) as pool:
        work = [met.caller(pool, number) for number in range(callers)]
        threads = [threading.Thread(target=each) for each in work]
        for thread in threads:
            thread.start()
        try:
            yield met
        finally:
            met.stop()
            for thread in threads:
                thread.join()
