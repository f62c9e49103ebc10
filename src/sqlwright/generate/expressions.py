"""Which expressions can't be null: a rule for each kind of node, and nothing of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlwright.generate.conditions import Known, implied
from sqlwright.generate.knowledge import Knowledge
from sqlwright.generate.nodes import Node

__all__ = ["Place", "is_certain", "type_of"]


class Place(Protocol):
    """Where an expression stands: a query, with the rows that it is evaluated for."""

    @property
    def query(self) -> Node:
        """The query."""

    @property
    def knowledge(self) -> Knowledge:
        """What the database guarantees."""

    def holds(self, node: Node) -> bool:
        """Whether a condition on the row says that the expression isn't null."""

    def knowing(self, known: Known) -> Place:
        """The same place, where this isn't null either."""

    def for_all_rows(self) -> Place:
        """The same place, without what is known of the one row alone."""

    def column(self, var: Node) -> bool:
        """Whether the column isn't null in any row."""

    def parameter(self, param: Node) -> bool:
        """Whether the parameter is never null."""

    def subquery(self, query: Node) -> tuple[bool, Sequence[bool]]:
        """Whether a subquery gives a row for certain, and which of its columns are not null."""

    def comparing(self, columns: Sequence[bool]) -> Place:
        """The same place, with such columns of a subquery to compare with."""

    def complement(self, one: Node, other: Node) -> bool:
        """Whether one of the two is there in each row, as of the two sides of a full join."""

    def gives(self, returning: Node) -> bool:
        """Whether `old` or `new` is there in each row that is returned."""


_CURRENT_SCHEMA = 14  # null where no schema of the search path is there
_EXISTS, _ALL, _ANY, _SCALAR, _ARRAY = 0, 1, 2, 4, 6
# Of frame options: start at `current row` or `unbounded preceding`, end at `current row` or
# `unbounded following`; what excludes rows.
_STARTS, _ENDS, _EXCLUDES = 0x20 | 0x200, 0x100 | 0x400, 0x8000 | 0x10000 | 0x20000
_TYPES = {
    "VAR": "vartype",
    "CONST": "consttype",
    "PARAM": "paramtype",
    "FUNCEXPR": "funcresulttype",
    "OPEXPR": "opresulttype",
    "AGGREF": "aggtype",
    "WINDOWFUNC": "wintype",
    "RELABELTYPE": "resulttype",
    "COERCEVIAIO": "resulttype",
    "ARRAYCOERCEEXPR": "resulttype",
    "COERCETODOMAIN": "resulttype",
    "COALESCEEXPR": "coalescetype",
    "CASEEXPR": "casetype",
    "MINMAXEXPR": "minmaxtype",
    "ARRAYEXPR": "array_typeid",
    "SQLVALUEFUNCTION": "type",
}


def is_certain(node: Node | None, place: Place) -> bool:
    """Whether the expression is not null in any row, whatever the tables hold."""
    if node is None:
        return False
    if node.kind in _NEVER_NULL or place.holds(node):
        return True
    rule = _RULES.get(node.kind)
    return rule is not None and rule(node, place)


def type_of(node: Node) -> int:
    """The OID of the expression's type; 0 where it isn't said."""
    return int(node[_TYPES.get(node.kind, "")] or 0)


def _all(nodes: Sequence[Node] | None, place: Place) -> bool:
    return all(is_certain(node, place) for node in nodes or ())


def _of_argument(node: Node, place: Place) -> bool:
    return is_certain(node["arg"], place)


def _of_arguments(node: Node, place: Place) -> bool:
    return _all(node["args"], place)


def _of_cast_by_text(node: Node, place: Place) -> bool:
    """Own types may be read and written by functions of one's own: those are not trusted."""
    plain = place.knowledge.is_plain
    return plain(node["resulttype"]) and plain(type_of(node["arg"])) and _of_argument(node, place)


def _call(function: int | None, node: Node, place: Place) -> bool:
    rule = place.knowledge.trusted.get(function or 0)
    arguments = node["args"] or []
    if rule == "epoch":
        field = arguments[0]
        asked = field["constvalue"] if field.kind == "CONST" else None
        return asked is not None and asked[4:] == b"epoch" and _all(arguments[1:], place)
    if rule == "always" and not node["funcvariadic"]:
        return True
    if rule == "first" and not node["funcvariadic"]:
        return is_certain(arguments[0], place)
    return rule in {"always", "given", "first"} and _all(arguments, place)


def _of_call(node: Node, place: Place) -> bool:
    return not node["funcretset"] and _call(node["funcid"], node, place)


def _of_operator(node: Node, place: Place) -> bool:
    return not node["opretset"] and _call(place.knowledge.operators.get(node["opno"]), node, place)


def _of_distinct(node: Node, place: Place) -> bool:
    """`is distinct from` takes nulls, and asks its operator of the rest."""
    function = place.knowledge.operators.get(node["opno"], 0)
    return place.knowledge.trusted.get(function) == "given"


def _of_array_operator(node: Node, place: Place) -> bool:
    """`x in (…)`: a null among the elements would make a null of what is not found."""
    function = place.knowledge.operators.get(node["opno"], 0)
    value, array = node["args"]
    return (
        place.knowledge.trusted.get(function) == "given"
        and is_certain(value, place)
        and array.kind == "ARRAYEXPR"
        and not array["multidims"]
        and _all(array["elements"], place)
    )


def _of_coalesce(node: Node, place: Place) -> bool:
    arguments = node["args"]
    if any(is_certain(argument, place) for argument in arguments):
        return True
    return any(
        place.complement(one, other)
        for at, one in enumerate(arguments)
        for other in arguments[at + 1 :]
    )


def _of_case(node: Node, place: Place) -> bool:
    """Each result, for the rows that come to it: its condition holds, and none before it does."""
    for when in node["args"]:
        condition = when["expr"] if node["arg"] is None else None
        if not is_certain(when["result"], place.knowing(implied(condition, place.knowledge))):
            return False
        if condition is not None and is_certain(condition, place):
            place = place.knowing(implied(condition, place.knowledge, holds=False))
    return is_certain(node["defresult"], place)


def _of_aggregate(node: Node, place: Place) -> bool:
    rule = place.knowledge.trusted.get(node["aggfnoid"])
    if rule == "always" or rule is None:
        return rule is not None
    place, query = place.for_all_rows(), place.query
    if node["agglevelsup"] or node["aggfilter"] or not query["groupClause"]:
        return False
    if query["groupingSets"]:
        return False  # one of them may be the empty set, which has a row even of nothing
    arguments = [entry["expr"] for entry in node["args"] or [] if not entry["resjunk"]]
    return rule == "rows" or (
        rule == "group" and _all(arguments, place) and _all(node["aggdirectargs"], place)
    )


def _of_window(node: Node, place: Place) -> bool:
    rule = place.knowledge.trusted.get(node["winfnoid"])
    if rule == "always":
        return True
    if rule in {"group", "rows"} and (node["aggfilter"] or not _frame_has_row(node, place)):
        return False
    return rule == "rows" or (
        rule in {"given", "group"} and _of_arguments(node, place.for_all_rows())
    )


def _frame_has_row(node: Node, place: Place) -> bool:
    """Whether the row itself is always in the frame."""
    windows = [one for one in place.query["windowClause"] if one["winref"] == node["winref"]]
    options = windows[0]["frameOptions"]
    return bool(options & _STARTS and options & _ENDS and not options & _EXCLUDES)


def _of_subquery(node: Node, place: Place) -> bool:
    kind = node["subLinkType"]
    if kind in {_EXISTS, _ARRAY}:
        return True
    has_row, columns = place.subquery(node["subselect"])
    if kind == _SCALAR:
        return has_row and columns[0]
    return kind in {_ANY, _ALL} and is_certain(node["testexpr"], place.comparing(columns))


_NEVER_NULL = {
    "NULLTEST", "BOOLEANTEST", "ARRAYEXPR", "ROWEXPR", "GROUPINGFUNC", "NEXTVALUEEXPR",
    "MERGESUPPORTFUNC",
}  # fmt: skip
_RULES: dict[str, Callable[[Node, Place], bool]] = {
    "VAR": lambda node, place: place.column(node),
    "CONST": lambda node, _: not node["constisnull"],
    "PARAM": lambda node, place: place.parameter(node),
    "RETURNINGEXPR": lambda node, place: place.gives(node) and is_certain(node["retexpr"], place),
    "SQLVALUEFUNCTION": lambda node, _: node["op"] != _CURRENT_SCHEMA,
    "FUNCEXPR": _of_call,
    "OPEXPR": _of_operator,
    "DISTINCTEXPR": _of_distinct,
    "SCALARARRAYOPEXPR": _of_array_operator,
    "BOOLEXPR": _of_arguments,
    "RELABELTYPE": _of_argument,
    "ARRAYCOERCEEXPR": _of_argument,
    "CONVERTROWTYPEEXPR": _of_argument,
    "COLLATEEXPR": _of_argument,
    "COERCETODOMAIN": _of_argument,
    "NAMEDARGEXPR": _of_argument,
    "JSONISPREDICATE": lambda node, place: is_certain(node["expr"], place),
    "COERCEVIAIO": _of_cast_by_text,
    "COALESCEEXPR": _of_coalesce,
    "MINMAXEXPR": lambda node, place: any(is_certain(one, place) for one in node["args"]),
    "CASEEXPR": _of_case,
    "AGGREF": _of_aggregate,
    "WINDOWFUNC": _of_window,
    "SUBLINK": _of_subquery,
}
