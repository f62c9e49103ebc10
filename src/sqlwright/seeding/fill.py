"""Runs the queries that make up rows: the same rows every time, as many as are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.config import Project
from sqlwright.errors import ConfigError
from sqlwright.hooks import load_hooks
from sqlwright.queries import Query, named_queries, read_queries, run_query
from sqlwright.secrets import Keyring
from sqlwright.seeding.keys import keyring

__all__ = ["SQL", "fill", "fill_what_fits", "filling", "read_fill"]

# What seeding itself asks of a database.
SQL = Path(__file__).parent / "sql" / "seeding.sql"
# Drawn at random, not hashed from anything: no password has this hash.
_NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$yR6m0kQxwT5b9Vd2Zc8hLg$mW1x5uJ0oYtqC7pN4eRzKfA3sHbGvXl8iDkUy2aTjQE"
)
_TELEPHONE = "13800138000"
# What a query may declare, of the keys and the number of rows.
_GIVEN: dict[str, Callable[[Keyring, int], Any]] = {
    "rows": lambda _, rows: rows,
    "password_hash": lambda _, __: _NOBODYS,
    "ciphertext": lambda keys, _: keys.encrypt(_TELEPHONE),
}


def read_fill(project: Project) -> dict[str, Query]:
    """The queries that the project's `fill` hooks name, in order, by the table that each fills.

    Raises:
        ConfigError: there is no such hook, one is wrong, or a query wants what none is given.
        QueryError: a file is wrong.
    """
    found: dict[str, Query] = {}
    for hook in load_hooks(project, "fill", wanted=True):
        path = hook()
        for file in sorted(path.glob("*.sql")) if path.is_dir() else [path]:
            found |= {f"{path.parent.name}.{query.name}": query for query in read_queries(file)}
    for query in found.values():
        _check(query)
    return found


def _check(query: Query) -> None:
    for name in query.parameters:
        if name not in _GIVEN:
            raise ConfigError(
                f"{query.path}, line {query.line}: {query.name} declares {name}.",
                hint=f"A fill query may declare {', '.join(_GIVEN)}.",
            )


def fill(
    conn: psycopg.Connection[Any],
    keys: Keyring,
    queries: Mapping[str, Query],
    *,
    rows: int,
    step: Callable[[str, int, int], object] = lambda *_: None,
) -> dict[str, int]:
    """Runs each query with `random()` begun anew, and gives the rows that it made, by table.

    `step` is told of each table before it is filled: its name, its number from 1, and of how many.
    """
    made = {}
    for number, (table, query) in enumerate(queries.items(), start=1):
        step(table, number, len(queries) + 1)
        run_query(conn, named_queries(SQL)["set_seed"], {"seed": _seed_of(table)})
        values = {name: _GIVEN[name](keys, rows) for name in query.parameters}
        made[table] = run_query(conn, query, values).rowcount
        # The triggers of tables that follow are planned for what is in this one.
        name = sql.Identifier(*table.split("."))
        run_query(conn, named_queries(SQL)["analyze_table"], {}, table=name)
    return made


def fill_what_fits(
    conn: psycopg.Connection[Any], keys: Keyring, queries: Mapping[str, Query], *, rows: int
) -> dict[str, int]:
    """Fills each table that is there and has no rows, if its query goes with the table as it is.

    For a point of history that is not the newest, or not yet: a query that fails there leaves
    nothing behind, and may be tried again later.

    Returns:
        The rows that were made, by table.
    """
    made: dict[str, int] = {}
    with conn.transaction():
        for table in _empty_tables(conn, queries):
            with suppress(psycopg.DatabaseError), conn.transaction():
                made |= fill(conn, keys, {table: queries[table]}, rows=rows)
                conn.execute("set constraints all immediate")
    return {table: count for table, count in made.items() if count}


def _empty_tables(conn: psycopg.Connection[Any], queries: Mapping[str, Query]) -> list[str]:
    """Those of the tables that are there and have no rows."""
    found = run_query(conn, named_queries(SQL)["find_tables"], {"names": list(queries)}).fetchall()
    with conn.pipeline():
        has_rows = {
            name: run_query(
                conn, named_queries(SQL)["has_rows"], {}, table=sql.Identifier(schema, table)
            )
            for name, schema, table in found
        }
        empty = {name for name, cursor in has_rows.items() if cursor.fetchone() == (False,)}
    return [table for table in queries if table in empty]


@contextmanager
def filling(
    project: Project, *, rows: int, talk: Callable[[str], object]
) -> Iterator[Callable[[psycopg.Connection[Any]], dict[str, int]]]:
    """What puts the project's made-up rows wherever they fit: `fill_what_fits` of a connection.

    It does nothing where the project has no `fill` hook, and says so.

    Raises:
        ConfigError, QueryError: as `read_fill` does.
        SecretError: the project's keys are wrong.
    """
    if not rows or not project.hooks.get("fill"):
        talk("No rows: the project has no fill hook." if rows else "No rows, as you wish.")
        yield lambda _: {}
        return
    queries = read_fill(project)
    with keyring(project, lambda _: None) as keys:
        yield lambda conn: fill_what_fits(conn, keys, queries, rows=rows)


def _seed_of(table: str) -> float:
    """A number from 0 to 1 that is the table's own."""
    return int.from_bytes(hashlib.sha256(table.encode()).digest()[:4]) / 2**32
