"""Where a project's server lives: its data, its socket, its log and its lock.

Data lie in the user's state folder, one folder for each project and major version. The socket lies
in a short private folder of its own, since its path holds 107 bytes at most: below /run for root,
below /tmp for others. `XDG_RUNTIME_DIR` is not used: it differs from one shell to the next, and is
removed at logout, when the server runs on.

`SQLWRIGHT_STATE` names another state folder.
"""

from __future__ import annotations

import hashlib
import os
import pwd
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import ServerError
from sqlwright.server.account import Account, account_for, first_closed
from sqlwright.server.folders import make_base, make_private
from sqlwright.server.installation import Installation, find_installation

__all__ = ["Place", "make_home", "make_socket_folder", "place_in", "place_of"]

_ROOT_STATE = Path("/var/lib/sqlwright")
_ROOT_CACHE = Path("/var/cache/sqlwright")
_ROOT_RUN = Path("/run")
_TEMPORARY = Path("/tmp")  # noqa: S108 -- the private folder in it is checked; TMPDIR is too long


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one server lives, which programs run it, and as whom; `name` is for messages."""

    name: str
    home: Path
    data: Path
    socket: Path
    log: Path
    lock: Path
    cache: Path
    installation: Installation
    account: Account


def place_of(project: Project) -> Place:
    """Where the server of this project lives, whether it exists or not. Nothing is made.

    Raises:
        ServerError: there is no PostgreSQL, or the data belong to somebody else.
    """
    state = _state_folder(project.environ)
    return place_in(
        state / f"{project.name}-{_digest(project.root)[:8]}",
        name=project.name,
        installation=find_installation(project.environ),
        cache=state / "installations" if project.environ.get("SQLWRIGHT_STATE") else _ROOT_CACHE,
    )


def place_in(
    home: Path, *, name: str, installation: Installation, cache: Path = _ROOT_CACHE
) -> Place:
    """Where a server in the folder `home` lives."""
    data = home / f"pg{installation.major}"
    return Place(
        name=name,
        home=home,
        data=data,
        socket=_sockets() / _digest(data)[:12],
        log=home / f"pg{installation.major}.log",
        lock=home / f"pg{installation.major}.lock",
        cache=cache,
        installation=installation,
        account=account_for(data),
    )


def make_home(place: Place) -> None:
    """Make the folder that holds data, log and lock.

    Raises:
        ServerError: it can't be made, is a planted link or belongs to somebody else.
    """
    base = place.home.parent
    if base == _private():
        make_private(base, mode=_entered(place))
    make_base(base)
    make_private(place.home, mode=_entered(place))
    if closed := first_closed(place.home, place.account):
        raise ServerError(
            f"{place.account.name}, who runs the server for root, can't enter {closed}.",
            hint="Set SQLWRIGHT_STATE to a folder that every account can enter, such as "
            f"{_ROOT_STATE}.",
        )


def make_socket_folder(place: Place) -> None:
    """Make the socket's folder. The caller holds the place's lock, since a stop removes it.

    Raises:
        ServerError: it can't be made, is a planted link or belongs to somebody else.
    """
    make_private(place.socket.parent, mode=_entered(place))
    make_private(place.socket, mode=0o700, owner=place.account)


def _entered(place: Place) -> int:
    """The mode of a folder that root's unprivileged account passes through."""
    return 0o711 if place.account.borrowed else 0o700


def _state_folder(environ: Mapping[str, str]) -> Path:
    """What the user names, else what fits the user; a folder in /tmp where there is no home."""
    if named := environ.get("SQLWRIGHT_STATE"):
        return Path(named).expanduser().absolute()
    if os.geteuid() == 0:
        return _ROOT_STATE if _can_be_made(_ROOT_STATE) else _private()
    xdg = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(xdg):  # noqa: PTH117 -- the standard ignores a relative one
        return Path(xdg, "sqlwright")
    usual = [home / ".local" / "state" / "sqlwright" for home in _homes(environ)]
    return next((folder for folder in usual if _can_be_made(folder)), _private())


def _homes(environ: Mapping[str, str]) -> Iterator[Path]:
    home = environ.get("HOME", "")
    if os.path.isabs(home):  # noqa: PTH117
        yield Path(home)
    try:
        yield Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        return


def _can_be_made(folder: Path) -> bool:
    """Whether the folder is there, or could be made.

    One that is there counts even where it can't be written to: then an error must say so, and the
    data in it must not seem to have vanished.
    """
    try:
        if folder.is_dir():
            return True
        nearest = next(parent for parent in folder.parents if parent.exists())
    except PermissionError:
        return False
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _sockets() -> Path:
    if os.geteuid() == 0 and os.access(_ROOT_RUN, os.W_OK | os.X_OK):
        return _ROOT_RUN / "sqlwright"
    return _private()


def _private() -> Path:
    return _TEMPORARY / f"sqlwright-{os.geteuid()}"


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()
