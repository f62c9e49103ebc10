"""The whole of an apply or a rollback as a script for psql, for whoever runs SQL by hand.

It does what the executor does: the lock, the role, a clean session before each file, the file and
its mark in one transaction. The statements of the bookkeeping are the executor's own. It stops at
the first error, and before the first migration if the database is not as it was taken to be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent

from psycopg import sql

from sqlwright import __version__
from sqlwright.migrations import statements
from sqlwright.migrations.bookkeeping import Tables, lock_key
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.script import Script
from sqlwright.migrations.source import Migration
from sqlwright.queries import named_queries

__all__ = ["write_script"]

_SQL = [Path(__file__).parent / "sql" / name for name in ("bookkeeping.sql", "script.sql")]
_SET = """\
\\set ON_ERROR_STOP on
\\set ON_ERROR_ROLLBACK off
\\set AUTOCOMMIT on
\\set QUIET on
\\set SHOW_CONTEXT never
\\encoding UTF8
set client_min_messages = warning;"""
_AGAIN = 'reset session authorization; reset role; set role :"sqlwright_owner";'
# Who runs psql is known to the server as a role at an address.
_MARK = {
    "id": "$1",
    "hash": "$2",
    "checksum": "$3",
    "username": "session_user",
    "hostname": "coalesce(pg_catalog.host(pg_catalog.inet_client_addr()), 'local')",
    "log_id": "pg_catalog.gen_random_uuid()::text",
}


def write_script(script: Script, limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
    """The script's text."""
    parts = [_heading(script), _SET, *_opening(script), *_adoption(script)]
    for migration in script.migrations:
        parts += _migration(script, migration, limits)
    return "\n\n".join([*parts, *_closing(script)]) + "\n"


def _heading(script: Script) -> str:
    count = len(script.migrations)
    verb = "Applies" if script.operation == "apply" else "Rolls back"
    listed = "\n".join(f"--     {migration.id}" for migration in script.migrations)
    return (
        f"-- {verb} {count} migration{'' if count == 1 else 's'}, {script.known_from}:\n"
        f"{listed}\n"
        f"-- Made by sqlwright {__version__}. Run it as the role that migrates:\n"
        '--     psql -X "$DATABASE_URL" -f this_file.sql\n'
        "-- It stops at the first error: what was committed before stays, nothing is half done,\n"
        "-- and the rest wants a new script."
    )


def _opening(script: Script) -> Iterator[str]:
    """Role, lock and bookkeeping, before anything is changed."""
    tables = script.tables
    yield (
        "-- Who migrates: the database's owner, where this session may act as it.\n"
        f"select coalesce((\n{indent(_inline('find_owner'), '    ')}\n), current_user) as owner\n"
        "\\gset sqlwright_\n"
        'set role :"sqlwright_owner";'
    )
    schema = sql.Literal(tables.schema)
    found = _inline("find_schema", migrations=sql.Literal(tables.migrations))
    yield _frame("check_schema", tables, find_schema=sql.SQL(indent(found, " " * 8)), schema=schema)
    yield "-- One at a time; the server lets this lock go when the session ends.\n" + _frame(
        "take_lock", tables, **_lock(tables)
    )
    if not all(tables.has(kind) for kind in tables.names):
        yield "\n\n".join(_bookkeeping(tables))
    yield _check_state(script)
    stale = sql.SQL(indent(_inline("find_lock_row", tables), " " * 12))
    yield (
        "-- This row keeps plain yoyo out. If the script breaks off, the next apply clears it.\n"
        + _frame("take_lock_row", tables, find_lock_row=stale)
    )
    yield f"{_inline('insert_lock_row', tables)}\n\\gset sqlwright_"
    yield from _prepared(script)


def _bookkeeping(tables: Tables) -> Iterator[str]:
    yield "-- The record of migrations, where it is not there yet, for its owner alone."
    for kind in tables.names:
        text = _inline(f"create_{kind}", tables)
        yield text.replace("create table ", "create table if not exists ", 1) + ";"
    yield _frame("note_version", tables)
    names = sql.Literal(list(tables.names.values()))
    grants = _inline("find_grants", schema=sql.Literal(tables.schema), names=names)
    yield f"{grants}\n\\gexec"


def _check_state(script: Script) -> str:
    """Refuses to go on where the database is not as the script takes it to be."""
    chosen = {migration.id for migration in script.migrations}
    if script.operation == "apply":
        wanted = {name for migration in script.migrations for name in migration.depends}
        present, absent = wanted - chosen, chosen
    else:
        on_top = {e.id for e in script.entries if e.migration and e.migration.depends & chosen}
        present, absent = chosen, on_top - chosen
    return _frame(
        "check_state", script.tables, present=_array(sorted(present)), absent=_array(sorted(absent))
    )


def _array(names: Sequence[str]) -> sql.Composed:
    items = sql.SQL(", ").join(sql.Literal(name) for name in names)
    return sql.SQL("array[{}]::text[]").format(items)


def _prepared(script: Script) -> Iterator[str]:
    """The bookkeeping of one migration, as statements that are named below."""
    name = "mark" if script.operation == "apply" else "unmark"
    parameters = "text, text, text" if script.operation == "apply" else "text, text"
    values: dict[str, sql.Composable] = {
        **{key: sql.SQL(value) for key, value in _MARK.items()},
        **_lock(script.tables),
        "operation": sql.Literal(script.operation),
    }
    marked = _inline(name, script.tables, **values)
    yield f"prepare sqlwright_{name} ({parameters}) as\n{marked};"
    if not all(migration.transactional for migration in script.migrations):
        begun = _inline("start", script.tables, **values)
        yield f"prepare sqlwright_start (text, text) as\n{begun};"


def _adoption(script: Script) -> Iterator[str]:
    """The checksums of what plain yoyo applied, which the executor would keep now."""
    for entry in script.entries if script.operation == "apply" else ():
        if entry.applied and entry.migration and entry.applied.checksum is None:
            values = {
                "hash": sql.Literal(entry.applied.hash),
                "applied_at": sql.Literal(str(entry.applied.at)),
                "checksum": sql.Literal(entry.migration.checksum),
            }
            yield f"-- {entry.id}\n{_inline('adopt', script.tables, **values)};"


def _migration(script: Script, migration: Migration, limits: Limits) -> Iterator[str]:
    forwards = script.operation == "apply"
    text = migration.text if forwards else migration.rollback_text or ""
    identity = f"{sql.Literal(migration.id).as_string(None)}, '{migration.hash}'"
    yield f"-- {migration.id}\n{_clean(text, migration, limits)}"
    whole = migration.transactional
    yield "begin;" if whole else f"execute sqlwright_start ({identity});"
    yield _ended(text)
    values = f"{identity},\n    '{migration.checksum}'" if forwards else identity
    name = "sqlwright_mark" if forwards else "sqlwright_unmark"
    mark = f"execute {name} (\n    {values}\n)\n\\gset sqlwright_"
    checks = "set constraints all immediate;\n" if whole else ""
    yield f"{checks}{_AGAIN}\n{mark}" + ("\ncommit;" if whole else "")
    verb = "Applied" if forwards else "Rolled back"
    yield f"\\echo {verb} {_quoted(migration.id)}"


def _clean(text: str, migration: Migration, limits: Limits) -> str:
    """What `session.clean` does, without what only a client that may be killed needs."""
    concurrent = not migration.transactional and statements.concurrent(text)
    lock, statement = (limits.statement, 0) if concurrent else (limits.lock, limits.statement)
    return (
        f"{_AGAIN}\nreset all; close all; unlisten *; discard temp; discard plans;\n"
        f"set lock_timeout = '{lock:g}s'; set statement_timeout = '{statement:g}s';\n"
        "set idle_in_transaction_session_timeout = 0; set client_encoding = 'UTF8';"
    )


def _ended(text: str) -> str:
    """The file as it is, its last statement ended: psql would wait for the semicolon."""
    text = text.strip("\n")
    return text if statements.is_ended(text) else f"{text}\n;"


def _quoted(name: str) -> str:
    """As an argument of psql's own commands."""
    return name if re.fullmatch(r"[\w.-]+", name, re.ASCII) else sql.Literal(name).as_string(None)


def _closing(script: Script) -> Iterator[str]:
    tables = script.tables
    pid = sql.SQL("-pg_catalog.pg_backend_pid()")
    yield (
        f"{_AGAIN}\n{_inline('delete_lock_row', tables, pid=pid)};\n"
        f"{_frame('let_go', tables, **_lock(tables)).removesuffix(';')}\n\\gset sqlwright_"
    )


def _lock(tables: Tables) -> dict[str, sql.Composable]:
    return {name: sql.Literal(value) for name, value in lock_key(tables).items()}


def _frame(name: str, tables: Tables, /, **values: sql.Composable) -> str:
    """A statement of script.sql: its tables and values filled in."""
    return _fill(named_queries(*_SQL)[name].statement, tables, values)


def _inline(name: str, tables: Tables | None = None, /, **values: sql.Composable) -> str:
    """A statement of the bookkeeping with its parameters written into it."""
    query = named_queries(*_SQL)[name]
    text = _fill(query.statement, tables, {}) if tables else query.statement
    numbered = enumerate(query.parameters, start=1)
    given = {f"${number}": values[key].as_string(None) for number, key in numbered}
    return re.sub(r"\$\d+", lambda match: given[match[0]], text).removesuffix(";")


def _fill(text: str, tables: Tables | None, values: Mapping[str, sql.Composable]) -> str:
    names = tables.names if tables else {}
    schema = tables.schema if tables else ""
    identifiers = {kind: sql.Identifier(schema, name) for kind, name in names.items()}
    return sql.SQL(text).format(**identifiers, **values).as_string(None)
