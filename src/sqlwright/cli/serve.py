"""`serve`: health and metrics over HTTP, for Kubernetes, Prometheus and load balancers."""

from __future__ import annotations

from typing import Annotated

import typer

from sqlwright.cli.options import Database
from sqlwright.cli.talk import talk

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright serve --host 0.0.0.0 --port 9432")(serve)


def serve(
    database: Database = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="To listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 for any.")] = 9432,
    timeout: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="That each part has for its answer.")
    ] = 2.0,
) -> None:
    """Serve /health, /ready and /metrics until SIGTERM or Ctrl-C."""
    from sqlwright.config import load_project
    from sqlwright.operations.serve import serve as listen

    listen(load_project(database=database), host=host, port=port, timeout=timeout, talk=talk)
