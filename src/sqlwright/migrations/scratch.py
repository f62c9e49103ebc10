"""A database with the project's migrations, for as long as a block: to describe and to prove.

Whatever ends the process, nothing stays for good: see `sqlwright.server.held`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.config import Project
from sqlwright.errors import ConnectError, DatabaseError
from sqlwright.migrations import executor
from sqlwright.migrations.bookkeeping import find_tables
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.lock import migration_lock
from sqlwright.migrations.order import in_order
from sqlwright.migrations.source import Migration, read_project
from sqlwright.queries import named_queries, run_query
from sqlwright.server.connection import Roles, admin_url, connect, owner_url
from sqlwright.server.database import grant_rights
from sqlwright.server.held import Form, held_database
from sqlwright.urls import with_database

__all__ = ["may_create_databases", "scratch_database"]

_SQL = Path(__file__).parent / "sql" / "scratch.sql"
_SCRATCH = 0x5351_5343  # "SQSC"
_ROLES = 0x5351_5352  # "SQSR"
_LONGEST_NAME = 40  # bytes of the project's name; PostgreSQL takes 63


def _run(conn: psycopg.Connection[Any], name: str, **names: str) -> None:
    """Runs a named statement with its identifiers filled in."""
    run_query(conn, named_queries(_SQL)[name], {}, **names)


def may_create_databases(conn: psycopg.Connection[Any]) -> bool:
    """Whether who is logged in may create databases on the server."""
    return run_query(conn, named_queries(_SQL)["may_create_databases"], {}).fetchone() == (True,)


@contextmanager
def scratch_database(
    project: Project,
    *,
    migrations: Sequence[Migration] | None = None,
    form: Form | None = None,
    roles: Roles | None = None,
) -> Iterator[str]:
    """The URL of a new database on the project's server, migrated, and dropped with the block.

    Args:
        project: On whose server, and whose migrations.
        migrations: These alone, in this order; else all of the project's.
        form: What the database is made with; else UTF-8 and the server's own locale.
        roles: Who owns it and has rights in it, as `sqlwright create` gives them; those that the
            server hasn't are made, and dropped again. Else it is whoever is logged in.

    Raises:
        MigrationError: a migration fails there.
        DatabaseError: who is logged in may not create a database there.
        ConnectError: the server can't be reached.
    """
    chosen = in_order(read_project(project)) if migrations is None else migrations
    prefix = project.name.encode()[:_LONGEST_NAME].decode(errors="ignore") + "_scratch_"
    with (
        _maintenance(project) as conn,
        _roles(conn, roles),
        _new_database(conn, prefix, form) as name,
    ):
        url = with_database(admin_url(project), name)
        with connect(url, project) as inside:
            if roles:
                _run(inside, "give_to", database=name, role=roles.owner)
                grant_rights(inside, name, roles)
            _apply(inside, chosen, owner=roles.owner if roles else None)
        yield url


@contextmanager
def _maintenance(project: Project) -> Iterator[psycopg.Connection[Any]]:
    """The maintenance database, or where the user may not go there, the project's own."""
    try:
        conn = connect(admin_url(project), project)
    except ConnectError:
        conn = connect(owner_url(project), project)
    with conn:
        yield conn


@contextmanager
def _new_database(conn: psycopg.Connection[Any], prefix: str, form: Form | None) -> Iterator[str]:
    with ExitStack() as stack:
        made = held_database(conn, prefix, namespace=_SCRATCH, form=form)
        try:
            name = stack.enter_context(made)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"{conn.info.user} may not make a scratch database: {error.diag.message_primary}.",
                hint=f"As a superuser: alter role {conn.info.user} createdb;",
            ) from None
        yield name


@contextmanager
def _roles(conn: psycopg.Connection[Any], roles: Roles | None) -> Iterator[None]:
    """Has the roles there for the block; the last process that wants those it made drops them."""
    if roles is None:
        yield
        return
    lock = {"namespace": _ROLES, "key": zlib.crc32(roles.owner.encode()) & 0x7FFF_FFFF}
    run_query(conn, named_queries(_SQL)["share"], lock)
    try:
        there = {
            row[0]
            for row in run_query(conn, named_queries(_SQL)["find_roles"], {"names": list(roles)})
        }
        for name in roles:
            if name not in there:
                # Another process may be quicker: then the role is there, as wanted.
                with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                    _run(conn, "create_role", role=name)
                _run(conn, "join_role", role=name)
        yield
    finally:
        if not conn.closed:
            run_query(conn, named_queries(_SQL)["unshare"], lock)
            if run_query(conn, named_queries(_SQL)["hold"], lock).fetchone() == (True,):
                _drop_roles(conn, roles)
                run_query(conn, named_queries(_SQL)["let_go"], lock)


def _drop_roles(conn: psycopg.Connection[Any], roles: Roles) -> None:
    """Drops those that were made for a scratch database, unless a real one has them by now."""
    for (name,) in run_query(
        conn, named_queries(_SQL)["find_made_roles"], {"names": list(roles)}
    ).fetchall():
        with suppress(psycopg.errors.DependentObjectsStillExist):
            _run(conn, "drop_role", role=name)


def _apply(
    conn: psycopg.Connection[Any], migrations: Sequence[Migration], *, owner: str | None
) -> None:
    limits = Limits(attempts=1)
    for migration in migrations:
        executor.check_apply(migration)
    if owner:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(owner)))
    tables = replace(find_tables(conn), owner=owner)
    with migration_lock(conn, tables, wait=limits.wait) as installed:
        for migration in migrations:
            executor.apply_one(conn, installed, migration, limits=limits)
