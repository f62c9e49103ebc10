"""What needs no statement of its own: it comes and goes with what it belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft.changes import Changes
from sqlwright.migrations.draft.state import State

__all__ = ["comes_with", "gone_with"]


def gone_with(before: State, changes: Changes) -> dict[Key, Key]:
    """What needs no statement, since it goes with what it belongs to or is on."""
    found: dict[Key, Key] = {}
    for key in changes.dropped:
        one = before.objects[key]
        for wanted in sorted(before.needs.get(key, ())):
            if wanted in changes.dropped and _goes_with(one, wanted, changes.dropped):
                found[key] = wanted
        if key.kind == "sequence":
            owner = Key("column", str(one.properties.get("owned_by")))
            if owner in changes.dropped:
                found[key] = owner
    whole = {key: _top(key, found) for key in found}
    refused = _refused(before.needs, whole, changes.dropped)
    return {key: top for key, top in whole.items() if key not in refused}


def _goes_with(one: Object, wanted: Key, dropped: Collection[Key]) -> bool:
    """Whether the server drops the one with the other."""
    if one.kind == "owner of sequence":
        return one.parent in dropped
    if one.kind in {"constraint", "index"}:
        return wanted.kind in {"table", "column", "materialized view"} and _same_table(one, wanted)
    return (
        one.parent == wanted
        and one.kind not in {"table", "view", "function", "procedure"}
        and (wanted.kind != "schema")
    )


def _same_table(one: Object, wanted: Key) -> bool:
    assert one.parent is not None, one.key
    return one.parent == wanted or wanted.name.rpartition(".")[0] == one.parent.name


def _top(key: Key, found: Mapping[Key, Key]) -> Key:
    while key in found:
        key = found[key]
    return key


def comes_with(after: State, changes: Changes) -> dict[Key, Key]:
    """What stands within `create table` or `add column`."""
    found: dict[Key, Key] = {}
    for key in changes.made:
        one = after.objects[key]
        within = {"column": "table", "default": "column", "constraint": "table"}.get(key.kind)
        if one.parent is None or one.parent.kind != within or one.parent not in changes.made:
            continue
        if one.properties.get("validated") is False:
            continue
        found[key] = one.parent
    whole = {key: _top(key, found) for key in found}
    refused = _refused(after.needs, whole, changes.made)
    # A column without its table can't be; its default can follow later.
    return {key: top for key, top in whole.items() if key.kind == "column" or key not in refused}


def _refused(
    needs: Mapping[Key, frozenset[Key]],
    whole: Mapping[Key, Key],
    busy: Collection[Key],
) -> set[Key]:
    """What must stand alone, since together they would wait for each other in a circle."""
    refused: set[Key] = set()
    members: dict[Key, set[Key]] = defaultdict(set)
    for part, top in whole.items():
        members[top].add(part)
    for key in sorted(whole, key=lambda k: (k.kind not in {"default", "constraint"}, k)):
        if _in_circle(key, needs, whole, busy, members):
            refused.add(key)
            members[whole[key]].discard(key)
    return refused


def _in_circle(
    key: Key,
    needs: Mapping[Key, frozenset[Key]],
    whole: Mapping[Key, Key],
    busy: Collection[Key],
    members: Mapping[Key, Collection[Key]],
) -> bool:
    """Whether what it is part of is reached again from what it needs elsewhere."""
    target = whole[key]

    def group(one: Key) -> Key:
        top = whole.get(one, one)
        return top if one in members.get(top, ()) else one

    todo = [group(one) for one in needs.get(key, ()) if one in busy and group(one) != target]
    seen = set(todo)
    while todo:
        top = todo.pop()
        if top == target:
            return True
        for part in (top, *members.get(top, ())):
            for one in needs.get(part, ()):
                if one in busy and (up := group(one)) not in seen and up != top:
                    seen.add(up)
                    todo.append(up)
    return False
