"""Finds out how the calls of a function can go out together, by asking the server.

A read becomes a query of its own for each row of its arguments:

    select k.place, q.*
    from unnest($1, $2) with ordinality as k (a1, a2, place)
    cross join lateral (…the query, with k.a1 for $1 and k.a2 for $2…) as q

That is the query as it is, limits, joins and all. It has to mean the same in this place: so
nothing is turned that locks rows or calls a volatile function. The server decides that itself when
it plans a `with` query: it folds the query into what reads it, unless that could be noticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic
from typing import Any

import psycopg
from psycopg.pq.abc import PGresult

from sqlwright.errors import QueryError
from sqlwright.gathering.describing import array_types, describe, explain
from sqlwright.queries import Kind
from sqlwright.queries.lexer import What, find, without_end
from sqlwright.queries.statement import Statement

__all__ = ["Forms", "Read", "Refused", "Together", "learn"]

_INT8 = 20
_SECONDS = 300.0


class Together(Enum):
    """What is sent as it is, call by call."""

    INSERTS = auto()  # in one round trip and one transaction
    APART = auto()  # each in a transaction of its own


@dataclass(frozen=True, kw_only=True)
class Read:
    """A read that is turned.

    Attributes:
        statement: What gives the rows of all calls, each behind the number of its call.
        types: Of the parameters.
        arrays: The types of their arrays.
        columns: What the function by itself gives: names and types.
    """

    statement: Statement
    types: tuple[int, ...]
    arrays: tuple[int, ...]
    columns: PGresult


@dataclass(frozen=True)
class Refused:
    """What can't be gathered, and why not."""

    name: str
    why: str

    def error(self) -> QueryError:
        """What its callers are told."""
        return QueryError(
            f"{self.name} can't be gathered: {self.why}.",
            hint="Call it on a connection: async with pool.connection() as conn.",
        )


Form = Read | Together | Refused


class Forms:
    """How each function can be gathered, as it was found when it was first asked for.

    What is known is found anew every five minutes: tables and functions change.
    """

    def __init__(self) -> None:
        self._known: dict[Statement, Form] = {}
        self._are_good_until = 0.0

    async def of(self, conn: psycopg.AsyncConnection[Any], statement: Statement) -> Form:
        """How the calls of the statement can go out.

        Raises:
            psycopg.Error: the connection is lost.
        """
        if monotonic() > self._are_good_until:
            self._known.clear()
            self._are_good_until = monotonic() + _SECONDS
        known = self._known.get(statement)
        if known is not None:
            return known
        try:
            found = self._known[statement] = await learn(conn, statement)
        except psycopg.Error:
            if conn.closed:
                raise
            return Together.APART  # where each is told what is wrong; next time may be better
        return found

    def forget(self, statement: Statement) -> None:
        """Has it found anew."""
        self._known.pop(statement, None)

    def part(self, statement: Statement) -> None:
        """Has its calls go apart."""
        self._known[statement] = Together.APART


async def learn(conn: psycopg.AsyncConnection[Any], statement: Statement) -> Form:
    """How the calls of the statement can go out together.

    Raises:
        psycopg.Error: the server doesn't take the statement at all, or is gone.
    """
    async with conn.transaction():  # of a pooler too, the same session throughout
        types, columns = await describe(conn, statement.sql)
        plan = await explain(conn, statement.sql, len(types))
        changes = {step["Operation"] for step in plan if step["Node Type"] == "ModifyTable"}
        if changes == {"Insert"}:
            return Together.INSERTS
        if why := _reason(statement, changes):
            return Refused(statement.name, why)
        name = _free_name(statement.sql, "gathered")
        folded = f"with {name} as (\n{without_end(statement.sql)}\n) table {name}"
        plan = await explain(conn, folded, len(types))
        if any(step.get("Subplan Name") == f"CTE {name}" for step in plan):
            return Refused(statement.name, "it locks rows, or calls a volatile function")
        arrays = await array_types(conn, types)
    for parameter, array in zip(statement.parameters, arrays, strict=True):
        if not array:
            return Refused(statement.name, f"its parameter {parameter} is an array")
    return await _turned(conn, statement, types, arrays, columns)


def _reason(statement: Statement, changes: set[str]) -> str | None:
    if changes:
        return "it changes or deletes rows, and would hold their locks for other callers"
    if not statement.is_single:
        return "it may give many rows"
    return None


async def _turned(
    conn: psycopg.AsyncConnection[Any],
    statement: Statement,
    types: tuple[int, ...],
    arrays: tuple[int, ...],
    columns: PGresult,
) -> Form:
    turned = Statement(
        name=statement.name,
        kind=Kind.MANY,
        sql=_turn(statement.sql, len(types)),
        parameters=statement.parameters or ("calls",),
        row=_values,
    )
    try:
        _, found = await describe(conn, turned.sql, arrays or (_INT8,))
    except psycopg.Error as error:
        if error.sqlstate is None or conn.closed:
            raise
        return Refused(statement.name, f"for several keys at once PostgreSQL says: {error}")
    if _shape(found)[1:] != _shape(columns):
        return Refused(statement.name, "for several keys at once its columns have other types")
    return Read(statement=turned, types=types, arrays=arrays, columns=columns)


def _turn(sql: str, parameters: int) -> str:
    """The query for each row of its arguments, behind the row's number."""
    query, keys, place = without_end(sql), _free_name(sql, "keys"), 0
    pieces: list[str] = []
    for found in find(query, ()):
        if found.what is What.NUMBER:
            pieces += [query[place : found.start], f"{keys}.a{found.text[1:]}"]
            place = found.end
    rows = f"generate_series(1::bigint, $1::bigint) as {keys} (place)"
    if parameters:
        numbers = range(1, parameters + 1)
        given = ", ".join(f"${number}" for number in numbers)
        names = ", ".join(f"a{number}" for number in numbers)
        rows = f"unnest({given}) with ordinality as {keys} ({names}, place)"
    body, rest = "".join([*pieces, query[place:]]), _free_name(sql, "rest")
    return f"select {keys}.place, {rest}.*\nfrom {rows}\ncross join lateral (\n{body}\n) as {rest}"


def _free_name(sql: str, name: str) -> str:
    while name in sql.lower():
        name += "_"
    return name


def _values(*values: Any) -> tuple[Any, ...]:
    return values


def _shape(columns: PGresult) -> list[tuple[int, int]]:
    return [(columns.ftype(n), columns.fmod(n)) for n in range(columns.nfields)]
