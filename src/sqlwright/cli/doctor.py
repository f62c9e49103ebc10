"""`doctor`: what is wrong with a database or could soon be, and what to do about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Database, Json, print_json

if TYPE_CHECKING:
    from sqlwright.operations.doctor import Finding

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright doctor --no-drift")(doctor)


def doctor(
    database: Database = None,
    drift: Annotated[
        bool,
        typer.Option(
            help="Compare with the migrations, which are applied to a scratch database for it."
        ),
    ] = True,
    json: Json = False,
) -> None:
    """Look the database over, and say what to do; exit 1 if there is a problem."""
    from sqlwright.config import load_project
    from sqlwright.operations.doctor import Level, diagnose

    findings = diagnose(load_project(database=database), with_drift=drift)
    problems = [one for one in findings if one.level is Level.PROBLEM]
    if json:
        print_json({"findings": [vars(one) for one in findings]})
    else:
        _show(findings)
    if problems:
        raise typer.Exit(1)


def _show(findings: list[Finding]) -> None:
    """The worst first; what is fine in one line."""
    from sqlwright.operations.doctor import Level

    for level in (Level.PROBLEM, Level.ADVICE, Level.UNSEEN):
        for one in findings:
            if one.level is level:
                print(f"{level}: {one.name}: {one.seen}")
                for line in filter(None, (one.why, one.do)):
                    print(f"    {line}")
    fine = [one.name for one in findings if one.level is Level.FINE]
    counts = [sum(one.level is level for one in findings) for level in Level]
    names = dict(zip(Level, counts, strict=True))
    print(f"Fine: {', '.join(fine) or 'nothing'}.")
    print(" / ".join(f"{level.capitalize()}: {count}" for level, count in names.items()))
