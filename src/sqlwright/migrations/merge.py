"""Joins heads: writes a migration that depends on each and does nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlwright.config import Project
from sqlwright.errors import SourceError
from sqlwright.migrations.new import Written, next_id, read_known, wrap_header, write_files
from sqlwright.migrations.order import heads
from sqlwright.migrations.plan import check_schemas, find
from sqlwright.migrations.source import Migration

__all__ = ["write_merge"]

_ROLLBACK = "-- There is nothing to undo: {id} only joins others.\n"


def write_merge(
    project: Project,
    ids: Sequence[str] = (),
    *,
    schema: str | None = None,
    name: str = "merge",
) -> Written:
    """Writes the files of a migration that depends on the heads; needs no database.

    Args:
        project: Whose migrations.
        ids: The heads to join; else all of the schema.
        schema: Which one's; may be left out where one alone has several heads.
        name: The words of the new id.

    Raises:
        SourceError: there is nothing to join, or an id is no head.
    """
    known = read_known(project)
    chosen = _named(ids, known) if ids else _all(schema, known)
    if schema and chosen[0].schema != schema:
        raise SourceError(
            f"{chosen[0].id} is of schema {chosen[0].schema}, but --schema names another.",
            hint="Leave --schema out.",
        )
    depends = [migration.id for migration in chosen]
    new_id = next_id(chosen[0].schema, name, known)
    return write_files(
        project,
        known,
        new_id=new_id,
        schema=chosen[0].schema,
        depends=depends,
        text=wrap_header(f"Joins {_listed(depends)}, which were written side by side.", depends),
        rollback=_ROLLBACK.format(id=new_id),
    )


def _named(ids: Sequence[str], known: Sequence[Migration]) -> list[Migration]:
    chosen = [find(name, known) for name in dict.fromkeys(ids)]
    loose = heads(known)
    for migration in chosen:
        if migration not in loose:
            above = next(m.id for m in known if migration.id in m.depends)
            raise SourceError(
                f"{migration.id} is no head: {above} depends on it.",
                hint="See `sqlwright heads` for those that are.",
            )
    if len({migration.schema for migration in chosen}) > 1:
        raise SourceError(
            f"{_listed([m.id for m in chosen])} are of different schemas.",
            hint="Join those of one schema; a migration of its own can depend on another schema's.",
        )
    if len(chosen) == 1:
        raise SourceError(
            f"{chosen[0].id} alone is nothing to join.", hint="Name another head besides, or none."
        )
    return chosen


def _all(schema: str | None, known: Sequence[Migration]) -> list[Migration]:
    if schema is not None:
        check_schemas([schema], known)
    loose = [head for head in heads(known) if schema in {None, head.schema}]
    counts = Counter(head.schema for head in loose)
    forked = [name for name, count in counts.items() if count > 1]
    if not forked:
        raise SourceError(
            "There is nothing to join: no schema has more than one head."
            if schema is None
            else f"There is nothing to join: {schema} has one head.",
            hint="See `sqlwright heads`.",
        )
    if len(forked) > 1:
        raise SourceError(
            f"Several schemas have several heads: {', '.join(forked)}.",
            hint="Say which to join: --schema NAME, or the ids.",
        )
    return [head for head in loose if head.schema == forked[0]]


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
