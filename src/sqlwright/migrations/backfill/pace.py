"""How fast a backfill may go: the size of a batch, and how long to wait for what."""

from __future__ import annotations

from dataclasses import dataclass

from sqlwright.migrations.limits import Limits

__all__ = ["Pace", "next_size", "smaller"]

_FIRST = 1000
_PATIENCE = 10  # times as long as a batch shall take, and then it is broken off


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What spares the live traffic; in seconds, but for `batch` and `attempts`.

    Attributes:
        batch: At most so many rows at once.
        seconds: How long a batch shall take: its rows are locked so long.
        pause: Between two batches.
        max_lag: How far a standby may be behind; 0 looks at none.
        lock: How long to queue for a row, each time.
        attempts: How often a batch is tried that could not have its rows.
    """

    batch: int = 10_000
    seconds: float = 0.5
    pause: float = 0.1
    max_lag: float = 10
    lock: float = 1
    attempts: int = 10

    @property
    def limits(self) -> Limits:
        """The limits of the session."""
        return Limits(lock=self.lock, statement=_PATIENCE * self.seconds + self.lock)

    @property
    def first_size(self) -> int:
        """Of a batch of which nothing is known yet."""
        return min(_FIRST, self.batch)


def next_size(size: int, took: float, pace: Pace) -> int:
    """The size that would have taken as long as it shall; never more than twice as large."""
    factor = min(max(pace.seconds / max(took, 0.001), 0.25), 2)
    return max(1, min(round(size * factor), pace.batch))


def smaller(size: int) -> int:
    """Of a batch that was in somebody's way."""
    return max(1, size // 4)
