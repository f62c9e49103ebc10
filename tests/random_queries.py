"""Queries drawn at random over three small tables, to catch a column that is wrongly not null.

    python tests/random_queries.py --queries 5000

The seed is printed first: with `--seed` the same queries come again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from nulls import certain_columns, null_columns
from sqlwright.generate.describe import describe
from sqlwright.queries import read_queries
from sqlwright.server import temporary_server
from sqlwright.urls import local_url

# `a` and `c` are not null, `b` and `d` are.
SCHEMA = """
create schema drawn;
create table drawn.r (a int not null, b int, c text not null, d text);
create table drawn.s (a int not null, b int, c text not null, d text);
create table drawn.t (a int not null, b int, c text not null, d text);
create view drawn.v as
select r.a, s.a as b, coalesce(r.d, '') as c, s.c as d
from drawn.r left join drawn.s on s.a = r.b;
"""
FULL = "(1, null, 'x', null), (2, 1, '', 'x'), (3, 3, 'y', 'y'), (2, 2, 'x', '')"
ROWS = {
    "empty": [],
    "one table": [f"insert into drawn.r values {FULL}"],
    "all tables": [
        f"insert into drawn.r values {FULL}",
        f"insert into drawn.s values {FULL}, (9, null, 'z', null)",
        "insert into drawn.t values (1, null, 'x', null), (7, 2, 'q', null)",
    ],
    "all null": [
        f"insert into drawn.{table} values (1, null, 'x', null), (2, null, 'y', null)"
        for table in "rst"
    ],
}
TESTS = ["true", "false", "unknown", "not true", "not false", "not unknown"]
TABLES = ["drawn.r", "drawn.s", "drawn.t", "drawn.v"]
TYPES = {"a": "int", "b": "int", "c": "text", "d": "text"}
# What is known only while it runs: two rows for one value, a full join that can't be done.
_REFUSED = (
    psycopg.DataError,
    psycopg.errors.CardinalityViolation,
    psycopg.errors.FeatureNotSupported,
)
Columns = list[tuple[str, str]]


@dataclass
class Drawing:
    """One query being drawn; every alias in it is another."""

    choice: random.Random
    aliases: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def alias(self) -> str:
        """A name that the query doesn't have yet."""
        return f"x{next(self.aliases)}"

    def statement(self) -> str:
        """A select with names for its columns, or something that returns rows."""
        if self.choice.random() < 0.12:
            return self.writing()
        text, columns = self.select(3, [])
        name = self.alias()
        names = ", ".join(f"c{number}" for number in range(len(columns)))
        opening = f"with {name} ({names}) as {self.choice.choice(['', 'materialized '])}({text})"
        if self.choice.random() < 0.2:
            return f"{opening} select {names} from {name}"
        return f"select {names} from ({text}) as {name} ({names})"

    def select(self, depth: int, outer: Columns) -> tuple[str, list[str]]:
        """A select, and the types of its columns."""
        kinds = [self.plain, self.grouped, self.aggregated]
        if depth > 0:
            kinds += [self.plain, self.combined]
        return self.choice.choice(kinds)(depth, outer)

    def plain(self, depth: int, outer: Columns) -> tuple[str, list[str]]:
        """Columns of some tables, with a condition or without, and now and then a window."""
        source, columns = self.source(depth, outer)
        columns = [*columns, *outer]
        types = [self.choice.choice(["int", "text"]) for _ in range(self.choice.randint(1, 4))]
        given = [self.value(kind, columns, depth) for kind in types]
        if self.choice.random() < 0.15:
            types[0], given[0] = "int", self.window(columns, depth)
        listed = ", ".join(f"{value} as e{number}" for number, value in enumerate(given))
        distinct = self.choice.choice(["", "", "", "distinct "])
        return f"select {distinct}{listed} from {source}{self.where(columns, depth)}", types

    def window(self, columns: Columns, depth: int) -> str:
        """A function over a window of some frame."""
        value = self.value("int", columns, depth - 1)
        call = self.choice.choice(
            ["sum({})", "max({})", "first_value({})", "lag({})", "lag({}, 1, 0)", "count({})"]
        ).format(value)
        frame = self.choice.choice(
            [
                "",
                " rows between 1 preceding and current row",
                " rows between 1 preceding and 1 preceding",
            ]
        )
        return f"({call} over (order by {self.value('int', columns, 0)}{frame}))::int"

    def grouped(self, depth: int, outer: Columns) -> tuple[str, list[str]]:
        """Groups of columns or expressions, plain or rolled up, with aggregates beside them."""
        source, columns = self.source(depth, outer)
        keys = [("int", self.value("int", columns, 1)), ("text", self.value("text", columns, 1))]
        keys = [(kind, key) for kind, key in keys if " " in key or "." in key]
        if not keys:
            return self.aggregated(depth, outer)
        form = self.choice.choice(["{}", "{}", "rollup ({})", "cube ({})", "grouping sets (({}))"])
        by = form.format(", ".join(key for _, key in keys))
        having = ""
        if self.choice.random() < 0.4:
            having = " having " + self.choice.choice(
                [f"{keys[0][1]} is not null", f"max({self.value('int', columns, 0)}) > 0"]
            )
        values = [*keys, *self.aggregates(columns, depth)]
        listed = ", ".join(f"{value} as e{number}" for number, (_, value) in enumerate(values))
        text = f"select {listed} from {source}{self.where(columns, depth)} group by {by}{having}"
        return text, [kind for kind, _ in values]

    def aggregated(self, depth: int, outer: Columns) -> tuple[str, list[str]]:
        """Aggregates over everything."""
        source, columns = self.source(depth, outer)
        values = self.aggregates(columns, depth)
        listed = ", ".join(f"{value} as e{number}" for number, (_, value) in enumerate(values))
        ending = self.choice.choice(["", "", "", " having count(*) > 1", " limit 1", " offset 1"])
        text = f"select {listed} from {source}{self.where(columns, depth)}{ending}"
        return text, [kind for kind, _ in values]

    def aggregates(self, columns: Columns, depth: int) -> list[tuple[str, str]]:
        """One or two calls of aggregates."""
        found = []
        for _ in range(self.choice.randint(1, 2)):
            number, text = (self.value(kind, columns, depth - 1) for kind in ("int", "text"))
            only = self.choice.choice(["", "", "", f" filter (where {number} > 1)"])
            found.append(
                self.choice.choice(
                    [
                        ("int", f"count({text}){only}::int"),
                        ("int", f"(max({number}){only})"),
                        ("int", f"(sum({number}){only})::int"),
                        ("text", f"min({text}){only}"),
                        ("text", f"(string_agg({text}, ','){only})"),
                        ("int", f"cardinality(array_agg({number}){only})"),
                    ]
                )
            )
        return found

    def combined(self, depth: int, outer: Columns) -> tuple[str, list[str]]:
        """Two selects of the same two columns."""
        types = [self.choice.choice(["int", "text"]) for _ in range(2)]
        arms = []
        for _ in range(2):
            source, columns = self.source(depth - 1, outer)
            listed = ", ".join(self.value(kind, [*columns, *outer], depth - 1) for kind in types)
            arms.append(f"(select {listed} from {source}{self.where(columns, depth - 1)})")
        operator = self.choice.choice(["union", "union all", "intersect", "except", "except all"])
        return f" {operator} ".join(arms), types

    def source(self, depth: int, outer: Columns) -> tuple[str, Columns]:
        """A table, a subquery, values, or a join of two sources."""
        kind = self.choice.random()
        name = self.alias()
        if depth <= 0 or kind < 0.3:
            columns = [(f"{name}.{column}", of) for column, of in TYPES.items()]
            return f"{self.choice.choice(TABLES)} as {name}", columns
        if kind < 0.45:
            text, types = self.select(depth - 1, outer)
            names = ", ".join(f"f{number}" for number in range(len(types)))
            return f"({text}) as {name} ({names})", [
                (f"{name}.f{number}", of) for number, of in enumerate(types)
            ]
        if kind < 0.5:
            rows = ", ".join(f"({self.literal('int')}, {self.literal('text')})" for _ in range(2))
            return f"(values {rows}) as {name} (a, c)", [
                (f"{name}.a", "int"),
                (f"{name}.c", "text"),
            ]
        if kind < 0.58:
            return f"generate_series(1, 2) as {name} (n)", [(f"{name}.n", "int")]
        return self.join(depth, outer)

    def join(self, depth: int, outer: Columns) -> tuple[str, Columns]:
        """Two sources, joined on something, beside each other, or one for each row of the other."""
        left, left_columns = self.source(depth - 1, outer)
        if self.choice.random() < 0.2:
            text, types = self.select(depth - 1, [*left_columns, *outer])
            name = self.alias()
            names = ", ".join(f"g{number}" for number in range(len(types)))
            kind = self.choice.choice(["left join lateral", "join lateral"])
            columns = [(f"{name}.g{number}", of) for number, of in enumerate(types)]
            condition = self.choice.choice(["true", self.condition([*left_columns, *columns], 1)])
            joined = f"({left} {kind} ({text}) as {name} ({names}) on {condition})"
            return joined, [*left_columns, *columns]
        right, right_columns = self.source(depth - 1, outer)
        columns = [*left_columns, *right_columns]
        kind = self.choice.choice(["join", "left join", "left join", "right join", "full join"])
        numbers = [
            self.choice.choice([name for name, of in side if of == "int"] or ["1"])
            for side in (left_columns, right_columns)
        ]
        condition = f"{numbers[0]} = {numbers[1]}"
        if kind != "full join" and self.choice.random() < 0.5:
            condition = self.condition(columns, 1)
        return f"({left} {kind} {right} on {condition})", columns

    def where(self, columns: Columns, depth: int) -> str:
        """A condition, or none."""
        return f" where {self.condition(columns, depth)}" if self.choice.random() < 0.55 else ""

    def condition(self, columns: Columns, depth: int) -> str:
        """What is true, false or null of a row."""
        number, other = (self.value("int", columns, depth - 2) for _ in range(2))
        text, second = (self.value("text", columns, depth - 2) for _ in range(2))
        forms = [
            f"{number} {self.choice.choice(['=', '<>', '<', '>='])} {other}",
            f"{text} = {second}",
            f"{number} is not null",
            f"{text} is not null",
            f"{text} is null",
            f"{number} is distinct from {other}",
            f"{number} in (1, 2, {other})",
            f"{number} not in (1, {other})",
            f"{number} = any(array[{other}]::int[])",
            f"{number} <> all('{{}}'::int[])",
            f"({number}, {text}) < (3, {second})",
            f"length({text}) > 0",
            f"({number} = {other}) is {self.choice.choice(TESTS)}",
        ]
        if depth > 0:
            one, two = (self.condition(columns, depth - 1) for _ in range(2))
            forms += [f"({one} and {two})", f"({one} or {two})", f"not ({one})"] * 2
            forms += [f"case when {one} then {two} else {number} = 1 end"]
            table, name = self.choice.choice(TABLES), self.alias()
            inner = f"select {name}.b from {table} as {name} where {name}.a > 0"
            forms += [f"{number} in ({inner})", f"{number} not in ({inner})", f"exists ({inner})"]
        return self.choice.choice(forms)

    def literal(self, kind: str) -> str:
        """A constant, sometimes null."""
        values = {"int": ["0", "1", "2"], "text": ["''::text", "'x'::text"]}
        return self.choice.choice([*values[kind], f"null::{kind}"])

    def value(self, kind: str, columns: Columns, depth: int) -> str:
        """An expression of the type."""
        own = [name for name, of in columns if of == kind]
        if depth <= 0 or self.choice.random() < 0.45:
            return (
                self.choice.choice(own)
                if own and self.choice.random() < 0.9
                else self.literal(kind)
            )
        one, two = (self.value(kind, columns, depth - 1) for _ in range(2))
        condition = self.condition(columns, min(depth - 1, 1))
        forms = [
            f"coalesce({one}, {two})",
            f"nullif({one}, {two})",
            f"greatest({one}, {two})",
            f"case when {condition} then {one} else {two} end",
            f"case when {one} is not null then {one} else {two} end",
            f"case when {one} is null then {two} else {one} end",
            f"case when {condition} then {one} end",
        ]
        forms += (
            [f"({one} + {two})", f"length({self.value('text', columns, depth - 1)})", f"abs({one})"]
            if kind == "int"
            else [f"({one} || {two})", f"lower({one})", f"concat({one}, {two})"]
        )
        table, name = self.choice.choice(TABLES), self.alias()
        column = self.choice.choice([column for column, of in TYPES.items() if of == kind])
        compared = self.value("int", columns, 0)
        forms += [
            f"(select max({name}.{column}) from {table} as {name} where {name}.a = {compared})",
            f"(select coalesce(max({name}.{column}), {one}) from {table} as {name})",
            f"(select {one})",
            f"(select {name}.{column} from {table} as {name} where {name}.a = {compared} limit 1)",
        ]
        return self.choice.choice(forms)

    def writing(self) -> str:
        """An insert, update or delete that returns columns and expressions."""
        source, columns = self.source(1, [])
        name = self.alias()
        own = [(f"{name}.{column}", of) for column, of in TYPES.items()]
        form = self.choice.choice(["insert", "update", "delete", "merge"])
        returned = [*own] if form == "insert" else [*own, *columns]
        listed = ", ".join(
            f"{self.value(self.choice.choice(['int', 'text']), returned, 1)} as e{number}"
            for number in range(3)
        )
        numbers = f"{name}.a, {name}.b, {name}.c, {name}.d"
        table = self.choice.choice(["drawn.r", "drawn.s"])
        values = [self.value(of, columns, 1) for of in TYPES.values()]
        values[0], values[2] = f"coalesce({values[0]}, 5)", f"coalesce({values[2]}, '')"
        condition = self.condition([*own, *columns], 1)
        number = self.choice.choice([column for column, of in columns if of == "int"] or ["1"])
        return {
            "insert": f"insert into {table} as {name} select {', '.join(values)} from {source}"
            f" returning {listed}, {numbers}",
            "update": f"update {table} as {name} set b = {self.value('int', [*own, *columns], 1)},"
            f" d = {self.value('text', own, 1)} from {source} where {condition}"
            f" returning {listed}, {numbers}, old.b as was, new.d as is_now",
            "delete": f"delete from {table} as {name} using {source} where {condition}"
            f" returning {listed}, {numbers}",
            "merge": f"merge into {table} as {name} using {source} on {name}.a = {number} and"
            f" {name}.b = 77 when not matched by source and {name}.b = 1 then delete"
            f" when not matched then insert values ({', '.join(values)})"
            f" returning {listed}, {numbers}, old.a as was, new.a as is_now",
        }[form]


def drawn_queries(seed: int, count: int) -> str:
    """A file of so many queries; the same for the same seed."""
    choice = random.Random(seed)
    statements = (Drawing(choice).statement() for _ in range(count))
    return "\n\n".join(f"-- name: q{at}()\n{one};" for at, one in enumerate(statements))


def failures(conn: psycopg.Connection[Any], file: Path) -> tuple[int, int, list[str]]:
    """How many queries ran and columns were claimed, and those claims that a row disproves."""
    described = describe(
        conn, [one for one in read_queries(file) if _is_taken(conn, one.statement)]
    )
    ran: set[str] = set()
    wrong = []
    for name, statements in ROWS.items():
        with conn.transaction(force_rollback=True):
            for statement in statements:
                conn.execute(statement)
            for one in described:
                try:
                    found = null_columns(conn, one.query.statement)
                except _REFUSED:
                    continue
                ran.add(one.query.name)
                certain = certain_columns(one)
                columns = [certain[number] for number in found & certain.keys()]
                wrong += [f"{name}: {columns} in {one.query.statement}"] if columns else []
    return len(ran), sum(len(certain_columns(one)) for one in described), wrong


def _is_taken(conn: psycopg.Connection[Any], statement: str) -> bool:
    """Whether PostgreSQL takes it: what is drawn may group wrongly, or full join on nothing."""
    with conn.transaction(force_rollback=True):
        return conn.pgconn.prepare(b"", statement.encode()).error_message == b""


def main() -> None:
    """Draws and runs queries until there are enough, or a claim is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=5000, help="how many")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="to repeat")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    ran = claimed = 0
    with temporary_server() as running, tempfile.TemporaryDirectory() as folder:
        url = local_url(
            user="postgres", database="postgres", socket=str(running.socket), port=running.port
        )
        file = Path(folder) / "drawn" / "queries.sql"
        file.parent.mkdir()
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(SCHEMA)
            for batch in range(0, options.queries, 500):
                file.write_text(drawn_queries(options.seed + batch, 500), encoding="utf-8")
                more, columns, wrong = failures(conn, file)
                ran, claimed = ran + more, claimed + columns
                if wrong:
                    sys.exit("\n".join(wrong))
    print(f"{ran} queries ran, {claimed} columns are not null")  # noqa: T201


if __name__ == "__main__":
    main()
