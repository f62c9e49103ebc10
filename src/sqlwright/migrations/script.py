"""What a script for psql is to do, decided as `apply` and `rollback` decide.

The database is asked for its state, or that is said: the newest migrations that it is to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlwright.config import Project
from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations import executor, plan
from sqlwright.migrations.bookkeeping import Applied, Tables, find_tables
from sqlwright.migrations.history import Entry, State, compare, verify
from sqlwright.migrations.migrate import compare_with
from sqlwright.migrations.order import closure, in_order
from sqlwright.migrations.source import Migration, read_project
from sqlwright.server.connection import connect, owner_url

__all__ = ["BASE", "Script", "plan_script"]

BASE = "base"  # nothing is applied; Alembic's word


@dataclass(frozen=True, kw_only=True)
class Script:
    """What a script is to do, and where.

    Attributes:
        operation: `apply` or `rollback`.
        migrations: In the order in which they are run.
        entries: Every migration, as the script takes it to stand.
        tables: Where the bookkeeping is, and which of it is there.
        known_from: Where the state comes from, for the reader of the script.
    """

    operation: str
    migrations: Sequence[Migration]
    entries: Sequence[Entry]
    tables: Tables
    known_from: str


def plan_script(
    project: Project,
    *,
    operation: str = "apply",
    assumed: Sequence[str] = (),
    schemas: Sequence[str] = (),
    to: str | None = None,
    steps: int | None = None,
) -> Script:
    """What the script does; takes no lock and changes nothing.

    Args:
        project: Whose migrations.
        operation: `apply` or `rollback`.
        assumed: The newest ids that the database is taken to have, or `base`; if there are none,
            the database is asked.
        schemas: Of these schemas alone.
        to: Up to this id, or back to it.
        steps: How many; else all to apply, and one to roll back.

    Raises:
        SourceError: a file is wrong, or there is no such id or schema.
        HistoryError: files and database disagree, or a run without a transaction broke off.
        ConnectError: the database is asked and can't be reached.
    """
    migrations = read_project(project, whole=bool(assumed))
    if assumed:
        entries, tables = _assume(assumed, migrations), Tables(schema="public")
        source = f"for a database that has {_listed(assumed)}"
    else:
        with connect(owner_url(project), project) as conn:
            tables = find_tables(conn)
            entries = compare_with(conn, tables, migrations)
            source = f"for database {conn.info.dbname} as it was on {_today()}"
    verify(entries)
    return Script(
        operation=operation,
        migrations=_choose(entries, operation, schemas=schemas, to=to, steps=steps),
        entries=entries,
        tables=tables,
        known_from=source,
    )


def _choose(
    entries: Sequence[Entry],
    operation: str,
    *,
    schemas: Sequence[str],
    to: str | None,
    steps: int | None,
) -> list[Migration]:
    if operation == "apply":
        chosen = plan.to_apply(entries, schemas=schemas, to=to, steps=steps)
    else:
        chosen = plan.to_rollback(entries, schemas=schemas, to=to, steps=steps)
    failed = {entry.id for entry in entries if entry.state is State.FAILED}
    for migration in chosen:
        (executor.check_apply if operation == "apply" else executor.check_rollback)(migration)
        if migration.id in failed:
            raise HistoryError(
                f"{migration.id} was begun and broke off, and a script can't see how far it came.",
                hint=f"Run `sqlwright {operation}`, which clears up first.",
            )
    return chosen


def _assume(ids: Sequence[str], migrations: Sequence[Migration]) -> list[Entry]:
    """Every migration, as if those ids, what comes before them and their needs were applied."""
    ordered = in_order(migrations)
    if BASE in ids and len(ids) > 1:
        raise SourceError(
            f"--from {BASE} means that nothing is applied.", hint="Leave the other ids out."
        )
    newest = [plan.find(name, ordered) for name in ids if name != BASE]
    before = [
        migration
        for last in newest
        for migration in ordered[: ordered.index(last) + 1]
        if migration.schema == last.schema
    ]
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    applied = [
        Applied(
            hash=migration.hash,
            id=migration.id,
            at=long_ago + timedelta(seconds=number),
            checksum=migration.checksum,
        )
        for number, migration in enumerate(closure(before, ordered))
    ]
    return compare(migrations, applied, [])


def _listed(assumed: Sequence[str]) -> str:
    return "nothing yet" if BASE in assumed else f"{', '.join(assumed)} and what comes before"


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
