"""Restores the newest backup beside the live server, on one of its own, and asks what came back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import SqlwrightError
from sqlwright.operations.backup import Backup, Kind, list_backups, wal_folder
from sqlwright.operations.backup.files import Step
from sqlwright.operations.backup.manifest import Manifest
from sqlwright.operations.backup.noted import database_url, read_migrations, read_server
from sqlwright.operations.backup.tools import find_tools
from sqlwright.operations.rehearse.checks import (
    check_migrations,
    check_queries,
    check_readable,
    check_schema,
)
from sqlwright.operations.rehearse.evidence import Check, Rehearsal
from sqlwright.operations.rehearse.place import new_folder
from sqlwright.operations.restore import choose, verified
from sqlwright.operations.restore.logical import load
from sqlwright.operations.restore.physical import new_data_folder
from sqlwright.operations.restore.recovery import recovered_server
from sqlwright.operations.restore.timelines import follow
from sqlwright.server import temporary_server
from sqlwright.server.connection import connect

__all__ = ["rehearse"]

_MAINTENANCE = ("postgres", "template1")
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class _Restored:
    """A project whose database is the restored one, and how far that is."""

    project: Project
    as_of: datetime
    next_xid: int
    contents: Check


def rehearse(
    project: Project, folder: Path, *, step: Step, talk: Callable[[str], object]
) -> Rehearsal:
    """Restores the newest backup of the project's database, and checks what was restored.

    Raises:
        BackupError: there is no whole backup, or it can't be restored at all.
        ServerError: no server can be started for it.
    """
    at, began = datetime.now(UTC), time.monotonic()
    backup = choose(project, folder, "latest", kinds=list(Kind))
    manifest = backup.whole
    with verified(backup, step=step, environ=project.environ) as chain:
        checks = [_files(folder, backup, chain)]
        restoring = time.monotonic()
        with _restored(project, chain, step=step, talk=talk) as restored:
            took = time.monotonic() - restoring
            checks += _checks(restored, manifest)
            lost, transactions = _lost(project, manifest, restored)
    return Rehearsal(
        backup=backup.name,
        kind=manifest.kind.value,
        database=manifest.database,
        server=manifest.version,
        at=at,
        as_of=restored.as_of,
        restoring=took,
        seconds=time.monotonic() - began,
        lost=lost,
        transactions=transactions,
        checks=tuple(checks),
    )


def _files(folder: Path, backup: Backup, chain: Sequence[Backup]) -> Check:
    """That they are as written is verified by now; a newer backup that is damaged is a finding."""
    newer = [one for one in list_backups(folder) if one.fault and one.name > backup.name]
    on = f", with the {len(chain) - 1} that it builds on" if len(chain) > 1 else ""
    return Check(
        name="files",
        found=f"{sum(one.whole.size for one in chain):,} bytes are as they were written{on}",
        differences=tuple(f"{one.name} is newer and damaged: {one.fault}" for one in newer),
    )


@contextmanager
def _restored(
    project: Project, chain: Sequence[Backup], *, step: Step, talk: Callable[[str], object]
) -> Iterator[_Restored]:
    logical = chain[-1].whole.kind is Kind.LOGICAL
    restored = _loaded(project, chain[-1], step) if logical else _copied(project, chain, step, talk)
    with restored as found:
        yield found


@contextmanager
def _loaded(project: Project, backup: Backup, step: Step) -> Iterator[_Restored]:
    manifest = backup.whole
    tools = find_tools(manifest.major, project.environ, servers=True)
    name = manifest.database
    name = f"{name}_rehearsed" if name in _MAINTENANCE else name
    programs = {"PG_BINDIR": str(tools.bindir)}
    with new_folder() as folder, temporary_server(folder, environ=programs) as server:
        there = _pointed(project, server.url(database=name), tools.bindir)
        loaded = load(there, backup, database=name, replace=False, jobs=2, step=step, tolerant=True)
        rows = sum(one.rows for one in manifest.tables.values())
        yield _Restored(
            project=there,
            as_of=manifest.as_of,
            next_xid=manifest.next_xid,
            contents=Check(
                name="rows",
                found=f"{rows:,} rows in {len(manifest.tables)} tables: counts, hashes, sequences"
                " and large objects held against the manifest",
                differences=(*loaded.differences, *loaded.refused),
            ),
        )


@contextmanager
def _copied(
    project: Project, chain: Sequence[Backup], step: Step, talk: Callable[[str], object]
) -> Iterator[_Restored]:
    manifest = chain[-1].whole
    wal = wal_folder(chain[-1].folder.parent)
    timeline = follow(manifest, wal, talk)
    with new_folder() as folder:
        made = new_data_folder(chain, folder / "data", wal=wal, environ=project.environ, step=step)
        with (
            made as (place, log),
            recovered_server(
                place,
                wal=log,
                point=None,
                timeline=timeline,
                superuser=manifest.superuser,
                settings=_FORGETFUL,
                talk=talk,
            ) as reached,
        ):
            url = reached.url(manifest.database)
            there = _pointed(project, url, place.installation.bindir)
            yield _Restored(
                project=there,
                as_of=max(reached.time or manifest.as_of, manifest.as_of),
                next_xid=reached.next_xid,
                contents=check_readable(there, step),
            )


def _pointed(project: Project, url: str, bindir: Path) -> Project:
    """The project on another server: no variable of libpq leads back to the live one."""
    environ = {name: value for name, value in project.environ.items() if name[:2] != "PG"}
    return replace(project, url=url, environ={**environ, "PG_BINDIR": str(bindir)})


def _checks(restored: _Restored, manifest: Manifest) -> list[Check]:
    there = restored.project
    with connect(there.url or "", there) as conn:
        found = read_migrations(conn, there)
    exact = manifest.kind is Kind.LOGICAL
    return [
        restored.contents,
        check_migrations(manifest.migrations, found, exact=exact),
        check_schema(there),
        check_queries(there),
    ]


def _lost(project: Project, manifest: Manifest, restored: _Restored) -> tuple[float, int | None]:
    """Seconds and transactions that the live server has and the restored one has not, at most."""
    now = datetime.now(UTC)
    try:
        with connect(database_url(project), project) as conn:
            live = read_server(conn)
    except SqlwrightError:
        return (now - restored.as_of).total_seconds(), None
    if live.system != manifest.system:
        return (now - restored.as_of).total_seconds(), None
    transactions = max(0, live.next_xid - restored.next_xid)
    if not transactions:
        return 0.0, 0
    return max(0.0, (live.now - restored.as_of).total_seconds()), transactions
