"""`apply`, `rollback`, `stamp`: what changes a database or its record of migrations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, Schemas, To, Yes, print_json
from sqlwright.cli.talk import ignore, refuse, talk
from sqlwright.migrations.limits import Limits

if TYPE_CHECKING:
    from sqlwright.migrations.migrate import Done
    from sqlwright.migrations.source import Migration

__all__ = ["register"]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL and change nothing.")]
LockTimeout = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long to queue for a table, each time.")
]
Attempts = Annotated[int, typer.Option(min=1, metavar="N", help="How often to queue for it.")]
StatementTimeout = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long a statement may take.")
]
Wait = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="How long to wait for who migrates now.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command(epilog="Example: sqlwright apply --schema sisyphus")(apply)
    app.command(epilog="Example: sqlwright rollback --dry-run")(rollback)
    app.command(epilog="Example: sqlwright stamp --schema iopaint")(stamp)


def apply(
    database: Database = None,
    schema: Schemas = None,
    to: To = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The next N; else everything.")
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
    lock_timeout: LockTimeout = Limits.lock,
    attempts: Attempts = Limits.attempts,
    statement_timeout: StatementTimeout = Limits.statement,
    wait: Wait = Limits.wait,
) -> None:
    """Apply what is pending, each file whole or not at all."""
    from sqlwright.config import load_project
    from sqlwright.migrations import migrate

    project = load_project(database=database)
    which: Any = {"schemas": schema or (), "to": to, "steps": steps}
    if dry_run:
        _print_sql(migrate.plan_apply(project, **which, talk=talk), "text", json=json)
        return
    finished = migrate.apply(
        project,
        **which,
        limits=Limits(wait=wait, lock=lock_timeout, attempts=attempts, statement=statement_timeout),
        done=ignore if json else _print_done,
        talk=talk,
    )
    _finish(finished, json=json, nothing="Nothing to apply.")


def rollback(
    database: Database = None,
    schema: Schemas = None,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The newest N; else one.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="What was applied after this one.")
    ] = None,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Needed for more than one.")] = False,
    json: Json = False,
    lock_timeout: LockTimeout = Limits.lock,
    attempts: Attempts = Limits.attempts,
    statement_timeout: StatementTimeout = Limits.statement,
    wait: Wait = Limits.wait,
) -> None:
    """Roll back the newest migration, or as many as you say."""
    from sqlwright.config import load_project
    from sqlwright.migrations import migrate

    project = load_project(database=database)
    which: Any = {"steps": steps, "schemas": schema or (), "to": to}
    chosen = migrate.plan_rollback(project, **which)
    if dry_run:
        _print_sql(chosen, "rollback_text", json=json)
        return
    if len(chosen) > 1 and not yes:
        ids = [migration.id for migration in chosen]
        refuse(f"roll back {_counted(ids)}, newest first", ids)
    finished = migrate.rollback(
        project,
        **which,
        agreed=chosen,
        limits=Limits(wait=wait, lock=lock_timeout, attempts=attempts, statement=statement_timeout),
        done=ignore if json else _print_done,
        talk=talk,
    )
    _finish(finished, json=json, nothing="Nothing to roll back.")


def stamp(
    ids: Annotated[list[str] | None, typer.Argument(help="These alone.")] = None,
    database: Database = None,
    schema: Schemas = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="Up to this one; with --remove, what comes after."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every migration.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take marks away instead; nothing is rolled back.")
    ] = False,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Even where one depends on what is not applied.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
    wait: Wait = Limits.wait,
) -> None:
    """Mark migrations as applied without running them, or take marks away."""
    from sqlwright.config import load_project
    from sqlwright.migrations import stamp as stamping

    project = load_project(database=database)
    choice = stamping.Choice(
        ids=ids or (),
        to=to,
        schemas=schema or (),
        everything=everything,
        remove=remove,
        gaps=gaps,
    )
    chosen = stamping.plan_stamp(project, choice)
    if chosen and not yes:
        what = "not applied, and undo nothing" if remove else "applied, and run nothing"
        refuse(f"mark {_counted(chosen)} as {what}", chosen)
    done = stamping.stamp(project, choice, limits=Limits(wait=wait)) if chosen else []
    if json:
        print_json({"migrations": [{"id": name, "operation": _marking(remove)} for name in done]})
        return
    for name in done:
        print(f"Marked {name} as {'not applied' if remove else 'applied'}")
    if not done:
        print("Nothing to mark.")


def _marking(remove: bool) -> str:
    """yoyo's words, as they stand in the log."""
    return "unmark" if remove else "mark"


def _counted(ids: list[str]) -> str:
    return "1 migration" if len(ids) == 1 else f"{len(ids)} migrations"


def _print_sql(migrations: list[Migration], attribute: str, *, json: bool) -> None:
    if json:
        documents = [{"id": m.id, "sql": getattr(m, attribute)} for m in migrations]
        print_json({"migrations": documents})
        return
    for migration in migrations:
        print(f"-- {migration.id}\n{(getattr(migration, attribute) or '').rstrip()}\n")
    if not migrations:
        print("Nothing to do.", file=sys.stderr)


def _print_done(done: Done) -> None:
    verb = "Applied" if done.operation == "apply" else "Rolled back"
    print(f"{verb} {done.id} in {done.seconds * 1000:.0f} ms", flush=True)


def _finish(finished: list[Done], *, json: bool, nothing: str) -> None:
    if json:
        print_json({"migrations": [vars(done) for done in finished]})
    elif not finished:
        print(nothing)
    elif len(finished) > 1:
        total = sum(done.seconds for done in finished)
        print(f"{len(finished)} migrations in {total:.1f} s")
