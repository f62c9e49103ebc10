"""A hundred thousand rows read: kept as a list, or streamed in pieces that don't add up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.calls import Calls
from bench.clients import Clients
from bench.measuring import Contender, on_loop, once
from bench.results import Goal
from bench.sqlalchemy_models import Event
from bench.ways import ASYNC, ASYNCPG, CORE, DJANGO, ORM, OURS, RAW, for_psycopg, query_of
from sqlwright.queries.streams import stream
from sqlwright_systems.emotional_chat import system_logs

__all__ = ["TABLES"]

_PIECE = 1000
_STREAMED = f"{OURS}, streamed"


def _contenders(clients: Clients) -> list[Contender]:
    return [*_kept(clients), *_streamed(clients)]


def _kept(clients: Clients) -> list[Contender]:
    from bench.django_models import Event as OfDjango

    limit = clients.place.events
    query = query_of(system_logs.page)
    text, _ = for_psycopg(query)
    statement = select(Event.__table__).order_by(Event.id.desc()).limit(limit)
    mapped = select(Event).order_by(Event.id.desc()).limit(limit)

    def by_session() -> list[Event]:
        with Session(clients.core) as session:
            return list(session.scalars(mapped))

    return [
        once(OURS, lambda: system_logs.page(clients.ours, before_id=None, limit=limit)),
        once(RAW, lambda: clients.theirs.execute(text, [None, limit]).fetchall()),
        on_loop(
            ASYNC,
            clients.loop,
            lambda: system_logs.page(clients.ours_async, before_id=None, limit=limit),
        ),
        on_loop(ASYNCPG, clients.loop, lambda: clients.asyncpg.fetch(query.statement, None, limit)),
        once(CORE, lambda: clients.core.execute(statement).all()),
        once(ORM, by_session),
        once(DJANGO, lambda: list(OfDjango.objects.order_by("-id")[:limit])),
    ]


def _streamed(clients: Clients) -> list[Contender]:
    """Rows are looked at and let go."""
    from bench.django_models import Event as OfDjango

    limit = clients.place.events
    query = query_of(system_logs.page)
    text, _ = for_psycopg(query)
    statement = select(Event.__table__).order_by(Event.id.desc()).limit(limit)
    mapped = select(Event).order_by(Event.id.desc()).limit(limit)

    def in_chunks() -> Iterable[Any]:
        with clients.theirs.cursor() as cursor:
            yield from cursor.stream(text, [None, limit], size=_PIECE)

    def by_cursor() -> Iterable[Any]:
        with clients.theirs.transaction(), clients.theirs.cursor("bench") as cursor:
            cursor.itersize = _PIECE
            yield from cursor.execute(text, [None, limit])

    def by_core() -> Iterable[Any]:
        with clients.engine.connect() as conn:
            yield from conn.execution_options(yield_per=_PIECE).execute(statement)

    def by_session() -> Iterable[Any]:
        with Session(clients.engine) as session:
            yield from session.scalars(mapped.execution_options(yield_per=_PIECE))

    def by_django() -> Iterable[Any]:
        found = OfDjango.objects.order_by("-id")[:limit]
        return found.iterator(chunk_size=_PIECE)

    ours = stream(system_logs.page, size=_PIECE)
    given: dict[str, Any] = {"before_id": None, "limit": limit}
    ways = {
        _STREAMED: lambda: ours(clients.ours, **given),
        "psycopg, cursor.stream(size=1000)": in_chunks,
        "psycopg, server-side cursor": by_cursor,
        f"{CORE}, yield_per": by_core,
        f"{ORM}, yield_per": by_session,
        f"{DJANGO}, iterator": by_django,
    }
    return [
        *(_looked_at(name, way) for name, way in ways.items()),
        _async(
            f"{_STREAMED}, async (uvloop)", clients.loop, lambda: _rows(clients.ours_async, limit)
        ),
        _async(
            f"{ASYNCPG}, cursor",
            clients.loop,
            lambda: _rows_of_asyncpg(clients.asyncpg, query.statement, limit),
        ),
    ]


def _looked_at(name: str, way: Any) -> Contender:
    def call() -> None:
        for _ in way():
            pass

    return replace(once(name, call), answer=lambda: list(way()))


def _async(
    name: str, loop: asyncio.AbstractEventLoop, way: Callable[[], AsyncIterable[Any]]
) -> Contender:
    async def look() -> None:
        async for _ in way():
            pass

    async def keep() -> list[Any]:
        return [row async for row in way()]

    contender = on_loop(name, loop, look)
    return replace(contender, answer=lambda: loop.run_until_complete(keep()))


async def _rows(conn: Any, limit: int) -> AsyncIterator[Any]:
    async with stream(system_logs.page, size=_PIECE)(conn, before_id=None, limit=limit) as rows:
        async for row in rows:
            yield row


async def _rows_of_asyncpg(conn: Any, statement: str, limit: int) -> AsyncIterator[Any]:
    async with conn.transaction():
        async for row in conn.cursor(statement, None, limit, prefetch=_PIECE):
            yield row


TABLES = (
    Calls(
        name="bulk-read",
        title="Many rows read",
        note="`emotional_chat.system_logs.page` of the whole table, 8 columns, one of them JSONB.",
        contenders=_contenders,
        answers=system_logs.Row._fields,
        is_bulk=True,
        goals=(
            Goal(row=OURS, limit=0.60, against=RAW),
            Goal(row=_STREAMED, limit=0.35, against=RAW),
            Goal(row=OURS, limit=1.0, against=ASYNCPG),
            Goal(row=ASYNC, limit=1.1, against=ASYNCPG),
            Goal(row=OURS, limit=0.2, against=ORM),
            Goal(row=_STREAMED, limit=0.2, against=f"{ORM}, yield_per"),
        ),
    ),
)
