"""What the doctor says of a project's migrations, of drift from them, and of its backups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from sqlwright.config import Project
from sqlwright.errors import SqlwrightError
from sqlwright.migrations.bookkeeping import find_tables
from sqlwright.migrations.diff import diff
from sqlwright.migrations.history import Entry, State
from sqlwright.migrations.migrate import compare_with
from sqlwright.migrations.source import read_project
from sqlwright.operations.doctor_findings import Finding, Level, some, unseen
from sqlwright.operations.health import url_of
from sqlwright.server.connection import connect, database_name

__all__ = ["backups", "drift", "migrations"]

_CLOCKS_DIFFER = timedelta(hours=1)
_OLDEST_BACKUP = timedelta(hours=26)  # of a daily one, which may take two hours longer
_STATES = {
    State.PENDING: ("Code may ask for what is not there yet.", "Run `sqlwright apply`."),
    State.CHANGED: (
        "What was applied can't be read any more, and other databases get something else.",
        "Restore each file as it was, and write the change as a new migration.",
    ),
    State.MISSING: (
        "Nobody can say how the database came about, nor make it anew.",
        "Restore the files from version control.",
    ),
    State.FAILED: (
        "A migration without a transaction broke off half-way.",
        "Run `sqlwright apply` again: it cleans up what was left.",
    ),
}


def migrations(project: Project) -> Iterator[Finding]:
    """What is not applied, or not as the files have it."""
    try:
        entries = _entries(project)
    except (SqlwrightError, psycopg.Error) as error:
        yield unseen("migrations", error)
        return
    if all(entry.state is State.APPLIED for entry in entries):
        seen = f"{len(entries)} applied"
        yield Finding(name="migrations", level=Level.FINE, seen=seen)
    for state, (why, do) in _STATES.items():
        ids = [entry.id for entry in entries if entry.state is state]
        if ids:
            yield Finding(
                name=f"migrations {state}",
                level=Level.PROBLEM,
                seen=f"{len(ids)} {state}: {some(ids)}",
                why=why,
                do=do,
            )


def _entries(project: Project) -> list[Entry]:
    migrations = read_project(project, whole=False)
    with connect(url_of(project), project) as conn:
        conn.execute("set lock_timeout = '2s'")  # who holds the table may be what is looked for
        return compare_with(conn, find_tables(conn), migrations)


def drift(project: Project) -> Iterator[Finding]:
    """What somebody changed by hand."""
    try:
        _entries(project)  # which does not wait for ever
        found = diff(project).differences
    except (SqlwrightError, psycopg.Error) as error:
        yield unseen("drift", error)
        return
    if not found:
        yield Finding(name="drift", level=Level.FINE, seen="the database is what migrations make")
        return
    names = [f"{one.object.kind} {one.object.name}" for one in found]
    count = "1 difference" if len(names) == 1 else f"{len(names)} differences"
    yield Finding(
        name="drift",
        level=Level.PROBLEM,
        seen=f"{count}: {some(names)}",
        why="The next migration may fail here alone, and a database made anew is another one.",
        do="Run `sqlwright diff`; then undo each by hand, or `sqlwright draft` it.",
    )


def backups(project: Project) -> Iterator[Finding]:
    """How old the newest backup is, of those in the project's folder."""
    folder = project.root / project.backups
    newest = max(_finished(folder, database_name(project)), default=None)
    # What the embedded server holds is as a rule for development.
    level = Level.ADVICE if project.url is None else Level.PROBLEM
    if newest is None:
        yield Finding(
            name="backups",
            level=level,
            seen=f"there is none of {database_name(project)} in {folder}",
            why="What is lost now is lost for good.",
            do="Run `sqlwright backup` every day, and name its folder in [tool.sqlwright] backups.",
        )
        return
    age, seen = datetime.now(UTC) - newest, f"the newest is of {newest:%Y-%m-%dT%H:%M:%SZ}"
    if age <= _OLDEST_BACKUP:
        yield Finding(name="backups", level=Level.FINE, seen=seen)
        return
    yield Finding(
        name="backups",
        level=level,
        seen=f"{seen}, {age.days} days and {age.seconds // 3600} hours old",
        why="What was written since then would be lost.",
        do="Run `sqlwright backup`, and see why the daily run did not.",
    )


def _finished(folder: Path, database: str) -> Iterator[datetime]:
    """When each backup was finished that holds the database; without a whole manifest it is none.

    One of the future is left out: it would hide for years that there are no others.
    """
    for manifest in folder.glob("*/manifest.json"):
        try:
            written = json.loads(manifest.read_text(encoding="utf-8"))
            at = datetime.fromisoformat(written["finished_at"])
            is_of_another = written.get("kind") == "logical" and written["database"] != database
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if not is_of_another and at < datetime.now(UTC) + _CLOCKS_DIFFER:
            yield at
