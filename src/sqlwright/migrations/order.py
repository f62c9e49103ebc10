"""The graph that `-- depends:` draws: which migration comes before which.

Migrations come in the order of their files, but none before what it depends on: of those that may
come next, always the first. That is yoyo's order, so that both apply the same files one after the
other.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from sqlwright.errors import SourceError
from sqlwright.migrations.source import Migration

__all__ = ["closure", "dependents", "heads", "in_order"]


class _Dependent(Protocol):
    """A migration, or what is known of one."""

    @property
    def id(self) -> str: ...

    @property
    def depends(self) -> frozenset[str]: ...


_T = TypeVar("_T", bound=_Dependent)


def in_order(migrations: Sequence[_T]) -> list[_T]:
    """The migrations, each after those that it depends on.

    Raises:
        SourceError: some depend on each other in a circle.
    """
    place = {migration.id: number for number, migration in enumerate(migrations)}
    waits_for = {m.id: {name for name in m.depends if name in place} for m in migrations}
    unlocks = defaultdict(list)
    for name, wanted in waits_for.items():
        for other in wanted:
            unlocks[other].append(name)
    ready = [place[name] for name, wanted in waits_for.items() if not wanted]
    heapq.heapify(ready)
    ordered = []
    while ready:
        migration = migrations[heapq.heappop(ready)]
        ordered.append(migration)
        for name in unlocks[migration.id]:
            waits_for[name].discard(migration.id)
            if not waits_for[name]:
                heapq.heappush(ready, place[name])
    if len(ordered) < len(migrations):
        raise _circle({name: wanted for name, wanted in waits_for.items() if wanted})
    return ordered


def _circle(waits_for: dict[str, set[str]]) -> SourceError:
    """The error that names a circle, without those that merely wait for it."""
    names = set(waits_for)
    while idle := names - {other for name in names for other in waits_for[name]}:
        names -= idle
    return SourceError(
        f"These migrations depend on each other in a circle: {', '.join(sorted(names))}.",
        hint="Take out the -- depends: that points forward.",
    )


def closure(chosen: Iterable[Migration], migrations: Sequence[Migration]) -> list[Migration]:
    """The chosen migrations and all that they depend on, in the order of `migrations`."""
    by_id = {migration.id: migration for migration in migrations}
    wanted: set[str] = set()
    todo = [migration.id for migration in chosen]
    while todo:
        name = todo.pop()
        if name in by_id and name not in wanted:  # an applied one's file may be gone
            wanted.add(name)
            todo.extend(by_id[name].depends)
    return [migration for migration in migrations if migration.id in wanted]


def dependents(chosen: Iterable[Migration], migrations: Sequence[Migration]) -> list[Migration]:
    """The chosen migrations and all that depend on them, in the order of `migrations`."""
    taken = {migration.id for migration in chosen}
    for migration in in_order(migrations):
        if migration.depends & taken:
            taken.add(migration.id)
    return [migration for migration in migrations if migration.id in taken]


def heads(migrations: Sequence[Migration]) -> list[Migration]:
    """The migrations that no other one of their schema depends on."""
    within = {(m.schema, wanted) for m in migrations for wanted in m.depends}
    return [m for m in migrations if (m.schema, m.id) not in within]
