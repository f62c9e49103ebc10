"""Runs a named query in a transaction of its own, which is committed if all goes well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.catalog import name_types
from sqlwright.config import Project
from sqlwright.conninfo import reason_of_loss
from sqlwright.errors import CommitUnknownError, QueryError, SourceError
from sqlwright.generate.asking import Raw, ask
from sqlwright.migrations.statements import check
from sqlwright.operations.run.forms import as_json, as_text
from sqlwright.operations.run.loading import Rows, detail_of, store
from sqlwright.operations.run.named import Named
from sqlwright.queries import Kind, Query, named_queries, run_query
from sqlwright.queries.adapter import function_of
from sqlwright.queries.rows import Progress
from sqlwright.queries.rows import Rows as Read
from sqlwright.queries.statement import Statement
from sqlwright.queries.streams import stream
from sqlwright.server.connection import connect, owner_url

__all__ = ["Ran", "running"]

_SQL = Path(__file__).parent.parent / "sql" / "run.sql"
_IS_ABOUT_VALUES = ("22", "42")


@dataclass(kw_only=True)
class Ran:
    """What a query gave.

    Attributes:
        names: Of the columns of its rows.
        rows: Those of a query of many come as they are read; a value is a row of one.
        affected: How many rows were changed, of a query that counts them.
        wrote: Whether anything was changed, or locked; known at the end.
    """

    names: Sequence[str] = ()
    rows: Iterable[Sequence[Any]] = ()
    affected: int | None = None
    wrote: bool = False

    def close(self) -> None:
        """Leaves out the rows that have not been read."""
        if isinstance(self.rows, Read):
            self.rows.close()


@contextmanager
def running(
    project: Project,
    named: Named,
    values: Mapping[str, str | None],
    *,
    given: Rows | None = None,
    json: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Iterator[Ran]:
    """Runs it; the end of the block commits, or takes all back.

    Args:
        project: Whose query and database.
        named: The query.
        values: Of its parameters, as text; the server makes of them what it needs.
        given: The rows that a `copy … from stdin` takes.
        json: Give values as JSON, else as text; see `forms`.
        dry_run: Take back what it did.
        progress: Is called with the number of rows that were read, or of bytes of those given.

    Raises:
        QueryError: what PostgreSQL refused; nothing was changed.
        CommitUnknownError: the connection was lost, or Ctrl-C came, during the commit.
    """
    _check_script(named)
    with (
        connect(owner_url(project), project, application="sqlwright run") as conn,
        _explained(conn, named) as types,
    ):
        conn.autocommit = False
        conn.prepare_threshold = None  # each is sent once, through poolers too
        run_query(conn, named_queries(_SQL)["speak_plainly"], {})
        raw = _asked(conn, named.query)
        types.extend(_types(conn, [(oid, -1) for oid in raw.parameters]))
        if given:
            ran = _store(conn, named, raw, given, progress)
        else:
            (as_json if json else as_text)(conn)
            ran = _call(conn, named, values, raw, progress)
        with _heard(conn, named, ran):
            yield ran
        ran.wrote = _has_written(conn)
        if dry_run:
            conn.rollback()
        else:
            _commit(conn, named)


@contextmanager
def _explained(conn: psycopg.Connection[Any], named: Named) -> Iterator[list[str]]:
    """Says what PostgreSQL refused; the types of the parameters are told us inside."""
    types: list[str] = []
    try:
        yield types
    except KeyboardInterrupt:
        conn.close()  # psycopg would ask for a rollback in the midst of a copy, and complain
        raise
    except psycopg.Error as error:
        if conn.closed or error.sqlstate is None:
            raise
        raise _refused(named, types, error) from error


@contextmanager
def _heard(conn: psycopg.Connection[Any], named: Named, ran: Ran) -> Iterator[None]:
    """Refuses that a reader leaves early, as `head` may, if anything was changed."""
    with closing(ran):
        try:
            yield
        except BrokenPipeError:
            ran.close()
            if _has_written(conn):
                raise QueryError(
                    f"{named.name}: the reader left before the last row.",
                    hint="Nothing was changed: have the rows read to the end.",
                ) from None
            raise


def _check_script(named: Named) -> None:
    """Refuses a script that would end our transaction."""
    query = named.query
    if query.kind is not Kind.SCRIPT:
        return
    try:
        check(query.path, "\n" * (query.sql_line - 1) + query.sql, transactional=True)
    except SourceError as error:
        raise QueryError(
            error.message, hint="A script is run as one transaction: run this one with psql."
        ) from None


def _asked(conn: psycopg.Connection[Any], query: Query) -> Raw:
    try:
        return ask(conn, query, lambda: None)
    except QueryError as error:
        hint = error.hint or "Apply what is pending (`sqlwright status`), or mend the query."
        raise QueryError(error.message, hint=hint) from None


def _types(conn: psycopg.Connection[Any], wanted: Sequence[tuple[int, int]]) -> list[str]:
    """PostgreSQL's names for types."""
    if not wanted:
        return []
    named = name_types(conn, sorted(set(wanted)))
    return [named[pair] for pair in wanted]


def _store(
    conn: psycopg.Connection[Any],
    named: Named,
    raw: Raw,
    given: Rows,
    progress: Progress | None,
) -> Ran:
    copied = named.query.copied
    assert copied is not None, named.name
    columns = dict(zip(raw.names, _types(conn, raw.types), strict=True))
    return Ran(affected=store(conn, copied, columns, given, progress))


def _call(
    conn: psycopg.Connection[Any],
    named: Named,
    values: Mapping[str, str | None],
    raw: Raw,
    progress: Progress | None,
) -> Ran:
    query = named.query
    if query.copied:  # the same rows
        query = replace(query, kind=Kind.MANY, statement=query.copied.columns, copied=None)
    statement = Statement(
        name=query.name,
        kind=query.kind,
        sql=query.statement,
        parameters=query.parameters,
        row=_row,
        label=named.name,
    )
    function = partial(function_of(statement), None)
    if query.kind is Kind.MANY and statement.is_planned:  # as `show` and `call` are not
        return Ran(names=raw.names, rows=stream(function, progress=progress)(conn, **values))
    answer = function(conn, **values)
    if query.kind is Kind.AFFECTED:
        return Ran(affected=answer)
    if query.kind is Kind.VALUE:
        answer = (answer,)
    rows = answer if query.kind is Kind.MANY else [answer] if answer is not None else []
    return Ran(names=raw.names, rows=rows)


def _has_written(conn: psycopg.Connection[Any]) -> bool:
    found = run_query(conn, named_queries(_SQL)["has_written"], {}).fetchone()
    return found == (1,)


def _row(*values: Any) -> tuple[Any, ...]:
    return values


def _commit(conn: psycopg.Connection[Any], named: Named) -> None:
    try:
        conn.commit()
    except (KeyboardInterrupt, psycopg.OperationalError) as error:
        why = "Ctrl-C"
        if isinstance(error, psycopg.OperationalError):
            if error.sqlstate and not conn.closed:
                raise  # the server says that it didn't
            why = reason_of_loss(error)
        raise CommitUnknownError(
            f"{named.name} was cut off during its commit ({why}): what it did is there whole, or"
            " not at all.",
            hint="Look for it before you run it again.",
        ) from error


def _refused(named: Named, types: Sequence[str], error: psycopg.Error) -> QueryError:
    """What PostgreSQL said, and what the query takes if that may be the matter."""
    code, said = error.sqlstate or "", error.diag
    hints = detail_of(error)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        hints.append("Connect as the database's owner, or as a role that may.")
    elif types and code.startswith(_IS_ABOUT_VALUES):
        takes = zip(named.query.parameters, types, strict=True)
        hints.append(f"It takes {', '.join(f'{name} {type_}' for name, type_ in takes)}.")
    hints += [said.message_hint] if said.message_hint else []
    hint = "\n".join([*hints, "Nothing was changed."])
    return QueryError(f"{named.name}: {said.message_primary}.", hint=hint)
