"""A database that is there for as long as a block, whatever ends the process.

It is held by an advisory lock, and the next one of its kind that is made on the server drops those
that nobody holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.queries import named_queries, run_query

__all__ = ["Form", "drop", "held_database", "read_form", "stay"]

_SQL = Path(__file__).parent / "sql" / "held.sql"


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a database is made with: owner, encoding and locale."""

    name: str
    owner: str
    encoding: str
    collate: str
    ctype: str
    provider: str
    locale: str | None


def read_form(conn: psycopg.Connection[Any]) -> Form:
    """How the database behind the connection is made."""
    row = run_query(conn, named_queries(_SQL)["describe_database"], {}).fetchone()
    assert row is not None
    return Form(**dict(zip(Form.__dataclass_fields__, row, strict=True)))


@contextmanager
def held_database(
    conn: psycopg.Connection[Any], prefix: str, *, namespace: int, form: Form | None
) -> Iterator[str]:
    """The name of a new database, which is dropped with the block unless it was renamed.

    Args:
        conn: To another database of the server, in autocommit; it holds the new one.
        prefix: What the names of its kind begin with, as those of their leftovers.
        namespace: Of the locks that hold databases of its kind.
        form: What it is made with; else UTF-8 and the server's own locale.

    Raises:
        psycopg.Error: it can't be made.
    """
    stay(conn)
    _drop_leftovers(conn, prefix, namespace)
    key = secrets.randbelow(2**31)
    name = f"{prefix}{key:08x}"
    run_query(conn, named_queries(_SQL)["hold"], {"namespace": namespace, "key": key})
    try:
        _create(conn, name, form)
        yield name
    finally:
        if not conn.closed:
            drop(conn, name)


def stay(conn: psycopg.Connection[Any]) -> None:
    """Has no time-out end the session, or a statement of it, whatever its role's settings say."""
    run_query(conn, named_queries(_SQL)["stay"], {})


def drop(conn: psycopg.Connection[Any], name: str) -> None:
    """Drops a database, if it is there, and ends the sessions in it."""
    run_query(conn, named_queries(_SQL)["drop_database"], {}, database=name)


def _drop_leftovers(conn: psycopg.Connection[Any], prefix: str, namespace: int) -> None:
    values = {"prefix": prefix, "namespace": namespace}
    for (name,) in run_query(conn, named_queries(_SQL)["list_leftovers"], values).fetchall():
        # Another process may be at it too, or it was made by somebody else.
        with suppress(psycopg.Error):
            drop(conn, name)


def _create(conn: psycopg.Connection[Any], name: str, form: Form | None) -> None:
    query = named_queries(_SQL)["create_plain" if form is None else f"create_{form.provider}"]
    names = asdict(form) if form else {}
    run_query(conn, query, {}, **{**names, "database": name})
