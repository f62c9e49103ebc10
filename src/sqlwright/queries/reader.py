"""Reads files of named queries: aiosql's format, made strict.

    -- name: get_by_openid(openid)^
    -- The user whom WeChat knows by this openid.
    select id, nickname from iopaint.users where openid = :openid;

The mark behind the parameters says what comes back: `^` one row or none, `$` one value, nothing
for many rows, `!` how many rows were affected, `#` nothing (a script, without parameters). Every
parameter is declared, and every declared one used; a query is one statement, unless it is a script.
`:name` becomes `$1`, `$2`, …: `%`, `?`, `::` and `[1:2]` mean what PostgreSQL says they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlwright.errors import QueryError
from sqlwright.queries.head import read_head, refuse_unused
from sqlwright.queries.query import Kind, Query
from sqlwright.queries.text import Text, numbered, refuse

if TYPE_CHECKING:
    from sqlwright.queries.copies import Copied

__all__ = ["named_queries", "read_queries"]

# Also what was meant for one, which would else be a comment of the query before it.
_NAME_LINE = re.compile(r"\s*--\s*name(?:\s*:|\s+\w+\s*\()", re.IGNORECASE)
_NOTE = re.compile(r"(not null|scans):\s*(.+)")
_COPIES = {Kind.MANY, Kind.AFFECTED}


def read_queries(path: Path) -> list[Query]:
    """The queries of a file, in its order; none where there are only comments.

    Raises:
        QueryError: file, line and column of what is wrong, and the nearest right name.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise QueryError(
            f"{path} can't be read: {error.strerror}.", hint="Check the file and its permissions."
        ) from None
    except UnicodeDecodeError as error:
        raise QueryError(
            f"{path}: byte {error.start} is not UTF-8.", hint="Save the file as UTF-8."
        ) from None
    return list(_parse(path, text.removeprefix("\ufeff")))


@cache
def named_queries(*paths: Path) -> Mapping[str, Query]:
    """The queries of the toolkit's own files by their names, read when they are first wanted.

    Raises:
        QueryError: as `read_queries` does.
    """
    return MappingProxyType({query.name: query for path in paths for query in read_queries(path)})


def _parse(path: Path, text: str) -> Iterator[Query]:
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _NAME_LINE.match(line)]
    for number, line in enumerate(lines[: starts[0] if starts else len(lines)]):
        if line.strip() and not line.lstrip().startswith("--"):
            refuse(path, number, 0, "stands before the first query", "Write -- name: … above it.")
    seen: dict[str, int] = {}
    for start, end in pairwise([*starts, len(lines)]):
        query = _query(path, start, lines[start:end])
        if query.name in seen:
            refuse(
                path,
                start,
                lines[start].index(query.name, len("-- name:")),
                f"names {query.name} again; it is the name of the query in line {seen[query.name]}",
                "Give each query of a file its own name.",
            )
        seen[query.name] = query.line
        yield query


def _query(path: Path, start: int, lines: list[str]) -> Query:
    name, parameters, kind = read_head(path, start, lines[0].rstrip())
    comments = 1
    while comments < len(lines) and lines[comments].startswith("--"):
        comments += 1
    said = [line[2:].strip() for line in lines[1:comments]]
    notes = {match[1]: match[2] for line in said if (match := _NOTE.match(line))}
    body = "\n".join(lines[comments:])
    sql = body.strip()
    if not sql.strip(";\n "):
        refuse(path, start, 0, f"gives {name} no statement", "Write one below its comment.")
    sql_line = start + comments + body[: len(body) - len(body.lstrip())].count("\n")
    text = Text(path, sql_line, sql)
    copied = None
    if kind in _COPIES:
        copied = _copied(text, parameters)
        kind = Kind.COPY if copied else kind
    statement, used = numbered(text, parameters, kind)
    refuse_unused(path, start, lines[0], [name for name in parameters if name not in used])
    return Query(
        name=name,
        kind=kind,
        parameters=parameters,
        documentation="\n".join(line for line in said if not _NOTE.match(line)).strip(),
        sql=sql,
        statement=statement,
        not_null=tuple(notes.get("not null", "").replace(",", " ").split()),
        scans=notes.get("scans"),
        path=path,
        line=start + 1,
        sql_line=sql_line + 1,
        copied=copied,
    )


def _copied(text: Text, parameters: Sequence[str]) -> Copied | None:
    """The copy that it is: rows go to it, or come from it."""
    if not text.sql.lower().startswith("copy"):
        return None
    from sqlwright.queries.copies import CopyError, read_copy  # most files have none

    try:
        copied = read_copy(text.sql)
    except CopyError as problem:
        text.refuse(0, *problem.args)
    if copied and parameters:
        hint = "Take them out: the rows bring the values."
        if not copied.goes_in:
            hint = "Stream a select in its place: that takes parameters."
        text.refuse(0, "is a copy, which takes no parameters", hint)
    return copied
