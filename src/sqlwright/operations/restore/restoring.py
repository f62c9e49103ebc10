"""Restores a backup once all of it was verified: what the command calls."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import BackupError
from sqlwright.operations.backup import Backup, Kind, chain_of, find_backup, list_backups
from sqlwright.operations.backup.files import Step, check_files
from sqlwright.operations.backup.manifest import MANIFEST
from sqlwright.operations.restore.logical import Loaded, load
from sqlwright.operations.restore.physical import check_target, new_data_folder, settle_data
from sqlwright.operations.restore.point import Point, newest_before
from sqlwright.operations.restore.recovery import recovered_server
from sqlwright.operations.restore.timelines import follow
from sqlwright.server.connection import database_name

__all__ = ["Recovery", "choose", "restore_data", "restore_database", "verified"]


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """A restored data folder, and how far it came: see `recovery.Recovered`."""

    data: Path
    time: datetime
    lsn: str | None


def choose(
    project: Project, folder: Path, name: str, *, kinds: Sequence[Kind], point: Point | None = None
) -> Backup:
    """The backup of that name; `latest` is the project's newest whole one of these kinds.

    With a point it is the newest one from before it.

    Raises:
        BackupError: there is none, or it does not fit.
    """
    if name == "latest":
        return _latest(project, folder, kinds, point)
    found = find_backup(folder, name)
    if found.whole.kind not in kinds:
        wanted = "--into DATABASE" if found.whole.kind is Kind.LOGICAL else "--data-folder DIR"
        raise BackupError(
            f"{found.name} is a {found.whole.kind} backup.", hint=f"Restore it with {wanted}."
        )
    if point and not point.is_after(found.whole):
        raise BackupError(
            f"{found.name} ends after {point}.", hint="Restore an older one, or leave its name out."
        )
    return found


def _latest(project: Project, folder: Path, kinds: Sequence[Kind], point: Point | None) -> Backup:
    database = database_name(project)
    ours = [
        one
        for one in list_backups(folder)
        if one.manifest and one.manifest.kind in kinds and one.manifest.database == database
    ]
    found = newest_before(ours, point) if point else next(iter(ours), None)
    if found is None:
        before = f" from before {point}" if point else ""
        named = " or ".join(kind.value for kind in kinds if kind is not Kind.INCREMENTAL)
        raise BackupError(
            f"There is no whole {named} backup of {database}{before} in {folder}.",
            hint=f"sqlwright backup --list --to {folder} shows what there is.",
        )
    return found


@contextmanager
def verified(backup: Backup, *, step: Step, environ: Mapping[str, str]) -> Iterator[list[Backup]]:
    """The backup behind those that it builds on, every byte of them verified, and none removed.

    Raises:
        BackupError: one of them is missing, or not as it was written.
    """
    with ExitStack() as stack:
        chain = chain_of(backup)
        for one in chain:
            held = stack.enter_context((one.folder / MANIFEST).open("rb"))
            fcntl.flock(held, fcntl.LOCK_SH)
            check_files(one.folder, one.whole, step=step, environ=environ)
        yield chain


def restore_database(
    project: Project, backup: Backup, *, database: str, replace: bool, jobs: int, step: Step
) -> Loaded:
    """Puts a logical backup into a new database on the project's server.

    Raises:
        BackupError: the backup is damaged, or can't be loaded; nothing was made.
        ConnectError: the server can't be reached.
    """
    with verified(backup, step=step, environ=project.environ):
        return load(project, backup, database=database, replace=replace, jobs=jobs, step=step)


def restore_data(
    project: Project,
    backup: Backup,
    *,
    target: Path,
    wal: Path | None,
    point: Point | None,
    step: Step,
    talk: Callable[[str], object],
) -> Recovery:
    """Puts a physical backup into a data folder, and recovers it up to the point.

    Raises:
        BackupError: the backup is damaged, or the log does not reach the point; nothing was made.
        ServerError: the restored server does not start.
    """
    with verified(backup, step=step, environ=project.environ) as chain:
        check_target(target)
        timeline = follow(backup.whole, wal, talk)
        made = new_data_folder(chain, target, wal=wal, environ=project.environ, step=step)
        with made as (place, log):
            with recovered_server(
                place,
                wal=log,
                point=point,
                timeline=timeline,
                superuser=backup.whole.superuser,
                talk=talk,
            ) as reached:
                came = Recovery(
                    data=target, time=reached.time or backup.whole.as_of, lsn=reached.lsn
                )
            settle_data(place.data, target)
    return came
