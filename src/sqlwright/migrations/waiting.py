"""Who is in the way of a migration that waits for a lock: looked at while it waits.

Once the time-out has come nobody is in anybody's way, and PostgreSQL's message names neither the
table nor the session. So a second connection looks, and is opened only where a wait is long.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import psycopg

from sqlwright.queries import named_queries, run_query

__all__ = ["Blocker", "Wait", "Watch"]

_SQL = Path(__file__).parent / "sql" / "waiting.sql"
_LONGEST_QUERY = 60
_OFTEN = 1.0
_LITERAL = re.compile(r"'(?:[^']|'')*(?:'|$)|\$(\w*)\$.*?(?:\$\1\$|$)", re.DOTALL)


@dataclass(frozen=True)
class Blocker:
    """A session or prepared transaction that is in the way, as the query gives it.

    Attributes:
        pid: Its server process; None for a prepared transaction, which has a `gid`.
        is_held: Whether it has what is wanted, or waits for it ahead of us.
        modes: How.
        state: As in pg_stat_activity; None where this role may not see it.
        seconds: For how long it has been in this state.
        since: When its transaction began.
        query: Its last one.
    """

    pid: int | None
    gid: str | None
    is_held: bool
    modes: str
    role: str | None
    application: str | None
    state: str | None
    seconds: float | None
    since: datetime | None
    query: str | None

    @property
    def name(self) -> str:
        """`pid 4711 (shop_app, psql, idle in transaction for 12 s)`."""
        if self.pid is None:
            return f"prepared transaction {self.gid}"
        for_long = "" if self.seconds is None else f" for {self.seconds:.0f} s"
        state = f"{self.state}{for_long}" if self.state else None
        known = ", ".join(part for part in (self.role, self.application, state) if part)
        return f"pid {self.pid} ({known})" if known else f"pid {self.pid}"

    @property
    def last_query(self) -> str:
        """The beginning of its last query, on one line, without literals: they may be secrets."""
        text = " ".join(_LITERAL.sub("'…'", self.query or "").split())
        return text if len(text) <= _LONGEST_QUERY else f"{text[:_LONGEST_QUERY]}…"

    @property
    def remedy(self) -> str:
        """The statement that ends it."""
        if self.pid is None:
            return f"rollback prepared '{self.gid}'"
        return f"select pg_terminate_backend({self.pid})"


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What a session waits for, and who is in the way; `kind` is pg_locks' `locktype`."""

    kind: str
    mode: str
    relation: str | None
    blockers: tuple[Blocker, ...]

    @property
    def wanted(self) -> str:
        """What is waited for."""
        if self.kind == "virtualxid":
            return "older transactions to end"
        if self.kind in {"transactionid", "tuple"}:
            return f"a row of {self.relation}" if self.relation else "a row"
        return f"{self.mode} lock on {self.relation or f'a thing of kind {self.kind}'}"

    def holds(self, blocker: Blocker) -> str:
        """What one of those in the way has or wants."""
        since = f" since {blocker.since:%H:%M:%S}" if blocker.since else ""
        if self.kind in {"virtualxid", "transactionid", "tuple"}:
            return f"{blocker.name} has a transaction open{since}"
        verb = "holds" if blocker.is_held else "waits ahead for"
        return f"{blocker.name} {verb} {blocker.modes} lock{since}"

    def __str__(self) -> str:
        """One line."""
        return f"{self.wanted}: {'; '.join(self.holds(blocker) for blocker in self.blockers)}"


class Watch:
    """Watches a connection for the length of a block; `wait` is the last wait that was seen."""

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        *,
        patience: float,
        tell: Callable[[Wait], object],
    ) -> None:
        """Looks at least once in `patience` seconds; `tell` hears when others are in the way."""
        self.wait: Wait | None = None
        self._conn = conn
        self._every = max(0.05, min(patience / 2, _OFTEN)) if patience else _OFTEN
        self._tell = tell
        self._other: psycopg.Connection[Any] | None = None
        self._pid = conn.info.backend_pid

    def __enter__(self) -> Self:
        self._waits = self._conn.wait
        # All that psycopg does on the connection, our own statements too, passes through here.
        self._conn.wait = self._wait  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *_: object) -> None:
        del self._conn.wait
        if self._other is not None:
            self._other.close()

    def _wait(self, steps: Any, interval: float = 0.1, **options: Any) -> Any:
        return self._waits(self._looking(steps), min(interval, self._every), **options)

    def _looking(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The same steps; when the server is silent for long, a look is taken between two."""
        due = time.monotonic() + self._every
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() >= due:
                    self._look()
                    due = time.monotonic() + self._every
                wanted = steps.send(ready)
        except StopIteration as end:
            return end.value

    def _look(self) -> None:
        """A look that can't be taken, for want of a connection say, does the migration no harm."""
        with suppress(psycopg.Error):
            if self._other is None:
                self._other = _connect_again(self._conn)
            found = _find(self._other, self._pid)
            if found is None:
                return
            is_new = self.wait is None or _pids(found) != _pids(self.wait)
            self.wait = found
            if is_new:
                self._tell(found)


def _pids(wait: Wait) -> list[int | None]:
    return [blocker.pid for blocker in wait.blockers]


def _connect_again(conn: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """Another connection to the very server, of several, that the first one found."""
    return psycopg.connect(
        conn.info.dsn,
        autocommit=True,
        host=conn.info.host,
        hostaddr=conn.info.hostaddr or None,
        port=conn.info.port,
        password=conn.info.password,
        connect_timeout=2,
    )


def _find(conn: psycopg.Connection[Any], pid: int) -> Wait | None:
    rows = run_query(conn, named_queries(_SQL)["find_blockers"], {"pid": pid}).fetchall()
    if not rows:
        return None
    kind, mode, relation = rows[0][:3]
    blockers = tuple(Blocker(*row[3:]) for row in rows)
    return Wait(kind=kind, mode=mode, relation=relation, blockers=blockers)
