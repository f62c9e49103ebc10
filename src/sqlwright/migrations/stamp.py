"""Changes the record and nothing else: marks migrations that were not run, or takes marks away.

The record is believed from then on, so it keeps its form: what is marked stands on what is applied,
and nothing applied stands on what is unmarked, unless a gap is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlwright.config import Project
from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations import bookkeeping, plan
from sqlwright.migrations.history import Entry
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.migrate import compare_with, locked, read_entries
from sqlwright.migrations.source import read_project

__all__ = ["Choice", "choose", "plan_stamp", "stamp"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which migrations are meant: by their ids, up to one, of some schemas, or every one.

    Attributes:
        ids: These alone.
        to: Up to this id of its schema; for removal, what comes after it.
        schemas: Of these schemas.
        everything: Every one.
        remove: Whether marks are taken away.
        gaps: Whether a migration may stand on one that is not applied.
    """

    ids: Sequence[str] = ()
    to: str | None = None
    schemas: Sequence[str] = ()
    everything: bool = False
    remove: bool = False
    gaps: bool = False


def plan_stamp(project: Project, choice: Choice) -> list[str]:
    """The ids that `stamp` would change, in that order; takes no lock and changes nothing."""
    return [entry.id for entry in choose(read_entries(project), choice)]


def stamp(project: Project, choice: Choice, *, limits: Limits = Limits()) -> list[str]:  # noqa: B008
    """Changes the record of all that is chosen, or of none, under the lock.

    Returns:
        The ids, in the order in which they were marked or unmarked.

    Raises:
        SourceError: nothing is chosen, or there is no such id or schema.
        HistoryError: one is applied already, or not at all, or leaves a gap.
        LockError: another process migrates.
    """
    migrations = read_project(project, whole=False)
    with locked(project, limits) as (conn, tables):
        chosen = choose(compare_with(conn, tables, migrations), choice)
        with conn.transaction():
            for entry in chosen:
                if choice.remove and entry.applied:
                    bookkeeping.unmark(conn, tables, entry.applied, operation="unmark")
                elif entry.migration:
                    bookkeeping.mark(conn, tables, entry.migration, operation="mark")
    return [entry.id for entry in chosen]


def choose(entries: Sequence[Entry], choice: Choice) -> list[Entry]:
    """What is meant: to mark in order, to unmark in the opposite order.

    Raises:
        SourceError: nothing is chosen, or there is no such id or schema.
        HistoryError: one is applied already, or not at all, or leaves a gap.
    """
    ways = [choice.ids, choice.to or choice.schemas, choice.everything]
    if sum(map(bool, ways)) != 1:
        raise SourceError(
            "Say which migrations." if not any(ways) else "That names migrations in two ways.",
            hint="Name ids, or give --to ID, --schema NAME or --all.",
        )
    chosen = _to_unmark(entries, choice) if choice.remove else _to_mark(entries, choice)
    if not choice.gaps:
        _refuse_gaps(entries, {entry.id for entry in chosen}, remove=choice.remove)
    return chosen


def _to_mark(entries: Sequence[Entry], choice: Choice) -> list[Entry]:
    if not choice.ids:
        pending = plan.to_apply(entries, schemas=choice.schemas, to=choice.to)
        names = {migration.id for migration in pending}
        return [entry for entry in entries if entry.id in names]
    chosen = _named(entries, choice.ids)
    for entry in chosen:
        if entry.applied:
            raise HistoryError(
                f"{entry.id} is applied already, since {entry.applied.at:%Y-%m-%d %H:%M:%S} UTC.",
                hint="Leave it out. If its mark is wrong, take it away: sqlwright stamp --remove",
            )
    return chosen


def _to_unmark(entries: Sequence[Entry], choice: Choice) -> list[Entry]:
    newest_first = [entry for entry in reversed(entries) if entry.applied]
    if choice.everything:
        return newest_first
    if choice.ids:
        named = _named(entries, choice.ids)
        for entry in named:
            if not entry.applied:
                raise HistoryError(
                    f"{entry.id} is not applied.", hint="See `sqlwright status` for what is."
                )
        return [entry for entry in newest_first if entry in named]
    migrations = [entry.migration for entry in entries if entry.migration]
    plan.check_schemas(choice.schemas, migrations)
    schemas = choice.schemas
    if choice.to is not None:
        target = plan.find(choice.to, migrations)
        place = [entry.id for entry in entries].index(target.id)
        newest_first = [entry for entry in newest_first if entries.index(entry) > place]
        schemas = [target.schema]
    return [entry for entry in newest_first if entry.schema in schemas]


def _named(entries: Sequence[Entry], ids: Sequence[str]) -> list[Entry]:
    named = [plan.find_entry(name, entries) for name in ids]
    return [entry for entry in entries if entry in named]


def _refuse_gaps(entries: Sequence[Entry], chosen: set[str], *, remove: bool) -> None:
    """Refuses that a migration becomes or stays applied without one that it depends on."""
    applied = {entry.id for entry in entries if entry.applied}
    after = applied - chosen if remove else applied | chosen
    for entry in entries:
        concerned = entry.depends & chosen if remove else entry.depends - after
        if concerned and entry.id in (after if remove else chosen):
            other = min(concerned)
            raise HistoryError(
                f"{entry.id} depends on {other}, which would not be applied.",
                hint=f"Name {entry.id if remove else other} too, or add --gaps if you want that.",
            )
