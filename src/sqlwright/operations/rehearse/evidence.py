"""What a rehearsal found, as data, as one page of Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Check", "Rehearsal", "as_document", "as_markdown"]

_MOST_LINES = 50  # of one check: a page is to be read


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question and its answer; `differences` are what makes it fail."""

    name: str
    found: str
    differences: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A backup that was restored, and what became of it.

    Attributes:
        as_of: What was committed by then was there again.
        restoring: Seconds from the verified backup to a server that answers.
        seconds: All that it took, in seconds.
        lost: At most so many seconds of work would have been lost, had the live server gone now.
        transactions: At most so many transactions; None where the live server can't be asked.
    """

    backup: str
    kind: str
    database: str
    server: str
    at: datetime
    as_of: datetime
    restoring: float
    seconds: float
    lost: float
    transactions: int | None
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)


def as_document(rehearsal: Rehearsal) -> dict[str, Any]:
    """The rehearsal as JSON gives it."""
    return {
        "passed": rehearsal.passed,
        "backup": rehearsal.backup,
        "kind": rehearsal.kind,
        "database": rehearsal.database,
        "server": rehearsal.server,
        "at": _time(rehearsal.at),
        "as_of": _time(rehearsal.as_of),
        "restore_seconds": round(rehearsal.restoring, 3),
        "seconds": round(rehearsal.seconds, 3),
        "lost_seconds": round(rehearsal.lost, 3),
        "lost_transactions": rehearsal.transactions,
        "checks": [
            {
                "name": check.name,
                "passed": check.passed,
                "found": check.found,
                "differences": list(check.differences),
            }
            for check in rehearsal.checks
        ],
    }


def as_markdown(rehearsal: Rehearsal) -> str:
    """The rehearsal as one page."""
    return "\n".join([*_head(rehearsal), *_table(rehearsal), *_differences(rehearsal)]) + "\n"


def _head(rehearsal: Rehearsal) -> Iterator[str]:
    verdict = "passed" if rehearsal.passed else "FAILED"
    yield f"# Rehearsal of {rehearsal.backup}: {verdict}"
    yield ""
    yield (
        f"At {_time(rehearsal.at)} the newest {rehearsal.kind} backup of {rehearsal.database} was"
        f" restored on a server of its own, PostgreSQL {rehearsal.server}."
    )
    yield ""
    yield f"- It holds what was committed up to {_time(rehearsal.as_of)}."
    took, all_of_it = f"{rehearsal.restoring:.1f} s", f"{rehearsal.seconds:.1f} s"
    yield f"- Time to restore: {took}; with all checks {all_of_it}."
    yield f"- Data lost, had the live server gone now: {_lost(rehearsal)}."
    yield ""


def _lost(rehearsal: Rehearsal) -> str:
    if rehearsal.transactions is None:
        return f"at most {rehearsal.lost:.0f} s (the live server could not be asked)"
    if rehearsal.transactions == 0:
        return "0 s, no transaction"
    plural = "transaction" if rehearsal.transactions == 1 else "transactions"
    return f"at most {rehearsal.lost:.0f} s, {rehearsal.transactions:,} {plural}"


def _table(rehearsal: Rehearsal) -> Iterator[str]:
    yield "| check | | found |"
    yield "|---|---|---|"
    for check in rehearsal.checks:
        yield f"| {check.name} | {'ok' if check.passed else 'FAILED'} | {check.found} |"


def _differences(rehearsal: Rehearsal) -> Iterator[str]:
    for check in rehearsal.checks:
        if check.passed:
            continue
        yield ""
        yield f"## {check.name}"
        yield ""
        yield "```"
        yield from check.differences[:_MOST_LINES]
        if (more := len(check.differences) - _MOST_LINES) > 0:
            yield f"… and {more:,} lines more"
        yield "```"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
