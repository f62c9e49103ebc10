"""`status`, `current`, `history`: what is applied, what is pending, and what was done when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, Schemas, columns, print_json, utc

if TYPE_CHECKING:
    from sqlwright.migrations.history import Entry

__all__ = ["register"]

_SIGNS = {"applied": "[X]", "pending": "[ ]", "changed": "[!]", "missing": "[?]", "failed": "[-]"}


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command(epilog="Example: sqlwright status --schema iopaint")(status)
    app.command(epilog="Example: sqlwright current")(current)
    app.command(epilog="Example: sqlwright history")(history)


def status(
    database: Database = None,
    schema: Schemas = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 unless everything is applied.")
    ] = False,
    json: Json = False,
) -> None:
    """Show each migration: [X] applied, [ ] pending, [!] changed, [?] missing, [-] failed."""
    from sqlwright.migrations.history import remarks

    entries = _read(database, schema)
    shown = [entry for entry in entries if not schema or entry.schema in schema]
    if json:
        print_json(_status_document(shown))
    else:
        said = remarks(entries)
        rows = [(_SIGNS[e.state], e.id, _standing(e, said.get(e.id))) for e in shown]
        print("\n".join([*columns(rows), "", _counts(shown)] if rows else ["No migrations."]))
    if check and any(entry.state.value != "applied" for entry in shown):
        raise typer.Exit(1)


def _read(database: str | None, schemas: list[str] | None) -> list[Entry]:
    """Every migration as it stands; refuses the name of a schema that there isn't."""
    from sqlwright.config import load_project
    from sqlwright.migrations.migrate import read_entries
    from sqlwright.migrations.plan import check_schemas

    entries = read_entries(load_project(database=database))
    check_schemas(schemas or (), [entry.migration for entry in entries if entry.migration])
    return entries


def _standing(entry: Entry, remark: str | None) -> str:
    """Since when it is applied, or what it is instead, and what else is worth saying."""
    standing = utc(entry.applied_at) or entry.state.value
    return f"{standing}, {remark}" if remark else standing


def _status_document(entries: list[Entry]) -> dict[str, Any]:
    schemas = dict.fromkeys(entry.schema for entry in entries)
    return {
        "schemas": [_schema_document(name, entries) for name in schemas],
        "migrations": [
            {
                "id": entry.id,
                "schema": entry.schema,
                "state": entry.state.value,
                "applied_at": utc(entry.applied_at) or None,
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


def current(database: Database = None, schema: Schemas = None, json: Json = False) -> None:
    """Show the newest applied migration of each schema."""
    from sqlwright.migrations.history import newest_first

    entries = _read(database, schema)
    last = {entry.schema: entry for entry in reversed(newest_first(entries))}
    chosen = [e.schema for e in entries if e.applied and (not schema or e.schema in schema)]
    newest = {name: last[name] for name in chosen}
    if json:
        print_json([{"schema": name, "id": entry.id} for name, entry in newest.items()])
        return
    rows = [(name, entry.id, utc(entry.applied_at)) for name, entry in newest.items()]
    print("\n".join(columns(rows) if rows else ["Nothing is applied."]))


def history(
    database: Database = None,
    schema: Schemas = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The newest N; else everything.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what was done when and by whom, oldest first."""
    from sqlwright.config import load_project
    from sqlwright.migrations.migrate import read_log

    names = ("at", "operation", "id", "user", "host")
    rows = read_log(load_project(database=database), schemas=schema or ())[-(limit or 0) :]
    if json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    shown = [(utc(row[0]), *row[1:]) for row in rows]
    print("\n".join(columns(shown) if shown else ["Nothing has been done yet."]))
