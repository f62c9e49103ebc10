"""One migration, as far as files and database know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlwright.config import Project
from sqlwright.migrations import plan
from sqlwright.migrations.bookkeeping import find_tables, list_log
from sqlwright.migrations.history import Entry, remarks
from sqlwright.migrations.migrate import compare_with
from sqlwright.migrations.source import read_project
from sqlwright.server.connection import connect, owner_url

__all__ = ["Details", "read_details"]


@dataclass(frozen=True, kw_only=True)
class Details:
    """A migration and its state.

    Attributes:
        entry: The migration as it stands.
        remark: What is worth saying besides its state; empty if nothing is.
        dependents: The ids that depend on it directly.
        by: User and host of who applied or marked it last; None if it isn't applied.
        marked: Whether it was marked applied without being run.
    """

    entry: Entry
    remark: str
    dependents: Sequence[str]
    by: str | None
    marked: bool


def read_details(project: Project, name: str) -> Details:
    """What is known of the migration with that id; takes no lock and changes nothing.

    Raises:
        SourceError: neither files nor database have it; the nearest id is named.
    """
    migrations = read_project(project, whole=False)
    with connect(owner_url(project), project) as conn:
        tables = find_tables(conn)
        entries = compare_with(conn, tables, migrations)
        entry = plan.find_entry(name, entries)
        log = [row for row in list_log(conn, tables) if row[2] == name and entry.applied]
    done = next((row for row in reversed(log) if row[1] in {"apply", "mark"}), None)
    return Details(
        entry=entry,
        remark=remarks(entries).get(name, ""),
        dependents=[migration.id for migration in migrations if name in migration.depends],
        by=f"{done[3]} on {done[4]}" if done else None,
        marked=done is not None and done[1] == "mark",
    )
