"""The write-ahead log beside the backups: names of its files, and what keeps and fetches them.

A segment's name has eight hexadecimal digits each for the timeline, the log and the part of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sqlwright.errors import BackupError

__all__ = [
    "Segment",
    "archive_command",
    "gap_in",
    "lsn_number",
    "restore_command",
    "segment_at",
    "segments_in",
]

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
    try:
        found = [_SEGMENT.fullmatch(path.name) for path in folder.iterdir()]
        (folder / "x").exists()  # whether what is listed can be got at
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise BackupError(
            f"{folder} can't be read: {error.strerror}.", hint="Check its owner and its mode."
        ) from None
    return sorted(
        Segment(int(m[1], 16), int(m[2], 16), int(m[3], 16), m[4] or "") for m in found if m
    )


def gap_in(
    segments: Sequence[Segment], first: Segment, size: int, *, until: Segment | None = None
) -> Segment | None:
    """The first segment that is missing on the timeline from `first` on, with later ones there.

    With `until` all are wanted that come before its place.
    """
    there = {one.position for one in segments if one.timeline == first.timeline}
    last = until.position if until else max(there, default=first.position)
    wanted = first
    while wanted.position < last:
        if wanted.position not in there:
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


def restore_command(folder: Path) -> str:
    """Fetches a segment, the one that pg_receivewal was writing too.

    Where one is there and can't be copied, recovery must fail: it would take that for the end.
    """
    source = str(folder).replace("%", "%%")
    whole, partial = (shlex.quote(f"{source}/%f{suffix}") for suffix in ("", ".partial"))
    return (
        f"for file in {whole} {partial}; do"
        ' test ! -e "$file" || { cp "$file" "%p" && exit 0 || exit 255; }; done; exit 1'
    )
