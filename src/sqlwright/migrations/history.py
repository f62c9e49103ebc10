"""What is applied against what is on disk: each migration's state, and where they disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlwright.errors import HistoryError
from sqlwright.migrations.bookkeeping import Applied, Started
from sqlwright.migrations.order import in_order
from sqlwright.migrations.source import Migration

__all__ = [
    "Entry",
    "State",
    "compare",
    "newest_first",
    "overtaken",
    "remarks",
    "schema_of",
    "verify",
    "verify_whole",
]


class State(StrEnum):
    """How a migration stands.

    `changed`: applied, and its file was edited since. `missing`: applied, and its file is gone.
    `failed`: begun without a transaction, and not seen to end.
    """

    APPLIED = "applied"
    PENDING = "pending"
    CHANGED = "changed"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One migration, on disk or applied or both."""

    id: str
    schema: str
    state: State
    migration: Migration | None
    applied: Applied | None

    @property
    def depends(self) -> frozenset[str]:
        """What it stands on, as far as its file is there to say so."""
        return self.migration.depends if self.migration else frozenset()

    @property
    def applied_at(self) -> datetime | None:
        """When it was applied, in UTC; None if it isn't."""
        return self.applied.at if self.applied else None


def compare(
    migrations: Sequence[Migration], applied: Sequence[Applied], started: Sequence[Started]
) -> list[Entry]:
    """Every migration: those on disk in their order, then those whose files are gone."""
    by_hash = {row.hash: row for row in applied}
    broken = {row.hash: row for row in started}
    entries = [
        Entry(
            id=migration.id,
            schema=migration.schema,
            state=_state(migration, by_hash.get(migration.hash), broken.get(migration.hash)),
            migration=migration,
            applied=by_hash.pop(migration.hash, None),
        )
        for migration in in_order(migrations)
    ]
    return entries + [
        Entry(
            id=row.id,
            schema=schema_of(row.id, migrations),
            state=State.MISSING,
            migration=None,
            applied=row,
        )
        for row in by_hash.values()
    ]


def _state(migration: Migration, applied: Applied | None, begun: Started | None) -> State:
    # What was begun and then applied all the same, by plain yoyo, is done.
    if begun and (applied is None or begun.at >= applied.at):
        return State.FAILED
    if applied is None:
        return State.PENDING
    if applied.checksum not in {None, migration.checksum}:
        return State.CHANGED
    return State.APPLIED


def schema_of(name: str, migrations: Sequence[Migration]) -> str:
    """The schema of a migration whose file is gone: by its name, if that begins like a schema's."""
    prefix = re.split(r"_?\d", name, maxsplit=1)[0]
    return prefix if prefix in {migration.schema for migration in migrations} else ""


def newest_first(entries: Sequence[Entry]) -> list[Entry]:
    """What is applied, newest first, and of equal times the later in order.

    Clocks differ from server to server and are set back: what another stands on is older all the
    same.
    """
    timed = [(entry.applied.at, entry) for entry in entries if entry.applied]
    by_time = [entry for _, entry in sorted(timed, key=lambda pair: pair[0])]
    return in_order(by_time)[::-1]


def remarks(entries: Sequence[Entry]) -> dict[str, str]:
    """What is worth saying of single migrations besides their state, by id."""
    found = {
        entry.id: f"its file was renamed to {renamed.id}"
        for entry in entries
        if entry.state is State.MISSING and (renamed := _renamed_to(entry, entries))
    }
    return found | {
        name: f"comes before {other}, which is applied already"
        for name, other in overtaken(entries).items()
    }


def overtaken(entries: Sequence[Entry]) -> dict[str, str]:
    """The pending migrations that an applied one of their schema comes after, and the first such.

    That is no disagreement: two people wrote at the same time, and the later file was sooner here.
    """
    after: dict[str, str] = {}
    found = {}
    for entry in reversed(entries):
        if entry.applied and entry.migration:
            after[entry.schema] = entry.id
        elif entry.applied is None and entry.schema in after:
            found[entry.id] = after[entry.schema]
    return found


def verify(entries: Sequence[Entry]) -> None:
    """Refuses to go on where an applied migration was edited or deleted.

    Raises:
        HistoryError: the first such migration, and what to do.
    """
    for entry in entries:
        if entry.state is State.CHANGED:
            assert entry.migration is not None, entry.id
            raise HistoryError(
                f"{entry.id} was edited after it was applied ({entry.migration.path}).",
                hint="Restore the file as it was, and write the change as a new migration.",
            )
        if entry.state is State.MISSING:
            raise HistoryError(_missing(entry, entries), hint=_hint_for_missing(entry, entries))


def verify_whole(entries: Sequence[Entry]) -> None:
    """Refuses to apply more where a rollback broke off half-way: its mark is still there.

    Raises:
        HistoryError: the first such migration, and what to do.
    """
    for entry in entries:
        if entry.state is State.FAILED and entry.applied:
            raise HistoryError(
                f"{entry.id} was being rolled back when that broke off.",
                hint="Run `sqlwright rollback` to finish that; then apply again.",
            )


def _renamed_to(entry: Entry, entries: Sequence[Entry]) -> Entry | None:
    """A pending file with the very text that was applied under the other name."""
    for other in entries:
        pending = other.migration if other.state is State.PENDING else None
        if pending and entry.applied and pending.checksum == entry.applied.checksum:
            return other
    return None


def _missing(entry: Entry, entries: Sequence[Entry]) -> str:
    renamed = _renamed_to(entry, entries)
    if renamed:
        return f"{entry.id} is applied, but its file was renamed to {renamed.id}."
    return f"{entry.id} is applied, but there is no such file."


def _hint_for_missing(entry: Entry, entries: Sequence[Entry]) -> str:
    if _renamed_to(entry, entries):
        return f"Name the file {entry.id}.sql again: an id is for ever."
    return (
        "Restore the file from version control. If another project migrates this database too,"
        " give each its own database."
    )
