"""Which rows are there whatever the tables hold: of a subquery, and of what is written."""

from __future__ import annotations

from sqlwright.generate.nodes import Node

__all__ = ["NEW", "OLD", "has_row", "join_has_row", "row_is_there"]

OLD, NEW = 1, 2
"""Which row a column behind `returning` is of, where it says so."""

_SELECT, _INSERT, _DELETE, _MERGE = 1, 3, 4, 5
_LEFT, _UNION = 1, 1
_COUNTED_OUT = ("hasTargetSRFs", "limitCount", "limitOffset", "havingQual")


def has_row(query: Node) -> bool:
    """Whether a query gives a row for certain, as an aggregate over everything does."""
    if query["commandType"] != _SELECT or any(query[name] for name in _COUNTED_OUT):
        return False
    if query["setOperations"]:
        return _combined_has_row(query, query["setOperations"])
    if query["groupingSets"]:
        return False
    if query["hasAggs"] and not query["groupClause"]:
        return True
    return join_has_row(query, query["jointree"])


def join_has_row(query: Node, node: Node) -> bool:
    """Whether that part of what the query selects from has a row, as nothing at all has."""
    if node.kind == "RANGETBLREF":
        table = query["rtable"][node["rtindex"] - 1]
        return (
            table["subquery"] is not None
            and not table["securityQuals"]
            and (has_row(table["subquery"]))
        )
    if node.kind == "JOINEXPR":
        return node["jointype"] == _LEFT and join_has_row(query, node["larg"])
    parts = node["fromlist"] or []
    return node["quals"] is None and all(join_has_row(query, part) for part in parts)


def _combined_has_row(query: Node, node: Node) -> bool:
    if node.kind == "RANGETBLREF":
        return join_has_row(query, node)
    arms = [_combined_has_row(query, node[arm]) for arm in ("larg", "rarg")]
    return node["op"] == _UNION and any(arms)


def row_is_there(query: Node, row: int) -> bool:
    """Whether each row that is returned has an old one, or a new one."""
    commands = {query["commandType"]}
    if commands == {_MERGE}:
        commands = {action["commandType"] for action in query["mergeActionList"]}
    return (_INSERT if row == OLD else _DELETE) not in commands
