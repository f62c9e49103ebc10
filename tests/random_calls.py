"""Walks at random through what can be done with a connection, and holds each step to psycopg.

    python tests/random_calls.py --seconds 600

Each step is taken twice: by our functions on one connection, and by psycopg's plain way on another,
each on a database of its own. Answers, SQLSTATEs, notices and the state of the transaction must be
the same. The seed is printed first: with `--seed` the same steps come again.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb, set_json_loads
from psycopg.types.numeric import FloatLoader

from mirrored import NEVER, Call, Outcome, Side, Wanted, interrupted
from sqlwright.server import temporary_server
from sqlwright.urls import local_url

TABLES = """
create type mood as enum ('calm', '喜悦');
create table things (
    id int primary key, n int, t text, j jsonb, at timestamptz, d date, a int[], m mood,
    constraint few check (id < 1000)
);
create table laters (id int unique deferrable initially deferred);
create schema other;
create table other.things (
    id bigint primary key, n text, t text, j jsonb, at timestamptz, d date, a int[], m text
);
create function speak(what text) returns text language plpgsql as
    $$begin raise notice '%', what; return what; end$$;
create function fall(id int) returns int language plpgsql as
    $$begin perform pg_sleep(0); return 1 / (id - id); end$$;
"""
QUERIES = """
-- name: get(id)^
select * from things where id = :id;

-- name: text_of(id)$
select t from things where id = :id;

-- name: list_all()
select * from things order by id, n, t;

-- name: table_of()
table things order by id, n, t;

-- name: list_by_n(n)
select id, n from things where n = :n order by id;

-- name: list_by_ids(ids)
select id, t from things where id = any(:ids) order by id;

-- name: find_several()^
select id, t from things;

-- name: add(id, n, t)^
insert into things (id, n, t) values (:id, :n, :t) returning *;

-- name: add_all(id, j, at, d, a)^
insert into things (id, j, at, d, a) values (:id, :j, :at, :d, :a) returning *;

-- name: put(id, t)!
insert into things (id, t) values (:id, :t) on conflict (id) do update set t = excluded.t;

-- name: set_n(id, n)!
update things set n = :n where id = :id;

-- name: set_mood(id, m)^
update things set m = :m where id = :id returning id, m;

-- name: raise_all()
with raised as (update things set a = a || 1 where id > 0 returning id, a)
select id, a from raised order by id, a;

-- name: remove(id)!
delete from things where id = :id;

-- name: empty()#
delete from things where id > 20; delete from laters; select 1;

-- name: add_later(id)!
insert into laters values (:id);

-- name: divide(by)$
select 7 / :by::int;

-- name: fall(by)$
select fall(:by::int);

-- name: read(text)$
select :text::text::int;

-- name: length(text)$
select length(:text::text);

-- name: repeat(text, times)$
select repeat(:text::text, :times::int);

-- name: numbers(most)
select n, n::text as 名, n::numeric / 4 as part from generate_series(1, :most::int) as n;

-- name: fall_at(most)
select 100 / (n - :most::int) as q from generate_series(1, 3000) as n;

-- name: moment()$
select '2026-01-01 00:00+00'::timestamptz;

-- name: values()^
select 0.5::numeric as x, '{"a": [1.5, "é"]}'::jsonb as j, 1.1::float4 as f, null as nothing,
    '2026-02-03'::date as d, '\\x00ff'::bytea as b, array['2026-01-01 00:00+00'::timestamptz] as l;

-- name: nothing()
select from things;

-- name: setting(name)$
select current_setting(:name);

-- name: zone()$
show timezone;

-- name: speak(what)$
select speak(:what);

-- name: tell(what)!
select pg_notify('told', :what);

-- name: sleep(seconds)$
select 1 from pg_sleep(:seconds::float8);

-- name: sleep_later()
select n, case when n > 1500 then pg_sleep(9)::text end from generate_series(1, 2000) as n;

-- name: add_column()!
alter table things add column if not exists extra int default 7;

-- name: load()!
copy things (id, n, t) from stdin;

-- name: export()
copy (select * from things order by id, n, t) to stdout;

-- name: export_numbers()
copy (select n, repeat('é', 50) as t from generate_series(1, 30000) as n) to stdout;
"""
REMADE = (
    "create table copied (like things including all); insert into copied table things;"
    " drop table things; alter table copied rename to things"
)
CHANGES = [
    "alter table things add column extra int default 7",
    "alter table things add column if not exists more text",
    "alter table things drop column if exists extra",
    "alter table things drop column if exists more",
    *["alter table things alter n type int using n::int", "alter table things alter n type text"]
    * 3,
    "alter table things alter n type bigint using n::bigint",
    "alter table things alter n type numeric using n::numeric",
    "alter table things alter t type varchar(5000)",
    "alter table things alter t type text",
    "alter table things alter m type text",
    "alter table things alter m type mood using m::text::mood",
    "alter table things alter m type text; drop type mood",
    "create type mood as enum ('calm', '喜悦')",
    "alter table things rename column extra to more",
    "alter table things rename to gone",
    "alter table gone rename to things",
    REMADE,
    "truncate things",
    "deallocate all",
    "discard all",
    "discard plans",
    "set search_path = other, public",
    "set search_path = public",
    "reset search_path",
    "set role pg_monitor",
    "reset role",
]
MENDED = [
    "reset role",
    "set search_path = public",
    "set client_encoding = 'utf8'",
    "set session characteristics as transaction read write",
    "alter table if exists gone rename to things",
    "commit",
]
# What is in the text of a change that a query may notice.
CONCERNS = {
    "list_by_n": "alter n",
    "set_n": "alter n",
    "set_mood": "alter m",
    "moment": "timezone",
    "values": "timezone",
    "add_all": "timezone",
    "list_all": "alter table",
    "table_of": "alter table",
    "get": "alter table",
}
SETTINGS = [
    "set timezone = 'Asia/Shanghai'",
    "set timezone = 'America/St_Johns'",
    "set timezone = 'UTC'",
    "set datestyle = 'ISO, MDY'",
    "set datestyle = 'ISO, DMY'",
    "set bytea_output = 'escape'",
    "set bytea_output = 'hex'",
    "set client_encoding = 'latin1'",
    "set client_encoding = 'utf8'",
    "set standard_conforming_strings = on",
    "set plan_cache_mode = force_generic_plan",
    "set plan_cache_mode = auto",
    "set statement_timeout = '20s'",
    "set extra_float_digits = 0",
    "set session characteristics as transaction read only",
    "set session characteristics as transaction read write",
    "set local timezone = 'Asia/Tokyo'",
    "listen told",
    "unlisten *",
    "reset all",
]
# What is in no Latin 1, as a server or a client says it.
UNREADABLE = {
    ("failed", "22P05"),
    ("failed", "UnicodeEncodeError"),
    ("failed", "UnicodeDecodeError"),
}
TEXTS = ["", "x", "喜悦", "é", "1", "007", "%s $1 :x", 'it\'s "so"', "a\\b", None]
IDS = [1, 2, 3, 5, 8, 13, 400, 999, 1000, 40_000, 2**40, None]
SIZES = [1, 2, 7, 500, 1000]
WHEN = dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)


class Walk:
    """The two connections, and the steps that were taken."""

    def __init__(self, urls: Sequence[str], admin: str, file: Path, world: str, seed: int) -> None:
        self.choice = random.Random(seed)
        self.ours, self.mirror = Side(urls[0], file, world), Side(urls[1], file, "mirror")
        self.sides = (self.ours, self.mirror)
        self.admin = admin
        self.steps: list[str] = []
        self.taken: Counter[str] = Counter()
        self.stale = 0

    def close(self) -> None:
        """Closes both."""
        for side in self.sides:
            side.close()

    def step(self) -> None:
        """Takes a step.

        Raises:
            AssertionError: what came of it is not the same.
        """
        choice = self.choice
        name = choice.choices(list(STEPS), list(STEPS.values()))[0]
        if self.status == "INERROR" and choice.random() < 0.3:
            name = "block" if self.ours.blocks else "commit"
        self.ours.is_elsewhere = choice.random() < 0.1 and name not in _HERE
        self.taken[name] += 1
        getattr(self, f"_{name}")()
        if self.status == "IDLE":
            tables = [side.tables() for side in self.sides]
            assert tables[0] == tables[1], self.told("the tables", tables)

    @property
    def status(self) -> str:
        """That of our transaction."""
        return str(self.ours.conn.info.transaction_status.name)

    def both(self, said: str, run: Callable[[Side], Any]) -> Outcome:
        """Does something on both sides, and holds one to the other."""
        self.steps.append(f"{said}{' elsewhere' if self.ours.is_elsewhere else ''}")
        outcomes = [side.outcome(run) for side in self.sides]
        states = [side.state for side in self.sides]
        self.steps[-1] += f" -> {outcomes[0]} {states[0]}"[:300]
        if outcomes[0] == ("failed", "StaleQueryError"):
            assert states[0][1] == "INERROR", self.told(said, states)
            self.stale += 1
            self._unwind()
        elif all(one in UNREADABLE for one in outcomes):  # some begin before they encode
            self._unwind()
        else:
            assert outcomes[0] == outcomes[1], self.told(said, outcomes)
            assert states[0] == states[1], self.told(said, states)
        if self.ours.conn.closed:
            for side in self.sides:
                side.connect()
        return outcomes[0]

    def told(self, said: str, found: Sequence[Any]) -> str:
        """What isn't the same, and how it came to that."""
        steps = "\n".join(self.steps[-40:])
        return f"{steps}\n\n{said}\nours   {str(found[0])[:2000]}\npsycopg {str(found[1])[:2000]}"

    def _unwind(self) -> None:
        """Goes back to where no transaction is open."""
        for side in self.sides:
            while side.blocks:
                side.outcome(lambda side: side.leave(Wanted()))
            side.wait(side.conn.rollback())
        states = [side.state[:3] for side in self.sides]
        assert states[0] == states[1], self.told("unwound", states)

    # What is drawn

    def drawn(self) -> Call:
        """A named query and its arguments."""
        choice = self.choice
        id_, n = choice.choice(IDS), choice.choice([*IDS, "7", "8", "8", "8"])
        text = choice.choice(TEXTS)
        return choice.choice(
            [
                ("get", {"id": id_}),
                ("text_of", {"id": id_}),
                *[("list_all", {})] * 3,
                *[("table_of", {})] * 3,
                *[("list_by_n", {"n": n})] * 4,
                ("list_by_ids", {"ids": choice.choice([[], [1], [1, 2**33], [None], [2, None]])}),
                ("find_several", {}),
                ("add", {"id": id_, "n": n, "t": text}),
                (
                    "add_all",
                    {
                        "id": id_,
                        "j": choice.choice([None, Jsonb([1, "é"]), Jsonb(None), Jsonb({"a": 1.5})]),
                        "at": choice.choice([None, WHEN, WHEN.replace(tzinfo=None)]),
                        "d": choice.choice([None, WHEN.date(), "2026-05-06"]),
                        "a": choice.choice([None, [], [1, None], [70_000]]),
                    },
                ),
                ("put", {"id": id_, "t": text}),
                ("set_n", {"id": id_, "n": n}),
                ("set_mood", {"id": id_, "m": choice.choice(["calm", "喜悦", None])}),
                ("raise_all", {}),
                ("remove", {"id": id_}),
                ("empty", {}),
                ("add_later", {"id": choice.choice([1, 2])}),
                ("divide", {"by": choice.choice([0, 1, 7, "7", None])}),
                ("fall", {"by": 1}),
                ("read", {"text": text}),
                ("length", {"text": choice.choice(["x", "x", None, "é" * 1_500_000])}),
                ("repeat", {"text": "喜é", "times": choice.choice([0, 3, 3, 400_000])}),
                ("numbers", {"most": choice.choice([0, 1, 299, 300, 2000])}),
                ("fall_at", {"most": choice.choice([1, 1500])}),
                *[("moment", {})] * 3,
                *[("values", {})] * 2,
                ("nothing", {}),
                ("setting", {"name": choice.choice(["timezone", "search_path", "no.such"])}),
                ("zone", {}),
                ("speak", {"what": choice.choice(["x", "喜悦", None])}),
                ("tell", {"what": choice.choice(["a", "b"])}),
                ("add_column", {}),
            ]
        )

    def part(self) -> dict[str, Any]:
        """How much of a stream is read, and how it is ended."""
        choice = self.choice
        is_all = self.ours.conn.info.encoding != "utf-8"  # in which a row that is left out may fail
        return {
            "most": None if is_all else choice.choice([None, None, 1, 3, 600]),
            "end": choice.choice(["close", "forget"]),
        }

    # The steps

    def _call(self) -> None:
        call = self.drawn()
        self.both(f"call {call}"[:200], lambda side: side.call(*call))

    def _again(self) -> None:
        call = self.drawn()
        for _ in range(self.choice.randint(2, 7)):
            self.both(f"call {call}"[:200], lambda side: side.call(*call))

    def _around(self) -> None:
        """The same before and after something else, mostly what may make it stale."""
        choice, call = self.choice, self.drawn()
        calls = [each for each in (call, self.drawn(), self.drawn()) if each[0] not in _ALONE]
        is_unit = len(calls) > 1 and choice.random() < 0.4
        texts = [text for text in (*CHANGES, *SETTINGS) if CONCERNS.get(call[0], " ") in text]
        for _ in range(choice.choice([2, 2, 3])):
            for _ in range(choice.choice([1, 2])):
                if is_unit:
                    self.both(f"unit {calls}"[:400], lambda side: side.unit(calls))
                else:
                    self.both(f"call {call}"[:200], lambda side: side.call(*call))
            between = choice.choice(["change", "change", "change", "streamed", "stream", "call"])
            if between == "change":
                self._change(choice.choice(texts))
            else:
                getattr(self, f"_{between}")()

    def _mend(self) -> None:
        """Back to where most calls succeed."""
        if self.status == "IDLE":
            for text in MENDED:
                self.both(text, lambda side, text=text: side.execute(text))

    def _unit(self) -> None:
        calls = [self.drawn() for _ in range(self.choice.randint(1, 4))]
        calls = [call for call in calls if call[0] not in _ALONE] or [("moment", {})]
        self.both(f"unit {calls}"[:400], lambda side: side.unit(calls))

    def _stream(self) -> None:
        choice, part = self.choice, self.part()
        calls = [
            ("list_all", {}),
            ("table_of", {}),
            ("list_by_n", {"n": choice.choice(IDS)}),
            ("numbers", {"most": choice.choice([0, 1, 500, 1000, 5000])}),
            ("fall_at", {"most": choice.choice([1, 1500, 3000])}),
        ]
        call, size = choice.choice(calls), choice.choice(SIZES)
        if call[0] == "fall_at":
            part["most"] = None
        said = f"stream {call} by {size}, {part}"
        self.both(said, lambda side: side.stream(call, size=size, **part))

    def _busy(self) -> None:
        others = [call for call in (self.drawn(), self.drawn()) if call[0] not in _ALONE]
        call, size = ("numbers", {"most": self.choice.choice([0, 100, 5000])}), 7
        if self.ours.conn.info.encoding == "utf-8" and others:
            said = f"stream {call} and in it {others}"[:300]
            self.both(said, lambda side: side.busy(call, others, size=size))

    def _together(self) -> None:
        reads = ("get", "list_all", "list_by_n", "list_by_ids", "numbers", "values", "moment")
        calls = [call for call in (self.drawn() for _ in range(12)) if call[0] in reads]
        if calls and self.status == "IDLE" and self.ours.conn.autocommit:
            self.both(f"at once {calls}"[:300], lambda side: side.together(calls))

    def _copy_out(self) -> None:
        name, part = self.choice.choice(["export", "export", "export_numbers"]), self.part()
        self.both(f"copy out {name}, {part}", lambda side: side.copy_out(name, **part))

    def _copy_in(self) -> None:
        choice = self.choice
        start = choice.choice([20, 300, 950, 990])
        rows = [
            (start + n, choice.choice([None, n]), choice.choice(["é喜", None, "x" * 3000]))
            for n in range(choice.choice([0, 1, 5, 40]))
        ]
        self.both(f"copy in {start} {len(rows)}", lambda side: side.copy_in("load", rows))

    def _interrupt(self) -> None:
        how = self.choice.choice(["cancel", "ctrl-c", "terminate"])
        what = self.choice.choice(["call", "first call", "unit", "stream", "execute"])
        if what == "stream" and not (self.status == "IDLE" and self.ours.conn.autocommit):
            return  # a transaction goes on behind its savepoint

        def run(side: Side) -> Any:
            with interrupted(side, self.admin, how):
                if what == "execute":
                    return side.execute("select pg_sleep(9)")
                if what == "stream":
                    return side.stream(("sleep_later", {}), size=100, most=None, end="close")
                if what == "unit":
                    return side.unit([("moment", {}), ("sleep", {"seconds": 9}), ("moment", {})])
                seconds = 9.5 if what == "call" else 9
                return side.call("sleep", {"seconds": seconds})

        self.both(f"{how} of a {what}", run)

    def _execute(self) -> None:
        text = self.choice.choice(
            [
                "select * from things order by id",
                "insert into things (id) values (1) on conflict do nothing",
                "select 1 / 0",
                "nonsense",
                "select * from pg_temp.missing",
                "begin",
                "commit",
                "rollback",
                "savepoint mine",
                "rollback to savepoint mine",
                "do $$begin raise notice 'done'; end$$",
            ]
        )
        if self.ours.blocks and text in {"commit", "rollback"}:
            return  # psycopg would not know
        prepare = False if "from things" in text else self.choice.choice([None, True])
        self.both(
            f"execute {text} prepare={prepare}",
            lambda side: side.execute(text, prepare=prepare if side.is_ours else None),
        )

    def _change(self, text: str | None = None) -> None:
        text = text or self.choice.choice(CHANGES)
        if text.startswith("alter") and self.choice.random() < 0.3:
            self._change_elsewhere(text)
            return
        if "latin1" in text and self.ours.conn.prepare_threshold is not None:
            # What psycopg prepares then would be stale after a change.
            self.ours.conn.prepare_threshold = NEVER
        self.both(text, lambda side: [side.execute(one) for one in text.split("; ")])

    def _change_elsewhere(self, text: str) -> None:
        """Somebody else changes a table, where nobody holds a lock on it."""
        if self.status != "IDLE":
            return
        failed = []
        self.steps.append(f"elsewhere {text}")
        for side in self.sides:
            with psycopg.connect(side.url, autocommit=True) as conn:
                try:
                    conn.execute(text)
                except psycopg.Error as error:
                    failed.append(error.sqlstate)
        assert failed[:1] == failed[1:], self.told(text, failed)

    def _set(self) -> None:
        self._change(self.choice.choice(SETTINGS))

    def _commit(self) -> None:
        how = self.choice.choice(["commit", "commit", "rollback"])
        self.both(how, lambda side: side.wait(getattr(side.conn, how)()))

    def _autocommit(self) -> None:
        to = self.choice.random() < 0.6
        self.both(f"autocommit {to}", lambda side: side.wait(side.conn.set_autocommit(to)))

    def _isolation(self) -> None:
        level = self.choice.choice([None, *psycopg.IsolationLevel])
        if level is psycopg.IsolationLevel.READ_UNCOMMITTED:
            level = None
        self.both(
            f"isolation {level}", lambda side: side.wait(side.conn.set_isolation_level(level))
        )

    def _block(self) -> None:
        """Enters a block or leaves one."""
        choice = self.choice
        if self.ours.blocks and choice.random() < 0.6:
            fails = choice.random() < 0.3
            self.both(f"leave {fails}", lambda side: side.leave(Wanted() if fails else None))
            return
        force = choice.random() < 0.1
        if len(self.ours.blocks) < 3 and self.status != "INERROR":
            self.both("enter", lambda side: side.enter(force_rollback=force))

    def _pipeline(self) -> None:
        calls = [self.drawn() for _ in range(self.choice.randint(1, 3))]
        # psycopg can't leave a pipeline whose commit is refused.
        calls = [call for call in calls if call[0] not in {*_ALONE, "add_later"}]
        if calls:
            self.both(f"pipeline {calls}"[:300], lambda side: side.pipeline(calls))

    def _executemany(self) -> None:
        rows = [(self.choice.choice(IDS), self.choice.choice(["x", "é", None])) for _ in range(3)]

        def run(side: Side) -> Any:
            side.execute("select 1", prepare=False)
            cursor = side.conn.cursor()
            text = "insert into things (id, t) values (%s, %s) on conflict do nothing"
            side.wait(cursor.executemany(text, rows))
            return cursor.rowcount

        self.both(f"executemany {rows}", run)

    def _streamed(self) -> None:
        """psycopg's own chunks, after which libpq stays in them for a pipeline's first result."""
        size = self.choice.choice([1, 100])
        text = "select n from generate_series(1, 250) as n"
        self.both(f"psycopg's stream by {size}", lambda side: side.streamed(text, size=size))

    def _server_cursor(self) -> None:
        call, text = self.drawn(), "select n from generate_series(1, 50) as n"
        if call[0] in _ALONE or self.status != "INTRANS":
            return

        def run(side: Side) -> Any:
            cursor = side.conn.cursor("mine")
            side.wait(cursor.execute(text))
            rows = side.wait(cursor.fetchmany(3))
            try:
                return rows, side.call(*call), side.wait(cursor.fetchmany(3))
            finally:
                if side.conn.info.transaction_status.name == "INTRANS":
                    side.wait(cursor.close())

        self.both(f"server cursor around {call}"[:200], run)

    def _options(self) -> None:
        conn, choice = self.ours.conn, self.choice
        if conn.info.encoding == "utf-8" and conn.prepare_threshold is not None:
            conn.prepare_threshold = choice.choice([0, 5, 5, NEVER])
        conn.prepared_max = choice.choice([0, 1, 3, 100, 100])
        self.steps.append(f"options {conn.prepare_threshold} {conn.prepared_max}")

    def _adapters(self) -> None:
        """What is registered late counts for the functions that are read then."""
        what = self.choice.choice(["float", "json", "rows"])
        self.steps.append(f"adapters {what}")
        for side in self.sides:
            if what == "float":
                side.conn.adapters.register_loader("numeric", FloatLoader)
            elif what == "json":
                set_json_loads(_loads, side.conn)
            side.load()

    def _reconnect(self) -> None:
        """And some prepare nothing from then on, as behind a pooler."""
        self.both("close", lambda side: side.wait(side.conn.close()))
        if self.choice.random() < 0.3:
            self.ours.conn.prepare_threshold = None

    def _kept(self) -> None:
        """The server has no more prepared statements than it may have."""
        conn = self.ours.conn
        if conn.info.transaction_status.name != "IDLE" or not conn.autocommit:
            return
        self.ours.outcome(lambda side: side.call("moment", {}))
        text = "select count(*) from pg_prepared_statements where name like 'sqlwright%'"
        ((count,),) = self.ours.execute(text, prepare=False)
        assert count <= 100 + 4, self.told("statements", [count, 100])


def _loads(text: Any) -> Any:
    return "loaded", bytes(text) if not isinstance(text, str) else text


_ALONE = {"empty", "zone", "add_column", "find_several"}
_HERE = {"interrupt", "together"}  # Ctrl-C, and an asyncio.Lock, which keeps to the first loop
STEPS = {
    "call": 20,
    "around": 45,
    "mend": 6,
    "again": 4,
    "unit": 14,
    "stream": 8,
    "busy": 3,
    "together": 4,
    "copy_out": 4,
    "copy_in": 4,
    "interrupt": 1,
    "execute": 6,
    "change": 10,
    "set": 6,
    "commit": 8,
    "autocommit": 5,
    "isolation": 1,
    "block": 10,
    "pipeline": 4,
    "executemany": 2,
    "streamed": 3,
    "server_cursor": 2,
    "options": 2,
    "adapters": 1,
    "reconnect": 0.5,
    "kept": 1,
}


def main() -> None:
    """Walks until the time is over, or a step is not the same on both sides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="for how long")
    parser.add_argument("--steps", type=int, default=300, help="how many a walk has")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="to repeat")
    parser.add_argument("--world", choices=["sync", "async"], help="of the one kind alone")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    until, seed, taken, stale = time.monotonic() + options.seconds, options.seed, Counter(), 0
    with temporary_server() as server, tempfile.TemporaryDirectory() as folder:

        def url(name: str) -> str:
            return local_url(
                user="postgres", database=name, socket=str(server.socket), port=server.port
            )

        file = Path(folder) / "things.sql"
        file.write_text(QUERIES, encoding="utf-8")
        while time.monotonic() < until:
            world = options.world or ("sync", "async")[seed % 2]
            with psycopg.connect(url("postgres"), autocommit=True) as conn:
                for name in ("ours", "mirror"):
                    conn.execute(f"drop database if exists {name} with (force)")
                    conn.execute(f"create database {name}")
                    with psycopg.connect(url(name), autocommit=True) as made:
                        made.execute(TABLES)
            walk = Walk([url("ours"), url("mirror")], url("postgres"), file, world, seed)
            try:
                for _ in range(options.steps):
                    walk.step()
            except AssertionError as error:
                sys.exit(f"seed {seed}, {world}, step {sum(walk.taken.values())}\n{error}")
            finally:
                walk.close()
            seed, taken, stale = seed + 1, taken + walk.taken, stale + walk.stale
    print(f"{seed - options.seed} walks, {sum(taken.values())} steps, {stale} of them stale")  # noqa: T201


if __name__ == "__main__":
    main()
