"""Which columns a statement's parameters end in: through subqueries, CTEs, values and merges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from sqlwright.generate.nodes import Node

__all__ = ["stored_parameters"]

Chain: TypeAlias = tuple[Node, ...]
"""A query and those that it stands in, itself first."""

_SELECT, _EXTERNAL, _SCALAR = 1, 0, 4
_SUBQUERY, _JOIN, _VALUES, _CTE, _GROUP = 1, 2, 5, 6, 9


def stored_parameters(queries: Sequence[Node]) -> frozenset[tuple[int, int, int]]:
    """The number of each parameter whose null would be stored, with table and number of the column.

    Args:
        queries: What the server made of a statement, as `read_tree` gives it.
    """
    return frozenset(_stored(list(queries), ()))


def _stored(value: Any, chain: Chain) -> Iterator[tuple[int, int, int]]:
    if isinstance(value, list):
        for inner in value:
            yield from _stored(inner, chain)
    if not isinstance(value, Node):
        return
    if value.kind == "QUERY":
        chain = (value, *chain)
        yield from _of_query(value, chain)
    for inner in value.fields.values():
        yield from _stored(inner, chain)


def _of_query(query: Node, chain: Chain) -> Iterator[tuple[int, int, int]]:
    if not query["resultRelation"]:
        return
    table = query["rtable"][query["resultRelation"] - 1]["relid"]
    conflict = query["onConflict"]
    listed = [query["targetList"], conflict["onConflictSet"] if conflict else None]
    listed += [action["targetList"] for action in query["mergeActionList"] or []]
    for target in (target for targets in listed for target in targets or []):
        for number in _carried(target["expr"], chain, ()):
            yield number, table, target["resno"]


def _carried(value: Any, chain: Chain, seen: tuple[str, ...]) -> Iterator[int]:
    """The parameters whose own null would become the value's: not those of a condition."""
    if isinstance(value, list):
        for inner in value:
            yield from _carried(inner, chain, seen)
    if not isinstance(value, Node):
        return
    if value.kind == "SUBLINK":
        if value["subLinkType"] == _SCALAR:
            yield from _of_result(value["subselect"], 0, chain, seen)
    elif value.kind == "PARAM" and value["paramkind"] == _EXTERNAL:
        yield value["paramid"]
    elif value.kind == "VAR":
        yield from _of_column(value, chain[value["varlevelsup"] :], seen)
    elif value.kind == "CASEEXPR":
        results = [when["result"] for when in value["args"]]
        yield from _carried([*results, value["defresult"]], chain, seen)
    else:
        for inner in value.fields.values():
            yield from _carried(inner, chain, seen)


def _of_column(var: Node, chain: Chain, seen: tuple[str, ...]) -> Iterator[int]:
    table, at = chain[0]["rtable"][var["varno"] - 1], var["varattno"] - 1
    kind = table["rtekind"]
    if at < 0:
        return
    if kind == _SUBQUERY:
        yield from _of_result(table["subquery"], at, chain, seen)
    elif kind == _VALUES:
        yield from _carried([row[at] for row in table["values_lists"]], chain, seen)
    elif kind in {_JOIN, _GROUP}:
        listed = table["joinaliasvars"] or table["groupexprs"]
        yield from _carried(listed[at], chain, seen)
    elif kind == _CTE and table["ctename"] not in seen:
        owner = chain[table["ctelevelsup"] :]
        cte = next(one for one in owner[0]["cteList"] if one["ctename"] == table["ctename"])
        yield from _of_result(cte["ctequery"], at, owner, (*seen, table["ctename"]))


def _of_result(query: Node, at: int, chain: Chain, seen: tuple[str, ...]) -> Iterator[int]:
    """What a query gives in a column; of a set operation each arm."""
    chain = (query, *chain)
    if query["setOperations"]:
        arms = [table["subquery"] for table in query["rtable"] if table["rtekind"] == _SUBQUERY]
        for arm in arms:
            yield from _of_result(arm, at, chain, seen)
    elif query["commandType"] == _SELECT:
        targets = [target for target in query["targetList"] or [] if not target["resjunk"]]
        if at < len(targets):
            yield from _carried(targets[at]["expr"], chain, seen)
