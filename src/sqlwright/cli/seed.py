"""`seed`: rows to develop with, and many to measure on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Database, Json, Yes, columns, print_json
from sqlwright.cli.talk import progress, refuse, talk

if TYPE_CHECKING:
    from sqlwright.config import Project

__all__ = ["register"]

_THOUSAND = 1000


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright seed")(seed)


def seed(
    database: Database = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Empty the tables first; all of it or nothing.")
    ] = False,
    scale: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Empty them and make up rows, N thousand in the largest; all of it or nothing.",
        ),
    ] = None,
    well_known_passwords: Annotated[
        bool,
        typer.Option("--well-known-passwords", help="Also on a server that is not this machine."),
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make the rows that a developer starts with, those that are not there already."""
    from sqlwright import seeding
    from sqlwright.config import load_project

    project = load_project(database=database)
    if not reset and scale is None:
        _show(seeding.seed(project, anywhere=well_known_passwords, talk=talk), json=json)
        return
    if not yes:
        _refuse_if_filled(project)
    with progress() as step:
        made = seeding.refill(
            project,
            rows=(scale or 0) * _THOUSAND,
            anywhere=well_known_passwords,
            step=step,
            talk=talk,
        )
    _show(made, json=json)


def _refuse_if_filled(project: Project) -> None:
    """Says which rows would go, and stops, unless there are none."""
    from sqlwright.seeding import count_rows
    from sqlwright.server.connection import database_name

    counted = {name: rows for name, rows in count_rows(project).items() if any(rows)}
    if not counted:
        return
    rows = [(name, len(r), "tables,", sum(r), "rows") for name, r in counted.items()]
    refuse(f"empty database {database_name(project)}, with", columns(rows))


def _show(made: dict[str, int], *, json: bool) -> None:
    if json:
        print_json({"rows": made})
        return
    print("\n".join(columns([("table", "rows made"), *made.items()])))
