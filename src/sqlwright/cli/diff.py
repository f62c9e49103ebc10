"""`diff`: the live database against the migrations that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, Schemas, Scratch, print_json
from sqlwright.cli.talk import talk

if TYPE_CHECKING:
    from sqlwright.migrations.difference import Difference

__all__ = ["document", "register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright diff --ignore comment --ignore 'table:shop.tmp_*'")(diff)


def diff(
    database: Database = None,
    schema: Schemas = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="WHAT",
            help="A kind (index), kind:name with * for anything, or a property (comment);"
            " may be repeated.",
        ),
    ] = None,
    rights: Annotated[
        bool,
        typer.Option("--rights", help="Compare owners and grants, whoever made the database."),
    ] = False,
    scratch: Scratch = None,
    json: Json = False,
) -> None:
    """Compare the database with what its applied migrations make; exit 1 if it differs."""
    from sqlwright.config import load_project
    from sqlwright.migrations.diff import diff as compare

    result = compare(
        load_project(database=database),
        schemas=schema or (),
        ignored=ignore or (),
        rights=rights,
        scratch=scratch,
        talk=talk,
    )
    if json:
        print_json(
            {
                "differences": [document(one) for one in result.differences],
                "pending": list(result.pending),
            }
        )
    else:
        _show(result.differences, result.pending)
    if result.differences:
        raise typer.Exit(1)


def _show(differences: tuple[Difference, ...], pending: tuple[str, ...]) -> None:
    from sqlwright.migrations.readable import lines

    if pending:
        talk(f"Pending, which counts as no difference: {', '.join(pending)}.")
    for line in lines(differences):
        print(line)
    number = len(differences)
    some = "1 difference" if number == 1 else f"{number} differences"
    print(f"\n{some}." if number else "No differences.")


def document(one: Difference) -> dict[str, Any]:
    """What differs; of what is missing or unexpected, all that it has."""
    properties = [(p.property, p.expected, p.found) for p in one.properties]
    if one.expected is None:
        properties = [(name, None, value) for name, value in one.object.properties.items()]
    elif one.found is None:
        properties = [(name, value, None) for name, value in one.object.properties.items()]
    return {
        "kind": one.object.kind,
        "name": one.object.name,
        "change": one.change.value,
        "properties": [
            dict(zip(("property", "expected", "found"), values, strict=True))
            for values in properties
        ],
    }
