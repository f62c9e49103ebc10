"""Which migrations a command means: those to apply, and those to roll back."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations.history import Entry, State, newest_first, verify_whole
from sqlwright.migrations.order import closure, dependents
from sqlwright.migrations.source import Migration

__all__ = ["check_agreed", "check_schemas", "find", "find_entry", "to_apply", "to_rollback"]

_T = TypeVar("_T")
_NAMED = 5


def to_apply(
    entries: Sequence[Entry],
    *,
    schemas: Sequence[str] = (),
    to: str | None = None,
    steps: int | None = None,
) -> list[Migration]:
    """What is pending, in order: of the schemas and up to the id, with what these depend on.

    Args:
        entries: Every migration as it stands.
        schemas: Of these schemas alone.
        to: Up to this id of its schema.
        steps: Of all that, how many; None for all.

    Raises:
        SourceError: there is no such schema or id.
        HistoryError: a migration is half rolled back.
    """
    verify_whole(entries)
    migrations = [entry.migration for entry in entries if entry.migration]
    chosen = migrations
    if schemas:
        check_schemas(schemas, migrations)
        chosen = [migration for migration in chosen if migration.schema in schemas]
    if to is not None:
        target = _target(to, schemas, migrations)
        upto = migrations[: migrations.index(target) + 1]
        chosen = [m for m in chosen if m in upto and m.schema == target.schema] or [target]
    pending = {e.id for e in entries if e.applied is None}
    return [m for m in closure(chosen, migrations) if m.id in pending][:steps]


def to_rollback(
    entries: Sequence[Entry],
    *,
    steps: int | None = None,
    schemas: Sequence[str] = (),
    to: str | None = None,
) -> list[Migration]:
    """What to roll back, newest first.

    Args:
        entries: Every migration as it stands.
        steps: How many of the newest; None for one, or for all that come after `to`.
        schemas: Of these schemas alone.
        to: The id that shall be the newest one left of its schema.

    Raises:
        SourceError: there is no such schema or id.
        HistoryError: the id is not applied, or another depends on these that is applied or begun.
    """
    migrations = [entry.migration for entry in entries if entry.migration]
    applied = [entry.migration for entry in newest_first(entries) if entry.migration]
    check_schemas(schemas, migrations)
    if to is not None:
        target = _target(to, schemas, migrations)
        if target not in applied:
            raise HistoryError(
                f"{target.id} is not applied, so there is no way back to it.",
                hint="See `sqlwright status` for what is applied.",
            )
        after = applied[: applied.index(target)]
        chosen = [m for m in after if m.schema == target.schema][:steps]
    else:
        chosen = [m for m in applied if not schemas or m.schema in schemas][: steps or 1]
    _check_dependents(chosen, applied)
    _check_begun(dependents(chosen, migrations), entries)
    return chosen


def check_agreed(chosen: Sequence[Migration], agreed: Sequence[Migration]) -> None:
    """Refuses to roll back what became the newest while somebody else had the lock.

    Raises:
        HistoryError: one was chosen that nobody agreed to.
    """
    other = next((migration.id for migration in chosen if migration not in agreed), None)
    if other is not None:
        raise HistoryError(
            f"Another process has migrated meanwhile: this would roll back {other} now.",
            hint="Nothing was changed. See `sqlwright status`, and run the command again.",
        )


def _target(to: str, schemas: Sequence[str], migrations: Sequence[Migration]) -> Migration:
    target = find(to, migrations)
    if schemas and target.schema not in schemas:
        raise SourceError(
            f"{target.id} is of schema {target.schema}, but --schema names another.",
            hint="Leave --schema out, or name the schema of the id.",
        )
    return target


def _check_dependents(chosen: Sequence[Migration], applied: Sequence[Migration]) -> None:
    """Refuses what would be taken away from under others; these are named, newest first."""
    ids = {migration.id for migration in chosen}
    over = [m for m in dependents(chosen, applied) if m.id not in ids]
    if not over:
        return
    direct = next(m for m in over if m.depends & ids)
    names = ", ".join(migration.id for migration in over[:_NAMED])
    more = f" and {len(over) - _NAMED} more" if len(over) > _NAMED else ""
    raise HistoryError(
        f"{min(direct.depends & ids)} can't be rolled back:"
        f" {direct.id} is applied and depends on it.",
        hint=f"Roll back first, in this order: {names}{more}.",
    )


def _check_begun(concerned: Sequence[Migration], entries: Sequence[Entry]) -> None:
    """Refuses to roll back what an apply that broke off stands on: that one came last."""
    for entry in entries:
        if entry.state is State.FAILED and not entry.applied and entry.migration in concerned:
            raise HistoryError(
                f"{entry.id} was being applied when that broke off; it comes first.",
                hint="Run `sqlwright apply` to finish it; or, to go back from there, run"
                f" `sqlwright stamp {entry.id} --yes` and roll it back.",
            )


def find(name: str, migrations: Sequence[Migration]) -> Migration:
    """The migration with that id.

    Raises:
        SourceError: there is none; the nearest id is named.
    """
    return _find(name, {migration.id: migration for migration in migrations})


def find_entry(name: str, entries: Sequence[Entry]) -> Entry:
    """The same, among those too whose files are gone."""
    return _find(name, {entry.id: entry for entry in entries})


def _find(name: str, known: Mapping[str, _T]) -> _T:
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
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
