"""A connection for each contender to one database, in autocommit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiosql
import asyncpg
import psycopg
import sqlalchemy
import uvloop
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from bench.django_settings import configure
from bench.place import ROOT, Place

__all__ = ["Clients", "as_json", "clients", "connect_asyncpg", "queries_of_aiosql"]


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The connections; Django keeps its own.

    Attributes:
        place: The server and the rows.
        ours: psycopg's, for our functions.
        ours_async: The same for asyncio, on `loop`.
        theirs: psycopg's, for `conn.execute`.
        other: psycopg's, for aiosql.
        bare: libpq, without what psycopg puts on it.
        loop: uvloop's.
        asyncpg: On `loop`.
        core: SQLAlchemy's, for Core and for sessions.
        engine: SQLAlchemy's, whose sessions begin and commit.
        scripts: A folder for pgbench's.
    """

    place: Place
    ours: psycopg.Connection[Any]
    ours_async: psycopg.AsyncConnection[Any]
    theirs: psycopg.Connection[Any]
    other: psycopg.Connection[Any]
    bare: pq.PGconn
    loop: asyncio.AbstractEventLoop
    asyncpg: Any
    core: sqlalchemy.Connection
    engine: sqlalchemy.Engine
    scripts: Path


@contextmanager
def clients(place: Place) -> Iterator[Clients]:
    """Connects everybody, and closes with the block."""
    url = place.url
    configure(url)
    from django.db import connection as django  # it wants its settings first

    with ExitStack() as stack:
        loop = stack.enter_context(closing(uvloop.new_event_loop()))
        run = loop.run_until_complete
        ours, theirs, other = (
            stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(3)
        )
        ours_async = run(psycopg.AsyncConnection.connect(url, autocommit=True))
        stack.callback(lambda: run(ours_async.close()))
        of_asyncpg = run(connect_asyncpg(url))
        stack.callback(lambda: run(of_asyncpg.close()))
        bare = pq.PGconn.connect(url.encode())
        stack.callback(bare.finish)
        engine = sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(url)
        )
        stack.callback(engine.dispose)
        core = engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        stack.enter_context(core)
        stack.callback(django.close)
        yield Clients(
            place=place,
            ours=ours,
            ours_async=ours_async,
            theirs=theirs,
            other=other,
            bare=bare,
            loop=loop,
            asyncpg=of_asyncpg,
            core=core,
            engine=engine,
            scripts=Path(stack.enter_context(TemporaryDirectory(prefix="sqlwright-bench-"))),
        )


async def connect_asyncpg(url: str) -> Any:
    """A connection of asyncpg."""
    known = conninfo_to_dict(url)
    conn = await asyncpg.connect(
        host=known["host"], port=known["port"], user=known["user"], database=known["dbname"]
    )
    await as_json(conn)
    return conn


async def as_json(conn: Any) -> None:
    """Lets asyncpg load and dump JSON as psycopg does."""
    await conn.set_type_codec(
        "json", schema="pg_catalog", encoder=json.dumps, decoder=json.loads, format="text"
    )
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + json.dumps(value).encode(),
        decoder=lambda value: json.loads(value[1:]),
        format="binary",  # COPY takes no other
    )


@cache
def queries_of_aiosql(schema: str, table: str) -> Any:
    """The same file as aiosql itself reads it."""
    return aiosql.from_path(ROOT / "sql" / schema / f"{table}.sql", "psycopg")
