"""One command at a time starts or stops a server: a lock that ends with its process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlwright.errors import ServerError

__all__ = ["locked"]

_PAUSE = 0.02


@contextmanager
def locked(file: Path, *, patience: float = 120) -> Iterator[None]:
    """Hold the lock file; wait `patience` seconds at most for another command to let it go.

    The kernel lets go of it when the process ends, however it ends. The file stays: removing it
    would let two commands hold two files of one name.

    Raises:
        ServerError: another command holds it too long, or the file can't be opened.
    """
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ServerError(
            f"The lock file {file} can't be opened: {error.strerror}.",
            hint="Check the owner and the mode of its folder.",
        ) from None
    try:
        _wait(descriptor, file, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, file: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ServerError(
                    f"Another command has held {file} for too long: it starts or stops the server.",
                    hint="Wait for that command, or end it, then try again.",
                ) from None
            time.sleep(_PAUSE)
        else:
            return
