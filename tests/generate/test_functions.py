"""Functions that are trusted never to give a null, given the worst values that are none."""

from __future__ import annotations

import itertools
import random

import psycopg
import pytest

from sqlwright.generate.knowledge import trusted_functions

TRUSTED = trusted_functions()
# The worst values of each type, as SQL's literals.
VALUES = {
    "text": "'' a 猫 % 1 {a,b} epoch day UTC \\ [1] NFC hex public.a",
    "character varying": "'' a",
    "character": "'' a",
    "name": "'' a UTF8",
    '"char"': "a A",
    "smallint": "0 1 -1 32767 -32768",
    "integer": "0 1 -1 2147483647 -2147483648 3 32",
    "bigint": "0 1 -1 9223372036854775807 -9223372036854775808",
    "numeric": "0 1 -1 NaN Infinity -Infinity 1e-300 1e300 0.5",
    "real": "0 1 -1 NaN Infinity -Infinity 1e-30 0.5",
    "double precision": "0 1 -1 NaN Infinity -Infinity 1e-300 1e300 0.5",
    "boolean": "true false",
    "bytea": "'' \\x00 \\xff00",
    "bit": "0 1",
    "bit varying": "'' 101",
    "uuid": "00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff",
    "date": "infinity -infinity 2024-02-29 4713-01-01BC 5874897-12-31",
    "time without time zone": "00:00 24:00",
    "time with time zone": "00:00+00 24:00-15:59",
    "timestamp without time zone": "infinity -infinity 2024-02-29 4713-01-01BC 294276-12-31",
    "timestamp with time zone": "infinity -infinity 2024-02-29 4713-01-01BC 294276-12-31T00Z",
    "interval": "0 infinity -infinity P1M-3D 178000000y 1day",
    "json": 'null {} [] 1 "a" {"a":null} [null]',
    "jsonb": 'null {} [] 1 "a" {"a":null} [null] [[1,{"a":[]}]]',
    "jsonpath": "$ $.a strict$.a $[*]",
    "tsvector": "'' a:1A",
    "tsquery": "'' a a&!b",
    "regconfig": "simple english",
    "inet": "0.0.0.0/0 ::1 10.0.0.1/8 255.255.255.255",
    "cidr": "10.0.0.0/8 ::/0",
    "oid": "0 1 99999999",
    "regclass": "pg_class pg_temp.numbers",
    "xid": "0",
    "xid8": "0 18446744073709551615",
    "text[]": "{} {NULL} {a,NULL} {{a,b},{c,d}} {a,b}",
    "integer[]": "{} {NULL} {1,NULL,2} {{1,2},{3,4}} [5:6]={1,2}",
    "real[]": "{0,0,0,0} {0.1,0.2,0.4,1}",
    "int4range": "empty (,) [1,2] [,5)",
    "int4multirange": "{} {(,)} {[1,2],[5,9)}",
    "pg_temp.mood": "sad glad",
}
# What stands for a type that may be any; a null only where the rule says that it does no harm.
ANY = {
    "anyelement": "integer",
    "anynonarray": "text",
    "anycompatible": "integer",
    "anycompatiblenonarray": "integer",
    "anyarray": "integer[]",
    "anycompatiblearray": "integer[]",
    "anyrange": "int4range",
    "anycompatiblerange": "int4range",
    "anymultirange": "int4multirange",
    "anycompatiblemultirange": "int4multirange",
    "anyenum": "pg_temp.mood",
    "record": "record",
    '"any"': '"any"',
}
WRITTEN = {
    "record": ["row(null::int, 'a'::text)", "row(1, 'a'::text)"],
    '"any"': ["1", "'a'::text"],
}
# Their arguments must fit each other, which the worst seldom do.
SILENT = {
    "current_setting(text)",
    "decode(text,text)",
    "jsonb_delete(jsonb,text[])",
    "make_timestamp(integer,integer,integer,integer,integer,double precision)",
    "make_timestamptz(integer,integer,integer,integer,integer,double precision)",
    "make_timestamptz(integer,integer,integer,integer,integer,double precision,text)",
    "regclass(text)",
    "regexp_instr(text,text,integer,integer,integer,text)",
    "regexp_instr(text,text,integer,integer,integer,text,integer)",
}
CALLS = 60


@pytest.fixture(scope="module")
def conn(trap):
    """A connection that can say whether an expression is null, or fails."""
    with psycopg.connect(trap, autocommit=True) as conn:
        conn.execute(
            "create type pg_temp.mood as enum ('sad', 'glad');"
            "create sequence pg_temp.numbers; select nextval('pg_temp.numbers');"
            "create function pg_temp.is_null(expression text) returns boolean language plpgsql as"
            " $$ declare found boolean; begin"
            " execute 'select (' || expression || ')::text is null' into found; return found;"
            " exception when others then return null; end $$"
        )
        yield conn


def literals(type_: str) -> list[str]:
    """The values of a type, as they are written in a call."""
    type_ = ANY.get(type_, type_)
    if type_ in WRITTEN:
        return WRITTEN[type_]
    return [f"{one if one == repr('') else repr(one)}::{type_}" for one in VALUES[type_].split()]


def calls(function: str, types: list[str], rule: str) -> list[str]:
    """Calls with the worst values, the same ones every time."""
    values = [literals(type_) for type_ in types]
    if rule == "always":
        values = [[*each, f"null::{ANY.get(t, t)}"] for each, t in zip(values, types, strict=True)]
    if rule == "first":
        values[1:] = [[*each, "null"] for each in values[1:]]
    if rule == "epoch":
        values[0] = ["'epoch'"]
    if function in {"json_build_object", "jsonb_build_object"} and types:
        values = [["'a', null"], ["1, 2"]]
    every = list(itertools.product(*values))
    chosen = random.Random(1).sample(every, CALLS) if len(every) > CALLS else every
    return [f'pg_catalog."{function}"({", ".join(each)})' for each in chosen]


def test_each_oid_is_the_function_that_is_meant(conn):
    """PostgreSQL has them under the same names, and 18 with the same arguments."""
    rows = conn.execute("select oid::int8, oid::regprocedure::text from pg_proc").fetchall()
    there, meant = dict(rows), {oid: name for oid, (name, _, _) in TRUSTED.items()}
    if conn.info.server_version < 180000:  # some came later, or took another argument
        there = {oid: name.split("(")[0] for oid, name in there.items()}
        meant = {oid: name.split("(")[0] for oid, name in meant.items() if oid in there}
    assert {oid: there.get(oid) for oid in meant} == meant


def test_each_has_a_rule_and_a_reason():
    """No other rule is known to the proof."""
    rules = {"always", "given", "first", "epoch", "group", "rows", "column 1", "columns 1 2"}
    assert {rule for _, rule, _ in TRUSTED.values()} <= rules
    assert all(reason for _, _, reason in TRUSTED.values())


def test_no_trusted_function_gives_a_null(conn):
    """Whatever the arguments are, within the rule."""
    rules = {oid: rule for oid, (_, rule, _) in TRUSTED.items()}
    rows = conn.execute(
        "select oid::int8, proname::text, array(select format_type(one, null)"
        " from unnest(proargtypes) with ordinality as given (one, place) order by place)"
        " from pg_proc where prokind = 'f' and oid = any(%s)",
        [[oid for oid, rule in rules.items() if rule in {"always", "given", "first", "epoch"}]],
    ).fetchall()
    asked = [
        (oid, call) for oid, function, types in rows for call in calls(function, types, rules[oid])
    ]
    answers = conn.execute(
        "select pg_temp.is_null(one) from unnest(%s::text[]) with ordinality as asked (one, place)"
        " order by place",
        [[call for _, call in asked]],
    ).fetchall()
    nulls = [call for (_, call), (answer,) in zip(asked, answers, strict=True) if answer]
    assert nulls == []
    answered = {oid for (oid, _), (answer,) in zip(asked, answers, strict=True) if answer is False}
    silent = {TRUSTED[oid][0] for oid, _ in asked} - {TRUSTED[oid][0] for oid in answered}
    assert silent <= SILENT
