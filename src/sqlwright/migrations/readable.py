"""Differences as lines for a person: an object, then a line for each property that differs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from sqlwright.catalog import Value
from sqlwright.migrations.difference import Change, Changed, Difference

__all__ = ["lines"]

_SHORT = 40
_INDENT = "    "
# What tells most of an object in one line.
_TELLING = ("definition", "type", "form", "result", "version")


def lines(differences: Iterable[Difference]) -> Iterator[str]:
    """The lines of all differences; `-` is what was expected and `+` what was found."""
    for one in differences:
        yield f"{one.change.value:<10}  {one.object.key}"
        if one.change is not Change.CHANGED:
            for name in _TELLING:
                if value := one.object.properties.get(name):
                    yield _INDENT + " ".join(str(value).split())
                    break
        for changed in one.properties:
            yield from (_INDENT + line for line in _changed(changed))


def _changed(changed: Changed) -> Iterator[str]:
    before = _parts(changed.expected, beside=changed.found)
    after = _parts(changed.found, beside=changed.expected)
    if len(before) <= 1 and len(after) <= 1:
        first, second = ("".join(parts) or "none" for parts in (before, after))
        if len(first) + len(second) <= _SHORT:
            yield f"{changed.property}: {first} -> {second}"
            return
    yield f"{changed.property}:"
    if isinstance(changed.expected or changed.found, tuple) and set(before) != set(after):
        yield from (f"  - {part}" for part in before if part not in after)
        yield from (f"  + {part}" for part in after if part not in before)
        return
    if isinstance(changed.expected or changed.found, tuple):
        before, after = [", ".join(before)], [", ".join(after)]
    for line in list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]:
        if not line.startswith("@@"):
            yield f"  {line[0]} {line[1:]}".rstrip()


def _parts(value: Value | None, *, beside: Value | None) -> list[str]:
    """A text's lines, a list's entries; nothing of what is not there."""
    if isinstance(beside, bool) and value is None:
        value = not beside  # of two values the usual one is left out of a snapshot
    if value is None:
        return []
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return str(value).split("\n")
