"""Removes what lies below one folder and nowhere else, whatever a path says or leads through.

Each folder on the way is opened from the one above it and no link is followed, so that it does not
matter what somebody puts in the place of a folder meanwhile.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlwright.errors import ConfigError

__all__ = [
    "NAME_A_FOLDER",
    "Folder",
    "RefusedPathError",
    "open_folder",
    "remove",
    "settle",
    "spellings",
]

NAME_A_FOLDER = "Set it to the folder below which the system stores its files."

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_A_FOLDER = (errno.ENOTDIR, errno.ELOOP)


class RefusedPathError(Exception):
    """A path leads out of the storage folder, or may; the text says how."""


class Folder(NamedTuple):
    """A storage folder: its path as the operator wrote it, and its descriptor."""

    path: Path
    descriptor: int


@contextmanager
def open_folder(folder: Path, *, variable: str) -> Iterator[Folder]:
    """The storage folder, open for `remove`; it may be a link itself, since an operator named it.

    Raises:
        ConfigError: there is none, or it is empty, as it is where a disk is not mounted: then
            every file would seem to be removed already.
    """
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(
            f"{variable} names {folder}, which can't be opened: {error.strerror}.",
            hint=NAME_A_FOLDER,
        ) from None
    try:
        if _is_empty(opened):
            raise ConfigError(
                f"{variable} names {folder}, which is empty, and rows name files in it.",
                hint="Is the disk mounted? If nothing is meant to be there, put any file into it.",
            )
        yield Folder(folder, opened)
    finally:
        os.close(opened)


def _is_empty(descriptor: int) -> bool:
    with os.scandir(descriptor) as entries:
        return next(entries, None) is None


def remove(root: Folder, path: str, *, folders: bool = False) -> bool:
    """Removes the file at a path below the open folder; `settle` makes that last.

    Args:
        root: From `open_folder`.
        path: With slashes; relative, or behind the folder's own path.
        folders: Whether it may be a folder, which goes with all that is in it.

    Returns:
        Whether it was there.

    Raises:
        RefusedPathError: the path is not a plain one, leads through a link, or names no file.
        OSError: the system does not allow it.
    """
    *above, name = _parts(root, path)
    with _walked(root, above) as (place, way):
        return way == above and _remove(place, name, folders=folders)


def settle(root: Folder, paths: Iterable[str]) -> None:
    """Waits until the disk has it that the files at these paths are gone, each folder once.

    Raises:
        OSError: the disk does not say so.
    """
    for above in sorted({tuple(_parts(root, path)[:-1]) for path in paths}):
        with _walked(root, list(above)) as (place, _):
            os.fsync(place)


def spellings(root: Folder, path: str) -> list[str]:
    """Every way to write the path, also for another row: below the folder, and behind its path."""
    try:
        below = "/".join(_parts(root, path))
    except RefusedPathError:
        return [path.rstrip("/")]
    return [below, f"{root.path}/{below}"]


@contextmanager
def _walked(root: Folder, parts: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The last folder on the way that is there, open, and the way so far.

    Raises:
        RefusedPathError: something on the way is no folder.
    """
    with ExitStack() as stack:
        place, way = root.descriptor, []
        for part in parts:
            try:
                place = _enter(place, part)
            except FileNotFoundError:
                break
            stack.callback(os.close, place)
            way.append(part)
        yield place, way


def _parts(root: Folder, path: str) -> list[str]:
    path = path.removeprefix(f"{root.path}/")
    if "\0" in path:
        raise RefusedPathError("it holds a NUL")
    if path.startswith("/"):
        raise RefusedPathError("it is absolute, and not below the storage folder")
    parts = path.rstrip("/").split("/")
    for part in parts:
        if part in {"", ".", ".."}:
            raise RefusedPathError("it leads upwards" if part == ".." else "it is not a plain path")
    return parts


def _enter(place: int, part: str) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=place)
    except OSError as error:
        if error.errno in _NOT_A_FOLDER:
            raise RefusedPathError(f"{part} on the way is a link, or no folder") from None
        raise


def _remove(place: int, name: str, *, folders: bool) -> bool:
    try:
        mode = os.stat(name, dir_fd=place, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return False
    if folders and stat.S_ISDIR(mode):
        shutil.rmtree(name, dir_fd=place)  # which follows no link either
    elif stat.S_ISREG(mode):
        os.unlink(name, dir_fd=place)
    else:
        raise RefusedPathError("it is a link, or no file")
    return True
