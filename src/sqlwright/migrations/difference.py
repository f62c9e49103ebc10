"""How a catalogue differs from the expected one: pure comparison of two snapshots."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from sqlwright.catalog import Key, Object, Snapshot, Value
from sqlwright.errors import ConfigError
from sqlwright.migrations.wording import is_reworded

__all__ = [
    "KINDS",
    "Change",
    "Changed",
    "Difference",
    "check_patterns",
    "compare",
    "fold",
    "ignore",
]

# In the order in which a person would look, within what they belong to.
KINDS = (
    *("role", "database", "extension", "default privileges", "schema", "type", "domain"),
    *("attribute", "table", "column", "domain constraint", "constraint", "index", "trigger"),
    *("policy", "rule", "statistics", "sequence", "view", "materialized view", "function"),
    *("procedure", "aggregate", "event trigger", "language", "transform", "cast", "operator"),
    *("operator family", "operator class", "collation", "conversion", "access method"),
    *("text search configuration", "text search dictionary", "text search parser"),
    *("text search template", "publication", "subscription", "foreign data wrapper", "server"),
    *("user mapping", "foreign table"),
)
# What PostgreSQL prints from an expression that it keeps as a tree.
_PRINTED = {"definition", "default", "expression", "using", "with_check"}
_OF_EXPRESSIONS = {
    *("domain", "column", "domain constraint", "constraint", "index", "trigger", "policy"),
    *("rule", "statistics", "view", "materialized view"),
}
_PRINTED_BODIES = ("BEGIN ATOMIC", "RETURN ")  # of functions; other bodies are kept as texts


class Change(StrEnum):
    """What became of an object: it is not there, or not wanted there, or other than wanted."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A property that differs; None where the object has no such property."""

    property: str
    expected: Value | None
    found: Value | None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One object that differs; `properties` is empty where there is only one of the two."""

    expected: Object | None
    found: Object | None
    properties: tuple[Changed, ...] = ()

    @property
    def object(self) -> Object:
        """The object, as it was found if it was."""
        one = self.found or self.expected
        assert one is not None
        return one

    @property
    def change(self) -> Change:
        """What became of it."""
        if self.found is None:
            return Change.MISSING
        return Change.UNEXPECTED if self.expected is None else Change.CHANGED


def compare(expected: Snapshot, found: Snapshot) -> tuple[Difference, ...]:
    """Every object that differs, each table followed by what belongs to it."""
    either = {**expected.objects, **found.objects}
    different = [
        difference
        for key in either
        if (difference := _compare(expected.objects.get(key), found.objects.get(key)))
    ]
    return tuple(sorted(different, key=lambda one: _path(one.object, either)))


def _compare(expected: Object | None, found: Object | None) -> Difference | None:
    if expected is None or found is None:
        return Difference(expected=expected, found=found)
    if expected.properties == found.properties:
        return None
    names = {**expected.properties, **found.properties}
    properties = tuple(
        Changed(property=name, expected=before, found=after)
        for name in names
        if (before := expected.properties.get(name)) != (after := found.properties.get(name))
        and not (name == "column_order" and _same_order(before, after))
        and not (_is_printed(found.kind, name, before) and _same_sql(before, after))
    )
    return Difference(expected=expected, found=found, properties=properties) if properties else None


def _is_printed(kind: str, name: str, value: Value | None) -> bool:
    """Whether PostgreSQL prints the property from a tree, and so in words of its own."""
    if name == "body":
        return isinstance(value, str) and value.startswith(_PRINTED_BODIES)
    return name in _PRINTED and kind in _OF_EXPRESSIONS


def _same_sql(before: Value | None, after: Value | None) -> bool:
    """Whether both say the same: a database that was restored from a dump words it otherwise."""
    return isinstance(before, str) and isinstance(after, str) and is_reworded(before, after)


def _same_order(before: Value | None, after: Value | None) -> bool:
    """Whether those in both come in one order: what one has more is a difference of its own."""
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return False
    return [x for x in before if x in after] == [x for x in after if x in before]


def _path(one: Object, objects: dict[Key, Object]) -> list[tuple[int, str]]:
    """Where it is sorted: by what it belongs to, outermost first."""
    path = []
    here: Object | None = one
    while here is not None:
        path.append((KINDS.index(here.kind), here.name))
        here = objects.get(here.parent) if here.parent else None
    return path[::-1]


def fold(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Without the parts of what is missing or unexpected as a whole, those on partitions too."""
    differences = tuple(differences)
    whole = {one.object.key for one in differences if one.change is not Change.CHANGED}
    return tuple(
        one for one in differences if whole.isdisjoint({one.object.parent, _twin_of(one.object)})
    )


def _twin_of(one: Object) -> Key | None:
    """The index or trigger of the partitioned table that it came with."""
    name = one.properties.get("partition_of")
    return Key(one.kind, str(name)) if name else None


def check_patterns(patterns: Sequence[str], properties: Collection[str]) -> None:
    """Refuses a pattern that could never name anything, so that no slip hides in silence.

    Args:
        patterns: As `ignore` takes them.
        properties: The names that properties have.

    Raises:
        ConfigError: the first such pattern; the nearest name is given.
    """
    for pattern in patterns:
        kind, colon, _ = pattern.partition(":")
        if colon:
            known, what = list(KINDS), "kind of object"
        elif pattern.startswith("."):
            kind, known, what = pattern[1:], sorted(properties), "property"
        else:
            known, what = [*KINDS, *sorted(properties)], "kind of object or property"
        if kind not in known:
            near = difflib.get_close_matches(kind, known, n=1)
            raise ConfigError(
                f"There is no {what} {kind!r} to ignore.",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}.",
            )


def ignore(differences: Iterable[Difference], patterns: Sequence[str]) -> tuple[Difference, ...]:
    """Without what the patterns name.

    Args:
        differences: Of which some don't matter.
        patterns: `KIND` (`index`), `KIND:NAME` (`column:*.note`; `*` stands for anything), or a
            property (`comment`). What is both a kind and a property, as `type`, means the kind;
            `.type` is always the property.
    """
    kinds = {pattern for pattern in patterns if pattern in KINDS}
    names = [pattern.partition(":") for pattern in patterns if ":" in pattern]
    properties = {pattern.removeprefix(".") for pattern in patterns} - kinds
    kept = []
    for one in differences:
        key = one.object.key
        if key.kind in kinds or any(
            key.kind == k and fnmatchcase(key.name, n) for k, _, n in names
        ):
            continue
        left = tuple(changed for changed in one.properties if changed.property not in properties)
        if left or one.change is not Change.CHANGED:
            kept.append(replace(one, properties=left))
    return tuple(kept)
