"""Whether two texts that PostgreSQL printed are one: a dump that is restored words some anew.

Nested `or` comes back flat, and the cast of an array as casts of its elements. Both texts are
parsed, brought to one form and compared; what can't be parsed is only the same if it is equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

__all__ = ["is_reworded"]

# What the text can be: a statement, a constraint, an expression.
_FORMS = ("", "alter table t add ", "select ")


def is_reworded(one: str, other: str) -> bool:
    """Whether the texts say the same, in other words at most."""
    first = _canonical(one)
    return first is not None and first == _canonical(other)


@lru_cache(maxsize=1024)
def _canonical(text: str) -> str | None:
    """The text as the parser understands it, printed again; None if it is not SQL."""
    import postgast

    for form in _FORMS:
        try:
            tree = postgast.parse(form + text)
        except postgast.PgQueryError:
            continue
        for node in list(_array_casts(tree)):
            _cast_elements(node)
        return str(postgast.deparse(tree))
    return None


def _array_casts(message: Any) -> Iterator[Any]:
    """The casts of a list of elements to an array of one dimension, innermost first."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            for child in value if descriptor.is_repeated else [value]:
                yield from _array_casts(child)
    if message.DESCRIPTOR.name == "Node" and message.WhichOneof("node") == "type_cast":
        cast = message.type_cast
        if cast.arg.WhichOneof("node") == "a_array_expr" and len(cast.type_name.array_bounds) == 1:
            yield message


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
