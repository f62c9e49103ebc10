"""Which migrations a command means: those to apply, and those to roll back."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations.history import Entry, State
from sqlwright.migrations.order import closure
from sqlwright.migrations.source import Migration

__all__ = ["check_schemas", "find", "to_apply", "to_rollback"]


def to_apply(
    entries: Sequence[Entry], *, schemas: Sequence[str] = (), to: str | None = None
) -> list[Migration]:
    """What is pending, in order: of the schemas and up to the id, with what these depend on.

    Raises:
        SourceError: there is no such schema or id.
    """
    migrations = [entry.migration for entry in entries if entry.migration]
    chosen = migrations
    if schemas:
        check_schemas(schemas, migrations)
        chosen = [migration for migration in chosen if migration.schema in schemas]
    if to is not None:
        target = find(to, migrations)
        if schemas and target.schema not in schemas:
            raise SourceError(
                f"{target.id} is of schema {target.schema}, but --schema names another.",
                hint="Leave --schema out, or name the schema of the id.",
            )
        upto = migrations[: migrations.index(target) + 1]
        chosen = [m for m in chosen if m in upto and m.schema == target.schema] or [target]
    pending = {e.id for e in entries if e.applied is None}
    return [m for m in closure(chosen, migrations) if m.id in pending]


def to_rollback(
    entries: Sequence[Entry],
    *,
    steps: int = 1,
    schemas: Sequence[str] = (),
    to: str | None = None,
) -> list[Migration]:
    """What to roll back, newest first.

    Args:
        entries: Every migration as it stands.
        steps: How many of the newest.
        schemas: Of these schemas alone.
        to: The id that shall be the newest one left; its schema is meant, and `steps` is not.

    Raises:
        SourceError: there is no such schema or id.
        HistoryError: the id is not applied, or an applied migration elsewhere depends on these.
    """
    migrations = [entry.migration for entry in entries if entry.migration]
    newest_first = _applied(entries)
    if to is not None:
        target = find(to, migrations)
        if target not in newest_first:
            raise HistoryError(
                f"{target.id} is not applied, so there is no way back to it.",
                hint="See `sqlwright status` for what is applied.",
            )
        after = newest_first[: newest_first.index(target)]
        chosen = [m for m in after if m.schema == target.schema]
    else:
        check_schemas(schemas, migrations)
        chosen = [m for m in newest_first if not schemas or m.schema in schemas][:steps]
    _check_dependents(chosen, newest_first)
    return chosen


def _applied(entries: Sequence[Entry]) -> list[Migration]:
    """What is applied or was begun, newest first; of equal times, the later in order."""
    numbered = [
        (entry.applied.at, number, entry.migration)
        for number, entry in enumerate(entries)
        if entry.applied and entry.migration and entry.state is not State.MISSING
    ]
    return [migration for _, _, migration in sorted(numbered, key=lambda n: n[:2], reverse=True)]


def _check_dependents(chosen: Sequence[Migration], applied: Sequence[Migration]) -> None:
    ids = {migration.id for migration in chosen}
    for other in applied:
        if other.id not in ids and other.depends & ids:
            needed = min(other.depends & ids)
            raise HistoryError(
                f"{needed} can't be rolled back: {other.id} is applied and depends on it.",
                hint=f"Roll {other.id} back first.",
            )


def find(name: str, migrations: Sequence[Migration]) -> Migration:
    """The migration with that id.

    Raises:
        SourceError: there is none; the nearest id is named.
    """
    for migration in migrations:
        if migration.id == name:
            return migration
    near = difflib.get_close_matches(name, [m.id for m in migrations], n=1, cutoff=0.4)
    raise SourceError(
        f"There is no migration {name!r}.",
        hint=f"Did you mean {near[0]}?" if near else "See `sqlwright status` for their ids.",
    )


def check_schemas(names: Sequence[str], migrations: Sequence[Migration]) -> None:
    """Refuses the name of a schema that has no migration.

    Raises:
        SourceError: there is none; the nearest name is given.
    """
    known = list(dict.fromkeys(migration.schema for migration in migrations))
    for name in names:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        raise SourceError(
            f"There is no schema {name!r} among the migrations.",
            hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}.",
        )
