"""`draft`: the migration that somebody made by hand, as files to be reviewed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Database, Json, Scratch, print_json
from sqlwright.cli.talk import talk

if TYPE_CHECKING:
    from sqlwright.migrations.draft import Draft

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright draft order_notes --dry-run")(draft)


def draft(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)],
    database: Database = None,
    schema: Annotated[
        str | None, typer.Option("--schema", "-s", metavar="NAME", help="Draft this schema alone.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the files, and write none.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write them even if the proof fails.")
    ] = False,
    scratch: Scratch = None,
    json: Json = False,
) -> None:
    """Write what was changed by hand in the database as a migration with its rollback, proved."""
    from sqlwright.config import load_project
    from sqlwright.migrations.draft import draft as make
    from sqlwright.migrations.draft import write

    project = load_project(database=database)
    result = make(project, name, schema=schema, scratch=scratch, talk=talk)
    is_written = bool(result.files) and not dry_run and (result.is_proved or force)
    if is_written:
        write(project, result)
    if json:
        print_json(_document(result, is_written=is_written))
    else:
        _show(result, is_written=is_written)
    _say(result, is_written=is_written)
    if not result.is_proved or (result.not_drafted and not result.files):
        raise typer.Exit(1)


def _show(result: Draft, *, is_written: bool) -> None:
    """The paths, so that an editor can be given them; else the files themselves."""
    if not result.files:
        what = (
            "What differs has to be written by hand." if result.not_drafted else "Nothing differs."
        )
        print(f"{what} No file is written.", flush=True)
    for one in result.files:
        if is_written:
            print(os.path.relpath(one.path))
            print(os.path.relpath(one.rollback_path), flush=True)
        else:
            print(f"-- {one.path.name}\n{one.text}")
            print(f"-- {one.rollback_path.name}\n{one.rollback_text or ''}", flush=True)


def _say(result: Draft, *, is_written: bool) -> None:
    from sqlwright.migrations.readable import lines

    for loss in result.losses:
        talk(f"warning: {loss}")
    for note in result.notes:
        talk(f"note: {note}")
    if result.not_drafted:
        talk("Not drafted:")
        for line in lines(result.not_drafted):
            talk(f"  {line}")
    _say_what_differs(result)
    if not result.is_proved and not is_written:
        talk("No file is written. --force writes them all the same, for you to mend.")
    elif not result.is_proved:
        ids = " ".join(one.id for one in result.files)
        talk(f"Written, and not proved: mend the files, then: sqlwright prove {ids}")
    elif result.files:
        talk("Proved: the files lead there, and their rollbacks back.")


def _say_what_differs(result: Draft) -> None:
    from sqlwright.migrations.readable import lines

    if result.error:
        talk(f"The server refuses the draft: {result.error}")
    for what, differences in (
        ("After the files, this still differs:", result.unproved),
        ("After the rollbacks, this differs from what was before:", result.not_undone),
    ):
        if differences:
            talk(what)
            for line in lines(differences):
                talk(f"  {line}")


def _document(result: Draft, *, is_written: bool) -> dict[str, object]:
    return {
        "files": [
            {
                "id": one.id,
                "path": str(one.path),
                "rollback_path": str(one.rollback_path),
                "sql": one.text,
                "rollback": one.rollback_text,
            }
            for one in result.files
        ],
        "written": is_written,
        "proved": result.is_proved,
        "error": result.error,
        "warnings": list(result.losses),
        "notes": list(result.notes),
        **{
            name: [
                {
                    "kind": one.object.kind,
                    "name": one.object.name,
                    "change": one.change.value,
                    "properties": [changed.property for changed in one.properties],
                }
                for one in found
            ]
            for name, found in (
                ("not_drafted", result.not_drafted),
                ("unproved", result.unproved),
                ("not_undone", result.not_undone),
            )
        },
    }
