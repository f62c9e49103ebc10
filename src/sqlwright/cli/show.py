"""`heads`, `show`: what there is to apply, and one migration with all that is known of it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, Schemas, columns, print_json, utc

if TYPE_CHECKING:
    from sqlwright.migrations.show import Details
    from sqlwright.migrations.source import Migration

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command(epilog="Example: sqlwright heads --schema iopaint")(heads)
    app.command(epilog="Example: sqlwright show iopaint_0001_schema")(show)


def heads(
    schema: Schemas = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 where a schema has several.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the migrations that no other one of their schema depends on; asks no database."""
    from sqlwright.config import load_project
    from sqlwright.migrations import order
    from sqlwright.migrations.plan import check_schemas
    from sqlwright.migrations.source import read_project

    migrations = read_project(load_project())
    check_schemas(schema or (), migrations)
    found = [m for m in order.heads(migrations) if not schema or m.schema in schema]
    counts = Counter(migration.schema for migration in found)
    several = {name: count for name, count in counts.items() if count > 1}
    if json:
        print_json(_heads_document(found))
    else:
        rows = [(migration.schema, migration.id) for migration in found]
        print("\n".join(columns(rows) if rows else ["No migrations."]), flush=True)
        for name, count in several.items():
            print(f"{name} has {count} heads.", file=sys.stderr)
    if check and several:
        raise typer.Exit(1)


def _heads_document(found: list[Migration]) -> dict[str, Any]:
    schemas = dict.fromkeys(migration.schema for migration in found)
    return {
        "schemas": [
            {"schema": name, "heads": [m.id for m in found if m.schema == name]} for name in schemas
        ]
    }


def show(
    migration: Annotated[str, typer.Argument(help="Its id.")],
    database: Database = None,
    json: Json = False,
) -> None:
    """Show one migration: its state, what it stands on, its locks, its SQL and the way back."""
    from sqlwright.config import load_project
    from sqlwright.migrations.show import read_details

    details = read_details(load_project(database=database), migration)
    if json:
        print_json(_details_document(details))
        return
    print("\n".join(columns(_facts(details))))
    files = details.entry.migration
    if files is None:
        return
    print(f"\n-- {files.path.name}\n{files.text.rstrip()}")
    if files.rollback_text is not None:
        print(f"\n-- {files.rollback_path.name}\n{files.rollback_text.rstrip()}")


def _facts(details: Details) -> list[tuple[str, str]]:
    entry, migration = details.entry, details.entry.migration
    rows = [("id", entry.id), ("schema", entry.schema)]
    state = entry.state.value + (", without being run" if details.marked else "")
    rows.append(("state", f"{state}: {details.remark}" if details.remark else state))
    if entry.applied:
        rows.append(
            ("applied", f"{utc(entry.applied_at)}{f' by {details.by}' if details.by else ''}")
        )
    if migration:
        rows.append(("depends", ", ".join(sorted(migration.depends)) or "on nothing"))
    rows.append(("dependents", ", ".join(details.dependents) or "none"))
    if migration and not migration.transactional:
        rows.append(("runs", "without a transaction"))
    rows += [("locks", line) for line in (migration.locks if migration else ())]
    if migration and migration.irreversible:
        rows.append(("rollback", f"irreversible: {migration.irreversible}"))
    elif migration and migration.rollback_text is None:
        rows.append(("rollback", "there is no file"))
    return rows


def _details_document(details: Details) -> dict[str, Any]:
    entry, migration = details.entry, details.entry.migration
    document: dict[str, Any] = {
        "id": entry.id,
        "schema": entry.schema,
        "state": entry.state.value,
        "remark": details.remark or None,
        "applied_at": utc(entry.applied_at) or None,
        "applied_by": details.by,
        "dependents": details.dependents,
    }
    if migration:
        document |= {
            "title": migration.title,
            "depends": sorted(migration.depends),
            "transactional": migration.transactional,
            "locks": migration.locks,
            "irreversible": migration.irreversible,
            "checksum": migration.checksum,
            "path": migration.path,
            "sql": migration.text,
            "rollback": migration.rollback_text,
        }
    return document
