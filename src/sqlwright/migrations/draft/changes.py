"""What becomes of each object: dropped, made, changed in place, or dropped and made again.

What is dropped or changes its type takes along what can't be without it: that is dropped before and
made again after, if it shall still be there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlwright.catalog import Key
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.stays import can_alter, changed, is_rebuilt

__all__ = ["Changes", "find_changes"]

# What the server brings along by itself when the type of a column changes.
_FOLLOW = {"index", "constraint", "statistics", "owner of sequence", "table", "column", "sequence"}
_UNSETTLING = {"type", "collation", "expression", "identity"}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Keys by what becomes of them; `altered` with the properties that differ.

    What is made again is both dropped and made. `rebuilt` are enumerations that lose values.
    """

    dropped: frozenset[Key]
    made: frozenset[Key]
    altered: Mapping[Key, frozenset[str]]
    rebuilt: frozenset[Key]


def find_changes(
    before: State, after: State, *, forced: Collection[Key] = (), whole: bool = False
) -> Changes:
    """What becomes of each object between the two.

    Args:
        before: The database as it is.
        after: As it shall be.
        forced: Made again, though they seem equal or could be changed.
        whole: All in one transaction, in which a new value of an enumeration can't be used.
    """
    in_both = before.objects.keys() & after.objects.keys()
    altered: dict[Key, frozenset[str]] = {}
    dropped = set(before.objects.keys() - after.objects.keys())
    made = set(after.objects.keys() - before.objects.keys())
    for key in in_both:
        names = changed(before, after, key)
        if key in forced or (names and not can_alter(before, after, key, names)):
            dropped.add(key)
            made.add(key)
        elif names:
            altered[key] = frozenset(names)
    rebuilt = {
        key
        for key in altered
        if "labels" in altered[key]
        and _is_rebuilt(before, after, key, whole=whole, busy=made | altered.keys())
    }
    unsettled = _unsettled(altered, rebuilt)
    along = _taken_along(before, [*dropped, *unsettled], dropped)
    dropped |= along & in_both
    made |= along & in_both
    for key in dropped & made:
        altered.pop(key, None)
    return Changes(
        dropped=frozenset(dropped),
        made=frozenset(made),
        altered=altered,
        rebuilt=frozenset(rebuilt),
    )


def _is_rebuilt(
    before: State, after: State, key: Key, *, whole: bool, busy: Collection[Key]
) -> bool:
    used = whole and any(key in after.needs.get(one, ()) for one in busy)
    return used or is_rebuilt(before, after, key)


def _taken_along(before: State, start: Iterable[Key], dropped: Collection[Key]) -> set[Key]:
    """What can't stay while what it needs is dropped or changes its type."""
    dependents: dict[Key, set[Key]] = defaultdict(set)
    for key, wanted in before.needs.items():
        for one in wanted:
            dependents[one].add(key)
    todo, seen, found = list(start), set(start), set(dropped)
    while todo:
        key = todo.pop()
        for one in _affected(key, dependents[key], before, found):
            if one.kind != "column" or key.kind != "type":  # a column follows its type
                found.add(one)
            if one not in seen:
                seen.add(one)
                todo.append(one)
    return found - set(dropped)


def _unsettled(altered: Mapping[Key, frozenset[str]], rebuilt: Collection[Key]) -> Iterable[Key]:
    """What is changed so that others can't stay."""
    for key, names in altered.items():
        if key in rebuilt or (key.kind == "column" and names & _UNSETTLING):
            yield key


def _affected(
    key: Key,
    dependents: Collection[Key],
    before: State,
    dropped: Collection[Key],
) -> Iterable[Key]:
    """The dependents that can't stay."""
    if key in dropped:
        return dependents
    if key.kind == "column":
        return [
            one
            for one in dependents
            if one.kind not in _FOLLOW
            or (one.kind == "column" and "generated" in before.objects[one].properties)
        ]
    return [one for one in dependents if one.kind != "table"]
