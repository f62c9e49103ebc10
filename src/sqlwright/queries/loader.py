"""Makes functions of named queries: aiosql's, over our reader and adapter.

A file's queries become `queries.<query>`, those of a folder `queries.<schema>.<table>.<query>`.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from aiosql.queries import Queries
from aiosql.query_loader import QueryLoader
from aiosql.types import QueryDatum, SQLOperationType

from sqlwright.errors import ArgumentError, QueryError
from sqlwright.queries.adapter import Adapter, wrong_arguments
from sqlwright.queries.reader import Kind, Query, digest_of, is_attribute, read_queries

__all__ = ["digest_of", "load"]

_OPERATIONS = {
    Kind.ONE: SQLOperationType.SELECT_ONE,
    Kind.VALUE: SQLOperationType.SELECT_VALUE,
    Kind.MANY: SQLOperationType.SELECT,
    Kind.AFFECTED: SQLOperationType.INSERT_UPDATE_DELETE,
    Kind.SCRIPT: SQLOperationType.SCRIPT,
}


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
            schema: {
                file.stem: {
                    datum.query_name.rpartition(".")[2]: datum
                    for datum in self.load_query_data_from_file(file, [schema, file.stem])
                }
                for file in files
            }
            for schema, files in _find_files(dir_path, ext).items()
        }

    def _datum(self, query: Query, namespace: list[str]) -> QueryDatum:
        name = ".".join([*namespace, query.name])
        self._adapter.parameters[name] = query.parameters
        given = [
            inspect.Parameter(parameter, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for parameter in ("self", "conn")
        ]
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
            signature=inspect.Signature([*given, *declared]),
            floc=(query.path, query.line),
            attributes=None,
            parameters=list(query.parameters),
        )


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
        return [_checked(query_datum, self._make_sync_fn(query_datum))]

    def load_from_tree(self, query_data_tree: Mapping[str, Any]) -> _Functions:
        """Folders become objects of their own."""
        for name, value in query_data_tree.items():
            if isinstance(value, dict):
                below = _Functions(self.driver_adapter).load_from_tree(value)
                self.add_child_queries(name, below)
            else:
                self.load_from_list([value])
        return self


def _checked(datum: QueryDatum, run: Callable[..., Any]) -> Callable[..., Any]:
    name = datum.query_name
    is_script = datum.operation_type is SQLOperationType.SCRIPT

    @functools.wraps(run)
    def checked(self: Any, conn: Any, *values: Any, **given: Any) -> Any:
        if values:
            raise ArgumentError(
                f"{name} is called with a value that has no name.",
                hint=f"It takes by name: {', '.join(datum.parameters or ()) or 'nothing'}.",
            )
        if not isinstance(conn, psycopg.Connection | psycopg.AsyncConnection):
            raise ArgumentError(
                f"{name} is called on {type(conn).__name__}, which is no connection.",
                hint="Give it one of psycopg's; a pool's is had by `with pool.connection() as …`.",
            )
        if is_script:
            if given:
                raise wrong_arguments(name, (), given)
            return self.driver_adapter.execute_script(conn, datum.sql, name)
        return run(self, conn, **given)

    return checked


def load(path: Path, rows: Mapping[str, Any]) -> Any:
    """aiosql's functions over our loader and adapter; see `load_queries`."""
    adapter: Any = Adapter({})  # without the two operations that our files can't ask for
    loader = StrictLoader(adapter, rows)
    queries = _Functions(adapter)
    if path.is_dir():
        queries.load_from_tree(loader.load_query_data_from_dir_path(path))
    else:
        queries.load_from_list(loader.load_query_data_from_file(path))
    for name in rows:
        if name not in adapter.parameters:
            near = difflib.get_close_matches(name, adapter.parameters, n=1)
            hint = f"Did you mean {near[0]}?" if near else "Write the query's full name."
            raise QueryError(f"rows names {name}, which is no query of {path}.", hint=hint)
    return queries
