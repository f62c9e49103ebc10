"""Connections to the project's database, wherever it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from sqlwright.config import Project
from sqlwright.conninfo import libpq_settings, named_database, refusal
from sqlwright.server.embedded import server_url, start
from sqlwright.urls import with_database, with_user

__all__ = ["Roles", "admin_url", "application_url", "connect", "database_name", "owner_url"]

_SUPERUSER = "postgres"


class Roles(NamedTuple):
    """The three roles of a database, named after it."""

    owner: str
    application: str
    reader: str

    @classmethod
    def of(cls, database: str) -> Roles:
        """The roles that `sqlwright create` makes for a database of that name."""
        return cls(f"{database}_owner", f"{database}_app", f"{database}_reader")


def database_name(project: Project) -> str:
    """The name of the project's database."""
    if project.url is None:
        return project.name
    return named_database(project.url, project)


def owner_url(project: Project) -> str:
    """Where migrations run: the project's URL, or as the owner on the embedded server."""
    if project.url is not None:
        return with_database(project.url, database_name(project))
    start(project)
    return server_url(project, user=Roles.of(project.name).owner, database=project.name)


def admin_url(project: Project) -> str:
    """Where databases are made: the server's maintenance database, as the user of the URL."""
    if project.url is not None:
        return with_database(project.url, "postgres")
    start(project)
    return server_url(project, user=_SUPERUSER, database="postgres")


def application_url(project: Project) -> str:
    """What a service connects with: the application's role, never the superuser; no password."""
    role = Roles.of(database_name(project)).application
    return with_user(owner_url(project), role)


def connect(
    url: str, project: Project, *, application: str = "sqlwright"
) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection in autocommit, with libpq's variables from `.env` too.

    It speaks UTF-8 whatever the database, the role or PGCLIENTENCODING say: our files are sent so.

    Raises:
        ConnectError: the server's or libpq's reason, and what to do; the URL without its password.
        ConfigError: libpq can't read the URL.
    """
    try:
        settings = libpq_settings(url, project.environ, application)
        conn = psycopg.connect(settings, client_encoding="UTF8", autocommit=True)
    except psycopg.OperationalError as error:
        raise refusal(url, error) from None
    if not (conn.info.parameter_status("DateStyle") or "ISO").startswith("ISO"):
        conn.execute("set datestyle = iso")  # psycopg reads times in no other style
    return conn
