"""Tries a batch as often as needed: smaller each time, and later."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from sqlwright.migrations.backfill.failure import is_passing
from sqlwright.migrations.backfill.pace import next_size, smaller
from sqlwright.migrations.backfill.waits import Work, pause
from sqlwright.migrations.session import clean

__all__ = ["tried"]

_LONGEST_PAUSE = 15.0

_Came = TypeVar("_Came")


def tried(
    work: Work,
    size: int,
    batch: Callable[[int], _Came],
    *,
    failed: Callable[[psycopg.Error], Exception],
    locked_out: Callable[[psycopg.Error], Exception],
) -> tuple[_Came, int]:
    """What a batch of that size gives, and the size of the next one.

    Args:
        work: With the session, which is clean before each attempt, and the pace.
        size: Of the first attempt, in rows.
        batch: Runs one of a size, in a transaction of its own.
        failed: What to raise for an error that a later attempt would meet too.
        locked_out: What to raise for the error of the last attempt.
    """
    for attempt in range(1, work.pace.attempts + 1):
        clean(work.conn, work.tables, work.pace.limits)
        began = time.perf_counter()
        try:
            came = batch(size)
        except psycopg.Error as error:
            took = time.perf_counter() - began
            if work.conn.broken:
                raise
            if not is_passing(error, took=took, limits=work.pace.limits):
                raise failed(error) from None
            if attempt == work.pace.attempts:
                raise locked_out(error) from None
            size = smaller(size)
            _try_later(work, error, attempt, size)
        else:
            return came, next_size(size, time.perf_counter() - began, work.pace)
    raise AssertionError(work.pace)


def _try_later(work: Work, error: psycopg.Error, attempt: int, size: int) -> None:
    seconds = min(2.0 ** (attempt - 2), _LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311
    rows = "1 row" if size == 1 else f"{size:,} rows"
    work.talk(f"{error.diag.message_primary}; trying again in {seconds:.1f} s with {rows}")
    pause(work, seconds)
