"""Columns in place: type, identity, null and storage, safely where there may be rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft import parts
from sqlwright.migrations.draft.parts import change_options, own_name, parent_name
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.step import Lock, Mode, Node, Step
from sqlwright.migrations.draft.types import assignable, loses
from sqlwright.migrations.draft.words import lower, type_name, wrap

__all__ = ["alter_column", "storage_changes"]


def alter_column(
    before: State, after: State, key: Key, names: set[str], *, careful: bool
) -> list[Step]:
    """Identity goes, the type changes, null is allowed or not, identity comes, then the rest."""
    old, new = before.objects[key], after.objects[key]
    table, name = parent_name(new), own_name(new)
    what = f"alter table {table} alter column {name}"
    first, last = _identity_changes(before, after, key, what) if "identity" in names else ([], [])
    losses = _identity_losses(before, after, key) if "identity" in names else []
    reads = False
    if "generated" in names:
        first.append(f"{what} drop expression")
    elif "expression" in names:
        first.append(f"{what} set expression as ({lower(str(new.properties['expression']))})")
        reads = True
    if names & {"type", "collation"}:
        first.append(_retype(old, new, what))
        losses += loses(key.name, str(old.properties["type"]), str(new.properties["type"]))
        reads = True
    first += storage_changes(old, new, names)
    steps: list[Step] = []
    if "not_null" in names and new.properties["not_null"]:
        if careful:
            steps = _not_null(new, last)
            last = []
        else:
            first.append(_set_not_null(new, what))
            reads = True
    elif "not_null" in names:
        first.append(f"{what} drop not null")
    first += last
    if first:
        steps.insert(
            0,
            Step(
                node=Node("alter", key),
                statements=tuple(wrap(one) for one in first),
                locks=(Lock(table, Mode.ACCESS_EXCLUSIVE, reads),),
                losses=tuple(losses),
            ),
        )
    elif losses:  # what comes last is done with the last step
        steps[-1] = replace(steps[-1], losses=tuple(losses))
    return steps


def _set_not_null(new: Object, what: str) -> str:
    if "not_null_name" in new.properties:
        return (
            f"alter table {parent_name(new)}"
            f" add constraint {new.properties['not_null_name']} not null {own_name(new)}"
        )
    return f"{what} set not null"


def _not_null(new: Object, last: Sequence[str]) -> list[Step]:
    """A check that is validated without a lock proves it, so that no row is read under one."""
    table, name = parent_name(new), own_name(new)
    plain = re.sub(r"\W", "", name)
    check = f"{table.rpartition('.')[2].strip(chr(34))[:30]}_{plain[:20]}_is_set"
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", check):
        check = f'"{check}"'
    added = f"alter table {table}\n    add constraint {check}"
    what = f"alter table {table} alter column {name}"
    return [
        Step(
            node=Node("check", new.key),
            statements=(f"{added} check ({name} is not null) not valid",),
            locks=(Lock(table, Mode.ACCESS_EXCLUSIVE),),
        ),
        Step(
            node=Node("validate", new.key),
            statements=(wrap(f"alter table {table} validate constraint {check}"),),
            locks=(Lock(table, Mode.SHARE_UPDATE_EXCLUSIVE, reads=True),),
            remarks=(f"Fails where {new.name} is null: fill those rows first.",),
        ),
        Step(
            node=Node("not null", new.key),
            statements=(
                wrap(_set_not_null(new, what)),
                wrap(f"alter table {table} drop constraint {check}"),
                *map(wrap, last),
            ),
            locks=(Lock(table, Mode.ACCESS_EXCLUSIVE),),
            remarks=("The check proves it, so that no row is read.",),
        ),
    ]


def _retype(old: Object, new: Object, what: str) -> str:
    type_ = str(new.properties["type"])
    text = f"{what} type {type_name(type_)}"
    if "collation" in new.properties:
        text += f" collate {new.properties['collation']}"
    if not assignable(str(old.properties["type"]), type_):
        text += f" using {own_name(new)}::{type_name(type_)}"
    return text


def _identity_changes(
    before: State, after: State, key: Key, what: str
) -> tuple[list[str], list[str]]:
    """What comes first, since null may be allowed after it, and what comes last."""
    old, new = before.objects[key].properties, after.objects[key].properties
    options = " ".join(["", *parts.identity_options(after, after.objects[key])])
    if "identity" not in new:
        return [f"{what} drop identity"], []
    if "identity" not in old:
        return [], [f"{what} add generated {new['identity']} as identity{options}"]
    found = []
    if old["identity"] != new["identity"]:
        found.append(f"{what} set generated {new['identity']}")
    sequences = [state.children(key, "sequence")[0] for state in (before, after)]
    if sequences[0].name != sequences[1].name:
        found.append(
            f"alter sequence {sequences[0].name} rename to {sequences[1].name.rpartition('.')[2]}"
        )
    words = {
        "increment": "increment by",
        "minimum": "minvalue",
        "maximum": "maxvalue",
        "start": "start with",
        "cache": "cache",
    }
    mine, theirs = sequences[0].properties, sequences[1].properties
    found += [
        f"{what} set {word} {theirs[name]}"
        for name, word in words.items()
        if mine[name] != theirs[name]
    ]
    if mine["cycle"] != theirs["cycle"]:
        found.append(f"{what} set {'cycle' if theirs['cycle'] else 'no cycle'}")
    return [], found


def _identity_losses(before: State, after: State, key: Key) -> list[str]:
    """Where a sequence stood, and that a new one knows nothing of the rows that are there."""
    old, new = before.objects[key], after.objects[key]
    if "identity" not in new.properties:
        (sequence,) = before.children(key, "sequence")
        return [f"{sequence.name} is dropped, and where it stood is lost."]
    if "identity" in old.properties:
        return []
    (sequence,) = after.children(key, "sequence")
    start = sequence.properties["start"]
    loss = f"{new.name} counts from {start}, whatever its rows hold: move it with setval."
    return [loss]


def storage_changes(old: Object, new: Object, names: Collection[str]) -> list[str]:
    """How the values of a column are kept and counted."""
    what = f"alter table {parent_name(new)} alter column {own_name(new)}"
    found = []
    if "storage" in names:
        # `default` is understood since 16 alone.
        main = str(new.properties["type"]).startswith(("numeric", "inet", "cidr"))
        usual = "main" if main else "extended"
        found.append(f"{what} set storage {new.properties.get('storage', usual)}")
    if "compression" in names:
        found.append(f"{what} set compression {new.properties.get('compression', 'default')}")
    if "statistics_target" in names:
        found.append(f"{what} set statistics {new.properties.get('statistics_target', -1)}")
    if "options" in names:
        found += change_options(old, new, what)
    return found
