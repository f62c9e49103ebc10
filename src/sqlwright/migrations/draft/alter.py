"""What changes an object in place: nothing but what differs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sqlwright.catalog import Key, Object, Value
from sqlwright.migrations.draft import parts
from sqlwright.migrations.draft.columns import alter_column
from sqlwright.migrations.draft.enums import alter_type
from sqlwright.migrations.draft.parts import (
    change_options,
    option_names,
    own_name,
    parent_name,
    partition_parent,
)
from sqlwright.migrations.draft.routines import function_text, view_text
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.step import Lock, Mode, Node, Step
from sqlwright.migrations.draft.tables import alter_table
from sqlwright.migrations.draft.words import lower, wrap

__all__ = ["alter", "validate"]

_ENABLING = {
    "yes": "enable",
    "no": "disable",
    "always": "enable always",
    "on replicas": "enable replica",
}


_LOCKS = {
    "table": Mode.ACCESS_EXCLUSIVE,
    "default": Mode.ACCESS_EXCLUSIVE,
    "trigger": Mode.SHARE_ROW_EXCLUSIVE,
    "rule": Mode.ACCESS_EXCLUSIVE,
}


def alter(
    before: State, after: State, key: Key, names: set[str], *, careful: bool, rebuilt: bool = False
) -> list[Step]:
    """The steps that change the object.

    Args:
        before: The database as it is.
        after: As it shall be.
        key: The object, which is there in both.
        names: Which of its properties differ.
        careful: Rows that are there are not read under a lock that stops others.
        rebuilt: An enumeration is made anew, whatever its values are.
    """
    old, new = before.objects[key], after.objects[key]
    if key.kind == "column":
        return alter_column(before, after, key, names, careful=careful)
    if key.kind == "type":
        return [alter_type(before, after, key, rebuilt=rebuilt)]
    if key.kind == "constraint":
        return [validate(new)]
    if key.kind == "default":
        old, new = (state.objects[Key("column", key.name)] for state in (before, after))
    statements = _ALTER.get(key.kind, _replace)(old, new, names)
    locks: tuple[Lock, ...] = ()
    if key.kind in _LOCKS:
        table = key.name if key.kind == "table" else parent_name(new)
        locks = (Lock(table, _LOCKS[key.kind], "persistence" in names),)
    return [Step(node=Node("alter", key), statements=tuple(statements), locks=locks)]


def _table(old: Object, new: Object, names: Collection[str]) -> list[str]:
    what, properties = f"alter table {new.name}", new.properties
    found = change_options(old, new) if "options" in names else []
    if "persistence" in names:
        found.append(f"{what} set {_logged(properties)}")
    if "replica_identity" in names:
        word = str(properties["replica_identity"])
        if word.startswith("index "):
            word = f"using index {word.rpartition('.')[2]}"
        found.append(f"{what} replica identity {word}")
    if "row_security" in names:
        word = "enable" if properties["row_security"] else "disable"
        found.append(f"{what} {word} row level security")
    if "forced_row_security" in names:
        word = "force" if properties["forced_row_security"] else "no force"
        found.append(f"{what} {word} row level security")
    if "bound" in names and "bound" in properties and "bound" in old.properties:
        parent = partition_parent(new)
        found += [
            f"alter table {parent} detach partition {new.name}",
            f"alter table {parent} attach partition {new.name} {lower(str(properties['bound']))}",
        ]
    return found


def _logged(properties: Mapping[str, Value]) -> str:
    return "unlogged" if properties["persistence"] == "unlogged" else "logged"


def _domain(_: Object, new: Object, names: Collection[str]) -> list[str]:
    found = []
    if "default" in names:
        value = new.properties.get("default")
        word = f"set default {value}" if value is not None else "drop default"
        found.append(f"alter domain {new.name} {word}")
    if "not_null" in names:
        word = "set" if new.properties["not_null"] else "drop"
        found.append(f"alter domain {new.name} {word} not null")
    return found


def _sequence(_: Object, new: Object, names: Collection[str]) -> list[str]:
    properties = new.properties
    words = {
        "type": f"as {properties['type']}",
        "increment": f"increment by {properties['increment']}",
        "minimum": f"minvalue {properties['minimum']}",
        "maximum": f"maxvalue {properties['maximum']}",
        "start": f"start with {properties['start']}",
        "cache": f"cache {properties['cache']}",
        "cycle": "cycle" if properties["cycle"] else "no cycle",
    }
    chosen = [word for name, word in words.items() if name in names]
    found = [wrap(f"alter sequence {new.name} {' '.join(chosen)}")] if chosen else []
    if "persistence" in names:
        found.append(f"alter sequence {new.name} set {_logged(properties)}")
    return found


def _enable(_: Object, new: Object, __: Collection[str]) -> list[str]:
    word = _ENABLING[str(new.properties["enabled"])]
    return [wrap(f"alter table {parent_name(new)} {word} {new.kind} {own_name(new)}")]


def validate(new: Object) -> Step:
    """Reads the rows that were there before the constraint; nobody waits for it."""
    locks = [Lock(parent_name(new), Mode.SHARE_UPDATE_EXCLUSIVE, reads=True)]
    return Step(
        node=Node("alter", new.key),
        statements=(wrap(f"alter table {parent_name(new)} validate constraint {own_name(new)}"),),
        locks=tuple(locks),
    )


def _validate_domain(_: Object, new: Object, __: Collection[str]) -> list[str]:
    return [wrap(f"alter domain {parent_name(new)} validate constraint {own_name(new)}")]


def _view(old: Object, new: Object, _: Collection[str]) -> list[str]:
    gone = sorted(option_names(old) - option_names(new))
    reset = [f"alter view {new.name} reset ({', '.join(gone)})"] if gone else []
    return [view_text(new, replace=True), *reset]


def _materialized_view(old: Object, new: Object, _: Collection[str]) -> list[str]:
    return change_options(old, new)


def _default(_: Object, new: Object, __: Collection[str]) -> list[str]:
    value = parts.default_value(new, exact=False)
    return [alter_table(new, f"alter column {own_name(new)} set default {value}")]


def _owner_of_sequence(_: Object, new: Object, __: Collection[str]) -> list[str]:
    return [wrap(f"alter sequence {new.name} owned by {new.properties['owned_by']}")]


def _replace(_: Object, new: Object, __: Collection[str]) -> list[str]:
    return [function_text(new, replace=True)]


_ALTER: Mapping[str, Callable[[Object, Object, Collection[str]], list[str]]] = {
    "table": _table,
    "domain": _domain,
    "domain constraint": _validate_domain,
    "sequence": _sequence,
    "owner of sequence": _owner_of_sequence,
    "trigger": _enable,
    "rule": _enable,
    "view": _view,
    "materialized view": _materialized_view,
    "default": _default,
}
