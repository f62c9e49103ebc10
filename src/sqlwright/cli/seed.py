"""`seed`: rows to develop with, and many to measure on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Database, Json, Yes, columns, print_json

if TYPE_CHECKING:
    from sqlwright.config import Project
    from sqlwright.seeding import Step

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
        _show(seeding.seed(project, anywhere=well_known_passwords, talk=_talk), json=json)
        return
    if not yes:
        _refuse_if_filled(project)
    with _progress() as step:
        made = seeding.refill(
            project,
            rows=(scale or 0) * _THOUSAND,
            anywhere=well_known_passwords,
            step=step,
            talk=_talk,
        )
    _show(made, json=json)


def _refuse_if_filled(project: Project) -> None:
    """Says which rows would go, and stops, unless there are none."""
    from sqlwright.seeding import count_rows
    from sqlwright.server.connection import database_name

    counted = {name: rows for name, rows in count_rows(project).items() if any(rows)}
    if not counted:
        return
    print(f"This would empty database {database_name(project)}, with:", file=sys.stderr)
    rows = [(f"  {name}", len(r), "tables,", sum(r), "rows") for name, r in counted.items()]
    print("\n".join(columns(rows)), file=sys.stderr)
    print("Nothing was changed. Add --yes to do it.", file=sys.stderr)
    raise typer.Exit(2)


@contextmanager
def _progress() -> Iterator[Callable[[Step], None]]:
    """A bar with the table at work, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step: bar.update(
            task, description=step.name, completed=step.number - 1, total=step.total, refresh=True
        )


def _talk(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _show(made: dict[str, int], *, json: bool) -> None:
    if json:
        print_json({"rows": made})
        return
    print("\n".join(columns([("table", "rows made"), *made.items()])))
