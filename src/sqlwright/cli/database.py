"""`up`, `create`, `drop`, `reset`: the database as a whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from sqlwright.cli.options import Database, Json, Yes, columns, print_json
from sqlwright.cli.talk import refuse, talk

if TYPE_CHECKING:
    from sqlwright.config import Project

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the commands to the tree."""
    app.command(epilog="Example: sqlwright up")(up)
    app.command(epilog="Example: sqlwright create")(create)
    app.command(epilog="Example: sqlwright drop")(drop)
    app.command(epilog="Example: sqlwright reset")(reset)


def up(database: Database = None, json: Json = False) -> None:
    """Create the database if it is missing, apply everything, seed, and show what is there."""
    from sqlwright.config import load_project

    project = load_project(database=database)
    _create(project)
    applied = _apply(project)
    seeded = _seed(project) if project.hooks.get("seed") else None
    _show(project, applied=applied, seeded=seeded, json=json)


def create(database: Database = None, json: Json = False) -> None:
    """Create the database with its owner, application and reader; safe to repeat."""
    from sqlwright.config import load_project

    project = load_project(database=database)
    made = _create(project)
    if json:
        print_json({**vars(made), "roles": made.roles._asdict() if made.ours else None})
        return
    verb = "is there already" if made.was_there else "created"
    print(f"Database {made.database} {verb}; it belongs to {made.owner}.")
    if made.ours:
        print(f"Roles: {', '.join(made.roles)}.")
    else:
        print("Its roles and rights are left as they are.")


def drop(database: Database = None, yes: Yes = False, json: Json = False) -> None:
    """Drop the database with all that is in it, and its roles."""
    from sqlwright.config import load_project

    project = load_project(database=database)
    _refuse_without(yes, project, "drop")
    kept = _drop(project)
    if json:
        print_json({"roles_kept": kept})


def reset(database: Database = None, yes: Yes = False, json: Json = False) -> None:
    """Drop the database, create it anew and apply everything."""
    from sqlwright.config import load_project
    from sqlwright.server.database import list_contents

    project = load_project(database=database)
    _refuse_without(yes, project, "reset")
    if list_contents(project) is not None:
        _drop(project)
    _create(project)
    _show(project, applied=_apply(project), json=json)


def _create(project: Project) -> Any:
    from sqlwright.migrations.migrate import install
    from sqlwright.server.database import create_database

    made = create_database(project)
    install(project)
    return made


def _drop(project: Project) -> list[str]:
    from sqlwright.server.connection import database_name
    from sqlwright.server.database import drop_database

    kept = drop_database(project)
    print(f"Dropped database {database_name(project)}.", file=sys.stderr)
    if kept:
        print(f"Roles that something else needs stay: {', '.join(kept)}.", file=sys.stderr)
    return kept


def _refuse_without(yes: bool, project: Project, verb: str) -> None:
    """Says what would be destroyed, and stops unless that was agreed to."""
    from sqlwright.errors import DatabaseError
    from sqlwright.server.connection import database_name
    from sqlwright.server.database import list_contents

    if yes:
        return
    name = database_name(project)
    contents = list_contents(project)
    if contents is None:
        raise DatabaseError(f"There is no database {name}.", hint="Make it: sqlwright create.")
    rows = [(c.schema, c.tables, "tables,", f"~{c.rows} rows") for c in contents]
    refuse(f"{verb} database {name}, with", columns(rows) if rows else ["nothing"])


def _apply(project: Project) -> int:
    """How many migrations were applied; a line is rewritten meanwhile, on a terminal."""
    from sqlwright.migrations import migrate

    def show(done: migrate.Done) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[KApplied {done.id}", end="", file=sys.stderr, flush=True)

    finished = migrate.apply(project, done=show, talk=talk)
    if finished and sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return len(finished)


def _seed(project: Project) -> dict[str, int] | None:
    """The rows that were made, by table; None on a server that well-known passwords stay out of."""
    from sqlwright import seeding

    away = seeding.hosts_away(project)
    if away:
        where = ", ".join(away)
        print(f"Not seeded, since another machine serves it: {where}.", file=sys.stderr)
        return None
    return seeding.seed(project, talk=talk)


def _show(
    project: Project, *, applied: int, seeded: dict[str, int] | None = None, json: bool
) -> None:
    from sqlwright.migrations.overview import read_overview

    overview = read_overview(project)
    if json:
        schemas = [vars(schema) for schema in overview.schemas]
        print_json({**vars(overview), "schemas": schemas, "seeded": seeded})
        return
    print(f"PostgreSQL {overview.version}, database {overview.database}")
    some = "1 migration" if applied == 1 else f"{applied} migrations"
    print(f"Applied {some}." if applied else "Nothing to apply.")
    if seeded is not None:
        made = sum(seeded.values())
        print(f"Seeded {made} {'row' if made == 1 else 'rows'}." if made else "Nothing to seed.")
    rows: list[tuple[Any, ...]] = [("schema", "tables", "migrations", "newest")]
    rows += [(s.schema, len(s.tables), s.migrations, s.newest) for s in overview.schemas]
    print("\n".join(["", *columns(rows), ""]))
    print(f"The application connects with\n    {overview.url}")
    print("Next: sqlwright status")
