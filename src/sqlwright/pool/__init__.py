"""Opens pools of connections, sized and limited by the environment, sync and async.

    with open_pool() as pool, pool.connection() as conn:
        user = users.get(conn, id=1)

Each option is an argument, else a variable of the environment or of `.env`, else its default:

    size               DB_POOL_SIZE           10     connections that are kept open
    overflow           DB_MAX_OVERFLOW        20     more of them, while they are wanted
    timeout            DB_POOL_TIMEOUT        30     seconds to wait for a connection
    recycle            DB_POOL_RECYCLE        3600   seconds that a connection lives; -1: for ever
    pre_ping           DB_POOL_PRE_PING       true   see before use whether a connection still lives
    echo               DB_ECHO                false  log each named query's time, never its values
    statement_timeout  DB_STATEMENT_TIMEOUT   none   seconds that a statement may take
    lock_timeout       DB_LOCK_TIMEOUT        none   seconds that a statement may wait for a lock
    pooler             DB_POOLER              false  whether a pooler in transaction mode is between
    application                                      what pg_stat_activity shows: the project's name

Connections are in autocommit, by decision: a lone statement is a transaction already, and saves
the round trips of `begin` and `commit`. What belongs together goes in one statement, or in a block
`with conn.transaction():`.

Of several hosts in the URL, `connection()` leads to the primary, and `reading()` to a standby that
is near enough: docs/replicas.md.

A ping costs a round trip. With it no caller sees that connections died while nobody used them,
because the server was started anew or an idle connection was cut.

A pool serves the process that opened it. One that was forked is refused, and opens its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Any, Unpack

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sqlwright.config import Project, load_project
from sqlwright.conninfo import libpq_settings, named_database, refusal
from sqlwright.errors import ConfigError, ConnectError
from sqlwright.pool.options import Options, Settings, read_options
from sqlwright.pool.pools import AsyncPool, Pool
from sqlwright.pool.retry import retrying
from sqlwright.pool.servers import QUICK, lets_libpq_choose, split
from sqlwright.pool.stats import PoolStats, pool_stats
from sqlwright.pool.watch import Watch
from sqlwright.urls import redact, with_database

__all__ = [
    "AsyncPool",
    "Options",
    "Pool",
    "PoolStats",
    "open_async_pool",
    "open_pool",
    "pool_stats",
    "retrying",
]


@contextmanager
def open_pool(database: Project | str | None = None, **options: Unpack[Options]) -> Iterator[Pool]:
    """A pool that is closed with the block.

    Args:
        database: A project, or a URL; else the project that the working directory lies in.
        **options: As above.

    Raises:
        ConfigError: no database is named, or an option means nothing.
        ConnectError: no connection can be had; the reason, and what to do.
    """
    url, conninfo, settings = _prepare(database, options)
    with ExitStack() as stack:
        watch = _watch(conninfo)
        if watch:
            stack.callback(watch.close)
            _refuse_without_primary(url, watch.open())
        else:
            try:
                psycopg.connect(conninfo).close()  # the pool would go on trying, and not say why
            except psycopg.OperationalError as error:
                raise refusal(url, error) from None
        yield stack.enter_context(Pool(conninfo, watch=watch, **_arguments(settings)))


@asynccontextmanager
async def open_async_pool(
    database: Project | str | None = None, **options: Unpack[Options]
) -> AsyncIterator[AsyncPool]:
    """The same for asyncio."""
    url, conninfo, settings = _prepare(database, options)
    async with AsyncExitStack() as stack:
        watch = _watch(conninfo)
        if watch:
            stack.push_async_callback(asyncio.to_thread, watch.close)
            _refuse_without_primary(url, await asyncio.to_thread(watch.open))
        else:
            try:
                await (await psycopg.AsyncConnection.connect(conninfo)).close()
            except psycopg.OperationalError as error:
                raise refusal(url, error) from None
        yield await stack.enter_async_context(
            AsyncPool(conninfo, watch=watch, **_arguments(settings))
        )


def _watch(conninfo: str) -> Watch | None:
    """Who looks at the servers, where there are several, and libpq isn't to choose among them."""
    servers = split(conninfo)
    return Watch(servers) if len(servers) > 1 and not lets_libpq_choose(conninfo) else None


def _refuse_without_primary(url: str, why: str | None) -> None:
    if why is not None:
        raise ConnectError(
            f"No connection to {redact(url)}: no server takes writes: {why}.",
            hint="Start the primary, or promote a standby.",
        )


def _prepare(database: Project | str | None, options: Options) -> tuple[str, str, Settings]:
    """The URL, what libpq is given, and the options with their defaults."""
    project = database if isinstance(database, Project) else load_project(database=database)
    if project.url is None:
        raise ConfigError(
            "No database is named: DATABASE_URL is not set.",
            hint="Set it, in the environment or in .env; `sqlwright up` shows that of the"
            " embedded server.",
        )
    settings = read_options(project.environ, options)
    if settings.echo:
        _echo()
    url = with_database(project.url, named_database(project.url, project))
    return url, _conninfo(url, project, settings), settings


def _conninfo(url: str, project: Project, settings: Settings) -> str:
    plain = libpq_settings(url, project.environ, project.name)
    if len(split(plain)) > 1:
        plain = libpq_settings(url, project.environ, project.name, defaults=QUICK)
    known = conninfo_to_dict(plain)
    if settings.application:
        known["application_name"] = settings.application
    # In the connection's own options, so that `reset all` comes back to them.
    limits = (f"-c {name}={milliseconds}" for name, milliseconds in settings.limits())
    known["options"] = " ".join([str(known.get("options") or ""), *limits]).strip() or None
    return make_conninfo("", **known)


def _arguments(settings: Settings) -> dict[str, Any]:
    """The options as psycopg_pool names them."""
    return {
        "kwargs": {"autocommit": True, **({"prepare_threshold": None} if settings.pooler else {})},
        "min_size": settings.size,
        "max_size": settings.size + settings.overflow,
        "timeout": settings.timeout,
        "max_lifetime": float("inf") if settings.recycle == -1 else settings.recycle,
        "pre_ping": settings.pre_ping,
        "name": settings.application,
    }


def _echo() -> None:
    """Lets the queries' logger speak, on stderr where the program has no logging of its own."""
    logger = logging.getLogger("sqlwright.queries")
    logger.setLevel(logging.INFO)
    if not logger.hasHandlers():
        logger.addHandler(logging.StreamHandler())
