"""Which backups may go, by age and by count; and the log that none of those left needs.

The newest whole backup of a database stays whatever its age, and so does each that another one
builds on. What is damaged is not counted and not removed: somebody should look at it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlwright.operations.backup.folder import Backup
from sqlwright.operations.backup.manifest import Kind, Manifest
from sqlwright.operations.backup.wal import Segment, segment_at, segments_in

__all__ = ["Retention", "expired", "expired_wal"]

_DAY = 86400  # seconds


@dataclass(frozen=True, kw_only=True)
class Retention:
    """A backup stays while it is young enough, or one of the newest; without both, all stay."""

    days: float | None = None
    count: int | None = None

    @property
    def is_given(self) -> bool:
        """Whether anything is to go."""
        return self.days is not None or self.count is not None


def expired(backups: Sequence[Backup], retention: Retention, *, now: datetime) -> list[Backup]:
    """Those of the backups, which come newest first, that may go; oldest first."""
    if not retention.is_given:
        return []
    groups: dict[object, list[Backup]] = defaultdict(list)
    for backup in backups:
        if backup.manifest is not None:
            groups[_of_one_kind(backup.manifest)].append(backup)
    kept = {
        backup.name
        for group in groups.values()
        for number, backup in enumerate(group)
        if _stays(backup.whole, number, retention, now)
    }
    by_name = {backup.name: backup for backup in backups}
    for backup in backups:  # newest first: what an incremental builds on is older
        said = backup.manifest or backup.noted  # a damaged one may be mended
        if backup.name in kept and said and said.parent in by_name:
            kept.add(said.parent)
    return [b for b in reversed(backups) if b.manifest is not None and b.name not in kept]


def _of_one_kind(manifest: Manifest) -> object:
    """What can stand in for one another: dumps of a database, copies of a server."""
    if manifest.kind is Kind.LOGICAL:
        return manifest.system, manifest.database
    return manifest.system


def _stays(manifest: Manifest, number: int, retention: Retention, now: datetime) -> bool:
    if number == 0:
        return True
    age = (now - manifest.as_of).total_seconds()
    if retention.days is not None and age < retention.days * _DAY:
        return True
    return retention.count is not None and number < retention.count


def expired_wal(folder: Path, kept: Sequence[Backup]) -> list[Segment]:
    """Segments of the log from before the oldest full copy that is kept: no restore reads them."""
    starts = [
        segment_at(one.manifest.timeline, one.manifest.start_lsn, one.manifest.wal_segment_size)
        for one in kept
        if one.manifest is not None and one.manifest.kind is not Kind.LOGICAL
    ]
    if not starts:
        return []
    oldest = min(one.position for one in starts)  # a later timeline may have begun before it
    return [one for one in segments_in(folder) if one.position < oldest]
