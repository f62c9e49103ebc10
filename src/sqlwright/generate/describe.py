"""What a server says of each named query: the types of its parameters and columns, and nulls."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from sqlwright.catalog import Catalogue, Column, name_types, read_catalogue
from sqlwright.errors import QueryError
from sqlwright.generate.analysed import read_tree, shown_trees
from sqlwright.generate.asking import Raw, ask, text_of
from sqlwright.generate.description import Description, Value
from sqlwright.generate.knowledge import Knowledge, read_knowledge
from sqlwright.generate.nodes import Node
from sqlwright.generate.nullability import certain_columns
from sqlwright.generate.parameters import stored_parameters
from sqlwright.generate.statement import Analysis, Assignment, Given, analyse
from sqlwright.generate.types import literal, of_parameter, of_result
from sqlwright.queries import Kind, Query
from sqlwright.queries.wire import can_go, wired

__all__ = ["describe"]

_ROWS = {Kind.ONE, Kind.VALUE, Kind.MANY}


@dataclass(frozen=True, kw_only=True)
class _Server:
    """What the server knows of types and columns, and how it names types."""

    catalogue: Catalogue
    knowledge: Knowledge
    names: dict[tuple[int, int], str]


def describe(conn: psycopg.Connection[Any], queries: Sequence[Query]) -> list[Description]:
    """Describes each query; nothing is executed.

    Raises:
        QueryError: file, line and column of what the server or the rules refuse, and the fix.
    """
    catalogue = read_catalogue(conn)
    with shown_trees(conn) as last_tree:
        raw = [ask(conn, query, last_tree) for query in queries]
    wanted = {(id_, -1) for found in raw for id_ in found.parameters}
    wanted |= {pair for found in raw for pair in found.types}
    server = _Server(
        catalogue=catalogue,
        knowledge=read_knowledge(conn, catalogue),
        names=name_types(conn, sorted(wanted)),
    )
    return [_described(query, found, server) for query, found in zip(queries, raw, strict=True)]


def _described(query: Query, raw: Raw, server: _Server) -> Description:
    analysis = analyse(text_of(query))
    _check(query, raw, analysis)
    origins = [server.catalogue.columns.get(origin) for origin in raw.origins]
    tree = read_tree(raw.tree)
    stored = _may_be_null(tree, server.catalogue)
    given = tuple(
        _parameter(name, type_id, analysis.of_parameter(number), server, stored=number in stored)
        for number, (name, type_id) in enumerate(
            zip(query.parameters, raw.parameters, strict=True), start=1
        )
    )
    never_null = [number for number, value in enumerate(given, start=1) if not value.nullable]
    certain = certain_columns(tree, server.knowledge, never_null)
    if query.copied:
        _check_copied(query, raw, server.catalogue)
    return Description(
        query=query,
        schema=query.path.parent.name,
        parameters=tuple(_believed(query, value) for value in given),
        columns=tuple(
            _believed(
                query,
                _taken(raw, number, origins[number], server)
                if query.copied and query.copied.goes_in
                else _column(raw, number, origins[number], server, is_certain=number in certain),
            )
            for number in range(len(raw.names))
        ),
        table=_table_of(raw, origins),
        always=query.kind in {Kind.ONE, Kind.VALUE} and analysis.has_one_row,
    )


def _believed(query: Query, value: Value) -> Value:
    """The value as the query's comment has it: not null, and checked where it isn't certain."""
    if value.name not in query.not_null:
        return value
    return replace(value, nullable=False, claimed=value.nullable)


def _check(query: Query, raw: Raw, analysis: Analysis) -> None:
    """Refuses results that can't have a row type, or whose kind is another."""
    if analysis.has_star:
        _reject(query, "selects *", "List the columns: a new one would change the row's type.")
    for name in raw.names:
        is_field = not keyword.iskeyword(name) and not name.startswith("_")
        if not name.isidentifier() or not (is_field or query.kind is Kind.VALUE):
            _reject(query, f"gives a column the name {name!r}", "Name it: … as name.")
        if raw.names.count(name) > 1:
            _reject(query, f"gives two columns the name {name}", "Name one of them otherwise.")
    if query.kind in _ROWS and not raw.names:
        _reject(query, "gives no rows", "Put ! behind its parameters, or add returning.")
    if query.kind is Kind.VALUE and len(raw.names) > 1:
        _reject(query, f"gives {len(raw.names)} columns", "Use ^ in place of $, or select one.")
    for claim in query.not_null:
        if claim not in {*raw.names, *query.parameters}:
            _reject(query, f"claims that {claim} is not null, which it does not have", "Mend it.")


def _reject(query: Query, what: str, hint: str) -> None:
    raise QueryError(f"{query.path}, line {query.line}, column 1: {query.name} {what}.", hint=hint)


def _parameter(name: str, type_id: int, given: Given, server: _Server, *, stored: bool) -> Value:
    targets = [
        (assignment, column)
        for assignment in given.assignments
        if (column := _target(assignment, server.catalogue))
    ]
    annotation = of_parameter(type_id, server.catalogue)
    listed = {column.values for assignment, column in targets if assignment.whole}
    if len(listed) == 1 and (values := listed.pop()):
        annotation = literal(values)
    return Value(
        name=name,
        type=server.names[type_id, -1],
        annotation=annotation,
        nullable=stored or given.null_meant or any(not column.is_not_null for _, column in targets),
    )


def _may_be_null(tree: Sequence[Node], catalogue: Catalogue) -> set[int]:
    """The numbers of the parameters that are stored where a null may be."""
    stored = ((number, catalogue.columns.get((t, at))) for number, t, at in stored_parameters(tree))
    return {number for number, column in stored if column and not column.is_not_null}


def _target(assignment: Assignment, catalogue: Catalogue) -> Column | None:
    return catalogue.column_named(assignment.schema, assignment.table, assignment.column)


def _column(
    raw: Raw, number: int, origin: Column | None, server: _Server, *, is_certain: bool
) -> Value:
    pair = raw.types[number]
    annotation = of_result(pair[0], server.catalogue)
    return Value(
        name=raw.names[number],
        type=server.names[pair],
        annotation=literal(origin.values) if origin and origin.values else annotation,
        nullable=not is_certain,
    )


def _taken(raw: Raw, number: int, column: Column | None, server: _Server) -> Value:
    """A column that rows are copied into."""
    type_id, modifier = raw.types[number]
    annotation = of_parameter(type_id, server.catalogue)
    return Value(
        name=raw.names[number],
        type=server.names[type_id, modifier],
        annotation=literal(column.values) if column and column.values else annotation,
        nullable=column is None or not column.is_not_null,
    )


def _check_copied(query: Query, raw: Raw, catalogue: Catalogue) -> None:
    """Refuses a column whose values psycopg can't write, or read, as a copy has them."""
    assert query.copied is not None
    adapters = wired(psycopg.adapters)
    for name, (type_id, _) in zip(raw.names, raw.types, strict=True):
        found = catalogue.types[type_id]
        if found.kind != "e" and not can_go(type_id, adapters, to_server=query.copied.goes_in):
            hint = f"Cast it to text: {name}::text as {name}."
            if query.copied.goes_in:
                hint = "Copy texts into a table of their own, and insert from there with a cast."
            _reject(query, f"copies {name}, a {found.name}, which goes only as text", hint)


def _table_of(raw: Raw, origins: Sequence[Column | None]) -> tuple[str, str] | None:
    """The table whose columns these are, all of one and under their own names."""
    tables = {
        (origin.schema, origin.table) if origin and origin.name == name else None
        for origin, name in zip(origins, raw.names, strict=True)
    }
    return tables.pop() if len(tables) == 1 else None
