"""Measures one table of calls: answers compared first, then turns, pinned and not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from bench.clients import Clients, clients
from bench.measuring import Contender, Figure, can_pin, compare, pinned, plain
from bench.place import Place
from bench.results import Column, Goal, Row, Table
from bench.ways import RAW

__all__ = ["Calls", "check", "measure"]

_CALLS = (
    Column(name="us", heading="µs"),
    Column(name="cpu_us", heading="client CPU"),
    Column(name="unpinned_us", heading="unpinned"),
)
_BULK = (
    Column(name="ms", heading="ms", digits=0),
    Column(name="rows_a_second", heading="rows a second", digits=0),
    Column(name="cpu_ms", heading="client CPU", digits=0),
    Column(name="unpinned_ms", heading="unpinned", digits=0),
)
_COMPARED = 2500  # rows at most
_PATIENCE, _BULK_PATIENCE = 3.0, 1.5  # seconds; who needs more for a call is called once


@dataclass(frozen=True, kw_only=True)
class Calls:
    """A table of calls that all do the same.

    Attributes:
        contenders: Makes them; the first is ours.
        answers: The columns of an answer that must be equal, of the row or of each row.
        base: The row that ratios are to.
        is_bulk: A call is of all events: a few rounds will do, and figures are milliseconds.
    """

    name: str
    title: str
    note: str
    contenders: Callable[[Clients], list[Contender]]
    answers: Sequence[str]
    base: str = RAW
    is_bulk: bool = False
    goals: Sequence[Goal] = ()


def check(calls: Calls, contenders: Sequence[Contender]) -> None:
    """Compares every contender's answer with the first one's.

    Raises:
        AssertionError: one differs.
    """
    first = contenders[0].answer
    assert first is not None
    ours = first()
    fields = (ours[0] if isinstance(ours, list) else ours)._fields
    expected = _rows(ours, calls.answers, fields)
    for contender in contenders[1:]:
        if contender.answer is None:
            continue
        answer = _rows(contender.answer(), calls.answers, fields)
        found = next((pair for pair in zip_longest(answer, expected) if pair[0] != pair[1]), None)
        assert found is None, (
            f"{calls.title}: {contender.name} gives another answer than {contenders[0].name}:"
            f"\n{found[0]}\n{found[1]}"
        )


def _rows(answer: Any, names: Sequence[str], fields: Sequence[str]) -> list[Any]:
    """The rows of an answer in plain types."""
    return plain(answer if isinstance(answer, list) else [answer], names, fields)


def measure(place: Place, calls: Calls, *, rounds: int, alone: bool = False) -> Table:
    """The table, with the figures of all contenders; `alone` as `pinned` has it."""
    patience = _BULK_PATIENCE if calls.is_bulk else _PATIENCE
    rounds = max(rounds // 7, 1) if calls.is_bulk else rounds
    with clients(replace(place, events=min(place.events, _COMPARED))) as few:
        check(calls, calls.contenders(few))
    figures: dict[str, Figure] = {}
    if place.postmaster and can_pin():
        # Sessions are the postmaster's children, and stay where it was when they began.
        with pinned(place.postmaster, alone=alone), clients(place) as kept:
            figures = compare(calls.contenders(kept), rounds=rounds, patience=patience)
    with clients(place) as loose:
        contenders = calls.contenders(loose)
        fast = [each for each in contenders if _wall(figures, each.name) < patience]
        unpinned = compare(fast, rounds=max(rounds // 3, 1), patience=patience)
    figures = figures or unpinned
    row = _bulk_row(place.events) if calls.is_bulk else _row
    return Table(
        name=calls.name,
        title=calls.title,
        note=calls.note,
        columns=_BULK if calls.is_bulk else _CALLS,
        rows=[Row(name=name, figures=row(figures[name], unpinned.get(name))) for name in figures],
        base=calls.base,
        goals=calls.goals,
    )


def _wall(figures: Mapping[str, Figure], name: str) -> float:
    """The seconds of a call, where it was measured already."""
    return figures[name].wall / 1e6 if name in figures else 0.0


def _row(figure: Figure, unpinned: Figure | None) -> Mapping[str, float | None]:
    return {
        "us": figure.wall,
        "cpu_us": figure.cpu,
        "unpinned_us": unpinned.wall if unpinned else None,
    }


def _bulk_row(rows: int) -> Callable[[Figure, Figure | None], Mapping[str, float | None]]:
    return lambda figure, unpinned: {
        "ms": figure.wall / 1000,
        "rows_a_second": rows / figure.wall * 1e6,
        "cpu_ms": figure.cpu / 1000,
        "unpinned_ms": unpinned.wall / 1000 if unpinned else None,
    }
