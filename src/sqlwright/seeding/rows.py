"""Seeds, counts, and empties to fill again: connect, look whose machine it is, lock, and begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from sqlwright.config import Project
from sqlwright.conninfo import remote_hosts
from sqlwright.errors import DatabaseError, LockError
from sqlwright.hooks import load_hooks
from sqlwright.migrations.bookkeeping import Tables, find_tables
from sqlwright.migrations.lock import migration_lock
from sqlwright.migrations.migrate import compare_with
from sqlwright.migrations.session import refuse_pooler
from sqlwright.migrations.source import read_project
from sqlwright.queries import named_queries, run_query
from sqlwright.seeding.fill import SQL, fill, read_fill
from sqlwright.seeding.keys import keyring
from sqlwright.server.connection import connect, owner_url

__all__ = ["count_rows", "hosts_away", "refill", "seed"]

_WAIT = 60.0
_LOCK_TIMEOUT = "set local lock_timeout = '10s'"


class _Table(NamedTuple):
    schema: str
    name: str

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(*self)


def _silent(_: object) -> None:
    """Nobody listens."""


def hosts_away(project: Project) -> list[str]:
    """The project's servers on other machines, where no password may be one that everybody knows.

    Raises:
        ConnectError: the database can't be reached.
    """
    with connect(owner_url(project), project) as conn:
        return remote_hosts(conn)


def seed(
    project: Project, *, anywhere: bool = False, talk: Callable[[str], object] = _silent
) -> dict[str, int]:
    """Makes the rows that are missing, those of each hook in a transaction.

    Args:
        project: Whose hooks, on which database.
        anywhere: Also on a server that is not on this machine.
        talk: Told what a person should know.

    Returns:
        The rows that were made now, by table: `{"shop.items": 0}` where all were there.

    Raises:
        ConfigError: a hook is missing or wrong.
        DatabaseError: the server is another machine's, or migrations are pending.
        LockError: somebody migrates or seeds, and goes on for a minute.
    """
    hooks = load_hooks(project, "seed", wanted=True)
    made: Counter[str] = Counter()
    with _opened(project, anywhere=anywhere) as (conn, _), keyring(project, talk) as keys:
        for hook in hooks:
            with conn.transaction():
                made.update(hook(conn, keys))
    return dict(made)


def refill(
    project: Project,
    *,
    rows: int = 0,
    anywhere: bool = False,
    step: Callable[[str, int, int], object] = lambda *_: None,
    talk: Callable[[str], object] = _silent,
) -> dict[str, int]:
    """Empties every table, fills them, and makes the seed rows: one transaction, all or nothing.

    Args:
        project: Whose hooks, on which database.
        rows: How many the largest tables get; with 0 there are the seed rows alone.
        anywhere: Also on a server that is not on this machine.
        step: Told of each table before it is filled, and of what follows: its name, its number
            from 1, and of how many.
        talk: Told what a person should know.

    Returns:
        The rows that were made, by table.

    Raises:
        ConfigError, DatabaseError, LockError: as `seed` does; LockError also where a table is in
            use for ten seconds.
        QueryError: a file of fill queries is wrong.
    """
    queries = read_fill(project) if rows else {}
    hooks = load_hooks(project, "seed", wanted=not rows)
    with (
        _opened(project, anywhere=anywhere) as (conn, tables),
        keyring(project, talk) as keys,
        conn.transaction(),
    ):
        _empty(conn, tables)
        made = Counter(fill(conn, keys, queries, rows=rows, step=step))
        if queries:
            step("analyze", len(queries) + 1, len(queries) + 1)
            conn.execute(sql.SQL("analyze {}").format(_listed(tables)))
        for hook in hooks:
            made.update(hook(conn, keys))
    return dict(made)


def count_rows(project: Project) -> dict[str, list[int]]:
    """How many rows `refill` would take away: those of each table, by schema."""
    counted: dict[str, list[int]] = {}
    with connect(owner_url(project), project) as conn:
        for table in _find_tables(conn, project, find_tables(conn)):
            cursor = run_query(conn, named_queries(SQL)["count_rows"], {}, table=table.identifier)
            counted.setdefault(table.schema, []).extend(row[0] for row in cursor)
    return counted


@contextmanager
def _opened(
    project: Project, *, anywhere: bool
) -> Iterator[tuple[psycopg.Connection[Any], list[_Table]]]:
    """The migrated database as its owner, and its tables; nobody else migrates or seeds it."""
    with connect(owner_url(project), project) as conn:
        away = remote_hosts(conn)
        if away and not anywhere:
            raise DatabaseError(
                f"{conn.info.dbname} is on another machine ({', '.join(away)}), and seed rows have"
                " passwords that everybody knows.",
                hint="If nobody else can reach that server, add --well-known-passwords.",
            )
        refuse_pooler(conn)
        kept = find_tables(conn)
        tables = _find_tables(conn, project, kept)
        with migration_lock(conn, kept, wait=_WAIT):
            yield conn, tables


def _find_tables(conn: psycopg.Connection[Any], project: Project, kept: Tables) -> list[_Table]:
    """The tables of the schemas that the migrations made, without the bookkeeping.

    Raises:
        DatabaseError: migrations are pending.
    """
    entries = compare_with(conn, kept, read_project(project))
    pending = sum(entry.applied is None for entry in entries)
    if pending:
        some = "1 migration is" if pending == 1 else f"{pending} migrations are"
        raise DatabaseError(
            f"{conn.info.dbname} is not up to date: {some} pending.",
            hint="Run `sqlwright apply` first.",
        )
    values = {
        "schemas": sorted({entry.schema for entry in entries}),
        "bookkeeping": kept.schema,
        "kept": list(kept.names.values()),
    }
    return [_Table(*row) for row in run_query(conn, named_queries(SQL)["list_tables"], values)]


def _listed(tables: list[_Table]) -> sql.Composed:
    return sql.SQL(", ").join(table.identifier for table in tables)


def _empty(conn: psycopg.Connection[Any], tables: list[_Table]) -> None:
    """Takes every row away at once, so that keys between the tables don't matter; ids begin at 1.

    Raises:
        LockError: somebody works with one of the tables.
    """
    if not tables:
        return
    conn.execute(_LOCK_TIMEOUT)
    try:
        conn.execute(sql.SQL("truncate {} restart identity").format(_listed(tables)))
    except psycopg.errors.LockNotAvailable:
        raise LockError(
            f"A table of {conn.info.dbname} is in use by another session.",
            hint="End its transaction, or stop the application, and run the command again.",
        ) from None
