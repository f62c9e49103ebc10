"""`apply`, `rollback`, `status`, `current`, `history`: the migrations of the project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, Schemas, To, columns, print_json

if TYPE_CHECKING:
    from sqlwright.migrations.history import Entry
    from sqlwright.migrations.migrate import Done
    from sqlwright.migrations.source import Migration

__all__ = ["register"]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL and change nothing.")]
_SIGNS = {"applied": "[X]", "pending": "[ ]", "changed": "[!]", "missing": "[?]", "failed": "[-]"}


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command(epilog="Example: sqlwright apply --schema sisyphus")(apply)
    app.command(epilog="Example: sqlwright rollback --dry-run")(rollback)
    app.command(epilog="Example: sqlwright status --schema iopaint")(status)
    app.command(epilog="Example: sqlwright current")(current)
    app.command(epilog="Example: sqlwright history")(history)


def apply(
    database: Database = None,
    schema: Schemas = None,
    to: To = None,
    dry_run: DryRun = False,
    json: Json = False,
    lock_timeout: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="How long to queue for a table, each time."),
    ] = 5,
    wait: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="How long to wait for who migrates now."),
    ] = 60,
) -> None:
    """Apply what is pending, each file whole or not at all."""
    from sqlwright.config import load_project
    from sqlwright.migrations import migrate
    from sqlwright.migrations.session import Limits

    project = load_project(database=database)
    if dry_run:
        _print_sql(migrate.plan_apply(project, schemas=schema or (), to=to), "text", json=json)
        return
    finished = migrate.apply(
        project,
        schemas=schema or (),
        to=to,
        limits=Limits(lock=lock_timeout, wait=wait),
        done=_ignore if json else _print_done,
        talk=_talk,
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
) -> None:
    """Roll back the newest migration, or as many as you say."""
    from sqlwright.config import load_project
    from sqlwright.migrations import migrate

    project = load_project(database=database)
    chosen = migrate.plan_rollback(project, steps=steps or 1, schemas=schema or (), to=to)
    if dry_run:
        _print_sql(chosen, "rollback_text", json=json)
        return
    if len(chosen) > 1 and not yes:
        print(f"This would roll back {len(chosen)} migrations, newest first:", file=sys.stderr)
        for migration in chosen:
            print(f"  {migration.id}", file=sys.stderr)
        print("Nothing was changed. Add --yes to do it.", file=sys.stderr)
        raise typer.Exit(2)
    finished = migrate.rollback(
        project,
        steps=steps or 1,
        schemas=schema or (),
        to=to,
        done=_ignore if json else _print_done,
        talk=_talk,
    )
    _finish(finished, json=json, nothing="Nothing to roll back.")


def status(
    database: Database = None,
    schema: Schemas = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 unless everything is applied.")
    ] = False,
    json: Json = False,
) -> None:
    """Show each migration: [X] applied, [ ] pending, [!] changed, [?] missing, [-] failed."""
    from sqlwright.config import load_project
    from sqlwright.migrations.migrate import read_entries
    from sqlwright.migrations.plan import check_schemas

    entries = read_entries(load_project(database=database))
    check_schemas(schema or (), [entry.migration for entry in entries if entry.migration])
    shown = [entry for entry in entries if not schema or entry.schema in schema]
    if json:
        print_json(_status_document(shown))
    else:
        rows = [(_SIGNS[e.state], e.id, _time(e) if e.applied else e.state.value) for e in shown]
        print("\n".join([*columns(rows), "", _counts(shown)] if rows else ["No migrations."]))
    if check and any(entry.state.value != "applied" for entry in shown):
        raise typer.Exit(1)


def _status_document(entries: list[Entry]) -> dict[str, Any]:
    schemas = dict.fromkeys(entry.schema for entry in entries)
    return {
        "schemas": [_schema_document(name, entries) for name in schemas],
        "migrations": [
            {
                "id": entry.id,
                "schema": entry.schema,
                "state": entry.state.value,
                "applied_at": _time(entry) or None,
                "checksum": entry.migration.checksum if entry.migration else None,
            }
            for entry in entries
        ],
    }


def _schema_document(name: str, entries: list[Entry]) -> dict[str, Any]:
    own = [entry for entry in entries if entry.schema == name]
    on_disk = [entry.id for entry in own if entry.migration]
    return {
        "schema": name,
        "applied": sum(entry.applied is not None for entry in own),
        "pending": sum(entry.applied is None for entry in own),
        "head": on_disk[-1] if on_disk else None,
    }


def _counts(entries: list[Entry]) -> str:
    states = [entry.state.value for entry in entries]
    return " / ".join(
        f"{state.capitalize()}: {states.count(state)}"
        for state in _SIGNS
        if state in {"applied", "pending"} or state in states
    )


def _time(entry: Entry) -> str:
    return f"{entry.applied_at:%Y-%m-%dT%H:%M:%SZ}" if entry.applied_at else ""


def current(database: Database = None, json: Json = False) -> None:
    """Show the newest applied migration of each schema."""
    from sqlwright.config import load_project
    from sqlwright.migrations.migrate import read_entries

    newest: dict[str, Entry] = {}
    for entry in read_entries(load_project(database=database)):
        if entry.applied and entry.applied.at >= _applied_at(newest.get(entry.schema), entry):
            newest[entry.schema] = entry
    if json:
        print_json([{"schema": name, "id": entry.id} for name, entry in newest.items()])
        return
    rows = [(name, entry.id, _time(entry)) for name, entry in newest.items()]
    print("\n".join(columns(rows) if rows else ["Nothing is applied."]))


def _applied_at(known: Entry | None, default: Entry) -> Any:
    return (known or default).applied_at


def history(database: Database = None, json: Json = False) -> None:
    """Show what was done when and by whom, oldest first."""
    from sqlwright.config import load_project
    from sqlwright.migrations.migrate import read_log

    names = ("at", "operation", "id", "user", "host")
    rows = read_log(load_project(database=database))
    if json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    shown = [(f"{row[0]:%Y-%m-%dT%H:%M:%SZ}", *row[1:]) for row in rows]
    print("\n".join(columns(shown) if shown else ["Nothing has been done yet."]))


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


def _ignore(_: object) -> None:
    """JSON is printed at the end."""


def _talk(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _finish(finished: list[Done], *, json: bool, nothing: str) -> None:
    if json:
        print_json({"migrations": [vars(done) for done in finished]})
    elif not finished:
        print(nothing)
    elif len(finished) > 1:
        total = sum(done.seconds for done in finished)
        print(f"{len(finished)} migrations in {total:.1f} s")
