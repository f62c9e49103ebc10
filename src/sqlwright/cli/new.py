"""`new`, `merge`: the files of a migration, ready to be written."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Json, print_json

if TYPE_CHECKING:
    from sqlwright.config import Project
    from sqlwright.migrations.new import Written

__all__ = ["register"]

Schema = Annotated[
    str | None, typer.Option("--schema", "-s", metavar="NAME", help="Which schema it is for.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command(epilog="Example: sqlwright new order_notes --schema shop")(new)
    app.command(epilog="Example: sqlwright merge --schema iopaint")(merge)


def new(
    name: Annotated[str, typer.Argument(help="The words of its id: order_notes.")],
    schema: Schema = None,
    depends: Annotated[
        list[str] | None,
        typer.Option(
            "--depends", metavar="ID", help="What it builds on; else its schema's newest. Repeat."
        ),
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", "-m", metavar="TEXT", help="The first line's sentence.")
    ] = None,
    not_transactional: Annotated[
        bool,
        typer.Option("--not-transactional", help="For one statement that works concurrently."),
    ] = False,
    json: Json = False,
) -> None:
    """Write the two files of a new migration, with their header; asks no database."""
    from sqlwright.config import load_project
    from sqlwright.migrations.new import write_new

    project = load_project()
    written = write_new(
        project,
        name,
        schema=schema,
        depends=depends or (),
        why=why,
        transactional=not not_transactional,
    )
    _print_written(written, project, json=json)


def merge(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Heads of one schema; else all of it.")
    ] = None,
    schema: Schema = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="The words of its id.")
    ] = "merge",
    json: Json = False,
) -> None:
    """Write a migration that joins heads: those named, or all of a schema; asks no database."""
    from sqlwright.config import load_project
    from sqlwright.migrations.merge import write_merge

    project = load_project()
    written = write_merge(project, ids or (), schema=schema, name=name)
    _print_written(written, project, json=json)


def _print_written(written: Written, project: Project, *, json: bool) -> None:
    """The paths alone go to standard output, so that an editor can be given them."""
    if json:
        print_json(vars(written))
    else:
        print(os.path.relpath(written.path))
        print(os.path.relpath(written.rollback_path), flush=True)
    builds_on = ", ".join(written.depends) or "nothing"
    print(f"It depends on {builds_on}.", file=sys.stderr)
    if written.is_first and (project.root / "yoyo.ini").exists():
        folder = os.path.relpath(written.path.parent, project.root)
        print(f"For yoyo, add it to the sources in yoyo.ini: %(here)s/{folder}", file=sys.stderr)
