"""What a restore that was killed leaves beside its target: a data folder, and maybe a server."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlwright.server.postmaster import end, find_postmaster

__all__ = ["being_restored", "remove_leftovers", "replaced", "unfinished"]

_MARK = ".restoring-"
_REPLACED = ".replaced-"


def unfinished(target: Path, number: str) -> Path:
    """Where a data folder is while it is put together: beside its target, hidden."""
    return target.with_name(f".{target.name}{_MARK}{number}")


def replaced(target: Path, number: str) -> Path:
    """Where a data folder goes when another one takes its place, to be removed there."""
    return target.with_name(f".{target.name}{_REPLACED}{number}")


@contextmanager
def being_restored(data: Path) -> Iterator[None]:
    """Marks the data folder as one that a living process works on; it goes with the block.

    So does what lies beside it under its name; one that was moved away in the block stays.
    """
    lock = data.with_name(f"{data.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        _remove(data)
        os.close(descriptor)


def remove_leftovers(target: Path) -> None:
    """Removes what nobody works on any more, and ends the servers that still run there."""
    for lock in target.parent.glob(f".{target.name}{_MARK}*.lock"):
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            data = lock.with_suffix("")
            if (server := find_postmaster(data)) is not None:
                end(server.pid, how=signal.SIGQUIT)
            _remove(data)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
    if target.exists():  # else the only one is what would be removed
        for old in target.parent.glob(f".{target.name}{_REPLACED}*"):
            shutil.rmtree(old, ignore_errors=True)


def _remove(data: Path) -> None:
    for folder in (data, data.with_name(f"{data.name}.wal")):
        shutil.rmtree(folder, ignore_errors=True)
    for suffix in (".log", ".lock"):
        data.with_name(f"{data.name}{suffix}").unlink(missing_ok=True)
