"""The parts that every service has: its database, its pool, and what its queries ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.errors import ConnectError, DatabaseError
from sqlwright.observe.asking import AnyPool, Ask
from sqlwright.observe.health import Unseen
from sqlwright.queries import Query, named_queries, read_queries
from sqlwright.queries.query import Kind

__all__ = ["connections", "database", "pool_part", "queries_part", "read_folder"]

_SQL = Path(__file__).parent / "sql" / "health.sql"
_NAMES_SHOWN = 3


def database(ask: Ask) -> Callable[[], Awaitable[str]]:
    """A part that is well when the database answers."""

    async def check() -> str:
        (answer,) = await ask([named_queries(_SQL)["describe_server"].statement])
        if isinstance(answer, psycopg.Error):
            raise answer
        role = "standby" if answer[0]["is_standby"] else "primary"
        return f"PostgreSQL {answer[0]['version'].split()[0]}, {role}"

    return check


def pool_part(pool: AnyPool) -> Callable[[], Awaitable[str]]:
    """A part that says how much of the pool is in use; a full one shows where one asks for more."""

    async def check() -> str:
        found = pool.get_stats()
        used, most = found["pool_size"] - found["pool_available"], found["pool_max"]
        if pool.closed:
            raise DatabaseError("it is closed")
        return f"{used} of {most} connections are in use"

    return check


def connections(ask: Ask, *, most: int) -> Callable[[], Awaitable[str]]:
    """A part that is well as long as a pool of at most so many could open one more."""

    async def check() -> str:
        try:
            (answer,) = await ask([named_queries(_SQL)["count_connections"].statement])
        except ConnectError:
            raise Unseen("there is no connection") from None
        if isinstance(answer, psycopg.Error):
            raise answer
        used, free = answer[0]["used"], answer[0]["most"] - answer[0]["used"]
        says = f"{used} of {answer[0]['most']} connections are in use; a pool takes up to {most}"
        if free < 1:
            raise DatabaseError(says)
        return says

    return check


def read_folder(path: Path) -> list[Query]:
    """The named queries of a file, or of every file below a folder."""
    files = sorted(path.rglob("*.sql")) if path.is_dir() else [path]
    return [query for file in files for query in read_queries(file)]


def queries_part(ask: Ask, queries: Sequence[Query]) -> Callable[[], Awaitable[str]]:
    """A part that is well when the database understands every query: it has what the code needs.

    This takes no right but that to use the schemas, unlike a look at what is migrated. Once all are
    understood they are not sent again.
    """
    planned = [query for query in queries if query.kind is not Kind.SCRIPT]
    understood: set[int] = set()

    async def check() -> str:
        left = [number for number in range(len(planned)) if number not in understood]
        try:
            answers = await ask([_prepare(planned[number]) for number in left]) if left else []
        except ConnectError:
            raise Unseen("there is no connection") from None
        refused = {}
        for number, answer in zip(left, answers, strict=True):
            if _is_refusal(answer):
                refused[number] = answer
            else:
                understood.add(number)
        if refused:
            raise DatabaseError(_complaint([planned[number].name for number in refused], refused))
        return f"all {len(planned)} queries are understood"

    return check


def _prepare(query: Query) -> str:
    """One message, so that a pooler sends both to the same connection."""
    text = query.statement.rstrip().rstrip(";")
    return f"prepare _sqlwright_check as {text}\n; deallocate _sqlwright_check"


def _is_refusal(answer: Any) -> bool:
    """Whether something is missing; `prepare` refuses DDL and COPY, which tells nothing."""
    return isinstance(answer, psycopg.Error) and not isinstance(answer, psycopg.errors.SyntaxError)


def _complaint(names: list[str], refused: dict[int, Any]) -> str:
    first = next(iter(refused.values()))
    shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
    are = "1 query is" if len(names) == 1 else f"{len(names)} queries are"
    return f"{are} not understood ({shown}): {first.diag.message_primary or first}"
