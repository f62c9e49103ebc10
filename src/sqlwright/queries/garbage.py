"""Keeps Python's garbage collector from walking rows while they are being made.

Each time that some hundred objects more are there the collector looks for cycles, at times among
all that there are: for a hundred thousand rows it takes longer than it takes to make them.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collection_paused"]

_lock = threading.Lock()
_blocks = 0
_was_enabled = False


@contextmanager
def collection_paused() -> Iterator[None]:
    """No collection while the block runs, or another one of another thread; then as it was.

    Nothing is lost: what is in no cycle goes when nobody refers to it any more, as ever.
    """
    global _blocks, _was_enabled  # noqa: PLW0603 - the collector is one for the process
    with _lock:
        if not _blocks:
            _was_enabled = gc.isenabled()
            gc.disable()
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks and _was_enabled:
                gc.enable()
