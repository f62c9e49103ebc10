"""The write-ahead log beside the backups: its files' names, and the command that keeps them there.

A segment's name has eight hexadecimal digits each for the timeline, the log and the part of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["Segment", "archive_command", "gap_in", "lsn_number", "segment_at", "segments_in"]

_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")


class Segment(NamedTuple):
    """A file of the log; ordered by timeline, then by place."""

    timeline: int
    log: int
    part: int
    suffix: str = ""

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.timeline:08X}{self.log:08X}{self.part:08X}{self.suffix}"

    @property
    def position(self) -> tuple[int, int]:
        """Where it is in the log, whatever the timeline."""
        return self.log, self.part

    def after(self, size: int) -> Segment:
        """The next one, where each has so many bytes."""
        if self.part + 1 < 2**32 // size:
            return Segment(self.timeline, self.log, self.part + 1)
        return Segment(self.timeline, self.log + 1, 0)


def lsn_number(lsn: str) -> int:
    """A place in the log, `0/3000060`, as the number of its byte."""
    high, _, low = lsn.partition("/")
    return int(high, 16) << 32 | int(low, 16)


def segment_at(timeline: int, lsn: str, size: int) -> Segment:
    """The file that a place of the log is in."""
    place = lsn_number(lsn)
    return Segment(timeline, place >> 32, (place & 0xFFFF_FFFF) // size)


def segments_in(folder: Path) -> list[Segment]:
    """The segments in the folder, in order; `.partial` is the one that pg_receivewal is at."""
    if not folder.is_dir():
        return []
    found = (_SEGMENT.fullmatch(path.name) for path in folder.iterdir())
    return sorted(
        Segment(int(m[1], 16), int(m[2], 16), int(m[3], 16), m[4] or "") for m in found if m
    )


def gap_in(segments: Sequence[Segment], since: Segment, size: int) -> Segment | None:
    """The first segment that is missing on the timeline from `since` on, with later ones there."""
    there = {(one.timeline, one.log, one.part) for one in segments}
    on_line = [one for one in there if one[0] == since.timeline and one > since[:3]]
    if not on_line:
        return None
    wanted = since.after(size)
    while wanted[:3] < max(on_line):
        if wanted[:3] not in there:
            return wanted
        wanted = wanted.after(size)
    return None


def archive_command(folder: Path) -> str:
    """What `archive_command` should be, so that a segment is in the folder whole or not at all.

    PostgreSQL calls it again after a crash: a segment that is there already, byte for byte, is
    fine; one of the same name with other bytes is never overwritten.
    """
    place = str(folder).replace("%", "%%")
    target, fresh = (shlex.quote(f"{place}/{name}%f") for name in ("", "."))
    return (
        f'cmp -s "%p" {target} || '
        f'{{ test ! -e {target} && cp "%p" {fresh} && sync {fresh} && mv {fresh} {target}'
        f" && sync {shlex.quote(place)}; }}"
    )
