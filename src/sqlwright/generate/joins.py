"""The outer joins of a query: their nullable sides, and which conditions hold for its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from sqlwright.generate.nodes import Node
from sqlwright.generate.rows import join_has_row

__all__ = ["GROUPING", "Side", "Sides", "always_matched", "holding", "sides_of", "sides_over"]

Side: TypeAlias = tuple[int, int]
"""An outer join, by its place in the range table, and which of its nullable sides."""

Sides: TypeAlias = Mapping[int, Mapping[int, frozenset[int]]]
"""Of each outer join its nullable sides, and the places of their tables in the range table."""

GROUPING = -1  # in place of a side
_LEFT, _FULL, _RIGHT = 1, 2, 3
_TRUE = bytes([1, 0, 0, 0, 0, 0, 0, 0])


def sides_of(query: Node) -> Sides:
    """The outer joins of a query."""
    return {
        join["rtindex"]: {side: _tables_below(join[arm]) for side, arm in _nullable(join)}
        for join in _joins_below(query["jointree"])
    }


def sides_over(table: int, joins: Collection[int] | None, sides: Sides) -> Iterator[Side]:
    """The side of each of the joins that the table is on; grouping sets count as a join."""
    for join in joins or ():
        on = [side for side, tables in sides.get(join, {}).items() if table in tables]
        yield from ((join, side) for side in on or [GROUPING])


def always_matched(query: Node) -> Iterator[Side]:
    """Sides that always have a row to join: `left join lateral (select count(*) …) on true`."""
    for join in _joins_below(query["jointree"]):
        quals = join["quals"]
        on_true = quals is None or (quals.kind == "CONST" and quals["constvalue"] == _TRUE)
        if join["jointype"] == _LEFT and on_true and join_has_row(query, join["rarg"]):
            yield join["rtindex"], 1


def holding(node: Node, there: Collection[Side]) -> Iterator[Node | None]:
    """The conditions that hold for each row, where these sides of outer joins are there."""
    if node.kind == "FROMEXPR":
        yield node["quals"]
        for part in node["fromlist"] or []:
            yield from holding(part, there)
    if node.kind == "JOINEXPR":
        absent = [arm for side, arm in _nullable(node) if (node["rtindex"], side) not in there]
        for arm in ("larg", "rarg"):
            if arm not in absent:
                yield from holding(node[arm], there)
        if not absent:
            yield node["quals"]


def _nullable(join: Node) -> list[tuple[int, str]]:
    """The sides of a join that may be missing: a number, and where they are."""
    sides = {_LEFT: [(1, "rarg")], _RIGHT: [(0, "larg")], _FULL: [(0, "larg"), (1, "rarg")]}
    return sides.get(join["jointype"], [])


def _parts(node: Node) -> list[Node]:
    return [node["larg"], node["rarg"]] if node.kind == "JOINEXPR" else node["fromlist"] or []


def _joins_below(node: Node) -> Iterator[Node]:
    if node.kind == "JOINEXPR":
        yield node
    for part in _parts(node):
        yield from _joins_below(part)


def _tables_below(node: Node) -> frozenset[int]:
    """The places in the range table of what is below, joins too."""
    own = [] if node["rtindex"] is None else [node["rtindex"]]
    return frozenset(own).union(*map(_tables_below, _parts(node)))
