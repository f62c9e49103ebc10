"""Makes functions of named queries: aiosql's, over our reader and adapter.

A file's queries become `queries.<query>`, those of a folder `queries.<schema>.<table>.<query>`.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from aiosql.queries import Queries
from aiosql.query_loader import QueryLoader
from aiosql.types import QueryDatum, SQLOperationType

from sqlwright.errors import QueryError
from sqlwright.queries.adapter import function_of
from sqlwright.queries.copying import copy_function
from sqlwright.queries.query import Kind, Query, is_attribute
from sqlwright.queries.reader import read_queries
from sqlwright.queries.statement import Statement

__all__ = ["functions_of", "load"]

_OPERATIONS = {
    Kind.ONE: SQLOperationType.SELECT_ONE,
    Kind.VALUE: SQLOperationType.SELECT_VALUE,
    Kind.MANY: SQLOperationType.SELECT,
    Kind.AFFECTED: SQLOperationType.INSERT_UPDATE_DELETE,
    Kind.SCRIPT: SQLOperationType.SCRIPT,
    Kind.COPY: SQLOperationType.INSERT_UPDATE_DELETE,
}


class _Statements(dict[str, Statement]):
    """What our functions run, by name: the driver's adapter as far as aiosql asks for one."""

    def process_sql(self, _name: str, _operation: object, sql: str) -> str:
        """Our reader has done it."""
        return sql


class StrictLoader(QueryLoader):
    """aiosql's loader over our reader; `rows` gives what makes a row, by the query's name."""

    def __init__(self, adapter: Any, rows: Mapping[str, Any], *, within: str = "") -> None:
        super().__init__(adapter, dict(rows))
        self._adapter = adapter
        self._rows = rows
        self._within = [within] if within else []

    def load_query_data_from_file(
        self,
        path: Path,
        ns_parts: list[str] | None = None,
        encoding: str | None = None,  # noqa: ARG002 - the signature is aiosql's; ours is UTF-8
    ) -> list[QueryDatum]:
        """The queries of a file as aiosql wants them."""
        return [self.datum(query, ns_parts or []) for query in read_queries(path)]

    def load_query_data_from_dir_path(
        self,
        dir_path: Path,
        ext: tuple[str, ...] = (".sql",),
        encoding: str | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        """The queries of a folder of folders: `<schema>.<table>.<query>`, in sorted order."""
        return {
            schema: {
                file.stem: {
                    datum.query_name.rpartition(".")[2]: datum
                    for datum in self.load_query_data_from_file(file, [schema, file.stem])
                }
                for file in files
            }
            for schema, files in _find_files(dir_path, ext).items()
        }

    def datum(self, query: Query, namespace: list[str]) -> QueryDatum:
        """The query as aiosql wants it."""
        name = ".".join([*namespace, query.name])
        row = self._rows.get(name)
        self._adapter[name] = Statement(
            name=name,
            kind=query.kind,
            sql=query.statement,
            parameters=query.parameters,
            row=row,
            copied=query.copied,
            label=".".join([*self._within, name]),
        )
        return QueryDatum(
            query_name=name,
            doc_comments=query.documentation,
            operation_type=_OPERATIONS[query.kind],
            sql=query.statement,
            record_class=row,
            signature=_signature(query),
            floc=(query.path, query.line),
            attributes=None,
            parameters=list(query.parameters),
        )


def _signature(query: Query) -> inspect.Signature:
    positional, named = ["self", "conn"], list(query.parameters)
    if query.copied:
        positional += ["rows"] if query.copied.goes_in else []
        named = ["progress"]
    parameter = inspect.Parameter
    parameters = [parameter(name, parameter.POSITIONAL_OR_KEYWORD) for name in positional]
    parameters += [parameter(name, parameter.KEYWORD_ONLY) for name in named]
    return inspect.Signature(parameters)


def _find_files(folder: Path, suffixes: tuple[str, ...]) -> dict[str, list[Path]]:
    """The files of each schema, in sorted order; one that no name would lead to is refused."""
    found: dict[str, list[Path]] = {}
    for file in sorted(_walk(folder), key=lambda file: file.relative_to(folder).parts):
        if file.suffix not in suffixes:
            continue
        parts = (*file.relative_to(folder).parts[:-1], file.stem)
        if len(parts) != 2:  # noqa: PLR2004 - schema and table
            raise QueryError(
                f"{file} is not in the folder of a schema.", hint=f"Move it to {folder}/<schema>/."
            )
        for part in parts:
            if not is_attribute(part):
                raise QueryError(
                    f"{file} can't be reached by name: {part!r} is Python's, aiosql's or none.",
                    hint="Name folder and file as the schema and the table.",
                )
        found.setdefault(parts[0], []).append(file)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below the folder, but for hidden ones."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise QueryError(
            f"{folder} can't be read: {error.strerror}.", hint="Check its permissions."
        ) from None
    for entry in entries:
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


class _Functions(Queries):
    """aiosql's object of functions: one for each query, and its arguments checked."""

    def _create_methods(self, query_datum: QueryDatum, _is_aio: bool) -> list[Any]:  # noqa: FBT001
        statements: Any = self.driver_adapter
        statement = statements[query_datum.query_name]
        described = self._make_sync_fn(query_datum)  # aiosql's own, whose description we keep
        copied = statement.copied
        function = copy_function(statement, copied) if copied else function_of(statement)
        return [functools.wraps(described)(function)]

    def _look_like_a_select(self, _sql: str) -> bool:
        """All of them do: aiosql knows neither `table` nor `values`, and would warn of those."""
        return True

    def load_from_tree(self, query_data_tree: Mapping[str, Any]) -> _Functions:
        """Folders become objects of their own."""
        for name, value in query_data_tree.items():
            if isinstance(value, dict):
                below = _Functions(self.driver_adapter).load_from_tree(value)
                self.add_child_queries(name, below)
            else:
                self.load_from_list([value])
        return self


def load(path: Path, rows: Mapping[str, Any]) -> Any:
    """aiosql's functions over our loader and adapter; see `load_queries`."""
    if not path.is_dir():
        return functions_of(read_queries(path), rows, path=path)
    adapter: Any = _Statements()
    tree = StrictLoader(adapter, rows).load_query_data_from_dir_path(path)
    queries = _Functions(adapter).load_from_tree(tree)
    _check_rows(rows, adapter, path)
    return queries


def functions_of(
    queries: Iterable[Query], rows: Mapping[str, Any], *, path: Path, within: str = ""
) -> Any:
    """The same of the queries of one file, `path`, which are read already.

    `within` is the schema and the table that logs name before each.
    """
    adapter: Any = _Statements()
    loader = StrictLoader(adapter, rows, within=within)
    functions = _Functions(adapter)
    functions.load_from_list([loader.datum(query, []) for query in queries])
    _check_rows(rows, adapter, path)
    return functions


def _check_rows(rows: Mapping[str, Any], known: _Statements, path: Path) -> None:
    for name in rows:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Write the query's full name."
            raise QueryError(f"rows names {name}, which is no query of {path}.", hint=hint)
