"""`rehearse`: restores the newest backup beside the live server, and says what came back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sqlwright.cli.options import Database, From, Json, print_json
from sqlwright.cli.talk import interruptible, progress, talk

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright rehearse --to rehearsal.md")(rehearse)


def rehearse(
    database: Database = None,
    from_: From = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="REPORT", help="Write the page to this file, not to stdout."),
    ] = None,
    json: Json = False,
) -> None:
    """Restore the newest backup on a server of its own; exit 1 if anything differs."""
    from sqlwright.config import load_project
    from sqlwright.operations import rehearse as rehearsals
    from sqlwright.operations.backup import backups_folder

    project = load_project(database=database)
    folder = backups_folder(project, from_)
    with interruptible("Interrupted; nothing of it is left."), progress() as step:
        found = rehearsals.rehearse(project, folder, step=step, talk=talk)
    page = rehearsals.as_markdown(found)
    if to is not None:
        _write(to, page)
    if json:
        print_json(rehearsals.as_document(found))
    elif to is None:
        print(page, end="")
    else:
        talk(f"{'Passed' if found.passed else 'Failed'}; see {to}.")
    if not found.passed:
        raise typer.Exit(1)


def _write(to: Path, page: str) -> None:
    from sqlwright.errors import BackupError

    try:
        to.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BackupError(
            f"{to} can't be written: {error.strerror}.", hint="Give --to another file."
        ) from None
