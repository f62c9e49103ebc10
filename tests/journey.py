"""A database's way through all of its migrations, under a load of queries, and what was seen on it.

A step is tried on a copy first: there one sees which queries go on before and after it. Those are
called without pause while the step is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from heavy_rows import HeavyRows, queries_by_table
from sqlwright.config import Project, load_project
from sqlwright.migrations import migrate
from sqlwright.queries import Query
from sqlwright.secrets import Keyring, new_key
from sqlwright.seeding.fill import fill_what_fits, read_fill
from traffic import Call, Traffic, traffic

__all__ = ["Journey", "journey", "report"]

ROOT = Path(__file__).parent.parent
ROWS = 300
CALLERS = 3
# Calls that each caller has had answered when a step is over, at least.
TURNS = 20


@dataclass
class Database:
    """A database on its way through history, with rows as soon as a table can hold them."""

    project: Project
    conn: psycopg.Connection[Any]
    keys: Keyring
    queries: Mapping[str, Query]

    def fill(self, schema: str) -> None:
        """Fills the empty tables of the schema that can be filled now."""
        of = {name: query for name, query in self.queries.items() if name.startswith(f"{schema}.")}
        fill_what_fits(self.conn, self.keys, of, rows=ROWS)

    def accepted(self, calls: Sequence[Call]) -> list[Call]:
        """Those of the calls that this database answers."""
        return [call for call in calls if self._accepts(call)]

    def _accepts(self, call: Call) -> bool:
        try:
            call.run(self.conn)
        except psycopg.DatabaseError:
            return False
        return True


@dataclass
class Journey:
    """The database with the traffic, and the copy that is always a step ahead.

    Attributes:
        calls: What the live one answers as it is, by schema.
        reads: Whether a query reads and no more, by its name.
        left_out: Queries that a step makes or unmakes, by step.
        stalls: The longest wait for a call during a step, with the call, by step.
    """

    live: Database
    ahead: Database
    met: Traffic
    calls: dict[str, list[Call]] = field(default_factory=dict)
    reads: dict[str, bool] = field(default_factory=dict)
    left_out: dict[str, set[str]] = field(default_factory=dict)
    stalls: dict[str, tuple[float, str]] = field(default_factory=dict)

    def take(self, operation: str, **which: Any) -> bool:
        """Takes one step under traffic; False where there is none to take."""
        move = migrate.apply if operation == "apply" else migrate.rollback
        done = move(self.ahead.project, steps=1, **which)
        if not done:
            return False
        step, schema = f"{operation} {done[0].id}", done[0].id.rpartition("_0")[0]
        before = self.calls.get(schema, [])
        after = self.ahead.accepted(before)
        self.calls[schema] = after
        self.met.ask_for([call for calls in self.calls.values() for call in calls])
        self.met.longest = (0.0, "")
        move(self.live.project, steps=1, **which)
        self.met.wait_for_turns(TURNS)
        self.stalls[step] = self.met.longest
        self.met.ask_for([])
        for database in (self.ahead, self.live):
            database.fill(schema)
        accepted = self.live.accepted(_calls(self.live.conn, schema))
        self.calls[schema] = [replace(call, reads=self._reads(call)) for call in accepted]
        now = {call.name for call in self.calls[schema]}
        self.left_out[step] = {call.name for call in before} ^ now
        return True

    def _reads(self, call: Call) -> bool:
        """Whether it runs where nothing may be written; a query is asked once."""
        if call.name not in self.reads:
            self.reads[call.name] = _reads(call, self.live.conn)
        return self.reads[call.name]


def _calls(conn: psycopg.Connection[Any], schema: str) -> list[Call]:
    """A call of each query of the schema that fits its tables as they are."""
    heavy = HeavyRows.of(conn, [schema])
    return [
        Call(name=f"{table}.{query.name}", query=query, values=values)
        for table, query in queries_by_table()
        if table in heavy.rows
        for values in _first(heavy, table, query)
    ]


def _reads(call: Call, conn: psycopg.Connection[Any]) -> bool:
    try:
        with conn.transaction():
            conn.execute("set transaction read only")
            call.run(conn)
    except psycopg.Error:
        return False
    return True


def _first(heavy: HeavyRows, table: str, query: Query) -> Iterator[list[str | None]]:
    with suppress(AssertionError):
        yield next(heavy.calls(table, query))


@contextmanager
def journey(live: str, ahead: str) -> Iterator[Journey]:
    """Begins on two empty databases, with callers on the first."""
    with (
        psycopg.connect(live, autocommit=True) as one,
        psycopg.connect(ahead, autocommit=True) as other,
        traffic(live, callers=CALLERS) as met,
    ):
        databases = [_database(url, conn) for url, conn in ((live, one), (ahead, other))]
        yield Journey(*databases, met)


def _database(url: str, conn: psycopg.Connection[Any]) -> Database:
    project = load_project(start=ROOT, database=url)
    return Database(project, conn, Keyring([new_key()]), read_fill(project))


def report(seen: Journey) -> str:
    """How much was tried, the longest wait, and the queries that each step makes or unmakes."""
    waited, step, call = max((wait, step, call) for step, (wait, call) in seen.stalls.items())
    lines = [
        f"{seen.met.made} calls during {len(seen.stalls)} steps, {len(seen.met.failures)} failed.",
        f"The longest wait: {waited * 1000:.0f} ms, for {call} during {step}.",
    ]
    lines += [f"{step} leaves out {', '.join(sorted(n))}" for step, n in seen.left_out.items() if n]
    return "\n".join(lines)
