"""`cleanup`: deletes what the project's policies say is due, and its files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, MaxLag, Pause, columns, print_json, utc
from sqlwright.cli.talk import INTERRUPTED, asked_to_stop, progress, talk

if TYPE_CHECKING:
    from sqlwright.operations.cleanup import Cleaned, Due

__all__ = ["register"]

_HELD = "Run it again; if they stay, nobody holds them, but the policy's `remove` passes them over."


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright cleanup --dry-run")(cleanup)


def cleanup(
    database: Database = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="This table or schema; may be repeated."),
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, metavar="N", help="At most so many rows at once.")
    ] = 10_000,
    seconds: Annotated[
        float, typer.Option(min=0.001, metavar="S", help="How long a batch shall take.")
    ] = 0.5,
    pause: Pause = 0.1,
    max_lag: MaxLag = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is due; change nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Delete what is kept no longer, in small transactions, and then its files."""
    from sqlwright.config import load_project
    from sqlwright.migrations.backfill import Pace
    from sqlwright.operations import cleanup as operation

    project = load_project(database=database)
    policies = operation.find_policies(project, only or [])
    if dry_run:
        _print_due(operation.find_due(project, policies), json=json)
        return
    with asked_to_stop() as stop, progress() as step:
        done = operation.clean_up(
            project,
            policies,
            pace=Pace(batch=batch, seconds=seconds, pause=pause, max_lag=max_lag),
            show=lambda came: step(came.table, came.rows + 1, max(came.due, came.rows)),
            talk=talk,
            stop=stop,
        )
    _print_done(done, json=json)
    _end(done)


def _print_due(found: Sequence[Due], *, json: bool) -> None:
    if json:
        print_json({"policies": [asdict(due) for due in found]})
        return
    lines = columns([("table", "rows due"), *((due.table, due.due) for due in found)])
    print(lines[0])
    for line, due in zip(lines[1:], found, strict=True):
        print(line)
        for row in due.first:
            print("  " + ", ".join(f"{name} {_shown(value)}" for name, value in row.items()))


def _shown(value: Any) -> str:
    text = utc(value.astimezone(UTC)) if isinstance(value, datetime) else str(value)
    return text if text.isprintable() else repr(text)


def _print_done(done: Sequence[Cleaned], *, json: bool) -> None:
    if json:
        print_json({"policies": [_document(one) for one in done]})
        return
    rows = [(one.table, one.rows, one.files.removed) for one in done if not one.left_out]
    if rows:
        print("\n".join(columns([("table", "rows", "files"), *rows])), flush=True)


def _document(one: Cleaned) -> dict[str, Any]:
    """A policy's part of the JSON: files are counted, those that stay are named."""
    files = asdict(one.files)
    del files["upto"]
    files["refused"] = [{"path": path, "reason": reason} for path, reason in one.files.refused]
    return {**asdict(one), "files": files}


def _end(done: Sequence[Cleaned]) -> None:
    """Says what was not done, and ends the command by it."""
    for one in done:
        if one.left_out:
            talk(f"{one.table} is left out: {one.left_out}")
        if one.left:
            talk(f"{one.table}: rows that are due and were not deleted: {one.left}. {_HELD}")
        for path, reason in one.files.refused:
            talk(f"{one.table}: {path!r} is not removed: {reason}.")
    if any(one.files.refused for one in done):
        talk("Each run tries them again: they stay in the table _sqlwright_removal.")
    if not all(one.finished for one in done):
        print("Stopped; nothing is half done. To go on: sqlwright cleanup", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    if any(one.files.refused or one.left_out or one.left for one in done):
        raise typer.Exit(1)
