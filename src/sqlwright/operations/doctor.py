"""Looks a database over: what is wrong with it or could soon be, and what to do about each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.errors import ConnectError, SqlwrightError
from sqlwright.observe.asking import ask_of
from sqlwright.observe.waiting import Shared
from sqlwright.operations.alerts import Alert
from sqlwright.operations.doctor_findings import Finding, Level
from sqlwright.operations.doctor_project import backups, drift, migrations
from sqlwright.operations.doctor_server import roles, tls, version
from sqlwright.operations.doctor_settings import look_at_settings
from sqlwright.operations.health import conninfo_of
from sqlwright.operations.metrics import check
from sqlwright.pool.options import read_options
from sqlwright.queries import named_queries

__all__ = ["Finding", "Level", "diagnose"]

_SQL = Path(__file__).parent / "sql" / "doctor.sql"
# What comes and goes in seconds: no matter for an examination.
_MOMENTARY = ("sqlwright_longest_statement_seconds", "sqlwright_slow_statements_total")
_LEVELS = {"critical": Level.PROBLEM, "warning": Level.PROBLEM, "info": Level.ADVICE}


def diagnose(project: Project, *, with_drift: bool = True, patience: float = 20.0) -> list[Finding]:
    """Everything that was looked at, in order; without a connection only what can be.

    Args:
        project: Whose database.
        with_drift: Compare the database with its migrations, for which all of them are applied to a
            scratch database.
        patience: Seconds that the database has for its first answer.
    """
    try:
        session, settings, found = _ask(project, patience)
    except SqlwrightError as error:
        return [_no_connection(error), *backups(project)]
    pool = read_options(project.environ, {})
    return [
        Finding(name="connection", level=Level.FINE, seen=f"as {session['role']}"),
        tls(session),
        version(session["version"]),
        *roles(session, found),
        *look_at_settings(
            settings, statement_timeout=pool.statement_timeout, pool=pool.size + pool.overflow
        ),
        *migrations(project),
        *(drift(project) if with_drift else ()),
        *_measures(project, session["role"]),
        *backups(project),
    ]


def _ask(
    project: Project, patience: float
) -> tuple[Mapping[str, Any], dict[str, str], list[dict[str, Any]]]:
    """The session, the settings by name, and the roles of the database.

    Raises:
        ConnectError: there is no connection, or no answer.
    """
    queries = named_queries(_SQL)
    texts = [
        queries[name].statement for name in ("describe_session", "list_settings", "list_roles")
    ]
    ask = ask_of(conninfo_of(project), patience=patience)

    async def all_of_it() -> list[Any]:
        return await Shared(lambda: ask(texts))(patience)

    try:
        answers = asyncio.run(all_of_it())
    except TimeoutError as error:
        raise ConnectError(
            f"{error}.", hint="It takes connections, but hangs: look at its machine and its log."
        ) from None
    except psycopg.Error as error:
        raise ConnectError(f"{error}.", hint="Run the command again.") from None
    for answer in answers:
        if isinstance(answer, psycopg.Error):
            raise ConnectError(f"{answer}.", hint="Connect to a PostgreSQL server.") from None
    session, settings, found = answers
    return session[0], {row["name"]: row["value"] for row in settings}, found


def _no_connection(error: SqlwrightError) -> Finding:
    return Finding(
        name="connection",
        level=Level.PROBLEM,
        seen=error.message,
        why="Nothing else can be looked at.",
        do=error.hint or "Check DATABASE_URL and the server.",
    )


def _measures(project: Project, role: str) -> Iterator[Finding]:
    """What the alert rules say of what lasts."""
    judgement = check(project)
    alerts = [one for one in judgement.alerts if one.rule.metric not in _MOMENTARY]
    yield from map(_alert, alerts)
    if not alerts:
        yield Finding(name="measures", level=Level.FINE, seen="no alert rule is met")
    for name, reason in judgement.measures.unseen.items():
        do = f"grant pg_monitor to {role};" if "pg_monitor" in reason else ""
        yield Finding(name=name, level=Level.UNSEEN, seen=reason, do=do)


def _alert(alert: Alert) -> Finding:
    """What a rule says; a counter does not tell when it grew, so there may be nothing to do now."""
    rule, measure = alert.rule, alert.measure
    of = " of " + ".".join(measure.labels.values()) if measure.labels else ""
    return Finding(
        name=rule.name,
        level=Level.ADVICE if rule.is_counter else _LEVELS[rule.severity],
        seen=f"{measure.name.removeprefix('sqlwright_')}{of} is {measure.value:g}",
        why=rule.summary,
        do=rule.description,
    )
