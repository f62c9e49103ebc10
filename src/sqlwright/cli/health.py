"""`health`: whether the database, its migrations and what else counts are well."""

from __future__ import annotations

from typing import Annotated

import typer

from sqlwright.cli.options import Database, Json, columns, print_json

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright health --json")(health)


def health(
    database: Database = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="That each part has for its answer.")
    ] = 5.0,
    json: Json = False,
) -> None:
    """Look at each part: database, migrations, pool, hooks; exit 1 if one is unhealthy."""
    from sqlwright.config import load_project
    from sqlwright.operations.health import read_health

    found = read_health(load_project(database=database), timeout=timeout)
    if json:
        print_json(found.document())
    else:
        print("\n".join(columns([(one.state, one.name, one.says) for one in found.results])))
    if not found.is_healthy:
        raise typer.Exit(1)
