"""What a generated module holds on to: its file's queries, loaded when the first one is called."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Json, Jsonb

from sqlwright.errors import QueryError

__all__ = [
    "GeneratedQueries",
    "as_json",
    "as_json_list",
    "as_jsonb",
    "as_jsonb_list",
    "certain",
    "sql_of",
]


class GeneratedQueries:
    """The queries of one file, which must be those that the module's types were made from.

    Attributes are functions, as `load_queries` gives them. Importing a generated module reads no
    file and loads no parser: that is left to the first call.
    """

    def __init__(
        self,
        module: str,
        file: str,
        digest: str,
        rows: Mapping[str, Any],
        always: Collection[str] = (),
    ) -> None:
        """Remembers what to load.

        Args:
            module: The generated module's name.
            file: The file of queries, in the `sql` folder of the module's root.
            digest: Of the queries that the types were made from.
            rows: What makes a row, by the query's name.
            always: Queries that give a row whenever they succeed: none is an error.
        """
        self._root, self._file = module.partition(".")[0], file
        self._digest, self._rows, self._always = digest, rows, always

    @property
    def path(self) -> Path:
        """Where the SQL is: the same way for a wheel, an editable install and a checkout."""
        module = importlib.import_module(self._root)
        assert module.__file__ is not None, self._root
        return Path(module.__file__).parent / "sql" / self._file

    def __getattr__(self, name: str) -> Any:
        """Loads the file, once, and hands out its functions from then on."""
        if name.startswith("_"):
            raise AttributeError(name)
        from sqlwright.queries.loader import functions_of
        from sqlwright.queries.query import digest_of
        from sqlwright.queries.reader import read_queries

        queries = read_queries(self.path)
        if digest_of(queries) != self._digest:
            raise QueryError(
                f"{self.path} was changed after its functions were generated.",
                hint="Run `sqlwright generate`, and commit what it writes.",
            )
        within = self._file.removesuffix(".sql").replace("/", ".")
        loaded = functions_of(queries, self._rows, path=self.path, within=within)
        for query in loaded.available_queries:
            run = getattr(loaded, query)
            self.__dict__[query] = _never_none(query, run) if query in self._always else run
        if name not in self.__dict__:
            raise AttributeError(name)
        return self.__dict__[name]


def _never_none(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """The same function; where it gives nothing, a trigger or a rule kept the row out."""
    from sqlwright.queries.units import Pending

    def there(result: Any) -> Any:
        if result is None:
            raise QueryError(
                f"{name} gave no row, though it always should.",
                hint="Look for a trigger or a rule of the table that keeps the row out.",
            )
        return result

    async def awaited(result: Any) -> Any:
        return there(await result)

    @functools.wraps(run)
    def checked(conn: Any, **given: Any) -> Any:
        result = run(conn, **given)
        if isinstance(result, Pending):
            result.check = there
            return result
        return awaited(result) if isinstance(conn, AsyncConnection) else there(result)

    return checked


def as_json(value: Any) -> Json:
    """The value as psycopg sends it to a json parameter; None is JSON's null."""
    return value if isinstance(value, Json) else Json(value)


def as_jsonb(value: Any) -> Jsonb:
    """The value as psycopg sends it to a jsonb parameter; None is JSON's null."""
    return value if isinstance(value, Jsonb) else Jsonb(value)


def as_json_list(values: list[Any]) -> list[Json | None]:
    """The values as psycopg sends them to a json[] parameter; None is a null in the array."""
    return [None if value is None else as_json(value) for value in values]


def as_jsonb_list(values: list[Any]) -> list[Jsonb | None]:
    """The values as psycopg sends them to a jsonb[] parameter; None is a null in the array."""
    return [None if value is None else as_jsonb(value) for value in values]


def certain(row: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """Makes rows of which these columns are claimed to be not null, and holds them to it."""

    def make(*values: Any) -> Any:
        made = row(*values)
        for name in names:
            if getattr(made, name) is None:
                raise QueryError(
                    f"{name} is null in {made}, but `-- not null: {name}` says that it never is.",
                    hint="Mend the query or take the claim away, and run `sqlwright generate`.",
                )
        return made

    return make


def sql_of(function: Any) -> str:
    """The statement behind a generated function, as it is sent: with `$1` for its parameters."""
    queries = function.__globals__["_queries"]
    return str(getattr(queries, function.__name__).sql)
