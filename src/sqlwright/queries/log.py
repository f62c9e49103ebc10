"""Tells whoever listens what ran, for how long and how it ended; costs nothing while nobody does.

The logger `sqlwright.queries` gets names and times alone. A listener gets the whole `Run`, and
answers for what it makes of the values.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from sqlwright.queries.statement import Statement

__all__ = ["Listener", "Run", "is_heard", "listen", "timed"]

_log = logging.getLogger("sqlwright.queries")
_UNTIMED = nullcontext()


@dataclass(frozen=True, kw_only=True)
class Run:
    """A query that was run, or the several of a unit.

    Attributes:
        conn: The connection, which may be lost by now.
        calls: Each statement with its values, in the order of its parameters.
        began: In nanoseconds since 1970.
        seconds: How long it took.
        error: What it failed with.
    """

    conn: Any
    calls: Sequence[tuple[Statement, Sequence[Any]]]
    began: int
    seconds: float
    error: BaseException | None

    @property
    def names(self) -> list[str]:
        """Each query's name once, with its schema and table where these are known."""
        return list(dict.fromkeys(one.label or one.name for one, _ in self.calls))

    @property
    def statements(self) -> list[str]:
        """What was sent, each statement once: a unit may repeat one a thousand times."""
        return list(dict.fromkeys(statement.sql for statement, _ in self.calls))

    @property
    def name(self) -> str:
        """The query's name, or those of the unit."""
        names = self.names
        return names[0] if len(self.calls) == 1 else f"a unit of {', '.join(names)}"


Listener: TypeAlias = Callable[[Run], object]
_listeners: tuple[Listener, ...] = ()


def listen(listener: Listener) -> Callable[[], None]:
    """Has the listener told of every query from now on; what is returned ends that."""
    global _listeners  # noqa: PLW0603 - one tuple, so that a call looks at one name
    _listeners = (*_listeners, listener)

    def stop() -> None:
        global _listeners  # noqa: PLW0603
        _listeners = tuple(other for other in _listeners if other is not listener)

    return stop


def is_heard() -> bool:
    """Whether somebody listens."""
    return bool(_listeners) or _log.isEnabledFor(logging.INFO)


def timed(
    conn: Any, calls: Sequence[tuple[Statement, Sequence[Any]]]
) -> AbstractContextManager[None]:
    """Tells of what runs inside, if somebody listens."""
    return _timed(conn, calls) if is_heard() else _UNTIMED


@contextmanager
def _timed(conn: Any, calls: Sequence[tuple[Statement, Sequence[Any]]]) -> Iterator[None]:
    began, start = time_ns(), perf_counter()
    failed: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failed = error
        raise
    finally:
        seconds = perf_counter() - start
        _tell(Run(conn=conn, calls=calls, began=began, seconds=seconds, error=failed))


def _tell(run: Run) -> None:
    if run.error is None:
        _log.info("%s took %.1f ms", run.name, 1000 * run.seconds)
    else:
        milliseconds, kind = 1000 * run.seconds, type(run.error).__name__
        _log.info("%s failed after %.1f ms: %s", run.name, milliseconds, kind)
    for listener in _listeners:
        try:
            listener(run)
        except Exception:  # noqa: BLE001 - the query is done, and its caller not to blame
            _log.exception("A listener failed on %s.", run.name)
