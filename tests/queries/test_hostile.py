"""Every generated function, given what nobody should send it: an answer or a typed error."""

from __future__ import annotations

import datetime as dt
import decimal
import ipaddress
import types
import typing
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from hostile_rows import add_rows
from sqlwright.errors import QueryError
from sqlwright.queries.rows import Progress

ROOT = Path(__file__).parent.parent.parent
FILES = [f"{file.parent.name}.{file.stem}" for file in sorted((ROOT / "sql").glob("*/*.sql"))]
# One file of each system; all of them are the same functions behind another connection.
ASYNC_FILES = [
    "claude_fastapi.users",
    "emotional_chat.chat_messages",
    "iopaint.process_records",
    "sisyphus.scenarios",
    "zishu.adapters",
]
# What a caller can expect: PostgreSQL or psycopg refuses, sqlwright does, or Python can't send it.
TYPED = (psycopg.Error, QueryError, ValueError, TypeError, OverflowError)
UNIONS = {typing.Union, types.UnionType}
UTC = dt.UTC
EARLIEST, LATEST = (dt.datetime.combine(day, dt.time()) for day in (dt.date.min, dt.date.max))

TEXTS = [
    "",
    "'; drop schema zishu cascade; --",
    "\"'`\\",
    "%s %(name)s %",
    ":name ::text",
    "$1 $$ $2",
    "\x00",
    "a\x00b",
    "\ud800",
    "a\udfffb",
    "🐱👩‍👩‍👧‍👦",
    "你好世界 𠮷",
    "\u202e\ufeff\u0301\uffff",
    "\r\n\t\x1b[31m",
    "((*&|!:<->",
    "{}[]{,null}",
    "-Infinity",
    "Asia/Shanghai",
    "x" * 30_000,
    "猫" * 5_000,
]
INTEGERS = [0, 1, -1, 2**15, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), 10**400]
JSON: list[Any] = [
    None,
    {},
    [],
    0,
    "",
    True,
    {"": {"a": [{"b": [None, [[]], "\u0000"]}]}},
    {"%s": ":name", "$1": "';--"},
    [[[[[[[["猫"]]]]]]]],
    [{"id": None, "name": 1, "kind": [], "position": "x", "config": 7}],
    [None, 1, "a", {}, []],
    float("nan"),
    float("-inf"),
    1e308,
    10**400,
    {"\ud800": "\udfff"},
    {1: 2},
    EARLIEST,
    {1, 2},
    Jsonb(None),
    "x" * 30_000,
]
# Each kind of value, the worst of it; what a system's own rows hold is added to these.
HOSTILE: dict[Any, list[Any]] = {
    str: TEXTS,
    int: INTEGERS,
    bool: [True, False],
    Any: JSON,
    uuid.UUID: [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)],
    decimal.Decimal: [
        decimal.Decimal(text)
        for text in ("0", "-0", "NaN", "Infinity", "-Infinity", "1e-400", "-1e400", "0.1234567891")
    ],
    dt.datetime: [
        EARLIEST,
        LATEST,
        EARLIEST.replace(tzinfo=UTC),
        LATEST.replace(tzinfo=UTC),
        LATEST.replace(tzinfo=dt.timezone(dt.timedelta(hours=-23))),
        dt.datetime(2026, 3, 29, 2, 30, fold=1, tzinfo=UTC),
    ],
    dt.date: [dt.date.min, dt.date.max],
    ipaddress.IPv4Address: [ipaddress.IPv4Address("255.255.255.255")],
    ipaddress.IPv6Address: [ipaddress.IPv6Address("fe80::1%eth0")],
    ipaddress.IPv4Interface: [ipaddress.IPv4Interface("10.0.0.1/0")],
    ipaddress.IPv6Interface: [ipaddress.IPv6Interface("::/0")],
}
DRAWN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(), max_size=30),
    int: st.integers(-(2**70), 2**70),
    Any: st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(st.characters(), max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
    decimal.Decimal: st.decimals(),
    dt.datetime: st.datetimes() | st.datetimes(timezones=st.just(UTC)),
}


def fits(value: Any, annotation: Any) -> bool:
    """Whether the value is what the annotation says, all the way down."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in UNIONS:
        return any(fits(value, choice) for choice in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is list:
        return type(value) is list and all(fits(each, arguments[0]) for each in value)
    if type(value) is annotation and hasattr(annotation, "_fields"):
        return all(map(fits, value, typing.get_type_hints(annotation).values()))
    return annotation is Any or type(value) is annotation


def worst(annotation: Any, real: list[Any]) -> list[Any]:
    """The fixed values for a parameter, with what the system's rows really hold there."""
    if typing.get_origin(annotation) in UNIONS:
        return [value for choice in typing.get_args(annotation) for value in worst(choice, real)]
    if typing.get_origin(annotation) is typing.Literal:
        return [*typing.get_args(annotation), "\x00", "no such value"]
    if typing.get_origin(annotation) is list:
        (element,) = typing.get_args(annotation)
        each = worst(element, real)
        return [[], [None], real, *([value, None, value] for value in each), each]
    return [None] if annotation is type(None) else [*real, *HOSTILE[annotation]]


def drawn(annotation: Any, real: list[Any]) -> st.SearchStrategy[Any]:
    """Any value for a parameter, often one of the fixed."""
    fixed = st.sampled_from(worst(annotation, real))
    if typing.get_origin(annotation) in UNIONS:
        return st.one_of([drawn(choice, real) for choice in typing.get_args(annotation)])
    if typing.get_origin(annotation) is list:
        (element,) = typing.get_args(annotation)
        return fixed | st.lists(drawn(element, real), max_size=4)
    return fixed | DRAWN[annotation] if annotation in DRAWN else fixed


def functions(module: Any) -> Iterator[tuple[Callable[..., Any], dict[str, Any], Any]]:
    """Each generated function, its parameters' annotations and its result's on a `Connection`.

    Those that copy have no parameters: tests/integration/test_bulk.py is about them.
    """
    for member in vars(module).values():
        if isinstance(member, types.FunctionType) and typing.get_overloads(member):
            hints = typing.get_type_hints(typing.get_overloads(member)[0])
            result = hints.pop("return")
            del hints["conn"]
            if hints.get("progress") != Progress | None:
                yield member, hints, result


class Hostility:
    """Calls of one file's functions, each taken back, on the rows of its system."""

    def __init__(self, systems: Any, run: Any, file: str) -> None:
        self.schema, self.table = file.split(".")
        self.module = getattr(getattr(systems, self.schema), self.table)
        self.run = run
        run.sql("set local statement_timeout = '20s'")
        add_rows(systems, run, self.schema)
        self._columns = self._read()
        run.sql("savepoint hostile")

    def _read(self) -> dict[str, list[Any]]:
        """What the rows hold, by `table.column` and by `column`."""
        tables = self.run.sql(
            "select table_name::text, array_agg(column_name::text order by ordinal_position)"
            " from information_schema.columns join information_schema.tables"
            " using (table_schema, table_name)"
            " where table_schema = %s and table_type = 'BASE TABLE' group by 1 order by 1",
            self.schema,
        )
        found: dict[str, list[Any]] = {}
        for table, columns in tables:
            for row in self.run.sql(f"select * from {self.schema}.{table} limit 3"):
                for name, value in zip(columns, row, strict=True):
                    found.setdefault(f"{table}.{name}", []).append(value)
                    found.setdefault(name, []).append(value)
        return found

    def real(self, parameter: str, annotation: Any) -> list[Any]:
        """What the rows hold in the column that the parameter is named after."""
        if typing.get_origin(annotation) is list:
            annotation, parameter = typing.get_args(annotation)[0], parameter.removesuffix("s")
        for prefix in ("before_", "after_", "seen_", "old_"):
            parameter = parameter.removeprefix(prefix)
        values = self._columns.get(f"{self.table}.{parameter}") or self._columns.get(parameter, [])
        return [value for value in values if value is not None and fits(value, annotation)][:3]

    def call(self, query: Any, result: Any, arguments: dict[str, Any]) -> None:
        """Calls it once: the answer is what the types say or the error typed, and work goes on."""
        try:
            answer = self.run(query, **arguments)
        except psycopg.errors.QueryCanceled:
            pytest.fail(f"{query.__name__}(**{arguments!r}) doesn't end")
        except TYPED:
            pass
        else:
            assert fits(answer, result), f"{query.__name__}(**{arguments!r}) gave {answer!r}"
        self.run.sql("rollback to savepoint hostile")
        assert self.run.sql("select 1") == [(1,)]

    def fixed(self) -> None:
        """Calls every function with every fixed value, as many of them at once as it takes."""
        for query, parameters, result in functions(self.module):
            values = {
                name: worst(annotation, self.real(name, annotation))
                for name, annotation in parameters.items()
            }
            for turn in range(max(map(len, values.values()), default=1)):
                arguments = {name: each[turn % len(each)] for name, each in values.items()}
                self.call(query, result, arguments)

    def drawn(self) -> None:
        """Calls every function with values that are drawn, the same ones every time."""
        for query, parameters, result in functions(self.module):
            strategies = {
                name: drawn(annotation, self.real(name, annotation))
                for name, annotation in parameters.items()
            }
            self._draw(query, result, st.fixed_dictionaries(strategies))

    def _draw(self, query: Any, result: Any, arguments: st.SearchStrategy[dict[str, Any]]) -> None:
        @settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples=4,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(arguments=arguments)
        def holds(arguments: dict[str, Any]) -> None:
            self.call(query, result, arguments)

        holds()


@pytest.mark.parametrize("run", ["sync"], indirect=True)
@pytest.mark.parametrize("file", FILES)
def test_hostile_values_give_an_answer_or_a_typed_error(systems, run, file):
    """The connection is usable after each call, whatever was sent: the worst, then drawn values."""
    hostility = Hostility(systems, run, file)
    hostility.fixed()
    hostility.drawn()


@pytest.mark.parametrize("run", ["async"], indirect=True)
@pytest.mark.parametrize("file", ASYNC_FILES)
def test_hostile_values_do_no_harm_to_an_async_connection(systems, run, file):
    """It gives an answer or a typed error, and is usable afterwards."""
    Hostility(systems, run, file).fixed()
