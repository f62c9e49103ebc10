"""Bring the server at a place up, or take it down, whatever state it is in."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sqlwright.errors import ServerError
from sqlwright.server.cluster import ensure_cluster
from sqlwright.server.failure import what_to_do
from sqlwright.server.installation import readable_by
from sqlwright.server.launch import await_ready, launch
from sqlwright.server.lock import locked
from sqlwright.server.place import Place, make_home, make_socket_folder
from sqlwright.server.postmaster import Postmaster, answers, end, find_postmaster
from sqlwright.urls import local_url

__all__ = ["DEFAULT_PORT", "SUPERUSER", "Running", "bring_up", "find_ready", "take_down"]

DEFAULT_PORT = 5432  # of the socket's name alone, unless a TCP port is asked for
SUPERUSER = "postgres"


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that takes connections; `started` if this very call started it."""

    pid: int
    version: str
    data: Path
    socket: Path
    port: int
    tcp_port: int | None
    started: bool

    def url(self, *, user: str = SUPERUSER, database: str = "postgres") -> str:
        """The URL of one of its databases."""
        return local_url(user=user, database=database, socket=str(self.socket), port=self.port)


def bring_up(
    place: Place,
    *,
    tcp_port: int | None = None,
    settings: Mapping[str, str] | None = None,
    sync: bool = True,
) -> Running:
    """The server at this place, started if need be. `sync` is whether initdb waits for the disk.

    Raises:
        ServerError: it can't be started; the message says why.
    """
    found = find_ready(place.data)
    if found and _serves(found, tcp_port):
        return _running(place, found, started=False)
    try:
        make_home(place)
        with locked(place.lock):
            if found := _settled(place, tcp_port):  # another command may have been faster
                return _running(place, found, started=False)
            make_socket_folder(place)
            programs = readable_by(place.account, place.installation, cache=place.cache)
            ready = replace(place, installation=programs)
            ensure_cluster(ready, sync=sync)
            started = launch(ready, {**_settings(place, tcp_port), **(settings or {})})
            return _running(place, started, started=True)
    except OSError as error:
        raise _hindered(place, error) from None


def _hindered(place: Place, error: OSError) -> ServerError:
    reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return ServerError(
        f"The PostgreSQL server of {place.name} could not be started: {reason}.",
        hint=what_to_do(str(error), place) or f"Check the owner and the mode of {place.home}.",
    )


def _settings(place: Place, tcp_port: int | None) -> dict[str, str]:
    """What differs from a new data folder's own postgresql.conf."""
    return {
        "listen_addresses": "127.0.0.1" if tcp_port else "",
        "port": str(tcp_port or DEFAULT_PORT),
        "unix_socket_directories": str(place.socket),
        "unix_socket_permissions": "0700",  # the folder is private too; root may anyway
        "cluster_name": place.name,
    }


def find_ready(data: Path) -> Postmaster | None:
    """The server that runs on this data folder and takes connections, or None."""
    found = find_postmaster(data)
    return found if found and _is_ready(found) else None


def _is_ready(server: Postmaster) -> bool:
    return server.state == "ready" and answers(server)


def _serves(server: Postmaster, tcp_port: int | None) -> bool:
    return tcp_port is None or (server.tcp and server.port == tcp_port)


def _settled(place: Place, tcp_port: int | None) -> Postmaster | None:
    """The server that runs and can stay, once it is ready; one that can't stay is ended."""
    found = find_postmaster(place.data)
    if found and found.state not in {"ready", "stopping"}:
        found = await_ready(place, found.pid)
    if found is None:
        return None
    if _is_ready(found):
        if _serves(found, tcp_port):
            return found
        _refuse_if_in_use(place, found, tcp_port)
    end(found.pid)  # also one whose socket was removed: nobody could reach it
    return None


def _refuse_if_in_use(place: Place, server: Postmaster, tcp_port: int | None) -> None:
    """A restart for the sake of a TCP port breaks connections: only where there are none."""
    if _in_use(_running(place, server, started=False).url()):
        raise ServerError(
            f"The PostgreSQL server of {place.name} does not listen on TCP port {tcp_port}, and "
            "can't be started anew for it: it is in use.",
            hint="Close its connections and try again, or stop it first: sqlwright server stop.",
        )


def _in_use(url: str) -> bool:
    import psycopg  # here, since only this rare question needs it

    try:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "select exists (select from pg_stat_activity"
                " where backend_type = 'client backend' and pid <> pg_backend_pid())"
            ).fetchone()
    except psycopg.OperationalError:  # no room for one more
        return True
    return row == (True,)


def _running(place: Place, server: Postmaster, *, started: bool) -> Running:
    return Running(
        pid=server.pid,
        version=place.installation.version,
        data=place.data,
        socket=server.socket,
        port=server.port,
        tcp_port=server.port if server.tcp else None,
        started=started,
    )


def take_down(place: Place, *, how: signal.Signals = signal.SIGINT) -> bool:
    """Stop the server at this place, breaking its connections; False if none was running.

    Raises:
        ServerError: it has not stopped within a minute.
    """
    if find_postmaster(place.data) is None:
        return False
    with locked(place.lock):
        found = find_postmaster(place.data)
        if found is not None:
            end(found.pid, how=how)
        with suppress(OSError):  # the next start makes it anew
            place.socket.rmdir()
    return found is not None
