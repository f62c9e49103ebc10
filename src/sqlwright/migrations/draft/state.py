"""A database as drafting sees it: a snapshot, cut into what is made by a statement of its own.

A column's default is such a part, and what a sequence is owned by: both can be needed, made and
dropped alone. What only comes along (the index of a constraint, the columns of a view) is not one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import psycopg

from sqlwright.catalog import Key, Object, Snapshot, Value, read_snapshot
from sqlwright.queries import named_queries, run_query

__all__ = ["DRAFTED", "State", "only", "read_state"]

_SQL = Path(__file__).parent.parent / "sql" / "draft.sql"
_NAMED = re.compile(r'(?:\w+|"[^"]+")\.(?:\w+|"[^"]+")')
_VIEW = frozenset({"definition", "options", "populated", "comment"})
_ROUTINE = frozenset(
    {
        *("arguments", "result", "language", "body", "window", "volatility", "parallel"),
        *("security", "strict", "leakproof", "cost", "rows", "support", "transforms", "settings"),
        "comment",
    }
)
# Kinds that are drafted, each with the properties that are.
DRAFTED: Mapping[str, frozenset[str]] = {
    "schema": frozenset({"comment"}),
    "type": frozenset({"form", "labels", "subtype", "comment"}),
    "attribute": frozenset({"type", "collation", "comment"}),
    "domain": frozenset({"type", "collation", "default", "not_null", "comment"}),
    "domain constraint": frozenset({"definition", "validated", "comment", "type"}),
    "sequence": frozenset(
        {
            *("persistence", "type", "start", "increment", "minimum", "maximum", "cache"),
            *("cycle", "owned_by", "for_identity", "comment"),
        }
    ),
    "table": frozenset(
        {
            *("persistence", "options", "replica_identity", "row_security"),
            *("forced_row_security", "bound", "comment"),
        }
    ),
    "column": frozenset(
        {
            *("type", "collation", "default", "generated", "expression", "identity", "not_null"),
            *("not_null_name", "storage", "compression", "statistics_target"),
            *("options", "comment"),
        }
    ),
    "constraint": frozenset(
        {
            *("type", "definition", "validated", "deferrable", "deferred", "enforced"),
            *("no_inherit", "comment"),
        }
    ),
    "index": frozenset({"definition", "valid", "ready", "constraint", "comment"}),
    "statistics": frozenset({"definition", "target", "comment"}),
    "trigger": frozenset({"definition", "enabled", "comment"}),
    "rule": frozenset({"definition", "enabled", "comment"}),
    "policy": frozenset({"command", "permissive", "roles", "using", "with_check", "comment"}),
    "view": _VIEW,
    "materialized view": _VIEW,
    "function": _ROUTINE,
    "procedure": _ROUTINE,
}


class _Resolver(Protocol):
    def __call__(
        self, address: tuple[int, int, int], *, as_dependent: bool = False
    ) -> Key | None: ...


@dataclass(frozen=True, kw_only=True)
class State:
    """A database at one moment.

    Attributes:
        snapshot: The whole of it.
        objects: What has a statement of its own.
        needs: What each can't be without; through `part_of`, of what it is made of too.
        mentions: What the text of a function names, which need not be there.
        part_of: What comes along with what.
        places: The numbers of columns, also of views and composite types.
        storage: Where the rows of each table are.
    """

    snapshot: Snapshot
    objects: Mapping[Key, Object]
    needs: Mapping[Key, frozenset[Key]]
    mentions: Mapping[Key, frozenset[Key]]
    part_of: Mapping[Key, Key]
    places: Mapping[Key, int]
    storage: Mapping[Key, int | None] = field(repr=False)

    @property
    def version(self) -> int:
        """The server's, such as 180006."""
        return self.snapshot.version

    def children(self, parent: Key, kind: str) -> list[Object]:
        """What belongs to it and is of that kind, columns in their order."""
        found = [
            one
            for one in self.snapshot.objects.values()
            if one.parent == parent and one.kind == kind
        ]
        return sorted(found, key=lambda one: (self.places.get(one.key, 0), one.name))


def _rows(conn: psycopg.Connection[Any], name: str) -> list[tuple[Any, ...]]:
    return run_query(conn, named_queries(_SQL)[name], {}).fetchall()


def read_state(conn: psycopg.Connection[Any], **options: Any) -> State:
    """The database behind the connection; the options are those of `read_snapshot`."""
    snapshot = read_snapshot(conn, **options)
    objects, part_of = _parts(snapshot)
    at = _resolver(conn, snapshot, objects, part_of)
    needs: dict[Key, set[Key]] = defaultdict(set)
    for row in _rows(conn, "list_dependencies"):
        dependent, needed = at(row[:3], as_dependent=True), at(row[3:])
        if dependent is None or needed is None or dependent == needed:
            continue
        if dependent.kind == "sequence" and needed.kind in {"column", "table"}:
            continue  # owned by it, which is a part of its own
        needs[dependent].add(needed)
    for key, wanted in _belonging(objects, part_of):
        needs[key].add(wanted)
    stored = dict(_rows(conn, "list_storage"))
    return State(
        snapshot=snapshot,
        objects=objects,
        needs={key: frozenset(wanted) for key, wanted in needs.items()},
        mentions=_mentions(objects),
        part_of=part_of,
        places={key: part for (_, _, part), key in snapshot.addresses.items() if part},
        storage={
            key: stored[id_]
            for (_, id_, part), key in snapshot.addresses.items()
            if id_ in stored and key.kind in {"table", "materialized view"} and not part
        },
    )


def _parts(snapshot: Snapshot) -> tuple[dict[Key, Object], dict[Key, Key]]:
    """What has a statement of its own, and what comes along with what."""
    objects: dict[Key, Object] = {}
    part_of: dict[Key, Key] = {}
    for key, one in snapshot.objects.items():
        if key.kind not in DRAFTED:
            continue
        if (whole := _whole(one, snapshot)) is not None:
            part_of[key] = whole
        else:
            objects[key] = one
    for one in list(objects.values()):
        for part in _own_parts(one):
            objects[part.key] = part
    return objects, part_of


def _whole(one: Object, snapshot: Snapshot) -> Key | None:
    """What the object comes along with; None for what is made alone."""
    parent = snapshot.objects.get(one.parent) if one.parent else None
    if parent is None:
        return None
    along = (
        (one.kind == "index" and parent.kind == "constraint")
        or (one.kind == "column" and parent.kind != "table")
        or (one.kind == "sequence" and one.properties.get("for_identity") is True)
        or one.kind == "attribute"
        or (one.kind == "function" and parent.kind == "type")
        or _is_twin(one)
    )
    return parent.key if along else None


def _is_twin(one: Object) -> bool:
    """Whether a partition or heir has it from its parent, with which it comes and goes."""
    return "inherited" in one.properties or "partition_of" in one.properties


def _own_parts(one: Object) -> Iterator[Object]:
    """A column's default, and what a sequence is owned by."""
    if one.kind == "column" and "default" in one.properties:
        yield _part(one, "default", "default")
    if one.kind == "sequence" and "owned_by" in one.properties:
        yield _part(one, "owner of sequence", "owned_by")


def _part(one: Object, kind: str, property_: str) -> Object:
    value: Value = one.properties[property_]
    return Object(
        kind=kind,
        name=one.name,
        schema=one.schema,
        parent=one.key,
        properties={property_: value},
    )


def _belonging(
    objects: Mapping[Key, Object], part_of: Mapping[Key, Key]
) -> Iterator[tuple[Key, Key]]:
    """Each with what it belongs to; a sequence does not need what it is owned by."""
    for key, one in objects.items():
        parent = one.parent
        if key.kind == "owner of sequence":
            yield key, Key("column", str(one.properties["owned_by"]))
        if parent is None or (key.kind == "sequence" and parent.kind != "schema"):
            if one.schema is not None and key.kind != "schema":
                yield key, Key("schema", _quoted(one.schema))
            continue
        yield key, part_of.get(parent, parent)


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'


def _resolver(
    conn: psycopg.Connection[Any],
    snapshot: Snapshot,
    objects: Mapping[Key, Object],
    part_of: Mapping[Key, Key],
) -> _Resolver:
    """Which object an address of pg_depend means."""
    addresses = snapshot.addresses
    stand_ins = {row[:2]: row[2:] for row in _rows(conn, "list_stand_ins")}
    columns = {address[1:]: key for address, key in addresses.items() if key.kind == "column"}
    expressions = {row[:2]: columns.get(row[2:]) for row in _rows(conn, "list_defaults")}

    @cache
    def at(address: tuple[int, int, int], *, as_dependent: bool = False) -> Key | None:
        place = address[:2]
        if (column := expressions.get(place)) is not None:
            default = Key("default", column.name)
            key: Key | None = default if default in objects else column
        else:
            key = addresses.get(address)
        while key is None and place in stand_ins:
            place = stand_ins[place]
            key = addresses.get((*place, address[2])) or addresses.get((*place, 0))
        one = snapshot.objects.get(key) if key else None
        if as_dependent and one and _is_twin(one):
            return None  # what it needs, its twin on the parent needs: the table itself does not
        while key is not None and key in part_of:
            key = part_of[key]
        return key if key in objects else None

    return at


def _mentions(objects: Mapping[Key, Object]) -> dict[Key, frozenset[Key]]:
    """What functions name in their text: a body is read when it is made, and remembers nothing."""
    named: dict[str, list[Key]] = defaultdict(list)
    for key in objects:
        if key.kind not in {"column", "default", "schema", "owner of sequence"}:
            named[key.name.partition("(")[0]].append(key)
    found = {}
    for key, one in objects.items():
        if key.kind in {"function", "procedure"}:
            words = set(_NAMED.findall(str(one.properties.get("body", ""))))
            found[key] = frozenset(k for word in words for k in named.get(word, ())) - {key}
    return found


def only(state: State, schemas: Collection[str]) -> State:
    """What is in the schemas."""
    kept = {key: one for key, one in state.objects.items() if one.schema in schemas}
    return replace(state, objects=kept)
