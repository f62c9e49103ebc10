"""What a condition says of nulls where it holds: which expressions then can't be null."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

from sqlwright.generate.knowledge import Knowledge
from sqlwright.generate.nodes import Node, walk

__all__ = ["Key", "Known", "implied", "key_of"]

Key: TypeAlias = tuple[Any, ...]
Known: TypeAlias = Mapping[Key, Node]
"""What is not null, by what makes it the same expression elsewhere."""

# They give a null for a null, and nothing but their argument's null makes theirs.
_CASTS = {
    "RELABELTYPE", "COERCEVIAIO", "ARRAYCOERCEEXPR", "CONVERTROWTYPEEXPR", "COLLATEEXPR",
    "COERCETODOMAIN", "NAMEDARGEXPR", "FIELDSELECT",
}  # fmt: skip
# Evaluated anew, or for another row, where they stand again.
_NEVER_THE_SAME = {
    "SUBLINK", "NEXTVALUEEXPR", "CASETESTEXPR", "COERCETODOMAINVALUE", "MULTIEXPR", "WINDOWFUNC",
}  # fmt: skip
# How an expression came to be written doesn't make it another.
_NOT_COMPARED = {"varnullingrels", "opfuncid", "hashfuncid", "negfuncid", "aggno", "aggtransno"}
_FUNCTION_FIELDS = {"funcid", "aggfnoid"}
_FROM_OUTSIDE = 0  # of a parameter: `$1`
_ANY, _ALL = 2, 1  # of a sublink: `in (select …)`, `< all (select …)`
_IS_NULL, _IS_NOT_NULL = 0, 1
# Of `x is …`: whether what follows holds where the test gives that answer; None is "not null".
_BOOLEAN_TESTS = {
    (0, True): True,
    (1, False): True,
    (2, True): False,
    (3, False): False,
    (4, False): None,
    (5, True): None,
}


def implied(condition: Node | None, knowledge: Knowledge, *, holds: bool = True) -> Known:
    """What isn't null where the condition is true, or where it is false."""
    if condition is None:
        return {}
    rule = _RULES.get(condition.kind, _of_comparison)
    return rule(condition, knowledge, holds=holds)


def key_of(node: Node, knowledge: Knowledge) -> Key | None:
    """What is equal for the same expression within one query; None where it may vary."""
    if node.kind == "VAR":
        return _of_column(node)
    if any(_varies(inner, knowledge) for inner in walk(node)):
        return None
    return _frozen(node)  # type: ignore[no-any-return]


def _of_column(var: Node) -> Key:
    place = (var["varlevelsup"], var["varno"], var["varattno"])
    return ("VAR", *place, var["varreturningtype"] or 0)


def _varies(node: Node, knowledge: Knowledge) -> bool:
    if node.kind in _NEVER_THE_SAME or node["funcretset"] or node["opretset"]:
        return True
    if node.kind == "PARAM":
        return bool(node["paramkind"] != _FROM_OUTSIDE)
    functions = {node[name] for name in _FUNCTION_FIELDS} | {knowledge.operators.get(node["opno"])}
    return not functions.isdisjoint(knowledge.volatile)


def _frozen(value: Any) -> Any:
    if isinstance(value, Node):
        if value.kind == "VAR":
            return _of_column(value)
        fields = value.fields.items()
        return (value.kind, *((k, _frozen(v)) for k, v in fields if k not in _NOT_COMPARED))
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _keyed(nodes: Iterable[Node], knowledge: Knowledge) -> Known:
    return {key: node for node in nodes if (key := key_of(node, knowledge)) is not None}


def _of_boolean(condition: Node, knowledge: Knowledge, *, holds: bool) -> Known:
    """`and`, `or`, `not`: what each part says, or what all of them say."""
    operator = condition["boolop"]
    if operator == "not":
        return implied(condition["args"][0], knowledge, holds=not holds)
    parts = [implied(part, knowledge, holds=holds) for part in condition["args"]]
    if (operator == "and") is holds:
        return {key: node for part in parts for key, node in part.items()}
    first, *others = parts
    return {key: node for key, node in first.items() if all(key in part for part in others)}


def _of_boolean_test(condition: Node, knowledge: Knowledge, *, holds: bool) -> Known:
    test = (condition["booltesttype"], holds)
    if test not in _BOOLEAN_TESTS:
        return {}
    answer = _BOOLEAN_TESTS[test]
    if answer is None:
        return _keyed(_needed(condition["arg"], knowledge), knowledge)
    return implied(condition["arg"], knowledge, holds=answer)


def _of_null_test(condition: Node, knowledge: Knowledge, *, holds: bool) -> Known:
    says = _IS_NOT_NULL if holds else _IS_NULL
    if condition["nulltesttype"] != says or condition["argisrow"]:
        return {}
    return _keyed(_needed(condition["arg"], knowledge), knowledge)


def _of_subquery(condition: Node, knowledge: Knowledge, *, holds: bool) -> Known:
    """Some row compares so: `in` where it holds, `all` where it doesn't."""
    if condition["subLinkType"] != (_ANY if holds else _ALL):
        return {}
    return implied(condition["testexpr"], knowledge, holds=holds)


def _of_array(condition: Node, knowledge: Knowledge, *, holds: bool) -> Known:
    """Some element compares so; of an empty array nothing is asked, whatever is compared."""
    known = _of_comparison(condition, knowledge, holds=holds)
    is_strict = knowledge.operators.get(condition["opno"]) in knowledge.strict
    if condition["useOr"] is not holds or not is_strict:
        return known
    return {**known, **_keyed(_needed(condition["args"][0], knowledge), knowledge)}


def _of_comparison(condition: Node, knowledge: Knowledge, *, holds: bool) -> Known:  # noqa: ARG001
    """What a condition that gives an answer at all needs."""
    return _keyed(_needed(condition, knowledge), knowledge)


class _Rule(Protocol):
    def __call__(self, condition: Node, knowledge: Knowledge, *, holds: bool) -> Known: ...


_RULES: Mapping[str, _Rule] = {
    "BOOLEXPR": _of_boolean,
    "BOOLEANTEST": _of_boolean_test,
    "NULLTEST": _of_null_test,
    "SUBLINK": _of_subquery,
    "SCALARARRAYOPEXPR": _of_array,
}


def _needed(node: Node, knowledge: Knowledge) -> Iterator[Node]:
    """The expression and those within it without which it would be null."""
    yield node
    for part in _operands(node, knowledge):
        yield from _needed(part, knowledge)


def _operands(node: Node, knowledge: Knowledge) -> list[Node]:
    found: list[Node] = []
    if node.kind in _CASTS:
        found = [node["arg"]]
    elif node.kind == "OPEXPR" and knowledge.operators.get(node["opno"]) in knowledge.strict:
        found = node["args"]
    elif node.kind == "FUNCEXPR" and node["funcid"] in knowledge.strict:
        found = [] if node["funcretset"] else node["args"] or []
    elif node.kind == "BOOLEXPR" and node["boolop"] == "not":
        found = node["args"]
    elif node.kind == "SCALARARRAYOPEXPR":
        found = [node["args"][1]]
    elif node.kind == "NULLIFEXPR":
        found = [node["args"][0]]
    elif node.kind == "ROWCOMPAREEXPR":
        # Decided by the first pair, or not at all where that has a null.
        found = [node["largs"][0], node["rargs"][0]]
    return found
