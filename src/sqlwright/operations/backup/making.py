"""Makes one backup and lets old ones go: what the command calls."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.errors import BackupError
from sqlwright.operations.backup.files import Step
from sqlwright.operations.backup.folder import (
    Backup,
    chain_of,
    list_backups,
    make_folder,
    new_backup,
    one_writer,
    remove,
    settle,
    wal_folder,
)
from sqlwright.operations.backup.logical import dump
from sqlwright.operations.backup.manifest import Kind, write_manifest
from sqlwright.operations.backup.noted import Server, ask, database_url, read_server
from sqlwright.operations.backup.physical import copy_data
from sqlwright.operations.backup.retention import Retention, expired, expired_wal
from sqlwright.operations.backup.tools import find_tools
from sqlwright.server.connection import connect
from sqlwright.server.installation import Installation

__all__ = ["Made", "Plan", "make_backup", "plan_backup"]

_INCREMENTAL_SINCE = 17


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a backup would be: `estimate` in bytes, a dump's before compression."""

    kind: Kind
    folder: Path
    server: Server
    tools: Installation
    estimate: int
    free: int
    parent: Backup | None


@dataclass(frozen=True, kw_only=True)
class Made:
    """The new backup, those that went, and how many segments of the log went with them."""

    backup: Backup
    removed: tuple[str, ...]
    segments: int


def plan_backup(project: Project, folder: Path, kind: Kind) -> Plan:
    """What a backup of this kind would be; nothing is made.

    Raises:
        BackupError: the programs are missing, there is not the room, or nothing to build on.
        ConnectError: the server can't be reached.
    """
    with connect(database_url(project), project, application="sqlwright backup") as conn:
        server = read_server(conn)
        estimate = _estimate(conn, kind)
    return Plan(
        kind=kind,
        folder=folder,
        server=server,
        tools=find_tools(server.major, project.environ),
        estimate=estimate,
        free=_free(folder),
        parent=_parent(folder, server) if kind is Kind.INCREMENTAL else None,
    )


def _estimate(conn: psycopg.Connection[Any], kind: Kind) -> int:
    """Bytes of the database, or of all that the server has."""
    try:
        found: int = ask(conn, "size_of_database" if kind is Kind.LOGICAL else "size_of_server")[0][
            0
        ]
    except psycopg.errors.InsufficientPrivilege:
        raise BackupError(
            f"{conn.info.user} may not copy the server, which is more than its own database.",
            hint=f"As a superuser: alter role {conn.info.user} replication;"
            f" grant pg_monitor to {conn.info.user};",
        ) from None
    return found


def _free(folder: Path) -> int:
    """Bytes that the disk of the folder has left, also where the folder is yet to be made."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    return shutil.disk_usage(there).free


def _parent(folder: Path, server: Server) -> Backup:
    """The newest copy of the server that is whole, with all that it builds on."""
    if server.major < _INCREMENTAL_SINCE:
        raise BackupError(
            f"PostgreSQL {server.major} makes no incremental backups; {_INCREMENTAL_SINCE} does.",
            hint="Take a full one: leave --incremental out.",
        )
    for backup in list_backups(folder):
        found = backup.manifest
        if found and found.kind is not Kind.LOGICAL and found.system == server.system:
            with suppress(BackupError):
                chain_of(backup)
                return backup
    raise BackupError(
        f"There is no physical backup of this server in {folder} to build on.",
        hint="Take a full one first: sqlwright backup --physical.",
    )


def make_backup(
    project: Project, folder: Path, kind: Kind, *, jobs: int, retention: Retention, step: Step
) -> Made:
    """Makes a backup in the folder, whole or not at all, and then removes what has expired.

    Raises:
        BackupError: it could not be made; nothing of it is left.
        ConnectError: the server can't be reached.
    """
    make_folder(folder)
    with one_writer(folder):
        plan = plan_backup(project, folder, kind)
        _refuse_without_room(plan)
        with new_backup(folder, kind) as (name, fresh):
            try:
                if kind is Kind.LOGICAL:
                    noted = dump(project, fresh, name, tools=plan.tools, jobs=jobs, step=step)
                else:
                    noted = copy_data(
                        project, fresh, name, tools=plan.tools, parent=plan.parent, step=step
                    )
                write_manifest(fresh, noted)
                made = Backup(folder=settle(fresh, name), manifest=noted)
            except OSError as error:
                raise BackupError(
                    f"The backup could not be written to {folder}: {error.strerror}.",
                    hint="Make room there, or give another folder: --to FOLDER.",
                ) from None
        return _cleaned(folder, made, retention)


def _refuse_without_room(plan: Plan) -> None:
    """A dump is compressed: it wants a fraction of what it is of, and a copy all of it."""
    wanted = plan.estimate // 10 if plan.kind is Kind.LOGICAL else plan.estimate
    if plan.kind is not Kind.INCREMENTAL and plan.free < wanted:
        raise BackupError(
            f"The backup wants about {wanted // 2**20:,} MB, and the disk of {plan.folder} has"
            f" {plan.free // 2**20:,} MB left.",
            hint="Make room there, or give another folder: --to FOLDER.",
        )


def _cleaned(folder: Path, made: Backup, retention: Retention) -> Made:
    backups = list_backups(folder)
    removed = [
        one.name for one in expired(backups, retention, now=datetime.now(UTC)) if remove(one)
    ]
    kept = [one for one in backups if one.name not in removed]
    segments = _forget(wal_folder(folder), kept) if retention.is_given else 0
    return Made(backup=made, removed=tuple(removed), segments=segments)


def _forget(wal: Path, kept: Sequence[Backup]) -> int:
    """Removes segments that none of the backups needs, and what says which one began in them."""
    segments = expired_wal(wal, kept)
    try:
        for segment in segments:
            for file in wal.glob(f"{segment.name}*"):
                file.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(
            f"The backup is made, but nothing can be removed from {wal}: {error.strerror}.",
            hint="Let this user write there: segments that no backup needs fill the disk.",
        ) from None
    return len(segments)
