"""Prepared queries and psycopg's ordinary way give the same values, of every type, both ways."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import math
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo, register_enum
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range

from sqlwright.queries import load_queries

# What there is of each type, as SQL writes it; of its arrays and ranges too.
VALUES: dict[str, list[str]] = {
    "bool": ["t", "f"],
    "bytea": ["", "\\x00ff", "abc"],
    '"char"': ["a", ""],
    "name": ["relname", "名"],
    "int8": ["0", "-9223372036854775808", "9223372036854775807"],
    "int2": ["-32768", "32767"],
    "int4": ["-2147483648", "2147483647"],
    "text": ["", "a'b\\c\"d", "你好 🐘", "\n\t", "null"],
    "oid": ["0", "4294967295"],
    "json": ['{"a": [1, 2.5, null, "你"]}', "null", "[]", ' {"a": 1e400, "a": "\\ud83d\\ude00"}\n'],
    "jsonb": ['{"b": 1, "a": {"c": [true]}}', "null", '"x"', f"[1e400, -0.5, {2**70}, 1.0]"],
    "cidr": ["10.0.0.0/8", "::/0"],
    "inet": ["127.0.0.1", "10.1.2.3/8", "::1", "fe80::1/64"],
    "float4": ["1.1", "-0", "NaN", "Infinity", "3.4e38", "1e-45"],
    "float8": ["0.1", "-0", "NaN", "-Infinity", "1.7976931348623157e308", "5e-324"],
    "bpchar": ["a  ", ""],
    "varchar": ["a", "你"],
    "date": ["2026-01-01", "0001-01-01", "9999-12-31", "infinity", "-infinity", "0044-03-15 BC"],
    "time": ["00:00", "23:59:59.999999", "24:00"],
    "timestamp": ["2026-02-28 12:00:00.000001", "infinity", "-infinity", "9999-12-31 23:59:59"],
    "timestamptz": ["2026-02-28 12:00+05:30", "infinity", "1900-01-01 00:00+00", "0001-01-02"],
    "interval": ["1 year 2 mons -3 days 04:05:06.789", "-1 mon", "0", "-00:00:01", "3000 years"],
    "timetz": ["12:00:00+08", "23:59:59.5-05:30", "00:00+00"],
    "numeric": ["0", "1.50", "-1e-20", "NaN", "Infinity", "-Infinity", "12345678901234567890.12"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "0189d6c8-51b7-7c77-8f2b-0a4a5d4b3c2d"],
    "int4range": ["empty", "[1,5)", "(,5]", "[1,)", "(,)"],
    "int8range": ["empty", "[1,5)"],
    "numrange": ["[1.5,2.50]", "(,)"],
    "daterange": ["[2026-01-01,2026-02-01)", "[2026-01-01,infinity)", "empty"],
    "tsrange": ["[2026-01-01 00:00,2026-01-02 00:00)", "(,)"],
    "tstzrange": ["[2026-01-01 00:00+00,)", "empty"],
    "int4multirange": ["{}", "{[1,3),[5,7)}"],
    "int8multirange": ["{[1,3),[5,7)}"],
    "nummultirange": ["{[1.5,2.5]}", "{}"],
    "datemultirange": ["{[2026-01-01,2026-02-01)}"],
    "tsmultirange": ["{[2026-01-01 00:00,2026-01-02 00:00)}"],
    "tstzmultirange": ["{[2026-01-01 00:00+00,2026-01-02 00:00+00)}"],
    # Types that psycopg gives as text, since it has no loaders for them.
    "bit(3)": ["101"],
    "box": ["(1,1),(0,0)"],
    "cid": ["1"],
    "circle": ["<(1,2),3>"],
    "int2vector": ["1 2"],
    "jsonpath": ["$.a"],
    "line": ["{1,2,3}"],
    "lseg": ["[(1,2),(3,4)]"],
    "macaddr": ["08:00:2b:01:02:03"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "money": ["1.50"],
    "oidvector": ["1 2"],
    "path": ["((1,2),(3,4))"],
    "pg_lsn": ["16/B374D848"],
    "point": ["(1,2)"],
    "polygon": ["((0,0),(1,1),(2,0))"],
    "regclass": ["pg_class"],
    "regtype": ["int4"],
    "tid": ["(0,1)"],
    "tsquery": ["'a' & 'b'"],
    "tsvector": ["'a' 'b'"],
    "varbit": ["1010"],
    "xid": ["7"],
    "xid8": ["7"],
    # Types of our own, which nobody has registered.
    "same_values.mood": ["glad", "你"],
    "same_values.pair": ["(1,a)", '(,"你 ""x""")'],
    "same_values.word": ["abc"],
    "same_values.span": ["[1.5,2.5)"],
}
# What has no literals of one text, and several columns of which one alone comes as text.
EXPRESSIONS = {
    "record": "row(1, 'a', null)",
    "records": "array[row(1, 'a')]",
    "nested arrays": "array[[1, null], [3, 4]]",
    "empty array": "array[]::int[]",
    "bounded array": "'[5:6]={1,2}'::int[]",
    "void": "pg_sleep(0)",
    "unknown": "'x'",
    "row type": "(select c from (select 1 as a, 'x'::text as b) as c)",
    "mixed": "1::int8 as a, 1.1::float4 as b, now() - now() as c, 'glad'::same_values.mood as d,"
    " '2026-01-01 12:00+00'::timestamptz as e, '{\"a\": 1}'::jsonb as f",
}
SCHEMA = """
create schema same_values;
create type same_values.mood as enum ('glad', '你');
create type same_values.pair as (a int, b text);
create domain same_values.word as text check (value <> '');
create type same_values.span as range (subtype = float8);
"""


class Mood(enum.Enum):
    """An enumeration of both worlds."""

    GLAD = "glad"
    YOU = "你"


# What Python sends.
SENT = {
    "none": None,
    "bool": True,
    "int2": 7,
    "int4": 70_000,
    "int8": 7 * 10**10,
    "numeric of an int": 7 * 10**30,
    "negative": -1,
    "float": 0.1,
    "nan": math.nan,
    "infinity": math.inf,
    "decimal": Decimal("1.50"),
    "decimal nan": Decimal("NaN"),
    "text": "你 '\\ \"",
    "empty": "",
    "bytes": b"\0\xff",
    "bytearray": bytearray(b"ab"),
    "memoryview": memoryview(b"ab"),
    "date": dt.date(2026, 1, 1),
    "time": dt.time(12, 0, 0, 1),
    "timetz": dt.time(12, 0, tzinfo=dt.UTC),
    "timestamp": dt.datetime(2026, 1, 1, 12),  # noqa: DTZ001
    "timestamptz": dt.datetime(2026, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=8))),
    "interval": dt.timedelta(days=-1, seconds=5, microseconds=7),
    "uuid": uuid.UUID("0189d6c8-51b7-7c77-8f2b-0a4a5d4b3c2d"),
    "address": ipaddress.ip_address("10.0.0.1"),
    "network": ipaddress.ip_network("10.0.0.0/8"),
    "json": Json({"a": [1, "你"]}),
    "jsonb": Jsonb(None),
    "list": [1, 2, 70_000],
    "list with none": [None, 1],
    "empty list": [],
    "nested list": [[1, 2], [3, 4]],
    "texts": ["a", None, '"'],
    "times": [dt.date(2026, 1, 1)],
    "range": Range(1, 5),
    "range of dates": Range(dt.date(2026, 1, 1), None),
    "empty range": Range(empty=True),
    "range of nothing": Range(None, None),
    "tuple": (1, "a"),
    "enum": Mood.GLAD,
    "dict": {"a": 1},
    "object": object(),
    "mixed list": [1, "a"],
}


@pytest.fixture(scope="module")
def url(server) -> Iterator[str]:
    """A database with types of its own."""
    with server.janitor("same_values"):
        url = server.url("same_values")
        with psycopg.connect(url) as conn:
            conn.execute(SCHEMA)
        yield url


@pytest.fixture(params=["as it comes", "registered"])
def conn(url, request) -> Iterator[psycopg.Connection]:
    """A connection; with and without its own types made known to psycopg."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("set time zone 'Asia/Shanghai'")
        if request.param == "registered":
            mood = EnumInfo.fetch(conn, "same_values.mood")
            assert mood is not None
            register_enum(mood, conn, Mood)
            pair = CompositeInfo.fetch(conn, "same_values.pair")
            assert pair is not None
            register_composite(pair, conn)
        yield conn


def shown(call: Any) -> tuple[Any, ...]:
    """What a call gives, so that values that are equal but not the same differ: 1 and True."""
    try:
        value = call()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error), getattr(error, "sqlstate", None)
    return "gives", repr(value)


def compare(conn: psycopg.Connection, path: Path, sql: str, values: dict[str, Any]) -> None:
    """Calls a query three times, and holds each to what a cursor of psycopg gives."""
    names = ", ".join(values)
    path.write_text(f"-- name: get({names})\n{sql};", encoding="utf-8")
    queries = load_queries(path, {"get": lambda *columns: columns})
    cursor = psycopg.RawCursor(conn)
    expected = shown(lambda: cursor.execute(queries.get.sql, [*values.values()]).fetchall())
    assert [shown(lambda: queries.get(conn, **values)) for _ in range(3)] == [expected] * 3


def literal(text: str) -> str:
    """The text as SQL has it."""
    return "'{}'".format(text.replace("'", "''"))


@pytest.mark.parametrize("type_", VALUES)
def test_a_type_is_loaded_alike(conn, tmp_path, type_):
    """Each value, null, and arrays of them."""
    casts = [f"{literal(value)}::{type_}" for value in VALUES[type_]]
    for cast in casts:
        compare(conn, tmp_path / "q.sql", f"select {cast} as value", {})
    everything = ", ".join([*casts, f"null::{type_}"])
    compare(conn, tmp_path / "q.sql", f"select null::{type_} as value", {})
    compare(conn, tmp_path / "q.sql", f"select array[{everything}] as values", {})
    compare(conn, tmp_path / "q.sql", f"select '{{}}'::{type_}[] as values", {})


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_is_loaded_alike(conn, tmp_path, expression):
    """Records, arrays of arrays, and columns of which one keeps the others from binary."""
    compare(conn, tmp_path / "q.sql", f"select {expression}", {})


@pytest.mark.parametrize("value", SENT.values(), ids=SENT)
def test_a_value_is_dumped_alike(conn, tmp_path, value):
    """What the server takes it for, and what comes back; or the error."""
    sql = "select pg_typeof(:value)::text as type, :value as value"
    compare(conn, tmp_path / "q.sql", sql, {"value": value})


def test_every_type_is_there():
    """Whatever psycopg has a loader for stands in the list of values."""
    named = {
        info.name
        for info in psycopg.adapters.types
        if psycopg.adapters.get_loader(info.oid, psycopg.pq.Format.TEXT)
    }
    assert named <= {*VALUES, "record"}


def test_the_first_day_of_all(conn, tmp_path):
    """psycopg gives it another zone as text than in binary; it is the same time."""
    (tmp_path / "q.sql").write_text("-- name: get()$\nselect '0001-01-01'::timestamptz;")
    queries = load_queries(tmp_path / "q.sql")
    assert len({queries.get(conn) for _ in range(3)}) == 1


@pytest.mark.parametrize("style", ["German, DMY", "SQL, MDY", "Postgres, MDY"])
def test_dates_in_another_style(conn, tmp_path, style):
    """Where psycopg reads them as text, ours are the same; where it can't, ours are right."""
    conn.execute(f"set datestyle to {literal(style)}")
    compare(conn, tmp_path / "q.sql", "select '2026-02-03'::date as day", {})
