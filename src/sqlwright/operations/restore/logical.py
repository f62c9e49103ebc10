"""Puts a dump into a new database: filled and compared under another name, then given its own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.errors import BackupError
from sqlwright.operations.backup import Backup
from sqlwright.operations.backup.contents import compare_contents, read_contents, read_sequences
from sqlwright.operations.backup.files import Step, counting_tables
from sqlwright.operations.backup.logical import DUMP
from sqlwright.operations.backup.manifest import Manifest
from sqlwright.operations.backup.noted import begin
from sqlwright.operations.backup.tools import find_tools, libpq_environ, run_tool
from sqlwright.operations.restore.rights import give_rights
from sqlwright.queries import named_queries, run_query
from sqlwright.server.connection import admin_url, connect
from sqlwright.server.held import Form, drop, held_database, stay
from sqlwright.urls import with_database

__all__ = ["Loaded", "is_there", "load"]

_SQL = Path(__file__).parent / "sql" / "restore.sql"
_RESTORING = 0x5351_5253  # "SQRS"
_PREFIX = "sqlwright_restoring_"
_MAJOR = 10000
_LONGEST_NAME = 63  # PostgreSQL would cut it off
_TABLE = re.compile(r"processing data for table \"?(.+?)\"?$")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What came.

    Attributes:
        roles: Those that had to be made.
        differences: What is not as the manifest says.
        refused: Settings of the database that this server doesn't take, each with its reason.
    """

    roles: tuple[str, ...]
    differences: tuple[str, ...]
    refused: tuple[str, ...]


def _run(conn: psycopg.Connection[Any], name: str, /, **names: str) -> None:
    """Runs a named statement with its identifiers filled in."""
    run_query(conn, named_queries(_SQL)[name], {}, **names)


def _rows(conn: psycopg.Connection[Any], name: str, /, **values: Any) -> list[Any]:
    return run_query(conn, named_queries(_SQL)[name], values).fetchall()


def is_there(project: Project, database: str) -> bool:
    """Whether the project's server has such a database."""
    with connect(admin_url(project), project) as conn:
        return bool(_rows(conn, "find_database", database=database))


def load(
    project: Project,
    backup: Backup,
    *,
    database: str,
    replace: bool,
    jobs: int,
    step: Step,
    tolerant: bool = False,
) -> Loaded:
    """Makes the database on the project's server, with what the backup has.

    Args:
        project: On whose server.
        backup: A logical one, its files verified.
        database: The new one's name.
        replace: Drop the database of that name, once the new one is whole.
        jobs: How many connections load rows.
        step: Told what is at work.
        tolerant: Return what differs from the manifest, where else nothing would be made; and do
            without the tablespaces that the old server had.

    Raises:
        BackupError: it can't be loaded, or is not what the manifest says; nothing was made.
        ConnectError: the server can't be reached.
    """
    manifest = backup.whole
    with connect(admin_url(project), project, application="sqlwright restore") as conn:
        _refuse_older(conn, manifest)
        _refuse_name(conn, database, replace=replace)
        tools = find_tools(conn.info.server_version // _MAJOR, project.environ)
        made_roles, held = _made_roles(conn, manifest.roles), _held(conn, manifest)
        with _explained(conn), made_roles as roles, held as fresh:
            url = with_database(admin_url(project), fresh)
            run_tool(
                tools.bindir / "pg_restore",
                [
                    f"--jobs={jobs}",
                    "--exit-on-error",
                    "--no-password",
                    "--verbose",
                    *(["--no-tablespaces"] if tolerant else []),
                    f"--dbname={fresh}",
                    backup.folder / DUMP,
                ],
                environ=libpq_environ(url, project),
                heard=counting_tables(step, "restoring", _TABLE, len(manifest.tables)),
            )
            differences = _compared(project, url, manifest, step)
            if differences and not tolerant:
                raise BackupError(
                    f"What was restored from {backup.name} is not what was backed up:"
                    f" {'; '.join(differences[:3])}.",
                    hint="Nothing was made. Restore another backup; rehearse shows what differs.",
                )
            refused = give_rights(conn, fresh, manifest.creation or {})
            if replace and _rows(conn, "find_database", database=database):
                _replace(conn, database, by=fresh)
            else:
                _run(conn, "rename", database=fresh, name=database)
    return Loaded(roles=tuple(roles), differences=tuple(differences), refused=tuple(refused))


def _refuse_older(conn: psycopg.Connection[Any], manifest: Manifest) -> None:
    if (found := conn.info.server_version // _MAJOR) < manifest.major:
        raise BackupError(
            f"{manifest.name} is of PostgreSQL {manifest.major}, and the server is PostgreSQL"
            f" {found}.",
            hint=f"Restore it to a server of PostgreSQL {manifest.major} or newer.",
        )


def _refuse_name(conn: psycopg.Connection[Any], database: str, *, replace: bool) -> None:
    """What would be found out at the end alone."""
    if not 1 <= (size := len(database.encode())) <= _LONGEST_NAME:
        raise BackupError(
            f"The name of a database has 1 to {_LONGEST_NAME} bytes, and {database!r} has {size}.",
            hint="Choose another name.",
        )
    obstacles = _rows(conn, "list_obstacles", database=database) if replace else []
    if obstacles:
        reasons = "; ".join(reason for (reason,) in obstacles)
        raise BackupError(
            f"The database {database} can't be replaced: {reasons}.",
            hint="End that first, or restore under another name.",
        )


@contextmanager
def _explained(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """What the role may not do, and what is in the way."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            f"{conn.info.user} may not restore: {error.diag.message_primary}.",
            hint="Restore as a superuser, or as a role with createdb and createrole.",
        ) from None
    except psycopg.errors.DuplicateDatabase as error:
        raise BackupError(
            f"It could not be given its name: {error.diag.message_primary}.",
            hint="Choose another name, or add --yes to replace what is there.",
        ) from None


def _held(conn: psycopg.Connection[Any], manifest: Manifest) -> AbstractContextManager[str]:
    """A database to fill, which goes with the block unless it was renamed."""
    creation = manifest.creation or {}
    form = Form(**{name: creation[name] for name in Form.__dataclass_fields__})
    return held_database(conn, _PREFIX, namespace=_RESTORING, form=form)


@contextmanager
def _made_roles(conn: psycopg.Connection[Any], roles: Mapping[str, bool]) -> Iterator[list[str]]:
    """Makes those that the server hasn't; without a password, which no dump has.

    They go again where the block fails.
    """
    there = {row[0] for row in _rows(conn, "find_roles", names=list(roles))}
    missing = {name: login for name, login in roles.items() if name not in there}
    try:
        for name, login in missing.items():
            with suppress(psycopg.errors.DuplicateObject):
                _run(conn, "create_role_login" if login else "create_role", role=name)
        yield list(missing)
    except BaseException:
        for name in missing:
            with suppress(psycopg.Error):  # it was not made yet
                _run(conn, "drop_role", role=name)
        raise


def _compared(project: Project, url: str, manifest: Manifest, step: Step) -> list[str]:
    """What differs from the manifest; the planner learns what is there on the way."""
    with connect(url, project, application="sqlwright restore") as inside:
        stay(inside)
        inside.execute("analyze")
        sequences = read_sequences(inside)
        begin(inside)
        return compare_contents(manifest, read_contents(inside, sequences=sequences, step=step))


def _replace(conn: psycopg.Connection[Any], database: str, *, by: str) -> None:
    """Gives the new database the old one's name; at every moment one of the two bears it."""
    old = f"{_PREFIX}{secrets.randbelow(2**31):08x}"  # one that the next restore would drop
    _run(conn, "close", database=database)
    try:
        _rows(conn, "end_sessions", database=database)
        with conn.transaction():
            _run(conn, "rename", database=database, name=old)
            _run(conn, "rename", database=by, name=database)
    except BaseException:
        _run(conn, "open", database=database)
        raise
    with suppress(KeyboardInterrupt):  # it is done; the next restore drops what is left
        drop(conn, old)
