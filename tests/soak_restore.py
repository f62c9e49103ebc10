"""Drops a table under writers, and has it back as it was just before: as often as it is told.

Each time a backup is taken first, in turn a full one and incremental ones on top of it, and what
was committed after it comes from the archived log. What comes back must be each row that a writer
was told is committed, and no other.

    python tests/soak_restore.py --times 20
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from pathlib import Path

import psycopg

from backups import archiving_server, back_up, drop_under_writers, items_in, silent
from sqlwright.config import Project
from sqlwright.operations.backup import Kind, wal_folder
from sqlwright.operations.restore import choose, read_point, restore_data

_FULL_EVERY = 4


def main() -> None:
    """Runs as often as it is told, or until a row is lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often")
    times = parser.parse_args().times
    print(f"{'':>4} {'backup':<12} {'rows':>6} {'backup':>8} {'restore':>8}")  # noqa: T201
    with archiving_server() as (made, base):
        taken = [_once(made, base, number) for number in range(times)]
    middle, slowest = statistics.median(taken), max(taken)
    print(f"{times} restores, no row lost: {middle:.1f} s, {slowest:.1f} s at most")  # noqa: T201


def _once(made: Project, base: Path, number: int) -> float:
    """The seconds that the restore took."""
    kind = Kind.INCREMENTAL if number % _FULL_EVERY else Kind.PHYSICAL
    began = time.monotonic()
    back_up(made, base / "to", kind, count=_FULL_EVERY)
    backed_up = time.monotonic() - began
    committed, xid = drop_under_writers(made, base)
    began = time.monotonic()
    _restore(made, base, xid)
    restored = time.monotonic() - began
    found = items_in(base / "restored")
    if found != committed:
        lost, extra = committed - found, found - committed
        sys.exit(f"{len(lost)} rows were lost and {len(extra)} came that were not committed.")
    shutil.rmtree(base / "restored")
    (base / "restored.log").unlink(missing_ok=True)
    with psycopg.connect(made.url, autocommit=True) as conn:
        conn.execute("create table shop.items (name text)")
    print(  # noqa: T201
        f"{number + 1:>4} {kind:<12} {len(committed):>6,} {backed_up:>6.1f} s {restored:>6.1f} s",
        flush=True,
    )
    return restored


def _restore(made: Project, base: Path, xid: str) -> None:
    point = read_point(xid)
    kinds = [Kind.PHYSICAL, Kind.INCREMENTAL]
    backup = choose(made, base / "to", "latest", kinds=kinds, point=point)
    wal, target = wal_folder(base / "to"), base / "restored"
    restore_data(made, backup, target=target, wal=wal, point=point, step=silent, talk=silent)


if __name__ == "__main__":
    main()
