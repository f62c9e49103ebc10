"""Tables and what is part of them: columns, defaults, constraints, indexes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft import parts
from sqlwright.migrations.draft.parts import own_name
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.words import WIDTH, condition, indent, lower, wrap

__all__ = [
    "add_column",
    "add_constraint",
    "alter_table",
    "create_index",
    "create_table",
    "index_text",
    "set_default",
]


def create_table(
    state: State, key: Key, within: Collection[Key], *, exact: Collection[Key]
) -> list[str]:
    """The table with those of its columns and constraints that stand within."""
    one = state.objects[key]
    properties = one.properties
    unlogged = "unlogged " if properties.get("persistence") == "unlogged" else ""
    tail = ""
    parents = properties.get("inherits", ())
    assert isinstance(parents, tuple)
    if parents and "bound" not in properties:
        tail = f"\ninherits ({', '.join(parents)})"
    if "partition_by" in properties:
        tail += f"\npartition by {lower(str(properties['partition_by']))}"
    if options := properties.get("options", ()):
        assert isinstance(options, tuple)
        tail += f"\nwith ({', '.join(options)})"
    first = f"create {unlogged}table {one.name}"
    if "bound" in properties:
        parent = parts.partition_parent(one)
        lines = _lines(state, key, [k for k in within if k.kind == "constraint"], exact)
        inside = " (\n" + ",\n".join(lines) + "\n)" if lines else ""
        return [
            f"{first} partition of {parent}{inside}\n    {lower(str(properties['bound']))}{tail}"
        ]
    lines = _lines(state, key, within, exact)
    if not lines:
        return [f"{first} (){tail}"]
    return [f"{first} (\n" + ",\n".join(lines) + f"\n){tail}"]


def _lines(state: State, key: Key, within: Collection[Key], exact: Collection[Key]) -> list[str]:
    """Columns in their order, then keys, then what refers to others, then checks."""
    inside = {k for k in within if k.kind == "constraint"}
    is_key = any(state.objects[k].properties.get("type") == "primary key" for k in inside)
    keys = parts.key_columns(state, key) if is_key else frozenset()
    lines = []
    for one in state.children(key, "column"):
        if one.key not in within:
            continue
        default = Key("default", one.name)
        left = {k: v for k, v in one.properties.items() if k != "default" or default in within}
        shown = replace(one, properties=left)
        nullable = own_name(one) in keys and "not_null_name" not in one.properties
        lines.append(
            parts.column(
                state, shown, exact=default in exact or one.key in exact, nullable=nullable
            )
        )
    rank = ("primary key", "foreign key", "unique", "exclude", "check")
    ranked = sorted(
        (state.objects[k] for k in inside),
        key=lambda one: (rank.index(str(one.properties["type"])), one.name),
    )
    lines += [parts.constraint(one, exact=one.key in exact) for one in ranked]
    return [wrap(indent(line)) for line in lines]


def add_column(state: State, one: Object, exact: Collection[Key]) -> list[str]:
    """A column of a table that is there."""
    is_exact = one.key in exact or Key("default", one.name) in exact
    words = parts.column(state, one, exact=is_exact, nullable=False)
    return [alter_table(one, f"add column {words}")]


def set_default(state: State, one: Object, exact: Collection[Key]) -> list[str]:
    """The default of a column that is there."""
    assert one.parent is not None, one.key
    column = state.objects[one.parent]
    value = parts.default_value(column, exact=one.key in exact)
    return [alter_table(column, f"alter column {own_name(column)} set default {value}")]


def alter_table(one: Object, change: str) -> str:
    """A change of the table that the part belongs to."""
    assert one.parent is not None, one.key
    line = f"alter table {one.parent.name} {change}"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    return f"alter table {one.parent.name}\n    {change}"


def add_constraint(_: State, one: Object, exact: Collection[Key]) -> list[str]:
    """A constraint of a table that is there."""
    valid = one.properties.get("validated") is not False
    words = parts.constraint(one, exact=one.key in exact, valid=valid).replace("\n", "\n    ")
    return [f"alter table {one.parent.name}\n    add {words}"] if one.parent else []


def create_index(_: State, one: Object, exact: Collection[Key]) -> list[str]:
    """An index, built while nobody writes."""
    return [index_text(str(one.properties["definition"]), exact=one.key in exact)]


def index_text(text: str, *, exact: bool) -> str:
    """An index's definition on one line, or with `on …` and `where …` on lines of their own."""
    text = lower(text).replace(" using btree (", " (").replace(" on only ", " on ", 1)
    if not exact and " where " in text:
        head, _, predicate = text.partition(" where ")
        text = f"{head} where {condition(predicate)}"
    if len(text) > WIDTH - 3:
        text = text.replace(" on ", "\n    on ", 1).replace(" where ", "\n    where ", 1)
    return wrap(text)
