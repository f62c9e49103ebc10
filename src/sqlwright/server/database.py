"""Makes and drops the project's database with its three roles: owner, application and reader.

The owner migrates, the application reads and writes rows, the reader reads. Default privileges give
the two their rights on whatever the owner makes later. On a server that asks for passwords they are
taken from SQLWRIGHT_OWNER_PASSWORD, SQLWRIGHT_APP_PASSWORD and SQLWRIGHT_READER_PASSWORD.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.config import Project
from sqlwright.errors import ConnectError, DatabaseError
from sqlwright.queries import named_queries, run_query
from sqlwright.server.connection import Roles, admin_url, connect, database_name
from sqlwright.urls import with_database

__all__ = [
    "Contents",
    "Created",
    "create_database",
    "drop_database",
    "grant_rights",
    "list_contents",
]

_SQL = Path(__file__).parent / "sql" / "database.sql"

_PASSWORDS = ("SQLWRIGHT_OWNER_PASSWORD", "SQLWRIGHT_APP_PASSWORD", "SQLWRIGHT_READER_PASSWORD")


@dataclass(frozen=True, kw_only=True)
class Created:
    """What `create_database` found or made."""

    database: str
    owner: str
    roles: Roles
    was_there: bool

    @property
    def ours(self) -> bool:
        """Whether it has the three roles; one that somebody else made is left as it is."""
        return self.owner == self.roles.owner


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a database holds of one schema; rows as the planner estimates them."""

    schema: str
    tables: int
    rows: int


def _run(conn: psycopg.Connection[Any], name: str, **names: str) -> None:
    """Runs a named statement with its identifiers filled in."""
    run_query(conn, named_queries(_SQL)[name], {}, **names)


def _rows(conn: psycopg.Connection[Any], name: str, **values: Any) -> list[Any]:
    """The rows of a named query."""
    return run_query(conn, named_queries(_SQL)[name], values).fetchall()


def create_database(project: Project) -> Created:
    """Makes what is missing of the database, its roles and their rights; safe to repeat.

    A database that is there and belongs to somebody else is left as it is: whoever uses it now
    must not be locked out.

    Raises:
        DatabaseError: the user of the URL may not make a database or a role.
        ConnectError: the server can't be reached.
    """
    name = database_name(project)
    roles = Roles.of(name)
    with _admin(project, name) as conn:
        _rows(conn, "wait_for_others", database=name)
        found = _rows(conn, "find_database", database=name)
        if found and found[0][0] != roles.owner:
            return Created(database=name, owner=found[0][0], roles=roles, was_there=True)
        try:
            _make_roles(conn, roles, project)
            was_there = _make_database(conn, name, roles.owner)
            with connect(with_database(admin_url(project), name), project) as inside:
                grant_rights(inside, name, roles)
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"{conn.info.user} may not make database {name} and its roles:"
                f" {error.diag.message_primary}.",
                hint=f"Connect as a superuser, or alter role {conn.info.user} createdb createrole.",
            ) from None
    return Created(database=name, owner=roles.owner, roles=roles, was_there=was_there)


def _admin(project: Project, name: str) -> psycopg.Connection[Any]:
    """The maintenance database, or where the user may not go there, the database itself."""
    url = admin_url(project)
    try:
        return connect(url, project)
    except ConnectError:
        with suppress(ConnectError):
            return connect(with_database(url, name), project)
        raise


def _make_roles(conn: psycopg.Connection[Any], roles: Roles, project: Project) -> None:
    there = {row[0] for row in _rows(conn, "find_roles", names=list(roles))}
    for role, variable in zip(roles, _PASSWORDS, strict=True):
        if role not in there:
            # Another `create` may have been quicker: then the role is there, as wanted.
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                _run(conn, "create_role", role=role)
        password = project.environ.get(variable)
        if password and role not in there:
            _set_password(conn, role, password)


def _set_password(conn: psycopg.Connection[Any], role: str, password: str) -> None:
    """Sends the SCRAM verifier, so that no log of the server ever sees the password."""
    verifier = conn.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    conn.execute(
        sql.SQL("alter role {} password {}").format(
            sql.Identifier(role), sql.Literal(verifier.decode())
        )
    )


def _make_database(conn: psycopg.Connection[Any], name: str, owner: str) -> bool:
    """Whether it was there before."""
    if _rows(conn, "find_database", database=name):
        return True
    if _rows(conn, "is_superuser") == [(False,)]:
        _run(conn, "join_role", role=owner)
    try:
        _run(conn, "create_database", database=name, owner=owner)
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return True
    return False


def grant_rights(conn: psycopg.Connection[Any], name: str, roles: Roles) -> None:
    """Closes the database to others, and gives its roles their rights on what its owner makes."""
    others = {"application": roles.application, "reader": roles.reader}
    _run(conn, "close_to_others", database=name, **others)
    _run(conn, "grant_defaults", owner=roles.owner, **others)


def list_contents(project: Project) -> list[Contents] | None:
    """What the database holds, or None where there is none."""
    name = database_name(project)
    with _admin(project, name) as conn:
        if not _rows(conn, "find_database", database=name):
            return None
    with connect(with_database(admin_url(project), name), project) as inside:
        rows = _rows(inside, "list_sizes")
    return [Contents(schema=row[0], tables=row[1], rows=row[2]) for row in rows]


def drop_database(project: Project) -> list[str]:
    """Drops the database, breaking its connections, and those of its roles that nothing else needs.

    Returns:
        The roles that stay, since another database needs them.

    Raises:
        DatabaseError: it does not exist, or the user may not drop it.
    """
    name = database_name(project)
    with connect(admin_url(project), project) as conn:
        try:
            _run(conn, "drop_database", database=name)
        except psycopg.errors.InvalidCatalogName:
            raise DatabaseError(
                f"There is no database {name}.", hint="Make it: sqlwright create."
            ) from None
        except psycopg.errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"{conn.info.user} may not drop database {name}: {error.diag.message_primary}.",
                hint=f"Connect as {Roles.of(name).owner} or a superuser.",
            ) from None
        return [role for role in Roles.of(name) if not _drop_role(conn, role)]


def _drop_role(conn: psycopg.Connection[Any], role: str) -> bool:
    """Whether the role is gone."""
    try:
        _run(conn, "drop_role", role=role)
    except psycopg.errors.UndefinedObject:
        return True
    except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege):
        return False
    return True
