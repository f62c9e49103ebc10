"""The file of a backfill: one named statement, and the key along which it walks a table.

    -- name: fill_display_name(first, last)!
    -- Copies the nickname, for the users from before there was a display name.
    -- walks: shop.users (id)
    update shop.users
    set display_name = nickname
    where id between :first and :last
        and display_name is null;

A key of several columns has a parameter for each: `(first_shop, first_id, last_shop, last_id)`.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import SourceError
from sqlwright.queries import Kind, Query, read_queries

__all__ = ["Backfill", "find_backfill", "list_files", "read_backfill"]

_FOLDER = "backfills"
_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_WALKS = re.compile(
    rf"^walks:\s*({_NAME})\s*\.\s*({_NAME})\s*\(\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*\)$",
    re.MULTILINE,
)
_STATEMENTS = ("update_stmt", "insert_stmt", "delete_stmt", "merge_stmt")


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """A statement that is run for one stretch of a key after the other.

    Attributes:
        query: Its parameters are the first and the last key of a stretch, both in it.
        schema: Of the table that is walked; all names are as the catalogue has them.
        columns: Of the key, in its order.
    """

    query: Query
    schema: str
    table: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the database remembers it by: the file's name without `.sql`."""
        return self.query.name

    @property
    def path(self) -> Path:
        """The file."""
        return self.query.path

    @property
    def walks(self) -> str:
        """Table and key, for a person to read."""
        return f"{self.schema}.{self.table} ({', '.join(self.columns)})"

    @property
    def checksum(self) -> str:
        """SHA-256 of what decides which rows are changed and how; comments don't count."""
        return hashlib.sha256(f"{self.query.hash}\n{self.walks}".encode()).hexdigest()


def list_files(project: Project) -> list[Path]:
    """The project's files, `backfills/<schema>/<name>.sql`, in order."""
    return sorted((project.root / _FOLDER).rglob("*.sql"))


def find_backfill(project: Project, given: str) -> Backfill:
    """The backfill of that name, or in that file where it ends with `.sql`.

    Raises:
        SourceError: there is none of that name, there are two, or its file is no backfill.
        QueryError: its file can't be read.
    """
    if given.endswith(".sql"):
        return read_backfill(Path(given).absolute())
    files = list_files(project)
    named = [path for path in files if path.stem == given]
    if len(named) > 1:
        raise SourceError(
            f"{given} names two files: {named[0]} and {named[1]}.",
            hint="The database remembers a backfill by its name: rename the newer file.",
        )
    if not named:
        near = difflib.get_close_matches(given, [path.stem for path in files], n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Write {_FOLDER}/<schema>/{given}.sql."
        raise SourceError(f"There is no backfill {given!r}.", hint=hint)
    return read_backfill(named[0])


def read_backfill(path: Path) -> Backfill:
    """The backfill of a file.

    Raises:
        SourceError: the file is no backfill; what to write instead.
        QueryError: the file can't be read.
    """
    queries = read_queries(path)
    if len(queries) != 1:
        raise SourceError(
            f"{path} holds {len(queries) or 'no'} queries, but a backfill is one.",
            hint="Give each a file of its own.",
        )
    backfill = _walking(queries[0])
    _check(backfill)
    return backfill


def _walking(query: Query) -> Backfill:
    match = _WALKS.search(query.documentation)
    if match is None:
        raise SourceError(
            f"{query.path}, line {query.line}: {query.name} does not say which table it walks.",
            hint="Add a comment line below its name: -- walks: schema.table (key).",
        )
    schema, table, columns = match.groups()
    return Backfill(
        query=query,
        schema=_plain(schema),
        table=_plain(table),
        columns=tuple(_plain(column) for column in re.findall(_NAME, columns)),
    )


def _plain(name: str) -> str:
    """The name as the catalogue has it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _check(backfill: Backfill) -> None:
    query = backfill.query
    where = f"{query.path}, line {query.line}"
    wanted = _parameters(backfill.columns)
    if query.name != query.path.stem:
        raise SourceError(
            f"{where} names {query.name}, but its file is {query.path.name}.",
            hint="Name both the same: the database remembers a backfill by it.",
        )
    if sorted(query.parameters) != sorted(wanted) or query.kind is not Kind.AFFECTED:
        raise SourceError(
            f"{where}: {query.name} does not take the first and the last key of a batch.",
            hint=f"Write -- name: {query.name}({', '.join(wanted)})! and have the statement"
            " change the rows from the one to the other, both included.",
        )
    if not _changes_rows(query.statement):
        raise SourceError(
            f"{where}: {query.name} is no statement that changes rows.",
            hint="Write an update, an insert, a delete or a merge.",
        )


def _parameters(columns: Sequence[str]) -> list[str]:
    if len(columns) == 1:
        return ["first", "last"]
    return [f"{edge}_{column}" for edge in ("first", "last") for column in columns]


def _changes_rows(statement: str) -> bool:
    """What the parser refuses passes: the server says better what is wrong."""
    import postgast

    try:
        parsed = postgast.parse(statement)
    except postgast.PgQueryError:
        return True
    return all(found.stmt.WhichOneof("node") in _STATEMENTS for found in parsed.stmts)
