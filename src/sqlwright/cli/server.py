"""`sqlwright server`: the embedded PostgreSQL."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sqlwright.cli.options import Json, columns, print_json

__all__ = ["app"]

app = typer.Typer(
    name="server",
    help="The embedded PostgreSQL of this project.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="Example: sqlwright server status",
)


@app.command(epilog="Example: sqlwright server start")
def start(
    tcp: Annotated[
        int | None,
        typer.Option("--tcp", metavar="PORT", help="Listen on 127.0.0.1 too, with passwords."),
    ] = None,
    json: Json = False,
) -> None:
    """Start the server, or say that it runs."""
    from sqlwright.config import load_project
    from sqlwright.server import embedded

    project = load_project()
    running = embedded.start(project, tcp_port=tcp)
    if json:
        print_json(vars(running))
    else:
        print(f"PostgreSQL {running.version} runs as process {running.pid}.")


@app.command(epilog="Example: sqlwright server stop")
def stop(json: Json = False) -> None:
    """Stop the server; its data stays."""
    from sqlwright.config import load_project
    from sqlwright.server import embedded

    stopped = embedded.stop(load_project())
    if json:
        print_json({"stopped": stopped})
    else:
        print("Stopped." if stopped else "It was not running.")


@app.command(epilog="Example: sqlwright server status")
def status(json: Json = False) -> None:
    """Say whether the server runs, and where its data is; exit 1 if it does not run."""
    from dataclasses import asdict

    from sqlwright.config import load_project
    from sqlwright.server import embedded

    found = embedded.status(load_project())
    if json:
        print_json(asdict(found))
    else:
        what = f"process {found.pid}" if found.running else "not running"
        rows = [
            ("server", f"PostgreSQL {found.version}, {what}"),
            ("data", found.data),
            ("log", found.log),
            ("url", found.url),
        ]
        print("\n".join(columns(rows)))
    if not found.running:
        raise typer.Exit(1)


@app.command(epilog="Example: sqlwright server url")
def url(json: Json = False) -> None:
    """Print the URL that an application connects with; the server is started for it."""
    from sqlwright.config import load_project
    from sqlwright.server import embedded
    from sqlwright.server.connection import Roles

    project = load_project()
    if project.url is not None:
        print("DATABASE_URL is set, but this is the embedded server's URL.", file=sys.stderr)
    embedded.start(project)
    role = Roles.of(project.name).application
    found = embedded.server_url(project, user=role, database=project.name)
    if json:
        print_json({"url": found})
    else:
        print(found)
