"""How a pool is, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from sqlwright.pool.pools import AsyncPool, Pool

__all__ = ["PoolStats", "pool_stats"]


@dataclass(frozen=True, kw_only=True)
class PoolStats:
    """How a pool is, and what it did since it was opened; times in seconds.

    Attributes:
        size: Connections that are open or being opened.
        available: Of these, how many nobody uses.
        waiting: Callers that wait for one now.
        requests: How often one was asked for.
        queued: How often it had to be waited for.
        timeouts: How often none came in time.
        lost: Connections that were found dead before use.
        waited: What all callers waited together.
        longest_wait: What one waited at most.
    """

    size: int
    available: int
    waiting: int
    requests: int
    queued: int
    timeouts: int
    lost: int
    waited: float
    longest_wait: float


def pool_stats(pool: Pool | AsyncPool) -> PoolStats:
    """How the pool is now; what `reading` opens besides is not counted."""
    found = pool.get_stats()
    return PoolStats(
        size=found["pool_size"],
        available=found["pool_available"],
        waiting=found["requests_waiting"],
        requests=found.get("requests_num", 0),
        queued=found.get("requests_queued", 0),
        timeouts=found.get("requests_errors", 0),
        lost=found.get("connections_lost", 0),
        waited=found.get("requests_wait_ms", 0) / 1000,
        longest_wait=pool.longest_wait,
    )
