"""`generate`: typed query functions from named SQL."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Json, columns, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from sqlwright.config import Project
    from sqlwright.generate.description import Description, Value

__all__ = ["register"]

_PAUSE = 0.5


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright generate --check")(generate)


def generate(
    database: Annotated[
        str | None,
        typer.Option(
            "--database", "-d", metavar="URL", help="A server to describe on; else the embedded."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a file would change.")
    ] = False,
    describe: Annotated[
        bool, typer.Option("--describe", help="Show each query's types, and write nothing.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write again whenever a file of queries changes.")
    ] = False,
    json: Json = False,
) -> None:
    """Write typed query functions, from what a server says of each named query."""
    from sqlwright.config import load_project

    project = load_project(database=database)
    server = None if database is None else project.url
    if describe:
        _describe(project, server, json=json)
    elif watch:
        _watch(project, server)
    else:
        _generate(project, server, check=check, json=json)


def _generate(project: Project, database: str | None, *, check: bool, json: bool) -> None:
    from sqlwright.generate import modules

    wanted = modules.modules_of(project, modules.describe_project(project, database=database))
    changed = (modules.differences if check else modules.write)(project, wanted)
    shown = [str(file.relative_to(project.root)) for file in changed]
    if json:
        print_json({"changed": shown, "modules": len(wanted)})
    elif check:
        print("\n".join([*shown, f"{len(shown)} of {len(wanted)} files would change."]), flush=True)
    else:
        print("\n".join([*shown, f"{len(shown)} of {len(wanted)} files written."]))
    if check and changed:
        print("Run `sqlwright generate`, and commit what it writes.", file=sys.stderr)
        raise typer.Exit(1)


def _describe(project: Project, database: str | None, *, json: bool) -> None:
    from sqlwright.generate.modules import describe_project

    described = describe_project(project, database=database)
    if json:
        print_json({"queries": [_document(project, one) for one in described]})
        return
    for one in described:
        query = one.query
        print(f"{one.schema}.{query.path.stem}.{query.name} ({query.kind})")
        rows = [("  :" + value.name, value.type, value.python) for value in one.parameters]
        rows += [("  " + value.name, value.type, value.python) for value in one.columns]
        print("\n".join([*columns(rows), ""] if rows else [""]))


def _document(project: Project, described: Description) -> dict[str, Any]:
    query = described.query
    return {
        "schema": described.schema,
        "file": str(query.path.relative_to(project.root)),
        "line": query.line,
        "name": query.name,
        "kind": query.kind.value,
        "parameters": [_value(value) for value in described.parameters],
        "columns": [_value(value) for value in described.columns],
    }


def _value(value: Value) -> dict[str, Any]:
    return {
        "name": value.name,
        "type": value.type,
        "python": value.python,
        "nullable": value.nullable,
    }


def _watch(project: Project, database: str | None) -> None:
    """Generates at once and after each change, until it is interrupted."""
    from sqlwright.errors import SqlwrightError

    seen = None
    while True:
        now = _times(project.root / project.queries)
        if now != seen:
            seen = now
            try:
                _generate(project, database, check=False, json=False)
            except SqlwrightError as error:
                print(f"error: {error}", file=sys.stderr)
        time.sleep(_PAUSE)


def _times(folder: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in folder.glob("*/*.sql")}
