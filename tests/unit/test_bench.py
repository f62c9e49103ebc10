"""The benchmarks' own arithmetic, their page, and that all contenders do the same."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # where the benchmarks are

from bench.measuring import Contender, Figure, Spent, can_pin, compare, pinned, plain
from bench.page import ORDER, render
from bench.results import Column, Goal, Row, Table, judge, load, save

TABLE = Table(
    name="select",
    title="Point select",
    note="One row.",
    columns=[Column(name="us", heading="µs"), Column(name="cpu_us", heading="client CPU")],
    rows=[
        Row(name="psycopg", figures={"us": 40.0, "cpu_us": 20.0}),
        Row(name="sqlwright", figures={"us": 25.0, "cpu_us": 1234.5}),
        Row(name="pgbench", figures={"us": 20.0, "cpu_us": None}),
    ],
    base="psycopg",
    goals=[
        Goal(row="sqlwright", limit=0.65, against="psycopg"),
        Goal(row="sqlwright", limit=1.05, against="pgbench"),
        Goal(row="sqlwright", limit=1000, column="cpu_us", at_least=True, unit="µs"),
        Goal(row="sqlwright, gathered", limit=2, against="pgbench", at_least=True),
    ],
    at="2030-01-02T03:04:05+00:00",
)


class Named(NamedTuple):
    """A row as ours are."""

    name: str
    data: dict[str, Any]
    id: int


def _contender(name, seconds, turns):
    """One whose calls take these seconds, turn by turn; it tells `turns` of each."""
    left = iter(seconds)

    def turn(number):
        turns.append((name, number))
        wall = next(left) * number
        return Spent(wall, wall / 2)

    return Contender(name=name, turn=turn, answer=None)


def test_a_figure_is_the_median_of_its_rounds():
    """One slow round changes nothing, and neither do the turns before the rounds."""
    turns = []
    fast = _contender("fast", [1, 1, 1, 0.001, 0.5, 0.003], turns)
    slow = _contender("slow", [1, 1, 1, 0.01, 0.02, 0.03], turns)
    figures = compare([fast, slow], rounds=3, turn=0.5, patience=9)
    assert figures == {"fast": Figure(3000, 1500), "slow": Figure(20_000, 10_000)}


def test_contenders_take_turns():
    """Each round begins with another, and a turn has as many calls as fit into its time."""
    turns = []
    both = [_contender(name, [0.004] * 9, turns) for name in "ab"]
    compare(both, rounds=2, turn=0.02, patience=9)
    assert turns[:3] == [("a", 1), ("a", 9), ("a", 10)]
    assert turns[6:] == [("a", 5), ("b", 5), ("b", 5), ("a", 5)]


def test_who_is_very_slow_has_one_turn():
    """A minute of one contender isn't spent again in every round."""
    turns = []
    figures = compare([_contender("slow", [4.0], turns)], rounds=9, patience=3)
    assert (turns, figures["slow"].wall) == ([("slow", 1)], 4e6)


@pytest.mark.skipif(not can_pin(), reason="this system pins no process")
def test_a_process_is_pinned_for_the_block():
    """On one CPU in the block, and where it was after it."""
    before = os.sched_getaffinity(0)
    with pinned():
        assert os.sched_getaffinity(0) == {max(before)}
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(
    "row",
    [
        ("x", {"b": 1, "a": [None]}, 7),
        Named("x", {"a": [None], "b": 1}, 7),
        {"name": "x", "data": {"b": 1, "a": [None]}, "id": 7},
        SimpleNamespace(name="x", data={"b": 1, "a": [None]}, id=7),
    ],
    ids=["tuple", "named tuple", "mapping", "object"],
)
def test_answers_are_compared_as_plain_values(row):
    """Whatever a contender's rows are, equal values are equal, and other columns don't count."""
    expected = [["x", {"a": ["None"], "b": "1"}]]
    assert plain([row], ["name", "data"], ["name", "data", "id"]) == expected


def test_goals_are_judged():
    """A ratio, a lower bound in the column's unit, and what was not measured."""
    verdicts = [judge(TABLE, goal) for goal in TABLE.goals]
    assert verdicts == [(0.625, True), (1.25, False), (1234.5, True), None]


def test_a_table_on_the_page():
    """Ratios are to the base; what is missing is blank; goals say what they came to."""
    assert render(TABLE) == (
        "## Point select\n"
        "\n"
        "One row. Measured 2030-01-02 03:04 UTC.\n"
        "\n"
        "| | µs | ratio | client CPU |\n"
        "|---|--:|--:|--:|\n"
        "| psycopg | 40.0 | 1.00 | 20.0 |\n"
        "| **sqlwright** | 25.0 | 0.62 | 1,234.5 |\n"
        "| pgbench | 20.0 | 0.50 |  |\n"
        "\n"
        "| goal | measured | |\n"
        "|---|--:|---|\n"
        "| sqlwright: at most 0.65 x psycopg | 0.625 | met |\n"
        "| sqlwright: at most 1.05 x pgbench | 1.250 | **not met** |\n"
        "| sqlwright, client CPU: at least 1,000 µs | 1,234 | met |\n"
        "| sqlwright, gathered: at least 2 x pgbench | | not measured |\n"
    )


def test_results_are_kept(tmp_path):
    """What was kept is what is read; a file of another form is as none."""
    file = tmp_path / "results.json"
    assert load(file) == ({}, {})
    save({"PostgreSQL": "18.6"}, {"select": TABLE}, file)
    assert load(file) == ({"PostgreSQL": "18.6"}, {"select": TABLE})
    file.write_text('{"A table": []}')
    assert load(file) == ({}, {})


def test_every_table_has_its_place():
    """The page's order knows each table that can be measured."""
    from bench.__main__ import NAMES

    assert set(ORDER) - {"load", "latency"} == set(NAMES)


@pytest.mark.newest
def test_all_contenders_answer_the_same(server, database):
    """Each of every table of calls, on a few rows; a contender that cheats is found out."""
    from bench.__main__ import CALLS
    from bench.calls import check
    from bench.clients import clients
    from bench.place import Place, fill_tables

    from sqlwright.server import find_installation

    fill_tables(database, rows=300, events=20)
    place = Place(
        url=database,
        postmaster=None,
        version="",
        bindir=find_installation({}).bindir,
        events=20,
        logins=100,
    )
    with clients(place) as opened:
        for calls in CALLS.values():
            contenders = calls.contenders(opened)
            check(calls, contenders)
        cheating = replace(contenders[-1], answer=list)
        with pytest.raises(AssertionError, match="gives another answer than sqlwright"):
            check(calls, [contenders[0], cheating])
