"""`restore`: a backup into a new database, or into a new data folder up to a point in time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sqlwright.cli.options import Database, From, Json, Yes, columns, print_json, utc
from sqlwright.cli.talk import interruptible, progress, refuse, talk

if TYPE_CHECKING:
    from sqlwright.config import Project

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright restore latest --into shop_restored")(restore)


def restore(
    backup: Annotated[
        str, typer.Argument(metavar="BACKUP", help="Its name or its folder.")
    ] = "latest",
    database: Database = None,
    into: Annotated[
        str | None,
        typer.Option("--into", metavar="DATABASE", help="Load a dump into this new database."),
    ] = None,
    data_folder: Annotated[
        Path | None,
        typer.Option("--data-folder", metavar="DIR", help="Recover a physical one into this."),
    ] = None,
    from_: From = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="POINT",
            help="Until before this: a time (UTC unless it says), 0/3000060, or a transaction.",
        ),
    ] = None,
    wal: Annotated[
        Path | None,
        typer.Option("--wal", metavar="FOLDER", help="The archived WAL; else wal/ beside backups."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Connections that load a dump.")
    ] = 2,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Restore a backup, every byte of it verified before anything is touched."""
    from sqlwright.config import load_project
    from sqlwright.errors import BackupError
    from sqlwright.operations.backup import backups_folder

    if (into is None) == (data_folder is None) or (into is not None and (at or wal)):
        raise BackupError(
            "Say where to: --into DATABASE for a dump, --data-folder DIR for a physical backup,"
            " which alone can go --at a point.",
            hint="Example: sqlwright restore latest --into shop_restored",
        )
    project = load_project(database=database)
    folder = backups_folder(project, from_)
    with interruptible("Interrupted; nothing was changed, and nothing of it is left."):
        if into is not None:
            _into(project, folder, backup, into, jobs=jobs, yes=yes, json=json)
        elif data_folder is not None:
            target = data_folder.expanduser().absolute()
            _data(project, folder, backup, target, at=at, wal=wal, yes=yes, json=json)


def _into(
    project: Project, folder: Path, name: str, into: str, *, jobs: int, yes: bool, json: bool
) -> None:
    from sqlwright.operations.backup import Kind
    from sqlwright.operations.restore import choose, is_there, restore_database

    backup = choose(project, folder, name, kinds=[Kind.LOGICAL])
    there = is_there(project, into)
    if there and not yes:
        refuse(f"replace database {into}, with", _contents(project, into))
    with progress() as step:
        came = restore_database(project, backup, database=into, replace=there, jobs=jobs, step=step)
    rows = sum(one.rows for one in backup.whole.tables.values())
    if json:
        document = {"backup": backup.name, "database": into, "rows": rows}
        print_json({**document, "roles_made": came.roles, "settings_refused": came.refused})
        return
    as_of = utc(backup.whole.as_of)
    print(f"{into}: {len(backup.whole.tables)} tables with {rows:,} rows, as of {as_of}")
    if came.roles:
        talk(f"Roles that were missing and now have no password: {', '.join(came.roles)}.")
    for setting in came.refused:
        talk(f"The server does not take a setting of the database, {setting}.")


def _contents(project: Project, database: str) -> list[str]:
    """What would be lost."""
    from dataclasses import replace

    from sqlwright.server.connection import admin_url
    from sqlwright.server.database import list_contents
    from sqlwright.urls import with_database

    there = list_contents(replace(project, url=with_database(admin_url(project), database)))
    rows = [(c.schema, c.tables, "tables,", f"~{c.rows} rows") for c in there or ()]
    return columns(rows) if rows else ["nothing"]


def _data(
    project: Project,
    folder: Path,
    name: str,
    target: Path,
    *,
    at: str | None,
    wal: Path | None,
    yes: bool,
    json: bool,
) -> None:
    from sqlwright.errors import BackupError
    from sqlwright.operations.backup import Kind, wal_folder
    from sqlwright.operations.restore import check_target, choose, read_point, restore_data

    point = read_point(at) if at else None
    kinds = [Kind.PHYSICAL, Kind.INCREMENTAL]
    backup = choose(project, folder, name, kinds=kinds, point=point)
    if check_target(target) and not yes:
        refuse("replace the data folder", [str(target)])
    log = wal.expanduser().absolute() if wal else wal_folder(backup.folder.parent)
    if wal and not log.is_dir():
        raise BackupError(
            f"There is no folder {log}.", hint="--wal names the folder of the archived segments."
        )
    with progress() as step:
        came = restore_data(
            project, backup, target=target, wal=log, point=point, step=step, talk=talk
        )
    reached = f"{came.time:%Y-%m-%dT%H:%M:%S.%f%z}".replace("+0000", "Z")
    if json:
        document = {"backup": backup.name, "data": str(target), "time": reached, "lsn": came.lsn}
        print_json(document)
        return
    print(f"{target}: everything committed up to {reached} (WAL {came.lsn})")
    talk("It is a whole data folder now: start your server on it, then take a new backup.")
