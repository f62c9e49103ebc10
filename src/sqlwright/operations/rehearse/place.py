"""Where a rehearsal has its server: a folder that goes with it, or with the next one if killed."""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from sqlwright.server.postmaster import end, find_postmaster

__all__ = ["new_folder"]

_PREFIX = "sqlwright-rehearsal-"
_LOCK = "lock"  # held for as long as somebody works in the folder


@contextmanager
def new_folder() -> Iterator[Path]:
    """A folder below the system's temporary one, for as long as the block."""
    _remove_leftovers(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the account that runs the server must enter it
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _remove_leftovers(below: Path) -> None:
    """Removes our own folders that nobody works in any more, and ends the servers in them."""
    for folder in below.glob(f"{_PREFIX}*"):
        # Somebody else's; or it went meanwhile, or was only just made.
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for data in folder.iterdir():
                    if server := find_postmaster(data):
                        end(server.pid, how=signal.SIGQUIT)
                        rmtree(server.socket, ignore_errors=True)
                rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
