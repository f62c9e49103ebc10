"""Logs which query ran and for how long, if somebody listens; never its values."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter

__all__ = ["is_heard", "timed"]

_log = logging.getLogger("sqlwright.queries")
_UNTIMED = nullcontext()


def is_heard() -> bool:
    """Whether somebody listens."""
    return _log.isEnabledFor(logging.INFO)


def timed(name: str) -> AbstractContextManager[None]:
    """Logs the name and the time of what runs inside, if somebody listens."""
    return _timed(name) if is_heard() else _UNTIMED


@contextmanager
def _timed(name: str) -> Iterator[None]:
    began = perf_counter()
    try:
        yield
    except BaseException as error:
        milliseconds = 1000 * (perf_counter() - began)
        _log.info("%s failed after %.1f ms: %s", name, milliseconds, type(error).__name__)
        raise
    _log.info("%s took %.1f ms", name, 1000 * (perf_counter() - began))
