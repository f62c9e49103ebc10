"""The statement that drops an object of each kind."""

from __future__ import annotations

from sqlwright.catalog import Key
from sqlwright.migrations.draft.parts import own_name, parent_name
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.tables import alter_table
from sqlwright.migrations.draft.words import wrap

__all__ = ["drop"]

_PARTS = {
    *("column", "constraint", "domain constraint", "trigger", "rule", "policy"),
}


def drop(state: State, key: Key, *, concurrently: bool = False) -> str:
    """What drops the object."""
    one = state.objects[key]
    part = own_name(one) if key.kind in _PARTS else ""
    match key.kind:
        case "owner of sequence":
            text = f"alter sequence {one.name} owned by none"
        case "domain constraint":
            text = f"alter domain {parent_name(one)} drop constraint {part}"
        case "column" | "constraint":
            text = alter_table(one, f"drop {key.kind} {part}")
        case "default":
            column = state.objects[Key("column", one.name)]
            text = alter_table(column, f"alter column {own_name(column)} drop default")
        case "trigger" | "rule" | "policy":
            text = f"drop {key.kind} {part} on {parent_name(one)}"
        case _:
            beside = "concurrently " if concurrently else ""
            text = f"drop {key.kind} {beside}{one.name}"
    return wrap(text)
