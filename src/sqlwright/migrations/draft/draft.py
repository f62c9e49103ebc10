"""Drafts the migration that makes of the migrations' catalogue what somebody made by hand."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlwright.catalog import Key
from sqlwright.config import Project
from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations.diff import applied_in_order, same_version, scratch_server
from sqlwright.migrations.difference import Difference, compare, ignore
from sqlwright.migrations.draft.files import depends_on
from sqlwright.migrations.draft.judgement import Draft, judge, to_force
from sqlwright.migrations.draft.proof import Target, prove
from sqlwright.migrations.draft.state import State, read_state
from sqlwright.migrations.draft.step import Step
from sqlwright.migrations.history import verify
from sqlwright.migrations.migrate import read_entries
from sqlwright.migrations.new import Written, check_name, folder_of, newest, read_known, write_files
from sqlwright.migrations.scratch import scratch_database
from sqlwright.migrations.source import Migration
from sqlwright.server.connection import Roles, connect, owner_url
from sqlwright.server.held import read_form

__all__ = ["Draft", "draft", "write"]

_RIGHTS = ("role", "default privileges", ".owner", ".grants")
_ATTEMPTS = 4


def draft(
    project: Project,
    name: str,
    *,
    schema: str | None = None,
    scratch: str | None = None,
    talk: Callable[[str], object] = lambda _: None,
) -> Draft:
    """What was changed by hand in the project's database, as migrations and their rollbacks.

    Args:
        project: Which database and whose migrations.
        name: The words of the id.
        schema: What of the database is drafted; may be left out where one schema alone differs.
        scratch: The URL of a server for the scratch database; else as for `diff`.
        talk: Told what is left out.

    Raises:
        SourceError: the name or the schema won't do, or several schemas differ.
        HistoryError: a migration is pending, or was edited or deleted after it was applied.
        DatabaseError: there is no server for the scratch database.
    """
    check_name(name)
    known = read_known(project)
    applied = _applied(project) if known else []
    with connect(owner_url(project), project) as conn:
        form = read_form(conn)
        roles = Roles.of(form.name) if form.owner == Roles.of(form.name).owner else None
        wanted = read_state(conn)
        where = scratch_server(project, conn, scratch)
    ignored = () if roles else _RIGHTS
    forced: set[Key] = set()
    for _ in range(_ATTEMPTS):
        with (
            scratch_database(where, migrations=applied, form=form, roles=roles) as url,
            connect(url, where) as conn,
        ):
            found = read_state(conn, called=form.name)
            same_version(found.snapshot, wanted.snapshot, form)
            differences = ignore(compare(found.snapshot, wanted.snapshot), ignored)
            chosen, folder = _choose(schema, differences, known, wanted)
            target = Target(
                name=name,
                schema=folder,
                schemas=chosen,
                known=known,
                depends=_depends(folder, known, wanted),
                folder=folder_of(project, folder, known),
                called=form.name,
                owner=roles.owner if roles else None,
            )
            proof = prove(conn, found, wanted, target, forced=forced)
            result = judge(proof, differences, wanted, target, ignored=ignored, forced=forced)
        more = to_force(result) - forced
        if result.is_proved or not more:
            break
        forced |= more
    left_out = {one.object.schema for one in differences} - chosen - {None}
    if left_out:
        talk(f"Left out, though it differs too: {', '.join(sorted(filter(None, left_out)))}.")
    return result


def write(project: Project, result: Draft) -> list[Written]:
    """Writes the files of a draft."""
    known = read_known(project)
    written = []
    for migration in result.files:
        one = write_files(
            project,
            known,
            new_id=migration.id,
            schema=migration.schema,
            depends=sorted(migration.depends),
            text=migration.text,
            rollback=migration.rollback_text or "",
        )
        known = [*known, replace(migration, path=one.path, rollback_path=one.rollback_path)]
        written.append(one)
    return written


def _applied(project: Project) -> list[Migration]:
    """What the database has had, which must be all.

    Raises:
        HistoryError: something is pending; drafted now, it would be undone.
    """
    entries = read_entries(project)
    verify(entries)
    pending = [entry.id for entry in entries if entry.applied is None]
    if pending:
        raise HistoryError(
            f"{pending[0]} is pending: a draft would undo it.",
            hint="Apply what is pending first: sqlwright apply",
        )
    return applied_in_order(entries)


def _choose(
    schema: str | None,
    differences: Sequence[Difference],
    known: Sequence[Migration],
    wanted: State,
) -> tuple[frozenset[str], str]:
    """Which schemas of the database are drafted, and into which folder."""
    folders = list(dict.fromkeys(migration.schema for migration in known))
    differing = sorted({d.object.schema for d in differences if d.object.schema})
    if schema is not None:
        there = {one.schema for one in wanted.snapshot.objects.values() if one.schema}
        names = sorted({*there, *folders, *differing})
        if schema not in names:
            near = difflib.get_close_matches(schema, names, n=1)
            raise SourceError(
                f"There is no schema {schema!r}, neither among the migrations nor in the database.",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}.",
            )
    elif len(differing) > 1 and len(folders) != 1:
        raise SourceError(
            f"Several schemas differ: {', '.join(differing)}.",
            hint=f"Draft one after the other: --schema {differing[0]}",
        )
    chosen = {schema} if schema else set(differing)
    label = schema or (differing[0] if differing else "")
    if len(folders) == 1 and label not in folders and not _is_schema(folders[0], wanted):
        label = folders[0]  # one folder for all that there is
        chosen = set(differing) if schema in {None, label} else chosen
    return frozenset(chosen), label


def _is_schema(name: str, wanted: State) -> bool:
    return any(one.schema == name for one in wanted.snapshot.objects.values())


def _depends(
    folder: str, known: Sequence[Migration], wanted: State
) -> Callable[[Sequence[Step]], list[str]]:
    """What the first file builds on, by its steps."""

    def on(steps: Sequence[Step]) -> list[str]:
        keys = {step.node.key for step in steps}
        keys |= {part for part in wanted.objects if _within(part, keys, wanted)}
        needs = {
            one
            for key in keys
            for one in {*wanted.needs.get(key, ()), *wanted.mentions.get(key, ())}
        }
        return depends_on(needs, schema=folder, newest=newest(folder, known), known=known)

    return on


def _within(key: Key, keys: set[Key], state: State) -> bool:
    one = state.objects[key]
    return one.parent in keys and one.parent is not None and one.parent.kind != "schema"
