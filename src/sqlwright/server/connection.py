"""Connections to the project's database, wherever it is, and libpq's refusals in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from sqlwright.config import Project
from sqlwright.errors import ConnectError
from sqlwright.server.embedded import server_url, start
from sqlwright.urls import database_of, redact, unreadable, with_database, with_user

__all__ = ["Roles", "admin_url", "application_url", "connect", "database_name", "owner_url"]

_SUPERUSER = "postgres"
_CONNECT_SECONDS = "10"

# What libpq's reasons mean to the person who reads them, most telling first.
_HINTS = (
    ("password authentication failed", "Check the user and the password in DATABASE_URL."),
    ("no password supplied", "Give the password in DATABASE_URL, PGPASSWORD or ~/.pgpass."),
    ("does not exist", "Make it with `sqlwright create`, or mend the name in DATABASE_URL."),
    ("Connection refused", "Start the server there, or mend host and port in DATABASE_URL."),
    ("No such file or directory", "Start the server there, or mend host and port in DATABASE_URL."),
    ("could not translate host name", "Check the host's name in DATABASE_URL."),
    ("timeout expired", "Check that the host is up and that a firewall lets this machine in."),
    ("no pg_hba.conf entry", "Let this user and address in: pg_hba.conf of the server."),
    ("SSL", "Set sslmode in DATABASE_URL to what the server offers."),
    ("too many", "Wait until others disconnect, or raise max_connections."),
    ("starting up", "Wait a moment and try again."),
    ("is not permitted to log in", "Use a role that may log in, or `alter role … login`."),
)


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
    return database_of(project.url) or project.environ.get("PGDATABASE") or project.name


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

    Raises:
        ConnectError: the server's or libpq's reason, and what to do; the URL without its password.
        ConfigError: libpq can't read the URL.
    """
    defaults = {"application_name": application, "connect_timeout": _CONNECT_SECONDS}
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
        # libpq's order: what the URL says, then the variables, then our defaults.
        known = {**defaults, **_from_env_file(project.environ), **_present(given)}
        return psycopg.connect(make_conninfo("", **known), autocommit=True)
    except psycopg.ProgrammingError:
        raise unreadable(url) from None
    except psycopg.OperationalError as error:
        raise _refused(url, error) from None


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in {None, ""}}


def _from_env_file(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that libpq's own variables stand for: `.env` is not in the process's own."""
    options = ((option.keyword, option.envvar) for option in pq.Conninfo.get_defaults())
    return {
        keyword.decode(): environ[envvar.decode()]
        for keyword, envvar in options
        if envvar and environ.get(envvar.decode())
    }


def _refused(url: str, error: psycopg.OperationalError) -> ConnectError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = next((line for line in lines if "failed:" in line), lines[0] if lines else "no reason")
    said = reason.rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    hint = next((hint for mark, hint in _HINTS if mark in str(error)), None)
    return ConnectError(f"No connection to {redact(url)}: {said.rstrip('.')}.", hint=hint)
