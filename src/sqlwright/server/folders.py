"""Make folders that are nobody else's: never through a planted link, never another account's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sqlwright.errors import ServerError
from sqlwright.server.account import Account, account_name

__all__ = ["make_base", "make_private"]


def make_base(base: Path) -> None:
    """Make the folder that holds the projects' folders, and what leads to it.

    Raises:
        ServerError: it can't be made.
    """
    try:
        if not base.is_dir():
            base.mkdir(parents=True, exist_ok=True)
            base.chmod(0o755 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise _cannot_make(base, error) from None


def make_private(folder: Path, *, mode: int, owner: Account | None = None) -> None:
    """Make a folder, or make sure that the one which is there can be trusted.

    It is the owner's if root lends that account; else our own.

    Raises:
        ServerError: it can't be made, or somebody else put it there.
    """
    try:
        folder.mkdir(mode=mode)
        if owner is not None and owner.borrowed:
            os.chown(folder, owner.uid, owner.gid, follow_symlinks=False)
        folder.chmod(mode)  # the umask may have taken from it
    except FileExistsError:
        _check(folder, uid=owner.uid if owner else os.geteuid())
    except OSError as error:
        raise _cannot_make(folder, error) from None


def _check(folder: Path, *, uid: int) -> None:
    if wrong := _fault(folder.lstat(), uid):
        raise ServerError(
            f"{folder} {wrong}, so the server does not use it.",
            hint="Find out who made it, then remove it: the next start makes it anew.",
        )


def _fault(info: os.stat_result, uid: int) -> str | None:
    """What shows that another account put the folder there, or could have changed it."""
    if stat.S_ISLNK(info.st_mode):
        return "is a symbolic link"
    if not stat.S_ISDIR(info.st_mode):
        return "is no folder"
    if info.st_uid != uid:
        return f"belongs to {account_name(info.st_uid)}, not to {account_name(uid)}"
    if info.st_mode & 0o022:
        return "can be written to by other accounts"
    return None


def _cannot_make(folder: Path, error: OSError) -> ServerError:
    return ServerError(
        f"The folder {folder} can't be made: {error.strerror}.",
        hint="Make its parent writable, or set SQLWRIGHT_STATE to a folder that is.",
    )
