"""Puts a data folder together from a backup and those that it builds on, and lets it recover."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlwright.errors import BackupError
from sqlwright.operations.backup import Backup
from sqlwright.operations.backup.files import DATA, Step
from sqlwright.operations.backup.tools import find_tools, run_tool
from sqlwright.operations.backup.wal import segment_at, segments_in
from sqlwright.operations.restore.leftovers import (
    being_restored,
    remove_leftovers,
    replaced,
    unfinished,
)
from sqlwright.operations.restore.recovery import give_to_account, place_for
from sqlwright.server.account import first_closed
from sqlwright.server.place import Place
from sqlwright.server.postmaster import find_postmaster

__all__ = ["check_target", "new_data_folder", "settle_data"]


def check_target(target: Path) -> bool:
    """Whether something would be replaced there.

    Raises:
        BackupError: a server runs on it, or it is no data folder, or that can't be made there.
    """
    if not target.parent.is_dir():
        raise BackupError(
            f"The folder {target.parent} does not exist.", hint=f"mkdir -p {target.parent}"
        )
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise BackupError(
            f"The folder {target.parent} can't be written to.",
            hint="Restore as its owner, or somewhere else.",
        )
    if target.is_symlink() or target.is_mount():
        raise BackupError(
            f"{target} is a {'link' if target.is_symlink() else 'mount point'}, which a new folder"
            " can't take the place of.",
            hint="Name the folder that it leads to, or one inside it.",
        )
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    if not (target / "PG_VERSION").is_file():
        raise BackupError(
            f"{target} is there, and is no data folder of PostgreSQL.",
            hint="Name a folder that is not there yet.",
        )
    if (server := find_postmaster(target)) is not None:
        raise BackupError(
            f"A server runs on {target} (process {server.pid}).",
            hint="Stop it first, or restore to another folder and change over.",
        )
    return True


@contextmanager
def new_data_folder(
    chain: Sequence[Backup],
    beside: Path,
    *,
    wal: Path | None,
    environ: Mapping[str, str],
    step: Step,
) -> Iterator[tuple[Place, Path | None]]:
    """A data folder for a server of its own, and the log that it can read.

    Both go with the block, unless `settle_data` gave the data folder its place.

    Args:
        chain: The full backup and the incremental ones on top of it, all verified.
        beside: Where the data folder is to be in the end.
        wal: The folder of the archived log.
        environ: Where to look for PostgreSQL's programs.
        step: Told what is at work.

    Raises:
        BackupError: there is not the room, or the programs are missing.
    """
    installation = find_tools(chain[-1].whole.major, environ, servers=True)
    _refuse_without_room(chain, beside.parent)
    remove_leftovers(beside)
    data = unfinished(beside, secrets.token_hex(4))
    place = place_for(data, installation)
    _refuse_closed(place)
    with being_restored(data):
        step("putting the data folder together", 1, 2)
        _put_together(chain, data, installation.bindir)
        give_to_account(place)
        step("reading the write-ahead log", 2, 2)
        staged = data.with_name(f"{data.name}.wal")
        yield place, _staged(wal, staged, place, chain[-1]) if wal else None


def _refuse_closed(place: Place) -> None:
    """Root's server runs as somebody else, who must get in."""
    if closed := first_closed(place.home, place.account):
        raise BackupError(
            f"{place.account.name}, who runs the server for root, can't enter {closed}.",
            hint="Restore to where every account can enter, such as /var/lib/postgresql.",
        )


def _put_together(chain: Sequence[Backup], data: Path, bindir: Path) -> None:
    folders = [one.folder / DATA for one in chain]
    try:
        if len(folders) == 1:
            shutil.copytree(folders[0], data, symlinks=True)
        else:
            run_tool(bindir / "pg_combinebackup", [*folders, f"--output={data}"])
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or "not every file could be copied"
        raise BackupError(
            f"The data folder could not be put together in {data.parent}: {reason}.",
            hint="Make room there, or restore somewhere else; nothing of it is left.",
        ) from None


def _refuse_without_room(chain: Sequence[Backup], folder: Path) -> None:
    wanted, free = chain[0].whole.size, shutil.disk_usage(folder).free
    if free < wanted:
        raise BackupError(
            f"The data folder wants {wanted // 2**20:,} MB, and the disk of {folder} has"
            f" {free // 2**20:,} MB left.",
            hint="Make room there, or restore somewhere else.",
        )


def _staged(wal: Path, staged: Path, place: Place, backup: Backup) -> Path:
    """The log where the server can read it: for a borrowed account a copy of its own."""
    if not place.account.borrowed:
        return wal
    whole = backup.whole
    since = segment_at(whole.timeline, whole.start_lsn, whole.wal_segment_size)
    staged.mkdir(mode=0o700)
    wanted = [one.name for one in segments_in(wal) if one.position >= since.position]
    histories = [path.name for path in wal.glob("*.history")] if wal.is_dir() else []
    try:
        for name in [*wanted, *histories]:
            shutil.copyfile(wal / name, staged / name)
            os.chown(staged / name, place.account.uid, place.account.gid)
        os.chown(staged, place.account.uid, place.account.gid)
    except OSError as error:
        raise BackupError(
            f"The write-ahead log could not be copied from {wal} to {staged.parent}:"
            f" {error.strerror}.",
            hint="Make room there, or restore somewhere else; nothing of it is left.",
        ) from None
    return staged


def settle_data(data: Path, target: Path) -> None:
    """Gives the data folder, whose server has stopped, its place; what was there goes."""
    old = replaced(target, secrets.token_hex(4))
    try:
        if target.exists():
            target.rename(old)
        data.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    with suppress(KeyboardInterrupt):  # it is done; the next restore removes what is left
        shutil.rmtree(old, ignore_errors=True)
