"""Asks a server to describe a query, and says where in its file it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from sqlwright.errors import QueryError
from sqlwright.queries import Kind, Query
from sqlwright.queries.lexer import What, find

__all__ = ["Raw", "ask", "text_of"]


@dataclass(frozen=True, kw_only=True)
class Raw:
    """What describe_prepared gives: type ids, and for columns where they come from.

    `tree` is what the server made of the statement.
    """

    parameters: list[int]
    names: list[str]
    types: list[tuple[int, int]]
    origins: list[tuple[int, int]]
    tree: str | None = None


def ask(conn: psycopg.Connection[Any], query: Query, last_tree: Callable[[], str | None]) -> Raw:
    """Has the server describe a query; nothing is executed.

    Raises:
        QueryError: what the server refuses, where it stands in the file, and the fix.
    """
    if query.kind is Kind.SCRIPT:
        return Raw(parameters=[], names=[], types=[], origins=[])
    prepared = conn.pgconn.prepare(b"", text_of(query).encode())
    if prepared.status == ExecStatus.FATAL_ERROR:
        raise _refused(query, error_from_result(prepared, encoding="utf-8"))
    tree = last_tree()
    found = conn.pgconn.describe_prepared(b"")
    columns = range(found.nfields)
    return Raw(
        parameters=[found.param_type(n) for n in range(found.nparams)],
        names=[(found.fname(n) or b"").decode() for n in columns],
        types=[(found.ftype(n), found.fmod(n)) for n in columns],
        origins=[(found.ftable(n), found.ftablecol(n)) for n in columns],
        tree=tree,
    )


def text_of(query: Query) -> str:
    """What is described: of a copy the query that has its columns."""
    return query.copied.columns if query.copied else query.statement


def _refused(query: Query, error: psycopg.Error) -> QueryError:
    said = error.diag.message_primary or str(error)
    position = _position(query, error, said)
    if query.copied:  # whose query stands in the file as it is, unless we made it of a table's name
        before = query.sql.find(query.copied.columns)
        position = before + position if before >= 0 else 0
    line, column = _place(query, position)
    said = re.sub(
        r"parameter \$(\d+)", lambda found: f":{query.parameters[int(found[1]) - 1]}", said
    )
    hint = error.diag.message_hint
    if isinstance(error, psycopg.errors.IndeterminateDatatype | psycopg.errors.AmbiguousParameter):
        hint = "Cast the parameter where it stands: :name::text."
    return QueryError(f"{query.path}, line {line}, column {column}: {said}.", hint=hint)


def _position(query: Query, error: psycopg.Error, said: str) -> int:
    """The character of the statement that the server points at, or names by its parameter."""
    if error.diag.statement_position:
        return int(error.diag.statement_position) - 1
    named = re.search(r"\$\d+", said)
    found = re.search(rf"{re.escape(named[0])}\b", query.statement) if named else None
    return found.start() if found else 0


def _place(query: Query, position: int) -> tuple[int, int]:
    """Line and column in the file, from 1, of a character of the statement, from 0."""
    shift = 0
    for found in find(query.sql, query.parameters):
        if found.what is not What.PARAMETER or found.start + shift >= position:
            break
        shift += len(f"${query.parameters.index(found.text) + 1}") - (found.end - found.start)
    before = query.sql[: position - shift]
    return query.sql_line + before.count("\n"), len(before) - before.rfind("\n")
