"""What is known of a query before it meets a connection."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from sqlwright.queries.query import Kind
from sqlwright.queries.statement import Statement


class Pair(NamedTuple):
    """A row."""

    id: int
    name: str = "nobody"


def statement(sql="select 1", kind=Kind.ONE, row=None) -> Statement:
    """A statement without parameters."""
    return Statement(name="get", kind=kind, sql=sql, parameters=(), row=row)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "SELECT 1",
        "\n  -- Why; copy.\n/* drop */ (select 1) union all select 2",
        "with a as (select 1) table a",
        "values (1)",
        "insert into a values (1)",
        "update a set b = 1",
        "delete from a",
        "merge into a using b on true when matched then do nothing",
    ],
)
def test_what_is_prepared(sql):
    """Whatever PostgreSQL makes a plan of."""
    assert statement(sql).is_planned


@pytest.mark.parametrize(
    "sql",
    ["create table a ()", "copy a to stdout", "call f()", "do $$select$$", "selected", "", "-- x"],
)
def test_what_is_not_prepared(sql):
    """DDL, COPY, procedures and the rest of the commands."""
    assert not statement(sql).is_planned


def test_a_script_is_not_prepared():
    """It may hold several statements."""
    assert not statement(kind=Kind.SCRIPT).is_planned


def pair(id_: int, name: str) -> Pair:
    """A row, by a function."""
    return Pair(id_, name)


@pytest.mark.parametrize("row", [Pair, pair])
def test_a_row(row):
    """It is made of the values of its columns."""
    made = statement(row=row).maker(2)((1, "a"))
    assert (made, type(made)) == (Pair(1, "a"), Pair)


def test_a_row_with_a_default():
    """A named tuple may be filled from fewer columns than it has fields."""
    assert statement(row=Pair).maker(1)((1,)) == Pair(1)


def test_a_tuple_that_makes_itself():
    """A class with a way of its own to be made is asked."""

    class Loud(Pair):
        def __new__(cls, id_, name):
            return super().__new__(cls, id_, name.upper())

    assert statement(row=Loud).maker(2)((1, "a")) == (1, "A")


def test_a_value():
    """It is the first column, whatever rows are made of."""
    assert statement(kind=Kind.VALUE, row=Pair).maker(2)((1, "a")) == 1
