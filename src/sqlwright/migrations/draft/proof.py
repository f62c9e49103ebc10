"""Drafted files, tried on a scratch database by the executor itself: forward, and all the way back.

The rollback of a file is drafted from what the file really did: the way from the catalogue after it
to the catalogue before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.catalog import Key
from sqlwright.errors import MigrationError
from sqlwright.migrations import executor
from sqlwright.migrations.bookkeeping import find_tables
from sqlwright.migrations.difference import Difference, compare
from sqlwright.migrations.draft.files import (
    body,
    file_names,
    make_file,
    rollback_text,
    with_header,
)
from sqlwright.migrations.draft.order import Places, in_files
from sqlwright.migrations.draft.parts import parent_name
from sqlwright.migrations.draft.plan import make_plan
from sqlwright.migrations.draft.state import State, only, read_state
from sqlwright.migrations.draft.step import Step
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.lock import migration_lock
from sqlwright.migrations.source import Migration

__all__ = ["Proof", "Target", "prove"]

_RENAME = " If it was renamed"
_FILLED = {"default", "generated", "identity"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is drafted, and how it is filed.

    Attributes:
        name: The words of the id.
        schema: The folder.
        schemas: What of the database is drafted.
        known: The project's migrations.
        depends: Of the first file, by what it needs.
        folder: Where the files will be.
        called: The name that the database is told by.
        owner: As whom files run; None for who is logged in.
    """

    name: str
    schema: str
    schemas: frozenset[str]
    known: Sequence[Migration]
    depends: Callable[[Sequence[Step]], list[str]]
    folder: Path
    called: str
    owner: str | None


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The files, and what is left.

    Attributes:
        files: Migrations with their rollbacks, not written yet.
        steps: Those of each file.
        left: What still differs from the database after the last file.
        back: What differs from the beginning once all are rolled back.
        error: What the server refused.
    """

    files: tuple[Migration, ...]
    steps: tuple[tuple[Step, ...], ...]
    left: tuple[Difference, ...] = ()
    back: tuple[Difference, ...] = ()
    error: str | None = None


def prove(
    conn: psycopg.Connection[Any],
    found: State,
    wanted: State,
    target: Target,
    *,
    forced: Collection[Key],
) -> Proof:
    """Drafts the way from one database to the other, and walks it there and back.

    Args:
        conn: To a scratch database.
        found: That database.
        wanted: What it shall become.
        target: What is drafted, and how it is filed.
        forced: What is made again, and written as PostgreSQL prints it.
    """
    tables = replace(find_tables(conn), owner=target.owner)
    states = [found]
    start, goal = only(states[0], target.schemas), only(wanted, target.schemas)
    plan = make_plan(start, goal, careful=True, forced=forced)
    files = [tuple(steps) for steps in in_files(plan, Places(goal, start))]
    drafted: list[Migration] = []
    limits = Limits(attempts=1)
    with migration_lock(conn, tables, wait=limits.wait) as installed:
        try:
            for steps, name in zip(files, file_names(target.name, files), strict=True):
                depends = [drafted[-1].id] if drafted else target.depends(steps)
                drafted.append(_file(target, drafted, steps, name, depends))
                executor.apply_one(conn, installed, drafted[-1], limits=limits)
                states.append(read_state(conn, called=target.called))
                drafted[-1] = replace(
                    drafted[-1],
                    text=_text(drafted[-1], steps, depends, states),
                    rollback_text=_rollback(drafted[-1], steps, states, target, forced),
                )
            left = compare(states[-1].snapshot, wanted.snapshot)
            for number in reversed(range(len(files))):
                executor.rollback_one(conn, installed, drafted[number], limits=limits)
            back = compare(states[0].snapshot, read_state(conn, called=target.called).snapshot)
        except MigrationError as error:
            return Proof(files=tuple(drafted), steps=tuple(files), error=str(error))
    return Proof(files=tuple(drafted), steps=tuple(files), left=left, back=back)


def _file(
    target: Target,
    drafted: Sequence[Migration],
    steps: Sequence[Step],
    name: str,
    depends: Sequence[str],
) -> Migration:
    return make_file(
        target.folder,
        name,
        schema=target.schema,
        known=[*target.known, *drafted],
        depends=depends,
        text=body(steps),
        transactional=not any(step.alone for step in steps),
    )


def _text(
    migration: Migration, steps: Sequence[Step], depends: Sequence[str], states: Sequence[State]
) -> str:
    """The file with its header, which says what the server did to the tables."""
    before, after = states[-2:]
    rewritten = {
        key.name
        for key, place in after.storage.items()
        if key in before.storage and before.storage[key] != place
    }
    why = _why(steps, depends)
    return with_header(migration.text, steps, why=why, depends=depends, rewritten=rewritten)


def _rollback(
    migration: Migration,
    steps: Sequence[Step],
    states: Sequence[State],
    target: Target,
    forced: Collection[Key],
) -> str:
    """The way back, and first what it does not bring back."""
    before, after = (only(state, target.schemas) for state in states[-2:])
    plan = make_plan(
        after, before, careful=False, concurrently=not migration.transactional, forced=forced
    )
    undoing = [
        replace(step, losses=tuple(loss.partition(_RENAME)[0] for loss in step.losses))
        for file in in_files(plan, Places(before, after))
        for step in file
    ]
    return rollback_text(undoing, _not_brought_back(steps, before))


def _why(steps: Sequence[Step], depends: Sequence[str]) -> str | None:
    """What a file is for that only goes on with the one before it."""
    verbs = {step.node.verb for step in steps}
    if verbs <= {"validate", "not null"}:
        return f"What {depends[0]} demands of new rows is checked in those that were there."
    first = steps[0].node.key.name
    if verbs == {"index"}:
        return f"The index of {first}, built beside the traffic."
    if all("using index" in one for step in steps for one in step.statements):
        return f"{first} takes over the index that was built for it."
    return None


def _not_brought_back(steps: Sequence[Step], before: State) -> list[str]:
    """What a rollback can't restore."""
    found = []
    for step in steps:
        key = step.node.key
        if step.node.verb == "drop" and key.kind == "table":
            found.append(f"The rows of {key.name} do not come back.")
        if step.node.verb == "drop" and key.kind == "column" and step.losses:
            column = before.objects[key]
            last = before.children(column.parent, "column")[-1] if column.parent else None
            place = "" if last and last.key == key else ", and it is the last one then"
            found.append(f"The values of {key.name} do not come back{place}.")
            if column.properties["not_null"] and not _FILLED & column.properties.keys():
                found.append(
                    f"It takes no null and has no default: where {parent_name(column)} has rows,"
                    " give it one here, or this fails."
                )
    return found
