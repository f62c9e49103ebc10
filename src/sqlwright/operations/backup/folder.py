"""The folder that holds the backups: each whole or absent, and one writer at a time."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import BackupError
from sqlwright.operations.backup.files import check_sizes
from sqlwright.operations.backup.manifest import MANIFEST, Kind, Manifest, read_manifest

__all__ = [
    "Backup",
    "backups_folder",
    "chain_of",
    "find_backup",
    "list_backups",
    "make_folder",
    "new_backup",
    "one_writer",
    "remove",
    "settle",
    "wal_folder",
]

_NAME = re.compile(r"\d{8}T\d{6}Z-(?:logical|physical|incremental)")
_SECOND = "%Y%m%dT%H%M%SZ"
_PARTIAL = ".partial"
_REMOVED = ".removed"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup in the folder; one that can't be trusted has a `fault` and no manifest.

    What a damaged one says of itself is `noted`, if it can be read.
    """

    folder: Path
    manifest: Manifest | None
    fault: str | None = None
    noted: Manifest | None = None

    @property
    def name(self) -> str:
        """The name of its folder: time and kind."""
        return self.folder.name

    @property
    def whole(self) -> Manifest:
        """The manifest.

        Raises:
            BackupError: the backup is damaged.
        """
        if self.manifest is None:
            raise BackupError(
                self.fault or f"{self.folder} is no backup.",
                hint="Do not trust this backup: restore another one, and take a new one.",
            )
        return self.manifest


def backups_folder(project: Project, given: str | None) -> Path:
    """Where backups are: the folder that is given, else the one of the project's settings."""
    return Path(given).expanduser().absolute() if given else project.root / project.backups


def wal_folder(folder: Path) -> Path:
    """Where the server's write-ahead log is kept beside the backups."""
    return folder / "wal"


def list_backups(folder: Path) -> list[Backup]:
    """What is in the folder, newest first; a look at sizes tells what is damaged.

    Raises:
        BackupError: the folder can't be read.
    """
    try:
        found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BackupError(
            f"{folder} can't be read: {error.strerror}.", hint="Check its owner and its mode."
        ) from None
    return [_looked_at(path) for path in sorted(found, reverse=True)]


def _looked_at(path: Path) -> Backup:
    manifest = None
    try:
        manifest = read_manifest(path)
        check_sizes(path, manifest)
    except BackupError as error:
        return Backup(folder=path, manifest=None, fault=error.message, noted=manifest)
    return Backup(folder=path, manifest=manifest)


def find_backup(folder: Path, name: str) -> Backup:
    """The backup of that name in the folder, or the one that `name` is the path of.

    Raises:
        BackupError: there is none.
    """
    for path in (folder / name, Path(name).expanduser().absolute()):
        if path.is_dir() and path != folder:
            return _looked_at(path)
    raise BackupError(
        f"There is no backup {name} in {folder}.",
        hint=f"sqlwright backup --list --to {folder} shows what there is.",
    )


def chain_of(backup: Backup) -> list[Backup]:
    """The backup behind those that it builds on, the full one first.

    Raises:
        BackupError: one of them is missing, damaged or of another server.
    """
    chain = [backup]
    while parent := chain[0].whole.parent:
        found = _looked_at(backup.folder.parent / parent)
        if found.whole.system != backup.whole.system:
            raise BackupError(
                f"{backup.name} builds on {parent}, which is of another server.",
                hint="Put the backup that belongs there back, or restore another one.",
            )
        chain.insert(0, found)
    return chain


def make_folder(folder: Path) -> None:
    """Makes the folder of backups, for this user alone; version control does not see it.

    Raises:
        BackupError: it can't be made or written to.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise BackupError(
            f"The folder {folder} can't be made: {error.strerror}.",
            hint="Make its parent writable, or give another folder: --to FOLDER.",
        ) from None


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Holds the folder; what backups that were killed left in it is removed first.

    Raises:
        BackupError: another backup is being written, or the folder can't be written to.
    """
    try:
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackupError(
            f"The folder {folder} can't be written to: {error.strerror}.",
            hint="Check its owner and its mode, or give another folder: --to FOLDER.",
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                f"Another backup is being written to {folder}.", hint="Wait for it, or end it."
            ) from None
        for left in folder.iterdir():
            if left.name.startswith(".") and left.name.endswith((_PARTIAL, _REMOVED)):
                shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)  # the file stays: two files of one name could be held at once


@contextmanager
def new_backup(folder: Path, kind: Kind) -> Iterator[tuple[str, Path]]:
    """The name of a new backup, and a folder to write it to, which goes unless it was settled."""
    name = f"{_next_second(folder)}-{kind}"
    fresh = folder / f".{name}{_PARTIAL}"
    fresh.mkdir(mode=0o700)
    try:
        yield name, fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _next_second(folder: Path) -> str:
    """Now, or the second after the newest backup's, also where a clock was set back.

    So that names tell what is newest: it is what a restore takes, and what retention never does.
    """
    now = f"{datetime.now(UTC):{_SECOND}}"
    names = (path.name for path in folder.iterdir() if _NAME.fullmatch(path.name))
    newest = max(names, default="").partition("-")[0]
    if now > newest:
        return now
    return f"{datetime.fromisoformat(newest) + timedelta(seconds=1):{_SECOND}}"


def settle(fresh: Path, name: str) -> Path:
    """Gives a whole backup its name; the programs that wrote its files have synced them."""
    target = fresh.parent / name
    _sync(fresh)
    fresh.rename(target)
    _sync(target.parent)
    return target


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(backup: Backup) -> bool:
    """Removes a backup, at once for whoever lists the folder.

    False if it stays: it is being restored, or this user may not remove it.
    """
    with suppress(OSError), (backup.folder / MANIFEST).open("rb") as manifest:
        fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
        gone = backup.folder.with_name(f".{backup.name}{_REMOVED}")
        backup.folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return True
    return False
