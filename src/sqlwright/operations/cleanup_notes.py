"""What is noted to be removed once its row is gone: a table of ours, and what becomes of its rows.

A note is written in the transaction that deletes the row, and goes when the file is gone for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from sqlwright.errors import ConfigError
from sqlwright.hooks.retention import Policy, Storage
from sqlwright.migrations.backfill.own_table import make_table
from sqlwright.migrations.backfill.waits import Work
from sqlwright.migrations.bookkeeping import Tables
from sqlwright.migrations.session import become_owner
from sqlwright.operations.files import Folder, RefusedPathError, remove, settle, spellings
from sqlwright.queries import named_queries, run_query

__all__ = ["Swept", "cutoff", "delete", "install", "list_noted", "list_there", "sweep"]

_SQL = Path(__file__).parent / "sql" / "cleanup.sql"
_TABLE = "_sqlwright_removal"
_PAGE = 500  # notes


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What became of files; `refused` are paths, each with the reason why it is still noted.

    Attributes:
        removed: How many.
        missing: How many were not there.
        kept: How many stay, since another row names them.
        upto: The last note that was looked at.
    """

    removed: int = 0
    missing: int = 0
    kept: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    upto: int = 0


def _run(
    conn: psycopg.Connection[Any], tables: Tables | None, name: str, /, **values: Any
) -> psycopg.RawCursor[Any]:
    names = {"removals": sql.Identifier(tables.schema, _TABLE)} if tables else {}
    cursor = run_query(conn, named_queries(_SQL)[name], values, **names)
    cursor.row_factory = namedtuple_row
    return cursor


def install(conn: psycopg.Connection[Any], tables: Tables) -> None:
    """Makes the table if it is missing, for the owner alone.

    Raises:
        MigrationError: this role may not make it.
    """
    make_table(
        conn,
        tables,
        table=_TABLE,
        create=lambda: _run(conn, tables, "create_removals"),
        remembers="which files are to be removed",
    )


def list_there(conn: psycopg.Connection[Any], tables: Sequence[str]) -> set[str]:
    """Those of the tables that this database has."""
    return {name for (name,) in _run(conn, None, "is_there", tables=list(tables))}


def cutoff(conn: psycopg.Connection[Any], keep: timedelta) -> datetime:
    """The time before which rows are due, by the server's clock."""
    found: datetime = _run(conn, None, "cutoff", keep=keep).fetchall()[0][0]
    return found


def delete(work: Work, policy: Policy, before: datetime, rows: int) -> int:
    """Deletes a batch and notes its paths in one transaction; how many rows it was."""
    conn = work.conn
    with conn.transaction():
        _run(conn, None, "commit_surely")
        removed = policy.remove(conn, before, rows)
        if paths := [path for path in removed.paths if path is not None]:
            become_owner(conn, work.tables)
            _run(conn, work.tables, "note_removals", policy=policy.table, paths=paths)
    return removed.rows


def list_noted(work: Work, policy: Policy, *, after: int) -> list[Any]:
    """The next notes of a policy, with `id` and `path`."""
    values = {"policy": policy.table, "after": after, "limit": _PAGE}
    return _run(work.conn, work.tables, "list_removals", **values).fetchall()


def sweep(work: Work, policy: Policy, storage: Storage, root: Folder, swept: Swept) -> Swept | None:
    """Removes the files of the next notes, and the notes; None where there is none.

    Raises:
        ConfigError: the disk does not say that the files are gone for good; the notes stay.
    """
    page = list_noted(work, policy, after=swept.upto)
    if not page:
        return None
    named = _named(work, storage, root, page)
    going = [note for note in page if note.id not in named]
    there: list[bool] = []
    refused = {}
    for note in going:
        try:
            there.append(remove(root, note.path, folders=storage.folders))
        except RefusedPathError as error:
            refused[note.id] = (note.path, str(error))
        except OSError as error:
            refused[note.id] = (note.path, error.strerror or type(error).__name__)
    _settle(policy, root, [note.path for note in going if note.id not in refused])
    # A folder may stay for another in it, after which nobody but the note would name the rest.
    staying = {*refused, *(named if storage.folders else ())}
    _forget(work, [note.id for note in page if note.id not in staying], refused)
    return Swept(
        removed=swept.removed + sum(there),
        missing=swept.missing + there.count(False),
        kept=swept.kept + len(page) - len(going),
        refused=(*swept.refused, *refused.values()),
        upto=page[-1].id,
    )


def _named(work: Work, storage: Storage, root: Folder, page: Sequence[Any]) -> set[int]:
    """The notes of what a row names still, however it writes the path."""
    written = {note.id: spellings(root, note.path) for note in page}
    named = set(storage.named(work.conn, [path for paths in written.values() for path in paths]))
    return {number for number, paths in written.items() if not named.isdisjoint(paths)}


def _settle(policy: Policy, root: Folder, paths: list[str]) -> None:
    try:
        settle(root, paths)
    except (OSError, RefusedPathError) as error:
        raise ConfigError(
            f"{policy.table}: {root.path} does not keep what was removed: {error}.",
            hint="Mend the disk, and run the command again: what was noted is still there.",
        ) from None


def _forget(work: Work, ids: list[int], refused: dict[int, tuple[str, str]]) -> None:
    _run(work.conn, work.tables, "forget_removals", ids=ids)
    for number, (_, reason) in refused.items():
        _run(work.conn, work.tables, "note_reason", id=number, reason=reason)
