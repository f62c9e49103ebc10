"""The tree of commands, and the options that they share."""

from __future__ import annotations

from typing import Annotated

import typer

from sqlwright import __version__
from sqlwright.cli import (
    backfill,
    backup,
    cleanup,
    database,
    diff,
    doctor,
    draft,
    generate,
    health,
    history,
    metrics,
    migrations,
    new,
    prove,
    rehearse,
    restore,
    rotate,
    run,
    script,
    seed,
    serve,
    server,
    show,
)

__all__ = ["app"]

app = typer.Typer(
    name="sqlwright",
    help="SQL-first PostgreSQL: you write SQL; sqlwright proves it, then runs it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Example: sqlwright up",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"sqlwright {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show where an error happened.")] = False,
) -> None:
    """Options of every command; `--debug` is read by `main`."""


database.register(app)
seed.register(app)
history.register(app)
show.register(app)
migrations.register(app)
script.register(app)
new.register(app)
backfill.register(app)
cleanup.register(app)
rotate.register(app)
diff.register(app)
draft.register(app)
prove.register(app)
generate.register(app)
run.register(app)
backup.register(app)
restore.register(app)
rehearse.register(app)
doctor.register(app)
health.register(app)
metrics.register(app)
serve.register(app)
app.add_typer(server.app)
