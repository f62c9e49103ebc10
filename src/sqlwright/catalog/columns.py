"""Columns and types by their ids: what the generation of query functions stands on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.queries import named_queries, run_query

__all__ = ["Catalogue", "Column", "Type", "name_types", "read_catalogue"]

_SQL = Path(__file__).parent / "sql" / "columns.sql"

_ARRAY_OF_TEXT = re.compile(
    r"""^\(+"?\w+"?\)*(?:::text)?\s=\s(?:ANY\s\(+ARRAY\[)?
    (?P<values>'.*?)\]?\)*(?:::text\[\])?\)*$""",
    re.DOTALL | re.VERBOSE,
)
_TEXT_VALUE = re.compile(r"'((?:[^']|'')*)'::(?:character varying|text)(?:,\s)?")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table or view; `values` are all it takes, where a check lists them."""

    schema: str
    table: str
    name: str
    type_id: int
    modifier: int
    is_not_null: bool
    values: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type; the ids are 0 where it has no such part.

    Attributes:
        kind: b base, c composite, d domain, e enum, r range, m multirange, p pseudo.
    """

    id: int
    name: str
    schema: str
    kind: str
    base_id: int
    element_id: int
    subtype_id: int
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """A database's columns by table id and number, and its types by id."""

    columns: Mapping[tuple[int, int], Column]
    types: Mapping[int, Type]

    def column_named(self, schema: str, table: str, name: str) -> Column | None:
        """The column of that name."""
        for column in self.columns.values():
            if (column.schema, column.table, column.name) == (schema, table, name):
                return column
        return None


def read_catalogue(conn: psycopg.Connection[Any]) -> Catalogue:
    """The catalogue of the database behind the connection."""
    checks = run_query(conn, named_queries(_SQL)["list_column_checks"], {}).fetchall()
    values = {(row[0], row[1]): found for row in checks if (found := _values(row[2]))}
    columns = {
        (row[0], row[1]): Column(
            name=row[2],
            type_id=row[3],
            modifier=row[4],
            is_not_null=row[5],
            table=row[6],
            schema=row[7],
            values=values.get((row[0], row[1])),
        )
        for row in run_query(conn, named_queries(_SQL)["list_columns"], {}).fetchall()
    }
    types = {
        row[0]: Type(
            id=row[0],
            name=row[1],
            schema=row[2],
            kind=row[3],
            base_id=row[4],
            element_id=row[5],
            subtype_id=row[6],
            labels=tuple(row[7]),
        )
        for row in run_query(conn, named_queries(_SQL)["list_types"], {}).fetchall()
    }
    return Catalogue(columns=columns, types=types)


def _values(expression: str) -> tuple[str, ...] | None:
    """The values of `x in ('a', 'b')`, which PostgreSQL prints as `x = ANY (ARRAY[…])`."""
    match = _ARRAY_OF_TEXT.match(expression)
    if match is None:
        return None
    listed = match["values"]
    if _TEXT_VALUE.sub("", listed):
        return None  # something else than plain values
    return tuple(value.replace("''", "'") for value in _TEXT_VALUE.findall(listed))


def name_types(
    conn: psycopg.Connection[Any], wanted: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """PostgreSQL's own names (`format_type`) of types with their modifiers."""
    ids, modifiers = [id_ for id_, _ in wanted], [modifier for _, modifier in wanted]
    query = named_queries(_SQL)["name_types"]
    rows = run_query(conn, query, {"ids": ids, "modifiers": modifiers}).fetchall()
    return {pair: row[0] for pair, row in zip(wanted, rows, strict=True)}
