"""`sql`: what `apply` or `rollback` would do, as a script for psql."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sqlwright.cli.options import Database, Json, Schemas, print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(name="sql", epilog="Example: sqlwright sql --from base --schema iopaint")(script)


def script(
    database: Database = None,
    schema: Schemas = None,
    assumed: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="ID",
            help="Ask no database: it has this and what comes before, or nothing (base).",
        ),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="Up to this one, or back to it.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many; else all forwards, or one back."),
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="The way back instead of forwards.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the whole script for psql: each file, the lock, and the record of migrations."""
    from sqlwright.config import load_project
    from sqlwright.migrations.psql import write_script
    from sqlwright.migrations.script import plan_script

    planned = plan_script(
        load_project(database=database),
        operation="rollback" if rollback else "apply",
        assumed=assumed or (),
        schemas=schema or (),
        to=to,
        steps=steps,
    )
    ids = [migration.id for migration in planned.migrations]
    text = write_script(planned) if ids else ""
    if json:
        print_json({"operation": planned.operation, "migrations": ids, "sql": text})
    else:
        print(text, end="")
    if not ids:
        print("Nothing to do.", file=sys.stderr)
