"""How a project's database is, and what else the project names in its health hook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from sqlwright import __version__
from sqlwright.config import Project
from sqlwright.conninfo import libpq_settings
from sqlwright.errors import ConfigError, ConnectError, DatabaseError
from sqlwright.hooks import load_hooks
from sqlwright.migrations.bookkeeping import find_tables
from sqlwright.migrations.history import Entry, State
from sqlwright.migrations.migrate import compare_with
from sqlwright.migrations.source import read_project
from sqlwright.observe.asking import ask_of
from sqlwright.observe.health import Checks, Health, Part, Unseen
from sqlwright.observe.parts import connections, database
from sqlwright.pool.options import read_options
from sqlwright.server.connection import Roles, connect, database_name
from sqlwright.server.embedded import server_url
from sqlwright.urls import with_database

__all__ = ["conninfo_of", "hooked_parts", "migrations_part", "read_health", "url_of"]

_NAMES_SHOWN = 3


def read_health(project: Project, *, timeout: float = 5.0) -> Health:
    """How each part is: database, migrations, room for a pool, and those of the project's hooks.

    Nothing is started or made. Every part has `timeout` seconds.

    Raises:
        ConfigError: a hook can't be found, or two parts have one name.
    """
    ask = ask_of(conninfo_of(project), patience=timeout)
    pool = read_options(project.environ, {})
    parts = {
        "database": Part(check=database(ask), timeout=timeout),
        "migrations": Part(check=migrations_part(project), timeout=timeout),
        "pool": Part(check=connections(ask, most=pool.size + pool.overflow), timeout=timeout),
    }
    hooked = hooked_parts(project, taken=parts, timeout=timeout)
    return asyncio.run(Checks({**parts, **hooked}, version=__version__).health())


def url_of(project: Project, *, user: str | None = None) -> str:
    """The project's database, as its owner on the embedded server, which is not started for it."""
    if project.url is not None:
        return with_database(project.url, database_name(project))
    owner = Roles.of(project.name).owner
    return server_url(project, user=user or owner, database=project.name)


def conninfo_of(project: Project, *, user: str | None = None) -> str:
    """The same as libpq reads it."""
    return libpq_settings(url_of(project, user=user), project.environ, "sqlwright")


def hooked_parts(
    project: Project, *, taken: Sequence[str] | dict[str, Part], timeout: float
) -> dict[str, Part]:
    """The parts of the project's health hook, each under its function's name.

    Raises:
        ConfigError: a function can't be found, or its name is another part's.
    """
    found: dict[str, Part] = {}
    for written, check in zip(
        project.hooks.get("health", ()), load_hooks(project, "health"), strict=True
    ):
        name = written.rpartition(":")[2]
        if name in taken or name in found:
            raise ConfigError(
                f"The health hook {written} is named as another part.",
                hint="Name the function after what it looks at, as redis.",
            )
        found[name] = Part(check=check, timeout=timeout)
    return found


def migrations_part(project: Project) -> Callable[[], str]:
    """A part that is well when all is applied, and as the files have it."""

    def check() -> str:
        migrations = read_project(project, whole=False)
        try:
            conn = connect(url_of(project), project)
        except ConnectError:
            raise Unseen("there is no connection") from None
        with conn:
            try:
                entries = compare_with(conn, find_tables(conn), migrations)
            except psycopg.errors.InsufficientPrivilege as error:
                raise Unseen(f"{conn.info.user}: {error.diag.message_primary}") from None
        wrong = [_wrong(entries, state) for state in State if state is not State.APPLIED]
        if any(wrong):
            raise DatabaseError("; ".join(filter(None, wrong)))
        return f"{len(entries)} applied{_head(entries)}"

    return check


def _wrong(entries: Sequence[Entry], state: State) -> str:
    """How many there are in a state that none should be in, and the first of them."""
    ids = [entry.id for entry in entries if entry.state is state]
    more = ", …" if len(ids) > _NAMES_SHOWN else ""
    return f"{len(ids)} {state}: {', '.join(ids[:_NAMES_SHOWN])}{more}" if ids else ""


def _head(entries: Sequence[Entry]) -> str:
    applied: list[Any] = [entry for entry in entries if entry.applied]
    if not applied:
        return ""
    return f", the newest is {max(applied, key=lambda entry: entry.applied.at).id}"
