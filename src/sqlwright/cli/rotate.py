"""`rotate-secrets`: puts what is encrypted under the newest key, after a key was put in front."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Database, Json, MaxLag, Pause, columns, print_json
from sqlwright.cli.talk import INTERRUPTED, asked_to_stop, progress, talk

if TYPE_CHECKING:
    from sqlwright.operations.rotation import Rotated

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command("rotate-secrets", epilog="Example: sqlwright rotate-secrets --dry-run")(rotate)


def rotate(
    database: Database = None,
    batch: Annotated[
        int, typer.Option(min=1, metavar="N", help="At most so many rows at once.")
    ] = 1_000,
    pause: Pause = 0.1,
    max_lag: MaxLag = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is under which key; change nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Encrypt again, under the newest key, what an older one encrypted."""
    from sqlwright.config import load_project
    from sqlwright.migrations.backfill import Pace
    from sqlwright.operations import rotation

    project = load_project(database=database)
    with asked_to_stop() as stop, progress() as step:
        done = rotation.rotate(
            project,
            dry_run=dry_run,
            pace=Pace(batch=batch, pause=pause, max_lag=max_lag),
            show=lambda came: step(f"{came.table} {came.rows:,} rows", 1, 1),
            talk=talk,
            stop=stop,
        )
    _print(done, dry_run=dry_run, json=json)
    _end(done)


def _print(done: Sequence[Rotated], *, dry_run: bool, json: bool) -> None:
    if json:
        print_json({"tables": [asdict(came) for came in done]})
        return
    named = ("table", "rows", "newest key", "older key" if dry_run else "rotated", "unreadable")
    rows = [
        (
            came.table,
            came.rows,
            came.current,
            came.outdated if dry_run else came.rotated,
            len(came.unreadable),
        )
        for came in done
    ]
    print("\n".join(columns([named, *rows])), flush=True)


def _end(done: Sequence[Rotated]) -> None:
    """Says where no key fits, and ends the command by it."""
    for came in done:
        for found in came.unreadable:
            talk(f"{came.table} {found.key}: no key opens {found.column}.")
    if not all(came.finished for came in done):
        print("Stopped; nothing is half done. To go on: sqlwright rotate-secrets", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    if any(came.unreadable for came in done):
        talk("Put the key that made them behind the newest, and run the command again.")
        raise typer.Exit(1)
