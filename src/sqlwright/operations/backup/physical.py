"""A physical backup: the data folder as it was, or what changed in it since another backup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import BackupError
from sqlwright.operations.backup.files import DATA, DATA_MANIFEST, Step, measure, size_of
from sqlwright.operations.backup.folder import Backup
from sqlwright.operations.backup.manifest import Kind, Manifest
from sqlwright.operations.backup.noted import ask, database_url, read_migrations, read_server
from sqlwright.operations.backup.tools import libpq_environ, run_tool
from sqlwright.server.connection import connect, database_name
from sqlwright.server.installation import Installation

__all__ = ["copy_data"]

_KILOBYTES = re.compile(r"(\d+)/(\d+) kB")


def copy_data(
    project: Project,
    fresh: Path,
    name: str,
    *,
    tools: Installation,
    parent: Backup | None,
    step: Step,
) -> Manifest:
    """Copies the data folder to `fresh`, with the write-ahead log that makes the copy consistent.

    Raises:
        BackupError: pg_basebackup failed, or the data folder reaches beyond itself.
        ConnectError: the server can't be reached.
    """
    with connect(database_url(project), project, application="sqlwright backup") as conn:
        _refuse_tablespaces(ask(conn, "list_tablespaces"))
        before = read_server(conn)
        since = [f"--incremental={parent.folder / DATA_MANIFEST}"] if parent else []
        run_tool(
            tools.bindir / "pg_basebackup",
            [
                f"--pgdata={fresh / DATA}",
                "--format=plain",
                "--wal-method=stream",
                "--checkpoint=fast",
                "--manifest-checksums=SHA256",
                f"--label={name}",
                "--progress",
                "--no-password",
                *since,
            ],
            environ=libpq_environ(database_url(project), project),
            heard=_counting(step),
        )
    with connect(database_url(project), project, application="sqlwright backup") as conn:
        after = read_server(conn)
        start, end, timeline = _wal_range(fresh / DATA_MANIFEST)
        return Manifest(
            name=name,
            kind=Kind.INCREMENTAL if parent else Kind.PHYSICAL,
            database=database_name(project),
            version=after.version,
            system=after.system,
            started_at=before.now,
            finished_at=after.now,
            as_of=after.as_of,
            timeline=timeline,
            start_lsn=start,
            lsn=end,
            wal_segment_size=after.wal_segment_size,
            next_xid=after.next_xid,
            superuser=after.superuser,
            migrations=read_migrations(conn, project),
            parent=parent.name if parent else None,
            files=measure(fresh, step=step),
            size=size_of(fresh),
        )


def _refuse_tablespaces(found: list[tuple[str, str]]) -> None:
    if found:
        name, location = found[0]
        raise BackupError(
            f"The tablespace {name} lies outside the data folder, in {location}.",
            hint="Take a logical backup, which has its tables too: leave --physical out.",
        )


def _wal_range(manifest: Path) -> tuple[str, str, int]:
    """From where to where a restore must read the log to be consistent, and on which timeline."""
    last = json.loads(manifest.read_text(encoding="utf-8"))["WAL-Ranges"][-1]
    return last["Start-LSN"], last["End-LSN"], last["Timeline"]


def _counting(step: Step) -> Callable[[str], None]:
    def heard(line: str) -> None:
        if match := _KILOBYTES.match(line):
            done, total = int(match[1]), int(match[2])
            step("copying the data folder", done + 1, max(total, done))

    return heard
