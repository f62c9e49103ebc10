"""The statements that make an object of each kind as it is in a database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft import parts
from sqlwright.migrations.draft.parts import own_name
from sqlwright.migrations.draft.routines import (
    create_function,
    create_policy,
    create_rule,
    create_statement,
    create_trigger,
    create_view,
)
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.tables import (
    add_column,
    add_constraint,
    create_index,
    create_table,
    set_default,
)
from sqlwright.migrations.draft.words import indent, quoted, type_name, wrap

__all__ = ["create", "create_enum"]

_Make = Callable[[State, Object, Collection[Key]], list[str]]


def create(state: State, key: Key, *, exact: Collection[Key] = ()) -> list[str]:
    """What makes the object, alone; a table without anything that belongs to it.

    Args:
        state: Where it is.
        key: Which it is.
        exact: What is written as PostgreSQL prints it.
    """
    return [wrap(text) for text in _CREATE[key.kind](state, state.objects[key], exact)]


def _schema(_: State, one: Object, __: Collection[Key]) -> list[str]:
    return [f"create schema {one.name}"]


def _type(state: State, one: Object, _: Collection[Key]) -> list[str]:
    properties = one.properties
    form = properties["form"]
    if form == "enum":
        labels = properties.get("labels", ())
        assert isinstance(labels, tuple)
        return [create_enum(one.name, labels)]
    if form == "composite":
        lines = [_attribute(part) for part in state.children(one.key, "attribute")]
        return [f"create type {one.name} as (\n" + ",\n".join(map(indent, lines)) + "\n)"]
    if form == "range":
        options = {
            "subtype": properties.get("subtype"),
            "subtype_opclass": properties.get("subtype_class"),
            "collation": properties.get("subtype_collation"),
            "canonical": properties.get("canonical"),
            "subtype_diff": properties.get("difference"),
            "multirange_type_name": properties.get("multirange"),
        }
        lines = [f"    {name} = {value}" for name, value in options.items() if value]
        return [f"create type {one.name} as range (\n" + ",\n".join(lines) + "\n)"]
    return [f"create type {one.name}"]


def create_enum(name: str, labels: Sequence[str]) -> str:
    """An enumeration with its values in their order."""
    values = ", ".join(quoted(label) for label in labels)
    return wrap(f"create type {name} as enum ({values})")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _attribute(one: Object) -> str:
    collation = one.properties.get("collation")
    words = [own_name(one), type_name(str(one.properties["type"]))]
    return " ".join([*words, *([f"collate {collation}"] if collation else [])])


def _domain(_: State, one: Object, __: Collection[Key]) -> list[str]:
    properties = one.properties
    words = [f"create domain {one.name} as {type_name(str(properties['type']))}"]
    if "collation" in properties:
        words.append(f"collate {properties['collation']}")
    if "default" in properties:
        words.append(f"default {properties['default']}")
    if properties.get("not_null"):
        words.append("not null")
    return [" ".join(words)]


def _domain_constraint(_: State, one: Object, exact: Collection[Key]) -> list[str]:
    assert one.parent is not None, one.key
    valid = one.properties.get("validated") is not False
    words = parts.constraint(one, exact=one.key in exact, valid=valid)
    return [f"alter domain {one.parent.name}\n    add {words}"]


def _sequence(_: State, one: Object, __: Collection[Key]) -> list[str]:
    properties = one.properties
    kind = "unlogged sequence" if properties.get("persistence") == "unlogged" else "sequence"
    type_ = f" as {properties['type']}" if properties["type"] != "bigint" else ""
    options = parts.sequence_options(properties)
    return [" ".join([f"create {kind} {one.name}{type_}", *options])]


def _owner_of_sequence(_: State, one: Object, __: Collection[Key]) -> list[str]:
    return [f"alter sequence {one.name} owned by {one.properties['owned_by']}"]


def _table(state: State, one: Object, exact: Collection[Key]) -> list[str]:
    return create_table(state, one.key, frozenset(), exact=exact)


_CREATE: Mapping[str, _Make] = {
    "schema": _schema,
    "type": _type,
    "domain": _domain,
    "domain constraint": _domain_constraint,
    "sequence": _sequence,
    "owner of sequence": _owner_of_sequence,
    "table": _table,
    "column": add_column,
    "default": set_default,
    "constraint": add_constraint,
    "index": create_index,
    "statistics": create_statement,
    "trigger": create_trigger,
    "rule": create_rule,
    "policy": create_policy,
    "view": create_view,
    "materialized view": create_view,
    "function": create_function,
    "procedure": create_function,
}
