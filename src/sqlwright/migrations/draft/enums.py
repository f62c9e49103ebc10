"""Types in place: new values, an enumeration that takes the place of another, attributes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlwright.catalog import Key, Object, Value
from sqlwright.migrations.draft.create import create_enum
from sqlwright.migrations.draft.parts import own_name, parent_name
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.step import Lock, Mode, Node, Step
from sqlwright.migrations.draft.types import loses
from sqlwright.migrations.draft.words import quoted, type_name, wrap

__all__ = ["alter_type", "attributes", "labels"]


def alter_type(before: State, after: State, key: Key, *, rebuilt: bool) -> Step:
    """The type with its new values or attributes; another in its place if it loses values."""
    old, new = before.objects[key], after.objects[key]
    if new.properties["form"] != "enum":
        return Step(
            node=Node("alter", key),
            statements=tuple(_attribute_changes(before, after, key)),
            losses=tuple(_attribute_losses(before, after, key)),
        )
    if rebuilt:
        return _rebuild(before, after, key)
    return Step(
        node=Node("alter", key),
        statements=tuple(_values(key.name, labels(old), labels(new))),
    )


def labels(one: Object) -> Sequence[str]:
    """The values of an enumeration, in their order."""
    found = one.properties.get("labels", ())
    assert isinstance(found, tuple)
    return found


def _values(name: str, old: Sequence[str], new: Sequence[str]) -> list[str]:
    """A statement for each new value, which stands behind the one before it."""
    found = []
    there = list(old)
    for number, label in enumerate(new):
        if label in there:
            continue
        place = f" after {quoted(new[number - 1])}" if number else ""
        if not number and there:
            place = f" before {quoted(there[0])}"
        if there and number and there[-1] == new[number - 1]:
            place = ""
        found.append(f"alter type {name} add value {quoted(label)}{place}")
        there.insert(there.index(new[number - 1]) + 1 if number else 0, label)
    return found


def _rebuild(before: State, after: State, key: Key) -> Step:
    """The type under another name, a new one, columns to that, and the old one gone."""
    schema, _, name = key.name.rpartition(".")
    bare = name.strip('"')
    former = f'"{bare[:50]}_former"' if name.startswith('"') else f"{bare[:50]}_former"
    columns = [
        after.objects[one]
        for one in sorted(before.objects)
        if one.kind == "column"
        and key in before.needs.get(one, ())
        and one in after.objects
        and key in after.needs.get(one, ())
    ]
    statements = [
        f"alter type {key.name} rename to {former}",
        create_enum(key.name, labels(after.objects[key])),
        *(
            wrap(
                f"alter table {parent_name(one)}\n    alter column {own_name(one)}"
                f" type {type_name(str(one.properties['type']))}"
                f" using {own_name(one)}::{_as_text(one)}::{one.properties['type']}"
            )
            for one in columns
        ),
        f"drop type {schema}.{former}",
    ]
    gone = [
        label for label in labels(before.objects[key]) if label not in labels(after.objects[key])
    ]
    more = [
        label for label in labels(after.objects[key]) if label not in labels(before.objects[key])
    ]
    losses = []
    if gone:
        loss = f"{key.name} loses {', '.join(map(quoted, gone))}: rows that hold one are refused."
        if more:
            loss += (
                f" If it was renamed, write instead: alter type {key.name}"
                f" rename value {quoted(gone[0])} to {quoted(more[0])};"
            )
        losses.append(loss)
    return Step(
        node=Node("alter", key),
        statements=tuple(statements),
        locks=tuple(Lock(parent_name(one), Mode.ACCESS_EXCLUSIVE, reads=True) for one in columns),
        losses=tuple(losses),
    )


def _as_text(one: Object) -> str:
    return "text[]" if str(one.properties["type"]).endswith("[]") else "text"


def _attribute_changes(before: State, after: State, key: Key) -> list[str]:
    old, new = attributes(before, key), attributes(after, key)
    found = [f"alter type {key.name} drop attribute {name}" for name in old if name not in new]
    for name, (type_, collation) in new.items():
        if old.get(name) == (type_, collation):
            continue
        collate = f" collate {collation}" if collation else ""
        verb = "alter" if name in old else "add"
        word = " type" if name in old else ""
        found.append(
            f"alter type {key.name} {verb} attribute {name}{word} {type_name(str(type_))}{collate}"
        )
    return found


def _attribute_losses(before: State, after: State, key: Key) -> list[str]:
    old, new = attributes(before, key), attributes(after, key)
    found = [f"{key.name}.{name} is dropped with its values." for name in old if name not in new]
    for name in old.keys() & new.keys():
        found += loses(f"{key.name}.{name}", str(old[name][0]), str(new[name][0]))
    return sorted(found)


def attributes(state: State, key: Key) -> dict[str, tuple[Value | None, Value | None]]:
    """The attributes of a composite type: type and collation by name."""
    return {
        own_name(one): (one.properties.get("type"), one.properties.get("collation"))
        for one in state.children(key, "attribute")
    }
