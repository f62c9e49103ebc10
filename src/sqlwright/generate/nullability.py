"""Which result columns can't be null, proved from the tree that the server makes of a statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlwright.generate.knowledge import Knowledge
from sqlwright.generate.nodes import Node
from sqlwright.generate.scope import Scope

__all__ = ["certain_columns"]


def certain_columns(
    queries: Sequence[Node], knowledge: Knowledge, parameters: Iterable[int] = ()
) -> frozenset[int]:
    """The numbers, from 0, of the result's columns that can't be null.

    Args:
        queries: What the server made of a statement, as `read_tree` gives it: of nothing, and of
            the several statements that a rule may make of one, nothing is claimed.
        knowledge: What the database guarantees.
        parameters: Numbers of those that are never null.
    """
    if len(queries) != 1 or queries[0]["utilityStmt"]:
        return frozenset()
    columns = Scope(queries[0], knowledge, frozenset(parameters)).columns()
    return frozenset(number for number, certain in enumerate(columns) if certain)
