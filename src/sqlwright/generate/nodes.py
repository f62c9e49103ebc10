"""PostgreSQL's node trees, as it writes them for debugging, read into plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Node", "NodeError", "read_nodes", "walk"]

_TOKEN = re.compile(r'[(){}\[\]]|"(?:\\.|[^"\\])*"|(?:\\.|[^\s(){}\[\]\\"])+', re.DOTALL)
_NUMBER = re.compile(r"-?\d+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Where it was written says nothing of what it means, and is a fifth of the text.
_LEFT_OUT = re.compile(r" :(?:location|list_start|list_end|varnosyn|varattnosyn) -?\d+")
_PLAIN = {"<>": None, "true": True, "false": False}
_LISTS_OF_NUMBERS = {"i", "o", "x"}


class NodeError(ValueError):
    """The text is no node tree that this reader knows."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node: `kind` is its label, `VAR` or `QUERY`; a field that this version hasn't is None."""

    kind: str
    fields: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)


def read_nodes(text: str) -> Any:
    """What the text says: nodes, lists, sets of numbers, numbers, texts, bytes, truths, None.

    Raises:
        NodeError: it can't be read.
    """
    flat = _LEFT_OUT.sub("", text.replace("\n", " "))
    tokens = iter(_TOKEN.findall(flat))
    try:
        return _value(next(tokens), tokens)
    except (StopIteration, KeyError, ValueError) as error:
        raise NodeError(f"not a node tree: {error!r}") from None


def walk(value: Any) -> Iterator[Node]:
    """Every node of the tree, parents first."""
    if isinstance(value, Node):
        yield value
        for inner in value.fields.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def _value(token: str, tokens: Iterator[str]) -> Any:
    if token == "{":  # noqa: S105
        return _node(tokens)
    if token == "(":  # noqa: S105
        return _list(tokens)
    if token in _PLAIN:
        return _PLAIN[token]
    if _NUMBER.fullmatch(token):
        return int(token)
    return _text(token)


def _node(tokens: Iterator[str]) -> Node:
    kind = next(tokens)
    fields: dict[str, Any] = {}
    for name in tokens:
        if name == "}":
            return Node(kind, fields)
        if not name.startswith(":"):
            raise NodeError(f"{name} where a field of {kind} should be")
        value = _value(next(tokens), tokens)
        fields[name[1:]] = _bytes(tokens) if name == ":constvalue" and value is not None else value
    raise NodeError(f"{kind} does not end")


def _list(tokens: Iterator[str]) -> list[Any] | frozenset[int]:
    first = next(tokens)
    if first == "b":
        return frozenset(map(int, iter(tokens.__next__, ")")))
    if first in _LISTS_OF_NUMBERS:
        return [int(token) for token in iter(tokens.__next__, ")")]
    values = []
    while first != ")":
        values.append(_value(first, tokens))
        first = next(tokens)
    return values


def _bytes(tokens: Iterator[str]) -> bytes:
    """A constant's bytes, which stand in brackets behind their number, some as if signed."""
    if next(tokens) != "[":
        raise NodeError("a constant without its bytes")
    return bytes(int(token) & 0xFF for token in iter(tokens.__next__, "]"))


def _text(token: str) -> str:
    inner = token[1:-1] if token.startswith('"') else token
    return _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner
