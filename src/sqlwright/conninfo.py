"""What libpq is given to connect with, and its refusals in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sqlwright.config import Project
from sqlwright.errors import ConnectError
from sqlwright.urls import database_of, redact, unreadable

__all__ = [
    "is_end",
    "libpq_settings",
    "named_database",
    "reason_of_loss",
    "refusal",
    "remote_hosts",
]

# A dead network is noticed within a minute, where the system would wait for two hours.
_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}

# By a shutdown, a crash, a dropped database, or because it was idle or at work for too long.
_ENDED = {"57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04"}

# What libpq's reasons mean to the person who reads them, most telling first.
_HINTS = (
    ("password authentication failed", "Check the user and the password in DATABASE_URL."),
    ("no password supplied", "Give the password in DATABASE_URL, PGPASSWORD or ~/.pgpass."),
    ("does not exist", "Make it with `sqlwright create`, or mend the name in DATABASE_URL."),
    ("Connection refused", "Start the server there, or mend host and port in DATABASE_URL."),
    ("No such file or directory", "Start the server there, or mend host and port in DATABASE_URL."),
    ("failed to resolve host", "Check the host's name in DATABASE_URL."),
    ("could not translate host name", "Check the host's name in DATABASE_URL."),
    ("timeout expired", "Check that the host is up and that a firewall lets this machine in."),
    ("no pg_hba.conf entry", "Let this user and address in: pg_hba.conf of the server."),
    ("SSL", "Set sslmode in DATABASE_URL to what the server offers."),
    ("too many", "Wait until others disconnect, or raise max_connections."),
    ("connection slots", "Wait until others disconnect, or raise max_connections."),
    ("starting up", "Wait a moment and try again."),
    ("in recovery mode", "Wait a moment and try again: the server recovers from a crash."),
    ("not yet accepting", "Wait a moment and try again: the server recovers from a crash."),
    ("shutting down", "Wait until the server is up again."),
    ("closed the connection", "Try again; the server's log says why it ended the connection."),
    ("is not permitted to log in", "Use a role that may log in, or `alter role … login`."),
)


def named_database(url: str, project: Project) -> str:
    """The database that is meant by a URL of the project, which may leave it open."""
    return database_of(url) or project.environ.get("PGDATABASE") or project.name


def libpq_settings(
    url: str,
    environ: Mapping[str, str],
    application: str,
    *,
    defaults: Mapping[str, str] | None = None,
) -> str:
    """The URL as libpq's `key=value` form, with libpq's variables from `.env` too.

    `defaults` come before those that hold everywhere.

    Raises:
        ConfigError: libpq can't read the URL.
    """
    ours = {"application_name": application, **_DEFAULTS, **(defaults or {})}
    try:
        given = _present(conninfo_to_dict(url))
        # libpq's order: what the URL says, then the variables, then our defaults.
        settings = {**ours, **_from_variables(environ), **given}
        return make_conninfo("", **_over_tls(settings))
    except psycopg.ProgrammingError:
        raise unreadable(url) from None


def _over_tls(settings: dict[str, Any]) -> dict[str, Any]:
    """Asks for TLS where nothing is said of it and a server is on another machine.

    libpq would do without where the server, or who stands between, says that it has none. A service
    file may say more, and the system's root certificates are verified by themselves.
    """
    hosts = _hosts_away(str(settings.get("host", "")), str(settings.get("hostaddr", "")))
    is_said = "sslmode" in settings or "service" in settings
    if is_said or not hosts or settings.get("sslrootcert") == "system":
        return settings
    return {**settings, "sslmode": "require"}


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in {None, ""}}


def _from_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that libpq's own variables stand for: `.env` is not in the process's own."""
    options = ((option.keyword, option.envvar) for option in pq.Conninfo.get_defaults())
    return {
        keyword.decode(): environ[envvar.decode()]
        for keyword, envvar in options
        if envvar and environ.get(envvar.decode())
    }


def remote_hosts(conn: psycopg.Connection[Any]) -> list[str]:
    """The hosts of a connection, also those that libpq did not come to, on other machines."""
    given = {option.keyword: (option.val or b"").decode() for option in conn.pgconn.info}
    return _hosts_away(given[b"host"], given[b"hostaddr"])


def _hosts_away(host: str, hostaddr: str) -> list[str]:
    """Those of libpq's hosts that are other machines; an address counts before a name."""
    hosts = host.split(",")
    addresses = hostaddr.split(",") if hostaddr else [""] * len(hosts)
    names = hosts if len(hosts) == len(addresses) else addresses
    return [
        name or address
        for name, address in zip(names, addresses, strict=True)
        if not _is_local(address or name)
    ]


def _is_local(host: str) -> bool:
    """Whether it is the folder of a Unix socket, as libpq takes none for one, or loopback."""
    if host in {"", "localhost"} or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_end(error: psycopg.Error) -> bool:
    """Whether the error is the connection's end: libpq's own has no SQLSTATE."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "57P01") in _ENDED


def reason_of_loss(error: psycopg.Error) -> str:
    """Why a connection ended, in one line: libpq adds guesses, psycopg what it was at."""
    lines = str(error).strip().splitlines() or ["the server gave no reason"]
    return lines[0].rpartition("failed: ")[2].rstrip(".")


def refusal(url: str, error: psycopg.OperationalError) -> ConnectError:
    """The server's or libpq's reason, and what to do; the URL without its password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = next((line for line in lines if "failed:" in line), lines[0] if lines else "no reason")
    said = reason.rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    hint = next((hint for mark, hint in _HINTS if mark in str(error)), None)
    return ConnectError(f"No connection to {redact(url)}: {said.rstrip('.')}.", hint=hint)
