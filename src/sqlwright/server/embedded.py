"""The embedded server of a project: start it, stop it, say how it is and where."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import ServerError
from sqlwright.server.place import Place, place_of
from sqlwright.server.postmaster import Postmaster, find_postmaster
from sqlwright.server.service import (
    DEFAULT_PORT,
    SUPERUSER,
    Running,
    bring_up,
    find_ready,
    take_down,
)
from sqlwright.urls import local_url

__all__ = ["Status", "server_url", "start", "status", "stop"]

_TCP_PORTS = range(1, 65536)


@dataclass(frozen=True, kw_only=True)
class Status:
    """How a project's server is, and where; `size` is that of the data folder in bytes."""

    running: bool
    pid: int | None
    version: str
    started_at: datetime | None
    data: Path
    size: int
    socket: Path
    port: int
    tcp_port: int | None
    url: str
    log: Path


def start(project: Project, *, tcp_port: int | None = None) -> Running:
    """Start the project's server, or return the one that runs.

    With `tcp_port` it also listens on 127.0.0.1, where a role needs a password. A running server
    that does not is started anew for it, unless somebody is connected.

    Raises:
        ServerError: it can't be started; the message says why.
    """
    if tcp_port is not None and tcp_port not in _TCP_PORTS:
        raise ServerError(
            f"{tcp_port} is no TCP port.", hint=f"Choose one from 1 to {_TCP_PORTS[-1]}."
        )
    return bring_up(place_of(project), tcp_port=tcp_port)


def stop(project: Project) -> bool:
    """Stop the project's server, breaking its connections; False if it was not running.

    Raises:
        ServerError: it has not stopped within a minute.
    """
    return take_down(place_of(project))


def status(project: Project) -> Status:
    """How the project's server is; nothing is started or made."""
    place = place_of(project)
    ready = find_ready(place.data)
    return Status(
        running=ready is not None,
        pid=ready.pid if ready else None,
        version=place.installation.version,
        started_at=ready.started_at if ready else None,
        data=place.data,
        size=_size(place.data),
        socket=ready.socket if ready else place.socket,
        port=ready.port if ready else DEFAULT_PORT,
        tcp_port=ready.port if ready and ready.tcp else None,
        url=_url(place, ready, user=SUPERUSER, database="postgres"),
        log=place.log,
    )


def server_url(project: Project, *, user: str, database: str) -> str:
    """The URL of a database on the project's server, which is not started for it."""
    place = place_of(project)
    return _url(place, find_postmaster(place.data), user=user, database=database)


def _url(place: Place, server: Postmaster | None, *, user: str, database: str) -> str:
    socket, port = (server.socket, server.port) if server else (place.socket, DEFAULT_PORT)
    return local_url(user=user, database=database, socket=str(socket), port=port)


def _size(folder: str | Path) -> int:
    """Bytes in the files below a folder; those that go meanwhile count nothing."""
    total = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                within = entry.is_dir(follow_symlinks=False)
                total += _size(entry.path) if within else entry.stat().st_size
    return total
