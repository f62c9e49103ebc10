"""`backup`: copies of the database by PostgreSQL's own programs, and which of them stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, columns, print_json, utc
from sqlwright.cli.talk import interruptible, progress, talk

if TYPE_CHECKING:
    from pathlib import Path

    from sqlwright.config import Project
    from sqlwright.operations.backup import Backup, Kind, Retention

__all__ = ["document", "register", "size"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright backup --keep-days 30 --keep 7")(backup)


def backup(
    database: Database = None,
    physical: Annotated[
        bool, typer.Option("--physical", help="The whole server's data folder, not a dump.")
    ] = False,
    incremental: Annotated[
        bool, typer.Option("--incremental", help="What changed since the last physical one (17+).")
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FOLDER", help="Where backups are; else the folder of the settings."
        ),
    ] = None,
    keep_days: Annotated[
        float | None,
        typer.Option("--keep-days", min=0, metavar="N", help="Remove what is older afterwards."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, metavar="N", help="Keep the newest N, whatever their age."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Connections of a dump.")
    ] = 2,
    list_: Annotated[bool, typer.Option("--list", help="Show what is there, and its age.")] = False,
    archive: Annotated[
        bool,
        typer.Option("--archive-command", help="Print the archive_command that keeps the WAL."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be made and removed.")
    ] = False,
    json: Json = False,
) -> None:
    """Back up the database, whole or not at all; a bare backup is a dump."""
    from sqlwright.config import load_project
    from sqlwright.operations import backup as backups

    project = load_project(database=database)
    folder = backups.backups_folder(project, to)
    kind = backups.Kind.INCREMENTAL if incremental else backups.Kind.PHYSICAL
    kind = kind if physical or incremental else backups.Kind.LOGICAL
    retention = backups.Retention(days=keep_days, count=keep)
    if archive:
        print(backups.archive_command(backups.wal_folder(folder)))
    elif list_:
        _print_list(folder, json=json)
    elif dry_run:
        _print_plan(project, folder, kind, retention, json=json)
    else:
        _make(project, folder, kind, retention, jobs=jobs, json=json)


def _make(
    project: Project, folder: Path, kind: Kind, retention: Retention, *, jobs: int, json: bool
) -> None:
    from sqlwright.operations.backup import make_backup

    with interruptible("Interrupted; nothing of the backup is left."), progress() as step:
        made = make_backup(project, folder, kind, jobs=jobs, retention=retention, step=step)
    whole = made.backup.whole
    if json:
        kept = {"removed": list(made.removed), "removed_segments": made.segments}
        print_json({"backup": document(made.backup), **kept})
        return
    print(f"{made.backup.folder}  {size(whole.size)} in {whole.seconds:.1f} s")
    for name in made.removed:
        talk(f"Removed {name}.")
    if made.segments:
        talk(f"Removed {made.segments} segments of WAL that no backup needs.")


def _print_list(folder: Path, *, json: bool) -> None:
    from datetime import UTC, datetime

    from sqlwright.operations.backup import list_backups

    found = list_backups(folder)
    if json:
        print_json({"folder": str(folder), "backups": [document(one) for one in found]})
    elif not found:
        print(f"No backups in {folder}.")
    else:
        print("\n".join(columns([_row(one, datetime.now(UTC)) for one in found])))
    if any(one.fault for one in found):
        raise typer.Exit(1)


def _row(found: Backup, now: Any) -> tuple[str, ...]:
    whole = found.manifest
    if whole is None:
        return found.name, "damaged", "", "", found.fault or ""
    return found.name, whole.database, size(whole.size), _age(now - whole.as_of), whole.version


def _print_plan(
    project: Project, folder: Path, kind: Kind, retention: Retention, *, json: bool
) -> None:
    from datetime import UTC, datetime

    from sqlwright.operations.backup import list_backups, plan_backup
    from sqlwright.operations.backup.retention import expired

    plan = plan_backup(project, folder, kind)
    going = [one.name for one in expired(list_backups(folder), retention, now=datetime.now(UTC))]
    parent = plan.parent.name if plan.parent else None
    if json:
        print_json(
            {
                "kind": kind.value,
                "folder": str(folder),
                "server": plan.server.version,
                "programs": str(plan.tools.bindir),
                "estimated_bytes": plan.estimate,
                "free_bytes": plan.free,
                "parent": parent,
                "would_remove": going,
            }
        )
        return
    on = f", on top of {parent}" if parent else ""
    print(f"A {kind.value} backup of PostgreSQL {plan.server.version} to {folder}{on}")
    print(f"of {size(plan.estimate)}; the disk has {size(plan.free)} left.")
    print("\n".join(f"Would remove {name}." for name in going) or "Nothing would be removed.")


def document(found: Backup) -> dict[str, Any]:
    """A backup as JSON gives it, without its lists of tables and files."""
    whole = found.manifest
    if whole is None:
        return {"name": found.name, "folder": str(found.folder), "fault": found.fault}
    return {
        "name": found.name,
        "folder": str(found.folder),
        "fault": None,
        "kind": whole.kind.value,
        "database": whole.database,
        "server": whole.version,
        "system": whole.system,
        "as_of": utc(whole.as_of),
        "lsn": whole.lsn,
        "heads": whole.heads,
        "parent": whole.parent,
        "bytes": whole.size,
        "seconds": round(whole.seconds, 3),
        "tables": len(whole.tables),
        "rows": sum(rows.rows for rows in whole.tables.values()),
    }


def size(number: float) -> str:
    """Bytes for a person."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:  # noqa: PLR2004 -- what a kilo is
            return f"{number:.0f} {unit}" if unit in {"bytes", "kB"} else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def _age(age: Any) -> str:
    """How long ago it was, in the largest unit that fits."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if (number := age.total_seconds() / length) >= 2:  # noqa: PLR2004 -- plural from here on
            return f"{number:.0f} {unit} ago"
    return f"{age.total_seconds():.0f} s ago"
