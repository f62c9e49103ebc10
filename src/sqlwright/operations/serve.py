"""Serves a project's health and metrics over HTTP until it is told to end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlwright.config import Project
from sqlwright.errors import ConfigError, ServerError
from sqlwright.observe import app_of
from sqlwright.observe.app import App
from sqlwright.observe.health import Part
from sqlwright.operations.health import conninfo_of, hooked_parts, migrations_part
from sqlwright.server.service import SUPERUSER

if TYPE_CHECKING:
    from uvicorn import Server

__all__ = ["project_app", "serve"]

_BACKLOG = 128
_LAST_SECONDS = 3  # that answers under way have, once it is to end


def project_app(project: Project, *, timeout: float = 2.0) -> App:
    """The application: ready once every migration is applied; it measures the database too.

    Raises:
        ConfigError: a hook can't be found.
    """
    migrations = Part(check=migrations_part(project), timeout=timeout, is_needed=True)
    hooked = hooked_parts(project, taken=("database", "migrations"), timeout=timeout)
    return app_of(
        conninfo_of(project, user=SUPERUSER),
        parts={"migrations": migrations, **hooked},
        timeout=timeout,
    )


def serve(
    project: Project,
    *,
    host: str = "127.0.0.1",
    port: int = 9432,
    timeout: float = 2.0,
    talk: Callable[[str], object] = lambda _: None,
) -> None:
    """Serves until SIGTERM or Ctrl-C, whether the database is there or not.

    Args:
        project: Whose database.
        host: An address of this machine.
        port: 0 for any that is free.
        timeout: Seconds that a part of the health has for its answer.
        talk: Told where it serves.

    Raises:
        ConfigError: uvicorn is not installed.
        ServerError: the port can't be had.
    """
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise ConfigError(
            "Nothing can be served without uvicorn.",
            hint="Install it: pip install 'sqlwright[serve]'.",
        ) from None
    app = project_app(project, timeout=timeout)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    server = uvicorn.Server(config)
    with _listening(host, port) as bound, _ended_by_signals(server):
        port = bound.getsockname()[1]
        talk(f"Serving /health, /ready and /metrics on http://{_address(host)}:{port}")
        server.run(sockets=[bound])


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, TypeError) as error:  # a name that is none is a TypeError
        reason = str(getattr(error, "strerror", error)).partition(" (while")[0]
        raise ServerError(
            f"{_address(host)}:{port} can't be listened on: {reason}.",
            hint="Choose another --port, or an address of this machine for --host.",
        ) from None
    with bound:
        yield bound


@contextmanager
def _ended_by_signals(server: Server) -> Iterator[None]:
    """Has a signal end it in order, also one that comes before uvicorn listens to them.

    When it has ended uvicorn raises the signal again: that shall not kill us.
    """

    def end(*_: object) -> None:
        server.should_exit = True

    before = {one: signal.signal(one, end) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
