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

import difflib
import hashlib
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Never

from sqlwright.errors import QueryError
from sqlwright.queries.lexer import Found, What, find

if TYPE_CHECKING:
    from sqlwright.queries.copies import Copied

__all__ = ["Kind", "Query", "digest_of", "is_attribute", "named_queries", "read_queries"]

# Also what was meant for one, which would else be a comment of the query before it.
_NAME_LINE = re.compile(r"\s*--\s*name(?:\s*:|\s+\w+\s*\()", re.IGNORECASE)
_SPECIFICATION = re.compile(
    r"-- name: (?P<name>[a-zA-Z_]\w*)\((?P<parameters>[^()]*)\)(?P<mark>[\^$!#]?)", re.ASCII
)
_FORM = (
    "Write -- name: verb_noun(parameter, parameter) and ^ for one row, $ for one value,"
    " nothing for many rows, ! for a count, # for a script."
)
_OPENS = {"'": "string", '"': "quoted name", "/": "comment", "$": "dollar quote"}
# What aiosql's object of functions has already; its `self` and `conn` are its parameters' names.
_TAKEN = (
    "add_child_queries",
    "add_queries",
    "add_query",
    "available_queries",
    "driver_adapter",
    "is_aio",
    "load_from_list",
    "load_from_tree",
)
_TAKEN_PARAMETERS = ("conn", "self")


_NOTE = re.compile(r"(not null|scans):\s*(.+)")


class Kind(StrEnum):
    """What a query gives back."""

    ONE = "one"
    VALUE = "value"
    MANY = "many"
    AFFECTED = "affected"
    SCRIPT = "script"
    COPY = "copy"


_COPIES = {Kind.MANY, Kind.AFFECTED}
_KINDS = {"^": Kind.ONE, "$": Kind.VALUE, "": Kind.MANY, "!": Kind.AFFECTED, "#": Kind.SCRIPT}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A named query as its file has it.

    Attributes:
        statement: `sql` with `$n` for each `:name`.
        not_null: Columns that the comment claims are not null: `-- not null: total`.
        scans: Why the query may scan a table: `-- scans: a few rows of settings`.
        line: That of its name, from 1; `sql` begins at `sql_line`.
    """

    name: str
    kind: Kind
    parameters: tuple[str, ...]
    documentation: str
    sql: str
    statement: str
    not_null: tuple[str, ...]
    scans: str | None
    path: Path
    line: int
    sql_line: int
    copied: Copied | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of what the types of a generated function were made from."""
        text = "\n".join([self.name, self.kind, *self.parameters, *self.not_null, self.sql])
        return hashlib.sha256(text.encode()).hexdigest()


def is_attribute(name: str) -> bool:
    """Whether a query, or a folder or file of queries, can be reached by this name."""
    free = name not in _TAKEN and not keyword.iskeyword(name) and not name.startswith("_")
    return name.isidentifier() and free


def digest_of(queries: Iterable[Query]) -> str:
    """SHA-256 over a file's queries: what a generated module remembers of it."""
    return hashlib.sha256("\n".join(query.hash for query in queries).encode()).hexdigest()


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
            _refuse(path, number, 0, "stands before the first query", "Write -- name: … above it.")
    seen: dict[str, int] = {}
    for start, end in pairwise([*starts, len(lines)]):
        query = _query(path, start, lines[start:end])
        if query.name in seen:
            _refuse(
                path,
                start,
                lines[start].index(query.name, len("-- name:")),
                f"names {query.name} again; it is the name of the query in line {seen[query.name]}",
                "Give each query of a file its own name.",
            )
        seen[query.name] = query.line
        yield query


def _query(path: Path, start: int, lines: list[str]) -> Query:
    name, parameters, kind = _specification(path, start, lines[0].rstrip())
    comments = 1
    while comments < len(lines) and lines[comments].startswith("--"):
        comments += 1
    said = [line[2:].strip() for line in lines[1:comments]]
    notes = {match[1]: match[2] for line in said if (match := _NOTE.match(line))}
    body = "\n".join(lines[comments:])
    sql = body.strip()
    if not sql.strip(";\n "):
        _refuse(path, start, 0, f"gives {name} no statement", "Write one below its comment.")
    sql_line = start + comments + body[: len(body) - len(body.lstrip())].count("\n")
    text = _Text(path, sql_line, sql)
    copied = None
    if kind in _COPIES:
        copied = _copied(text, parameters)
        kind = Kind.COPY if copied else kind
    statement, used = _numbered(text, parameters, kind)
    _refuse_unused(path, start, lines[0], [name for name in parameters if name not in used])
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


def _specification(path: Path, number: int, line: str) -> tuple[str, tuple[str, ...], Kind]:
    match = _SPECIFICATION.fullmatch(line)
    if match is None:
        _refuse(path, number, line.index("--"), "is not the name of a query", _FORM)
    name, kind = match["name"], _KINDS[match["mark"]]
    if not is_attribute(name):
        _refuse(
            path,
            number,
            match.start("name"),
            f"names a query {name}, which no function of ours can be named",
            "Choose another name: this one is Python's, aiosql's or private.",
        )
    parameters = tuple(_parameters(path, number, match))
    if kind is Kind.SCRIPT and parameters:
        _refuse(
            path,
            number,
            match.start("parameters"),
            "gives a script parameters",
            "A script is sent whole: take them out, or make it a query of one statement.",
        )
    return name, parameters, kind


def _copied(text: _Text, parameters: Sequence[str]) -> Copied | None:
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


def _refuse_unused(path: Path, number: int, line: str, names: Sequence[str]) -> None:
    for name in names:
        place = re.compile(rf"\b{name}\b").search(line, line.index("("))
        assert place is not None, name
        hint = f"Write :{name} where it is meant, or take it out of the list."
        _refuse(path, number, place.start(), f"declares {name}, but never uses it", hint)


def _parameters(path: Path, number: int, match: re.Match[str]) -> Iterator[str]:
    place, seen = match.start("parameters"), set()
    written = match["parameters"].split(",") if match["parameters"].strip() else []
    for piece in written:
        name = piece.strip()
        column = place + len(piece) - len(piece.lstrip())
        if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
            what = f"declares {name!r}, which is no name"
            _refuse(path, number, column, what, "Declare names, with commas between.")
        if name in _TAKEN_PARAMETERS:
            what = f"declares {name}, which every function of ours has already"
            _refuse(path, number, column, what, "Choose another name.")
        if name in seen:
            what = f"declares {name} a second time"
            _refuse(path, number, column, what, "Declare each parameter once.")
        seen.add(name)
        place += len(piece) + 1
        yield name


class _Text(NamedTuple):
    """A statement and where it stands; lines and columns come from 0."""

    path: Path
    first_line: int
    sql: str

    def refuse(self, place: int, what: str, hint: str) -> Never:
        before = self.sql[:place]
        line = self.first_line + before.count("\n")
        _refuse(self.path, line, place - (before.rfind("\n") + 1), what, hint)


def _numbered(text: _Text, parameters: tuple[str, ...], kind: Kind) -> tuple[str, set[str]]:
    """The statement with `$n` for each `:name`, and the names that it uses."""
    pieces, place, used = [], 0, set()
    if (nul := text.sql.find("\0")) >= 0:
        text.refuse(nul, "holds a NUL byte, where PostgreSQL would stop", "Take it out.")
    for found in find(text.sql, parameters):
        _check(text, found, parameters, kind)
        if found.what is What.PARAMETER:
            used.add(found.text)
            pieces += [text.sql[place : found.start], f"${parameters.index(found.text) + 1}"]
            place = found.end
    return "".join([*pieces, text.sql[place:]]), used


def _check(text: _Text, found: Found, parameters: tuple[str, ...], kind: Kind) -> None:
    """Refuses what can't stand in a named query; a script may have statements, and bodies $1."""
    name = found.text
    if found.what is What.UNCLOSED:
        mark = name.lower().removeprefix("e")
        what = f"opens a {_OPENS[mark[0]]} that is never closed"
        text.refuse(found.start, what, f"Close it: {'*/' if mark == '/*' else mark}.")
    if found.what is What.NUMBER and kind is not Kind.SCRIPT:
        text.refuse(found.start, f"says {name}", "Name the parameter: :name.")
    if found.what is What.STATEMENT and kind is not Kind.SCRIPT:
        hint = "Give it a name of its own, or make the whole a script: #."
        text.refuse(found.start, "begins a second statement", hint)
    if found.what is What.PARAMETER and name not in parameters:
        near = difflib.get_close_matches(name, parameters, n=1)
        hint = f"Add {name} to the list behind the query's name."
        if kind is Kind.SCRIPT:
            hint = "A script is sent whole: make it a query of one statement."
        text.refuse(
            found.start,
            f"uses :{name}, which is not declared",
            f"Did you mean :{near[0]}?" if near else hint,
        )


def _refuse(path: Path, line: int, column: int, what: str, hint: str) -> Never:
    """Lines and columns come from 0 and are shown from 1."""
    raise QueryError(f"{path}, line {line + 1}, column {column + 1} {what}.", hint=hint)
