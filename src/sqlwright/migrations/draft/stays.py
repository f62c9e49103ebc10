"""What differs of an object that is in both databases, and whether it can stay."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from sqlwright.catalog import Key, Value
from sqlwright.migrations.draft import parts
from sqlwright.migrations.draft.enums import attributes, labels
from sqlwright.migrations.draft.state import DRAFTED, State

__all__ = ["can_alter", "changed", "is_rebuilt"]

_EXPRESSION_CAN_CHANGE = 170000
# What can change while the object stays.
_ALTERABLE: Mapping[str, AbstractSet[str]] = {
    "table": DRAFTED["table"],
    "sequence": DRAFTED["sequence"],
    "default": {"default"},
    "owner of sequence": {"owned_by"},
    "domain": {"default", "not_null"},
    "type": {"labels", "attributes"},
    "trigger": {"enabled"},
    "rule": {"enabled"},
    "constraint": {"validated"},
    "domain constraint": {"validated"},
    "view": {"definition", "options"},
    "materialized view": {"options"},
}


def changed(before: State, after: State, key: Key) -> set[str]:
    """The drafted properties that differ, but for comments."""
    old, new = before.objects[key].properties, after.objects[key].properties
    drafted = DRAFTED.get(key.kind)
    names = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    if drafted is not None:
        names &= drafted
    if key.kind == "column":
        names -= {"default"}
        if (
            "identity" in old
            and "identity" in new
            and _identity(before, key) != _identity(after, key)
        ):
            names.add("identity")
    if key.kind == "sequence":
        names -= {"owned_by"}
    if key.kind == "type" and attributes(before, key) != attributes(after, key):
        names.add("attributes")
    return names - {"comment"}


def _identity(state: State, key: Key) -> list[str]:
    return parts.identity_options(state, state.objects[key])


def can_alter(before: State, after: State, key: Key, names: set[str]) -> bool:
    """Whether the object can stay while these properties change."""
    old, new = before.objects[key], after.objects[key]
    if old.parent != new.parent:
        return False
    if key.kind == "column":
        return _column_can(before, old.properties, new.properties, names)
    if key.kind == "view" and not _replaceable(before, after, key):
        return False
    if key.kind in {"constraint", "domain constraint"} and not new.properties["validated"]:
        return False
    if key.kind in {"function", "procedure"}:
        same = ("result", "window", "arguments")
        return all(old.properties.get(name) == new.properties.get(name) for name in same)
    return key.kind in _ALTERABLE and names <= _ALTERABLE[key.kind]


def _column_can(
    state: State, old: Mapping[str, Value], new: Mapping[str, Value], names: set[str]
) -> bool:
    if "generated" in old and "generated" in new and names & {"expression", "generated"}:
        return "generated" not in names and state.version >= _EXPRESSION_CAN_CHANGE
    if "generated" in names:
        return "generated" not in new and old["generated"] == "stored"
    return True


def _replaceable(before: State, after: State, key: Key) -> bool:
    """Whether a view keeps its columns; more may follow."""
    old, new = (
        [(one.name, one.properties["type"]) for one in state.children(key, "column")]
        for state in (before, after)
    )
    return new[: len(old)] == old


def is_rebuilt(before: State, after: State, key: Key) -> bool:
    """Whether an enumeration loses values or their order, so that another takes its place."""
    old, new = before.objects[key].properties, after.objects[key].properties
    if key.kind != "type" or old.get("form") != "enum" or new.get("form") != "enum":
        return False
    had, has = labels(before.objects[key]), labels(after.objects[key])
    return [label for label in has if label in had] != list(had)
