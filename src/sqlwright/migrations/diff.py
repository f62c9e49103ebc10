"""The live database against the migrations that it has: what somebody changed by hand.

What is expected is not computed but made: a scratch database to which the same migrations are
applied in the same order, under the same roles, read in the same way.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from sqlwright.catalog import Snapshot, read_snapshot
from sqlwright.config import Project
from sqlwright.errors import DatabaseError, ServerError, SourceError
from sqlwright.migrations.difference import (
    Difference,
    check_patterns,
    compare,
    fold,
    ignore,
)
from sqlwright.migrations.history import Entry, verify
from sqlwright.migrations.migrate import read_entries
from sqlwright.migrations.order import in_order
from sqlwright.migrations.scratch import may_create_databases, scratch_database
from sqlwright.migrations.source import Migration
from sqlwright.server.connection import Roles, connect, owner_url
from sqlwright.server.embedded import status
from sqlwright.server.held import Form, read_form
from sqlwright.urls import normalise

__all__ = ["Diff", "applied_in_order", "diff", "same_version", "scratch_server"]

_MAJOR = 10000
_RIGHTS = ("role", "default privileges", ".owner", ".grants")


@dataclass(frozen=True, kw_only=True)
class Diff:
    """What differs, and the ids of migrations that the database hasn't had yet."""

    differences: tuple[Difference, ...]
    pending: tuple[str, ...]


def diff(
    project: Project,
    *,
    schemas: Sequence[str] = (),
    ignored: Sequence[str] = (),
    rights: bool = False,
    scratch: str | None = None,
    talk: Callable[[str], object] = lambda _: None,
) -> Diff:
    """Compares the project's database with what its applied migrations make.

    Args:
        project: Which database and whose migrations.
        schemas: What is in these alone.
        ignored: Patterns as `difference.ignore` takes them.
        rights: Compare owners and grants also where `sqlwright create` did not make the database.
        scratch: The URL of a server for the scratch database; else the database's own, else the
            embedded one.
        talk: Told what is not compared.

    Raises:
        HistoryError: an applied migration was edited or deleted.
        DatabaseError: there is no server of the same version to make a scratch database on.
        SourceError: there is no such schema.
        ConfigError: there is nothing that a pattern could name.
    """
    entries = read_entries(project)
    verify(entries)
    with connect(owner_url(project), project) as conn:
        form = read_form(conn)
        roles = Roles.of(form.name) if form.owner == Roles.of(form.name).owner else None
        found = read_snapshot(conn, roles=roles or ())
        _check_schemas(schemas, entries, found)
        check_patterns(ignored, found.vocabulary)
        where = scratch_server(project, conn, scratch)
    expected = _expected(where, applied_in_order(entries), form=form, roles=roles)
    same_version(expected, found, form)
    if not roles and not rights:
        talk(f"{form.name} was not made by `sqlwright create`: owners and grants are not compared.")
        ignored = (*ignored, *_RIGHTS)
    differences = compare(_only(expected, schemas), _only(found, schemas))
    return Diff(
        differences=ignore(fold(differences), ignored),
        pending=tuple(entry.id for entry in entries if entry.applied is None),
    )


def applied_in_order(entries: Sequence[Entry]) -> list[Migration]:
    """What is applied, in the order of applying, as the order of columns tells."""
    applied = [(e.applied.at, e.migration) for e in entries if e.applied and e.migration]
    return in_order([migration for _, migration in sorted(applied, key=lambda pair: pair[0])])


def scratch_server(project: Project, conn: psycopg.Connection[Any], scratch: str | None) -> Project:
    """The project, with the URL of the server that the scratch database is made on.

    Raises:
        DatabaseError: there is none.
    """
    if scratch is not None:
        return replace(project, url=normalise(scratch))
    if project.url is None or may_create_databases(conn):
        return project
    embedded, version = replace(project, url=None), conn.info.server_version // _MAJOR
    with suppress(ServerError):  # it is not installed
        if status(embedded).version.split(".")[0] == str(version):
            return embedded
    raise DatabaseError(
        f"{conn.info.user} may not create a scratch database on the server of {conn.info.dbname},"
        f" and the embedded server is not PostgreSQL {version}.",
        hint=(
            f"Give --scratch URL with a server of PostgreSQL {version} where one may, or as a"
            f" superuser: alter role {conn.info.user} createdb;"
        ),
    )


def _expected(
    where: Project, migrations: Sequence[Migration], *, form: Form, roles: Roles | None
) -> Snapshot:
    with (
        scratch_database(where, migrations=migrations, form=form, roles=roles) as url,
        connect(url, where) as conn,
    ):
        snapshot = read_snapshot(conn, called=form.name, roles=roles or ())
    # What `sqlwright create` makes of them; the server's own may have been changed by hand too.
    made = {
        key: replace(one, properties={"login": True})
        for key, one in snapshot.objects.items()
        if key.kind == "role"
    }
    return replace(snapshot, objects={**snapshot.objects, **made})


def same_version(expected: Snapshot, found: Snapshot, form: Form) -> None:
    """Refuses to compare what two versions of the server print.

    Raises:
        DatabaseError: they differ.
    """
    wanted, given = found.version // _MAJOR, expected.version // _MAJOR
    if wanted != given:
        raise DatabaseError(
            f"{form.name} is PostgreSQL {wanted} and the scratch database {given}: they print"
            " the same things differently.",
            hint=f"Give --scratch URL with a server of PostgreSQL {wanted}.",
        )


def _check_schemas(names: Sequence[str], entries: Sequence[Entry], found: Snapshot) -> None:
    """Refuses a name that is neither among the migrations nor in the database.

    Raises:
        SourceError: there is none; the nearest name is given.
    """
    there = {one.schema for one in found.objects.values() if one.schema}
    known = sorted(there | {entry.schema for entry in entries})
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise SourceError(
                f"There is no schema {name!r}, neither among the migrations nor in the database.",
                hint=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}.",
            )


def _only(snapshot: Snapshot, schemas: Sequence[str]) -> Snapshot:
    """What is in the schemas, if any are named."""
    objects = {
        key: one for key, one in snapshot.objects.items() if not schemas or one.schema in schemas
    }
    return replace(snapshot, objects=objects)
