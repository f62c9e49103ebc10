"""Until when a restore goes: a time, a place in the write-ahead log, or a transaction.

What was committed before the point is in the restored database, and what came at it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlwright.errors import BackupError
from sqlwright.operations.backup import Backup, Kind, Manifest
from sqlwright.operations.backup.wal import lsn_number

__all__ = ["Point", "newest_before", "read_point"]

_LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One of the three is given."""

    time: datetime | None = None
    lsn: str | None = None
    xid: int | None = None

    def __str__(self) -> str:
        if self.time is not None:
            return f"{self.time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return self.lsn or f"transaction {self.xid}"

    def is_after(self, backup: Manifest) -> bool:
        """Whether the log leads from the backup to the point: it begins where the backup ends."""
        if self.time is not None:
            return self.time >= backup.finished_at
        if self.lsn is not None:
            return lsn_number(self.lsn) >= lsn_number(backup.lsn)
        return self.xid is not None and self.xid >= backup.next_xid

    @property
    def settings(self) -> dict[str, str]:
        """PostgreSQL's own settings for it."""
        target = {
            "recovery_target_time": self.time.isoformat() if self.time else None,
            "recovery_target_lsn": self.lsn,
            "recovery_target_xid": None if self.xid is None else str(self.xid % 2**32),
        }
        given = {name: value for name, value in target.items() if value is not None}
        return {
            **given,
            "recovery_target_inclusive": "off",
            "recovery_target_action": "promote",
        }


def read_point(written: str) -> Point:
    """What `--at` says; a time without a zone is UTC.

    Raises:
        BackupError: it is none of the three.
    """
    text = written.strip()
    if text.isdecimal():
        return Point(xid=int(text))
    if _LSN.fullmatch(text):
        return Point(lsn=text.upper())
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BackupError(
            f"{written!r} is no time, no place in the log and no transaction.",
            hint="Write 2026-11-22T11:30:00Z, 0/3000060 or 745.",
        ) from None
    return Point(time=time if time.tzinfo else time.replace(tzinfo=UTC))


def newest_before(backups: Iterable[Backup], point: Point) -> Backup | None:
    """Of the backups, newest first, the first copy of a data folder that is from before."""
    copies = (b for b in backups if b.manifest and b.manifest.kind is not Kind.LOGICAL)
    return next((one for one in copies if point.is_after(one.whole)), None)
