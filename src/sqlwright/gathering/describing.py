"""Asks the server of a statement that is not run: its types, its columns, and its plan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from sqlwright.queries import named_queries

__all__ = ["array_types", "describe", "explain"]

_SQL = Path(__file__).parent / "sql" / "types.sql"


async def describe(
    conn: psycopg.AsyncConnection[Any], sql: str, types: Sequence[int] = ()
) -> tuple[tuple[int, ...], PGresult]:
    """The types of a statement's parameters, and its columns."""
    async with conn.lock:
        result = await conn.wait(_described(conn, sql, types))
    return tuple(result.param_type(number) for number in range(result.nparams)), result


def _described(
    conn: psycopg.AsyncConnection[Any], sql: str, types: Sequence[int]
) -> PQGen[PGresult]:
    conn.pgconn.send_prepare(b"", sql.encode(conn.info.encoding), types)
    yield from _one(conn)
    conn.pgconn.send_describe_prepared(b"")
    return (yield from _one(conn))


def _one(conn: psycopg.AsyncConnection[Any]) -> PQGen[PGresult]:
    result: PGresult = (yield from generators.execute(conn.pgconn))[-1]
    if result.status != ExecStatus.COMMAND_OK:
        raise error_from_result(result, encoding=conn.info.encoding)
    return result


async def explain(
    conn: psycopg.AsyncConnection[Any], sql: str, parameters: int
) -> list[Mapping[str, Any]]:
    """Every step of the plan, for no arguments in particular."""
    async with psycopg.AsyncRawCursor(conn) as cursor:
        await cursor.execute(
            f"explain (format json) {sql}".encode(), [None] * parameters, prepare=False
        )
        assert cursor.pgresult is not None
        plans = json.loads(cursor.pgresult.get_value(0, 0) or b"[]")
    return [step for plan in plans if "Plan" in plan for step in _steps(plan["Plan"])]


def _steps(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below)


async def array_types(conn: psycopg.AsyncConnection[Any], types: Sequence[int]) -> tuple[int, ...]:
    """The array type of each type; 0 where there is none."""
    query = named_queries(_SQL)["list_array_types"]
    async with psycopg.AsyncRawCursor(conn) as cursor:
        await cursor.execute(query.statement.encode(), [list(types)], prepare=False)
        return tuple(row[0] for row in await cursor.fetchall())
