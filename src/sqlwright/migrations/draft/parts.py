"""Columns and constraints as they stand within `create table`, and behind `alter table … add`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.words import WIDTH, column_of, condition, lower, type_name

__all__ = [
    "change_options",
    "column",
    "constraint",
    "default_value",
    "identity_options",
    "key_columns",
    "option_names",
    "option_set",
    "own_name",
    "parent_name",
    "partition_parent",
    "sequence_options",
]

_LIMITS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_LONGEST = 63  # bytes of a name
_LITERAL = re.compile(r"^('(?:[^']|'')*')::([a-z ]+)(?:\(\d+\))?$")
_REFERENCES = re.compile(r"(references [^\s(]+)\(")


def own_name(one: Object) -> str:
    """The name of a part within what it belongs to."""
    assert one.parent is not None, one.key
    if one.kind == "column":
        return column_of(one.name, one.parent.name)
    if one.kind in {"default", "attribute"}:
        return one.name.removeprefix(f"{one.parent.name}.")
    return one.name.removesuffix(f" on {one.parent.name}")


def column(state: State, one: Object, *, exact: bool, nullable: bool) -> str:
    """`email varchar(255) not null default ''`.

    Args:
        state: Where it is.
        one: The column.
        exact: Its expressions as PostgreSQL prints them.
        nullable: Nothing is said of null, since a key says it or a later statement will.
    """
    properties = one.properties
    words = [own_name(one), type_name(str(properties["type"]))]
    if "collation" in properties:
        words.append(f"collate {properties['collation']}")
    if "generated" in properties:
        expression = str(properties["expression"])
        expression = expression if exact else lower(expression)
        if not (expression.startswith("(") and expression.endswith(")")):
            expression = f"({expression})"
        words.append(f"generated always as {expression} {properties['generated']}")
    elif "identity" in properties:
        words.append(f"generated {properties['identity']} as identity")
        words += identity_options(state, one)
    if "not_null_name" in properties and not nullable:
        words.append(f"constraint {properties['not_null_name']}")
    is_said = "identity" not in properties or "not_null_name" in properties
    if properties["not_null"] and is_said and not nullable:
        words.append("not null")
    if "default" in properties:
        words.append(f"default {default_value(one, exact=exact)}")
    return " ".join(words)


def default_value(one: Object, *, exact: bool) -> str:
    """A column's default; a string without the cast to the column's own type."""
    text = str(one.properties["default"])
    if exact:
        return text
    if match := _LITERAL.match(text):
        type_ = str(one.properties.get("type", ""))
        if type_.partition("(")[0] == match[2] and match[2] != "bpchar":
            return match[1]
    return lower(text)


def identity_options(state: State, one: Object) -> list[str]:
    """What its sequence has besides the usual, in brackets; nothing if it is the usual one."""
    assert one.parent is not None, one.key
    sequences = state.children(one.key, "sequence")
    if not sequences:
        return []
    sequence = sequences[0]
    usual = f"{one.parent.name}_{own_name(one)}_seq"
    options = sequence_options(sequence.properties)
    if sequence.name != usual and len(usual.rpartition(".")[2]) <= _LONGEST and '"' not in usual:
        options.insert(0, f"sequence name {sequence.name}")
    return [f"({' '.join(options)})"] if options else []


def sequence_options(properties: Mapping[str, object]) -> list[str]:
    """What is not the server's own choice."""
    limit = _LIMITS[str(properties["type"])]
    step = properties["increment"]
    assert isinstance(step, int)
    least, most = (1, limit) if step > 0 else (-limit - 1, -1)
    usual = {
        "increment by": (step, 1),
        "minvalue": (properties["minimum"], least),
        "maxvalue": (properties["maximum"], most),
        "start": (properties["start"], properties["minimum" if step > 0 else "maximum"]),
        "cache": (properties["cache"], 1),
    }
    options = [f"{name} {value}" for name, (value, common) in usual.items() if value != common]
    return [*options, *(["cycle"] if properties["cycle"] else [])]


def constraint(one: Object, *, exact: bool, valid: bool = True, using: str | None = None) -> str:
    """`constraint users_email_key unique (email)`, on two lines where it is long.

    Args:
        one: The constraint.
        exact: Its expression as PostgreSQL prints it.
        valid: Rows that are there are looked at; else it is `not valid`.
        using: The index that it takes over.
    """
    properties = one.properties
    kind, name = str(properties.get("type", "check")), own_name(one)
    words = f"{kind} using index {using}" if using else _definition(one, exact=exact)
    tail = [
        "no inherit" if properties.get("no_inherit") else "",
        "deferrable" if properties.get("deferrable") else "",
        "initially deferred" if properties.get("deferred") else "",
        "not enforced" if properties.get("enforced") is False else "",
        "" if valid or properties.get("enforced") is False else "not valid",
    ]
    words = " ".join([words, *filter(None, tail)])
    line = f"constraint {name} {words}"
    if len(line) > WIDTH - 5 or (kind == "foreign key" and valid):
        return f"constraint {name}\n    {words}"
    return line


def _definition(one: Object, *, exact: bool) -> str:
    text = str(one.properties["definition"])
    kind = one.properties.get("type", "check")
    if kind == "check" or text.startswith("CHECK"):
        if exact:
            return text
        inner = text.removeprefix("CHECK ")
        return f"check {condition(inner)}"
    text = _REFERENCES.sub(r"\1 (", lower(text))
    if kind == "foreign key" and " on delete " not in text:
        text += " on delete no action"
    return text


def key_columns(state: State, table: Key) -> frozenset[str]:
    """The columns of a table's primary key."""
    for one in state.children(table, "constraint"):
        if one.properties.get("type") == "primary key":
            return frozenset(
                re.findall(r'"(?:[^"]|"")+"|\w+', str(one.properties["definition"])[11:])
            )
    return frozenset()


def partition_parent(one: Object) -> str:
    """The partitioned table of a partition."""
    parents = one.properties["inherits"]
    assert isinstance(parents, tuple)
    return parents[0]


def parent_name(one: Object) -> str:
    """The name of what it belongs to."""
    assert one.parent is not None, one.key
    return one.parent.name


def option_set(one: Object, name: str) -> set[str]:
    """A list among its properties as a set."""
    value = one.properties.get(name, ())
    assert isinstance(value, tuple)
    return set(value)


def option_names(one: Object) -> set[str]:
    """The names of its storage options."""
    return {option.partition("=")[0] for option in option_set(one, "options")}


def change_options(old: Object, new: Object, what: str | None = None) -> list[str]:
    """Storage options: those that are new or changed, then those that are gone."""
    what = what or f"alter {new.kind} {new.name}"
    made = sorted(option_set(new, "options") - option_set(old, "options"))
    gone = sorted(option_names(old) - option_names(new))
    return [
        *([f"{what} set ({', '.join(made)})"] if made else []),
        *([f"{what} reset ({', '.join(gone)})"] if gone else []),
    ]
