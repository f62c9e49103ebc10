"""How long a migration waits, and for what: said once, for the executor and for its commands."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long to wait for what, in seconds; 0 is for ever.

    Attributes:
        wait: For another process that migrates.
        lock: For a lock on a table, each time: traffic queues up behind a migration that waits.
            Less than `deadlock_timeout`, a second: of a caller and a migration that wait for each
            other the migration gives way.
            What works `concurrently` blocks nobody and waits as long as `statement` says.
        attempts: How often a migration is tried that could not have its lock.
        statement: For one statement of a migration in a transaction, which holds its locks so long.
    """

    wait: float = 60
    lock: float = 0.5
    attempts: int = 15
    statement: float = 900
