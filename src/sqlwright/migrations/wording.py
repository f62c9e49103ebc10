"""Whether two texts that PostgreSQL printed are one: a dump that is restored words some anew.

Nested `or` comes back flat, and the cast of an array as casts of its elements. Both texts are
parsed, brought to one form and compared; what can't be parsed is only the same if it is equal.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

__all__ = ["is_reworded"]

# What the text can be: a statement, a constraint, the body of a function, an expression.
_FORMS = ("", "alter table t add ", "create function f() ", "select ")
_PLACE = re.compile(r"location$|_(?:start|end|len)$")  # where it is written in the text


def is_reworded(one: str, other: str) -> bool:
    """Whether the texts say the same, in other words at most."""
    first = _canonical(one)
    return first is not None and first == _canonical(other)


@lru_cache(maxsize=1024)
def _canonical(text: str) -> bytes | None:
    """The text as the parser understands it, in one form; None if it is not SQL."""
    import postgast

    for form in _FORMS:
        try:
            tree = postgast.parse(form + text)
        except postgast.PgQueryError:
            continue
        _settle(tree)
        return bytes(tree.SerializeToString(deterministic=True))
    return None


def _settle(message: Any) -> None:
    """Brings what may be worded otherwise to one form, innermost first."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            for child in value if descriptor.is_repeated else [value]:
                _settle(child)
        elif isinstance(value, int) and _PLACE.search(descriptor.name):
            message.ClearField(descriptor.name)
    if message.DESCRIPTOR.name == "BoolExpr" and len(message.args) > 1:  # `not` has one
        _flatten(message)
    if message.DESCRIPTOR.name == "Node" and _casts_list(message):
        _cast_elements(message)


def _flatten(operation: Any) -> None:
    """`a or (b or c)` becomes `a or b or c`."""
    arguments: list[Any] = []
    for node in operation.args:
        is_same = node.HasField("bool_expr") and node.bool_expr.boolop == operation.boolop
        arguments += node.bool_expr.args if is_same else [node]
    arguments = [type(node).FromString(node.SerializeToString()) for node in arguments]
    del operation.args[:]
    operation.args.extend(arguments)


def _casts_list(node: Any) -> bool:
    """Whether it is the cast of a list of elements to an array of one dimension."""
    if node.WhichOneof("node") != "type_cast":
        return False
    cast = node.type_cast
    return cast.arg.HasField("a_array_expr") and len(cast.type_name.array_bounds) == 1


def _cast_elements(node: Any) -> None:
    """`(array[a, b])::text[]` becomes `array[a::text, b::text]`, as PostgreSQL's parser has it."""
    fresh = type(node)()
    fresh.a_array_expr.CopyFrom(node.type_cast.arg.a_array_expr)
    for element in fresh.a_array_expr.elements:
        inner = type(node)()
        inner.CopyFrom(element)
        element.type_cast.arg.CopyFrom(inner)
        element.type_cast.type_name.CopyFrom(node.type_cast.type_name)
        del element.type_cast.type_name.array_bounds[:]
    node.CopyFrom(fresh)
