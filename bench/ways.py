"""The ways to run one statement that need no model of its table: all but the ORMs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from psycopg.pq import ExecStatus
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bench.clients import Clients, queries_of_aiosql
from bench.measuring import Contender, on_loop, once, pgbench
from sqlwright.queries import Kind, Query, named_queries

__all__ = [
    "AIOSQL",
    "ASYNC",
    "ASYNCPG",
    "BARE",
    "CORE",
    "DJANGO",
    "ORM",
    "OURS",
    "PGBENCH",
    "RAW",
    "Given",
    "encoded",
    "for_asyncpg",
    "for_pgbench",
    "for_psycopg",
    "query_of",
    "ways",
]

# What contenders are called: goals speak of them.
OURS = "sqlwright"
ASYNC = "sqlwright, async (uvloop)"
RAW = "psycopg, conn.execute"
AIOSQL = "aiosql on psycopg"
ASYNCPG = "asyncpg (uvloop)"
CORE = "SQLAlchemy Core"
ORM = "SQLAlchemy ORM"
DJANGO = "Django"
PGBENCH = "pgbench -M prepared (C)"
BARE = "libpq from Python, no rows made"

_NULL = "-"  # pgbench has no other
Given: TypeAlias = Mapping[str, Any] | Callable[[], Mapping[str, Any]]


def ways(
    clients: Clients, function: Any, given: Given, *, varying: Mapping[str, str] | None = None
) -> list[Contender]:
    """A generated function, and its statement as others run it.

    Args:
        clients: Whose connections.
        function: The generated function: of one row, or of many.
        given: Its arguments, or what makes them anew for each call.
        varying: What pgbench gives instead of an argument: SQL on `:n`, a random number.
    """
    query, make = query_of(function), _maker(given)
    as_jsonb = _as_jsonb(given)
    raw, by_class = _psycopg(clients.theirs, function, query, as_jsonb)
    return [
        once(OURS, lambda: function(clients.ours, **make())),
        on_loop(ASYNC, clients.loop, lambda: function(clients.ours_async, **make())),
        once(RAW, raw),
        once("psycopg, class_row", by_class),
        once("psycopg in a transaction", _in_transaction(clients.theirs, raw)),
        once(AIOSQL, _aiosql(clients.other, function, query, as_jsonb)),
        on_loop(ASYNCPG, clients.loop, _asyncpg(clients.asyncpg, query, make)),
        _bare(clients, query, make),
        pgbench(PGBENCH, for_pgbench(clients, [(query, make())], varying)),
    ]


def query_of(function: Any) -> Query:
    """The named query behind a generated function."""
    module = sys.modules[function.__module__]
    return named_queries(module._queries.path)[function.__name__]  # noqa: SLF001


def for_psycopg(query: Query) -> tuple[str, tuple[str, ...]]:
    """The statement with %s, and which argument stands at each."""
    places = tuple(query.parameters[int(n) - 1] for n in re.findall(r"\$(\d+)", query.statement))
    return re.sub(r"\$\d+", "%s", query.statement.replace("%", "%%")), places


def for_asyncpg(query: Query, given: Mapping[str, Any]) -> list[Any]:
    """The arguments in the order of $1, $2, …."""
    return [given[name] for name in query.parameters]


def for_pgbench(
    clients: Clients,
    statements: Sequence[tuple[Query, Mapping[str, Any]]],
    varying: Mapping[str, str] | None = None,
    *,
    around: tuple[str, str] = ("", ""),
) -> list[str]:
    """The command that runs these statements as one of its transactions, but for their number."""
    variables: dict[str, str] = {}
    texts = [
        _for_pgbench(query, given, f"v{number}_", varying or {}, variables)
        for number, (query, given) in enumerate(statements)
    ]
    draw = "\\set n random(1, 9000000000000000000)\n" if varying else ""
    file = clients.scripts / f"{len(list(clients.scripts.iterdir()))}.sql"
    file.write_text(f"{draw}{around[0]}{''.join(texts)}{around[1]}", encoding="utf-8")
    program = str(clients.place.bindir / "pgbench")
    options = ["--no-vacuum", "--protocol=prepared", f"--file={file}"]
    defined = (f"--define={name}={value}" for name, value in variables.items())
    return [program, *options, *defined, clients.place.url]


def _for_pgbench(
    query: Query,
    given: Mapping[str, Any],
    prefix: str,
    varying: Mapping[str, str],
    variables: dict[str, str],
) -> str:
    """A statement of its script, whose values are added to `variables`."""
    text = query.statement.rstrip().rstrip(";")
    for place, name in reversed(list(enumerate(query.parameters, start=1))):
        value, variable = given[name], f"{prefix}{place}"
        if name in varying:
            text = text.replace(f"${place}", varying[name])
        elif value is not None:
            variables[variable] = _text(value)
            text = text.replace(f"${place}", f":{variable}")
        else:
            # A null that is written down would be planned for, and one that is given isn't.
            variables[variable] = _NULL
            cast = re.search(rf"\${place}::(\w+)", text)
            new = f"nullif(:{variable}, '{_NULL}')::{cast[1]}" if cast else "null"
            text = re.sub(rf"\${place}(?:::\w+)?", new, text)
    return f"{text};\n"


def _maker(given: Given) -> Callable[[], Mapping[str, Any]]:
    if callable(given):
        return given
    fixed = given
    return lambda: fixed


def _as_jsonb(given: Given) -> Callable[[], Mapping[str, Any]]:
    """The same for psycopg, which wants to be told what is JSON."""

    def wrap(values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: Jsonb(value) if isinstance(value, dict | list) else value
            for name, value in values.items()
        }

    if callable(given):
        return lambda: wrap(given())
    fixed = wrap(given)
    return lambda: fixed


def _psycopg(
    conn: Any, function: Any, query: Query, make: Callable[[], Mapping[str, Any]]
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """`conn.execute`, and the same with rows of the class that ours has."""
    text, places = for_psycopg(query)
    rows = sys.modules[function.__module__]._queries._rows  # noqa: SLF001
    factory = class_row(rows[query.name])

    def run(cursor: Any) -> Any:
        values = make()
        cursor = cursor.execute(text, [values[place] for place in places])
        return cursor.fetchall() if query.kind is Kind.MANY else cursor.fetchone()

    return lambda: run(conn), lambda: run(conn.cursor(row_factory=factory))


def _in_transaction(conn: Any, call: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        with conn.transaction():
            return call()

    return run


def _aiosql(
    conn: Any, function: Any, query: Query, make: Callable[[], Mapping[str, Any]]
) -> Callable[[], Any]:
    """The same file's function as aiosql itself makes it: of many rows, it is a generator."""
    schema, table = function.__module__.split(".")[-2:]
    named = getattr(queries_of_aiosql(schema, table), query.name)
    if query.kind is Kind.MANY:
        return lambda: list(named(conn, **make()))
    return lambda: named(conn, **make())


def _asyncpg(conn: Any, query: Query, make: Callable[[], Mapping[str, Any]]) -> Any:
    fetch = conn.fetch if query.kind is Kind.MANY else conn.fetchrow
    return lambda: fetch(query.statement, *for_asyncpg(query, make()))


def _bare(clients: Clients, query: Query, make: Callable[[], Mapping[str, Any]]) -> Contender:
    """What no driver on libpq can be faster than; it isn't asked what it got."""
    name, bare = f"bench_{query.name}".encode(), clients.bare
    bare.prepare(name, query.statement.encode())

    def call() -> None:
        values = make()
        sent = [encoded(values[each]) for each in query.parameters]
        result = bare.exec_prepared(name, sent, result_format=1)
        assert result.status == ExecStatus.TUPLES_OK, result.error_message

    return replace(once(BARE, call), answer=None)


def encoded(value: Any) -> bytes | None:
    """A value as text, for libpq."""
    return None if value is None else _text(value).encode()


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
