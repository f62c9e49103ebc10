"""Which timeline of the log a restore follows: each recovery before it has begun one of its own.

A server that was recovered to a point goes on in another timeline, and its history file in the
archive says where it left the one before. What that one had after the place is not restored then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from sqlwright.errors import BackupError
from sqlwright.operations.backup import Manifest
from sqlwright.operations.backup.wal import (
    Segment,
    gap_in,
    lsn_number,
    segment_at,
    segments_in,
)
from sqlwright.server.place import Place

__all__ = ["announce", "follow"]

_HISTORY = re.compile(r"([0-9A-F]{8})\.history")
_LEFT_AT = re.compile(r"^\s*(\d+)\s+([0-9A-Fa-f]+/[0-9A-Fa-f]+)", re.MULTILINE)


def follow(backup: Manifest, wal: Path | None, talk: Callable[[str], object]) -> str:
    """PostgreSQL's own name of the timeline that leads on from the backup, the newest there is.

    Says so where the log has more than what is on the way there.

    Raises:
        BackupError: the log has a gap, or its folder can't be read.
    """
    segments = segments_in(wal) if wal else []
    timeline, left = _newest(backup, wal) if wal and segments else (backup.timeline, {})
    stretches = list(_stretches(backup, timeline, left))
    for first, until in stretches:
        if missing := gap_in(segments, first, backup.wal_segment_size, until=until):
            # A server would take the gap for the end, and be silent about all that comes after it.
            raise BackupError(
                f"The write-ahead log in {wal} has a gap: {missing.name} is missing, and later"
                " segments are there.",
                hint="Put it back; or move the later ones away, to have what came before it.",
            )
    if other := next((one for one in segments if _is_left_out(one, stretches)), None):
        talk(
            f"It follows timeline {timeline} of the log. {other.name} and what comes after it is of"
            f" another one, and stays out. {_way_to(other, timeline)}"
        )
    return "current" if timeline == backup.timeline else str(timeline)


def announce(place: Place) -> None:
    """Has the server that goes on here archive what tells its timeline from those before it.

    This one archives nothing; and without it another recovery would take the same timeline.
    """
    for history in (place.data / "pg_wal").glob("*.history"):
        status = history.parent / "archive_status" / history.name
        if not status.with_name(f"{status.name}.done").exists():
            ready = status.with_name(f"{status.name}.ready")
            ready.touch(mode=0o600)
            if place.account.borrowed:
                os.chown(ready, place.account.uid, place.account.gid)


def _way_to(other: Segment, timeline: int) -> str:
    if other.timeline < timeline:
        return f"To have that instead, move {timeline:08X}.history away from there."
    return "To have that instead, restore a backup from before the two parted."


def _newest(backup: Manifest, wal: Path) -> tuple[int, Mapping[int, str]]:
    """The newest timeline that comes from the backup's, and where it left those before it."""
    found = (_HISTORY.fullmatch(path.name) for path in wal.iterdir())
    for number in sorted((int(match[1], 16) for match in found if match), reverse=True):
        left = _read_history(wal / f"{number:08X}.history")
        at = left.get(backup.timeline)
        if at and lsn_number(at) >= lsn_number(backup.lsn):
            return number, left
    return backup.timeline, {}


def _read_history(file: Path) -> dict[int, str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BackupError(
            f"{file} can't be read: {error.strerror}.", hint="Check its owner and its mode."
        ) from None
    return {int(number): lsn for number, lsn in _LEFT_AT.findall(text)}


def _stretches(
    backup: Manifest, timeline: int, left: Mapping[int, str]
) -> Iterator[tuple[Segment, Segment | None]]:
    """Of each timeline the first segment that is wanted, and the one of the next that follows."""
    size = backup.wal_segment_size
    first = segment_at(backup.timeline, backup.lsn, size).after(size)
    lines = [*sorted(number for number in left if number >= backup.timeline), timeline]
    for number, following in pairwise(lines):
        until = segment_at(following, left[number], size)
        yield first._replace(timeline=number), until
        first = until
    yield first._replace(timeline=timeline), None


def _is_left_out(segment: Segment, stretches: Sequence[tuple[Segment, Segment | None]]) -> bool:
    """Whether it is of a later timeline than the last, or after where its own was left."""
    last = stretches[-1][0].timeline
    untils = {first.timeline: until for first, until in stretches}
    until = untils.get(segment.timeline)
    return segment.timeline > last or (until is not None and segment.position > until.position)
