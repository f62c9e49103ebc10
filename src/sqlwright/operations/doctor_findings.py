"""What the doctor found: of each thing that was looked at, how it is and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import psycopg

from sqlwright.errors import SqlwrightError

__all__ = ["Finding", "Level", "some", "unseen"]

_SHOWN = 3
_WHERE_TO_LOOK = {
    psycopg.errors.InsufficientPrivilege: "Look as the database's owner.",
    psycopg.errors.ReadOnlySqlTransaction: "Look on the primary.",
    psycopg.errors.LockNotAvailable: "See in pg_stat_activity who holds it; then look again.",
}


class Level(StrEnum):
    """Whether something is to be done; `unseen`: that could not be told."""

    PROBLEM = "problem"
    ADVICE = "advice"
    UNSEEN = "unseen"
    FINE = "fine"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was looked at and seen; where it is not fine also why that matters and what to do."""

    name: str
    level: Level
    seen: str
    why: str = ""
    do: str = ""


def unseen(name: str, error: SqlwrightError | psycopg.Error) -> Finding:
    """What could not be looked at, for that reason."""
    if isinstance(error, SqlwrightError):
        return Finding(name=name, level=Level.UNSEEN, seen=error.message, do=error.hint or "")
    said = error.diag.message_primary or type(error).__name__
    do = next((do for kind, do in _WHERE_TO_LOOK.items() if isinstance(error, kind)), "")
    return Finding(name=name, level=Level.UNSEEN, seen=said, do=do)


def some(names: Sequence[str]) -> str:
    """The first few, with an ellipsis for the rest."""
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
