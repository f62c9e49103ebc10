"""A database's whole catalogue as one value: every object a person can change, and its properties.

Two databases with equal snapshots can't be told apart but by their rows. Left out are PostgreSQL's
own schemas, what extensions brought along, and the tables that remember what was applied. Each
query of the `.sql` files beside this gives the objects of one kind; its columns are properties, but
for those that say which object it is:

    class, id, part                         its address in pg_catalog, as pg_depend has it
    parent_class, parent_id, parent_part    what it belongs to and is dropped with; else its schema
    kind, name, schema, statement           fields of `Object`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import psycopg

from sqlwright.queries import named_queries, run_query

__all__ = ["Key", "Object", "Snapshot", "Value", "read_snapshot"]

Value: TypeAlias = str | int | float | bool | tuple[str, ...]
_Row: TypeAlias = dict[str, Any]
_Address: TypeAlias = tuple[int, int, int]

_FILES = ("database", "relations", "routines", "types", "elsewhere")
_SQL = tuple(Path(__file__).parent / "sql" / f"{name}.sql" for name in _FILES)
_FIELDS = {
    *("class", "id", "part", "parent_class", "parent_id", "parent_part"),
    *("kind", "name", "schema", "statement"),
}
# What any object may have, by the query that gives it.
_COMMON = {
    "list_comments": "comment",
    "list_dependencies": "depends_on",
    "list_labels": "security_labels",
    "list_grants": "grants",
}


class Key(NamedTuple):
    """What an object is and its name, qualified: `constraint`, `users_email_key on shop.users`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, kw_only=True)
class Object:
    """An object of the catalogue.

    Attributes:
        kind: As `comment on` calls it; `attribute` is a column of a composite type.
        name: Qualified and quoted as SQL wants it.
        schema: The schema that it is in, unquoted; None for what is in no schema.
        parent: What it belongs to, as a column to its table; a table belongs to its schema.
        properties: Only what it has: null and empty lists are left out.
        statement: For a function the statement that makes it; not compared, since all of it is
            among the properties.
    """

    kind: str
    name: str
    schema: str | None
    parent: Key | None
    properties: Mapping[str, Value]
    statement: str | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> Key:
        """Its kind and name."""
        return Key(self.kind, self.name)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Every object by its kind and name.

    Attributes:
        objects: In no particular order.
        version: The server's, such as 180006.
        vocabulary: Every name that a property can have, whether an object has it or not.
        addresses: Where each object is in pg_catalog: class, id and part, as pg_depend has them.
    """

    objects: Mapping[Key, Object]
    version: int = field(compare=False)
    vocabulary: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    addresses: Mapping[_Address, Key] = field(default_factory=dict, compare=False, repr=False)


def read_snapshot(
    conn: psycopg.Connection[Any], *, called: str | None = None, roles: Sequence[str] = ()
) -> Snapshot:
    """The catalogue of the database behind the connection, as its transaction sees it.

    Args:
        conn: Left as it was: settings are made for this alone, and nothing is kept locked.
        called: The name that the database itself is told by; else its own.
        roles: Roles whose rights and settings on the whole server are read too.
    """
    with conn.transaction(force_rollback=True):
        names, rows = _read(conn, called=called, roles=roles)
    hidden = {(row["class"], row["id"]) for row in rows.pop("list_hidden")}
    common = {
        name: {_address(row): row[name] for row in rows.pop(query)}
        for query, name in _COMMON.items()
    }
    found = _visible([row for kind in rows.values() for row in kind], hidden)
    keys = {_address(row): Key(row["kind"], row["name"]) for row in found}
    schemas = {row["schema"]: keys[_address(row)] for row in found if row["kind"] == "schema"}
    objects = [_object(row, keys=keys, schemas=schemas, common=common) for row in found]
    return Snapshot(
        objects={one.key: one for one in objects},
        version=conn.info.server_version,
        vocabulary=frozenset(names - _FIELDS),
        addresses=keys,
    )


def _read(
    conn: psycopg.Connection[Any], *, called: str | None, roles: Sequence[str]
) -> tuple[set[str], dict[str, list[_Row]]]:
    """The names of all columns and the rows of every query, in one round trip."""
    values = {"name": called, "names": list(roles)}
    names: set[str] = set()
    rows = {}
    with conn.pipeline():
        run_query(conn, named_queries(*_SQL)["settle"], {})
        cursors = {
            name: run_query(conn, query, values)
            for name, query in named_queries(*_SQL).items()
            if name.startswith("list_")
        }
        for name, cursor in cursors.items():
            found = cursor.fetchall()
            columns = [column.name for column in cursor.description or ()]
            names.update(columns)
            rows[name] = [dict(zip(columns, row, strict=True)) for row in found]
    return names, rows


def _address(row: _Row, prefix: str = "") -> _Address:
    return row[f"{prefix}class"], row[f"{prefix}id"], row.get(f"{prefix}part") or 0


def _visible(rows: Iterable[_Row], hidden: set[tuple[int, int]]) -> list[_Row]:
    """The rows that are not hidden, nor part of what is, as an index of a hidden table."""
    rows = list(rows)
    belongs = {_address(row)[:2]: _address(row, "parent_")[:2] for row in rows if _has_parent(row)}

    def is_hidden(place: tuple[int, int] | None) -> bool:
        while place is not None:
            if place in hidden:
                return True
            place = belongs.get(place)
        return False

    return [row for row in rows if not is_hidden(_address(row)[:2])]


def _has_parent(row: _Row) -> bool:
    own = _address(row)[:2]
    return row.get("parent_id") is not None and _address(row, "parent_")[:2] != own


def _object(
    row: _Row,
    *,
    keys: Mapping[_Address, Key],
    schemas: Mapping[str, Key],
    common: Mapping[str, Mapping[_Address, Any]],
) -> Object:
    address = _address(row)
    own = {name: value for name, value in row.items() if name not in _FIELDS}
    shared = {name: values.get(address) for name, values in common.items()}
    properties = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in {**own, **shared}.items()
        if value is not None and value != []
    }
    parent = None
    if row.get("parent_id") is not None:
        parent = keys.get(_address(row, "parent_"))
    elif row["kind"] != "schema" and row.get("schema"):
        parent = schemas.get(row["schema"])
    return Object(
        kind=row["kind"],
        name=row["name"],
        schema=row.get("schema"),
        parent=parent,
        properties=properties,
        statement=row.get("statement"),
    )
