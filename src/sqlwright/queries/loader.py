"""Reads files of named queries: aiosql's format, made strict.

    -- name: get_by_openid(openid)^
    -- The user whom WeChat knows by this openid.
    select id, nickname from iopaint.users where openid = :openid;

The mark behind the parameters says what comes back: `^` one row or none, `$` one value, nothing
for many rows, `!` how many rows were affected, `#` nothing (a script, without parameters). Every
parameter is declared, and every declared one used. `:name` becomes `$1`, `$2`, …: `%`, `?`, `::`
and `[1:2]` mean what PostgreSQL says they mean.
"""

from __future__ import annotations

import difflib
import hashlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Never

from aiosql.queries import Queries
from aiosql.query_loader import QueryLoader
from aiosql.types import QueryDatum, SQLOperationType

from sqlwright.errors import QueryError
from sqlwright.queries.adapter import Adapter
from sqlwright.queries.lexer import Parameter, find_parameters

__all__ = ["Kind", "Query", "load", "read_queries"]

_NAME_LINE = re.compile(r"^--\s*name\s*:", re.IGNORECASE)
_SPECIFICATION = re.compile(
    r"^-- name: (?P<name>[a-z_]\w*)\((?P<parameters>[\w\s,]*)\)(?P<mark>[\^$!#]?)$", re.ASCII
)


class Kind(StrEnum):
    """What a query gives back."""

    ONE = "one"
    VALUE = "value"
    MANY = "many"
    AFFECTED = "affected"
    SCRIPT = "script"


_KINDS = {"^": Kind.ONE, "$": Kind.VALUE, "": Kind.MANY, "!": Kind.AFFECTED, "#": Kind.SCRIPT}
_OPERATIONS = {
    Kind.ONE: SQLOperationType.SELECT_ONE,
    Kind.VALUE: SQLOperationType.SELECT_VALUE,
    Kind.MANY: SQLOperationType.SELECT,
    Kind.AFFECTED: SQLOperationType.INSERT_UPDATE_DELETE,
    Kind.SCRIPT: SQLOperationType.SCRIPT,
}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A named query as its file has it; `line` is that of its name, `sql` begins at `sql_line`."""

    name: str
    kind: Kind
    parameters: tuple[str, ...]
    documentation: str
    sql: str
    statement: str
    path: Path
    line: int
    sql_line: int

    @property
    def hash(self) -> str:
        """SHA-256 of what the types of a generated function were made from."""
        text = "\n".join([self.name, self.kind, *self.parameters, self.sql])
        return hashlib.sha256(text.encode()).hexdigest()


def read_queries(path: Path) -> list[Query]:
    """The queries of a file, in its order.

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
    return list(_parse(path, text))


def _parse(path: Path, text: str) -> Iterator[Query]:
    lines = text.removeprefix("\ufeff").split("\n")
    starts = [number for number, line in enumerate(lines) if _NAME_LINE.match(line)]
    for number, line in enumerate(lines[: starts[0] if starts else len(lines)]):
        if line.strip() and not line.startswith("--"):
            _refuse(path, number, 0, "stands before the first query", "Write -- name: … above it.")
    seen: dict[str, int] = {}
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        query = _query(path, start, lines[start:end])
        if query.name in seen:
            _refuse(
                path,
                start,
                lines[start].index(query.name),
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
    body = "\n".join(lines[comments:])
    sql = body.strip()
    if not sql.strip(";\n "):
        _refuse(path, start, 0, f"gives {name} no statement", "Write one below its comment.")
    sql_line = start + comments + body[: len(body) - len(body.lstrip())].count("\n")
    return Query(
        name=name,
        kind=kind,
        parameters=parameters,
        documentation="\n".join(line[2:].strip() for line in lines[1:comments]).strip(),
        sql=sql,
        statement=_numbered(path, sql_line, sql, parameters),
        path=path,
        line=start + 1,
        sql_line=sql_line + 1,
    )


def _specification(path: Path, number: int, line: str) -> tuple[str, tuple[str, ...], Kind]:
    match = _SPECIFICATION.match(line)
    if match is None:
        _refuse(
            path,
            number,
            0,
            "is not the name of a query",
            "Write -- name: verb_noun(parameter, parameter) and ^ for one row, $ for one value,"
            " nothing for many rows, ! for a count, # for a script.",
        )
    parameters = tuple(match["parameters"].replace(",", " ").split())
    for parameter in parameters:
        if parameters.count(parameter) > 1 or not parameter.isidentifier():
            _refuse(
                path,
                number,
                match.start("parameters"),
                f"declares {parameter} twice or as no name",
                "Declare each parameter once.",
            )
    kind = _KINDS[match["mark"]]
    if kind is Kind.SCRIPT and parameters:
        _refuse(
            path,
            number,
            match.start("parameters"),
            "gives a script parameters",
            "A script is sent whole: take them out, or make it a query of one statement.",
        )
    return match["name"], parameters, kind


def _numbered(path: Path, first_line: int, sql: str, parameters: tuple[str, ...]) -> str:
    """The statement with `$n` for each `:name`."""
    pieces, place, used = [], 0, set()
    for found in find_parameters(sql, parameters):
        if found.name not in parameters:
            _refuse_parameter(path, first_line, sql, found, parameters)
        used.add(found.name)
        pieces += [sql[place : found.start], f"${parameters.index(found.name) + 1}"]
        place = found.end
    for parameter in parameters:
        if parameter not in used:
            _refuse(
                path,
                first_line,
                0,
                f"never uses the parameter {parameter}",
                f"Write :{parameter} where it is meant, or take it out of the list.",
            )
    return "".join([*pieces, sql[place:]])


def _refuse_parameter(
    path: Path, first_line: int, sql: str, found: Parameter, known: tuple[str, ...]
) -> Never:
    name, place, before = found.name, found.start, sql[: found.start]
    line, column = first_line + before.count("\n"), place - (before.rfind("\n") + 1)
    if name.startswith("$"):
        _refuse(path, line, column, f"says {name}", "Name the parameter: :name.")
    near = difflib.get_close_matches(name, known, n=1)
    _refuse(
        path,
        line,
        column,
        f"uses :{name}, which is not declared",
        f"Did you mean :{near[0]}?" if near else f"Add {name} to the list behind the query's name.",
    )


def _refuse(path: Path, line: int, column: int, what: str, hint: str) -> Never:
    """Lines and columns come from 0 and are shown from 1."""
    raise QueryError(f"{path}, line {line + 1}, column {column + 1} {what}.", hint=hint)


class StrictLoader(QueryLoader):
    """aiosql's loader over our reader; `rows` gives what makes a row, by the query's name."""

    def __init__(self, adapter: Any, rows: Mapping[str, Any]) -> None:
        super().__init__(adapter, dict(rows))
        self._adapter = adapter
        self._rows = rows

    def load_query_data_from_file(
        self,
        path: Path,
        ns_parts: list[str] | None = None,
        encoding: str | None = None,  # noqa: ARG002 - the signature is aiosql's; ours is UTF-8
    ) -> list[QueryDatum]:
        """The queries of a file as aiosql wants them."""
        return [self._datum(query, ns_parts or []) for query in read_queries(path)]

    def load_query_data_from_dir_path(
        self,
        dir_path: Path,
        ext: tuple[str, ...] = (".sql",),
        encoding: str | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """The queries of a folder of folders: `<schema>.<table>.<query>`, in sorted order."""
        return {
            schema.name: {
                file.stem: {
                    datum.query_name.rpartition(".")[2]: datum
                    for datum in self.load_query_data_from_file(file, [schema.name, file.stem])
                }
                for file in sorted(schema.iterdir())
                if file.suffix in ext
            }
            for schema in sorted(dir_path.iterdir())
            if schema.is_dir()
        }

    def _datum(self, query: Query, namespace: list[str]) -> QueryDatum:
        name = ".".join([*namespace, query.name])
        self._adapter.parameters[name] = query.parameters
        first = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        declared = [
            inspect.Parameter(parameter, inspect.Parameter.KEYWORD_ONLY)
            for parameter in query.parameters
        ]
        return QueryDatum(
            query_name=name,
            doc_comments=query.documentation,
            operation_type=_OPERATIONS[query.kind],
            sql=query.statement,
            record_class=self._rows.get(name),
            signature=inspect.Signature([first, *declared]),
            floc=(query.path, query.line),
            attributes=None,
            parameters=list(query.parameters),
        )


def load(path: Path, rows: Mapping[str, Any]) -> Any:
    """aiosql's functions over our loader and adapter; see `load_queries`."""
    adapter: Any = Adapter({})  # without the two operations that our files can't ask for
    loader = StrictLoader(adapter, rows)
    queries = Queries(adapter)
    if path.is_dir():
        return queries.load_from_tree(loader.load_query_data_from_dir_path(path))
    return queries.load_from_list(loader.load_query_data_from_file(path))
