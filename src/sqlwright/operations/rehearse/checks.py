"""What is asked of a restored database: its rows, its migrations, its schema and its queries."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from sqlwright.config import Project
from sqlwright.errors import SqlwrightError
from sqlwright.generate.modules import find_queries
from sqlwright.migrations.diff import diff
from sqlwright.migrations.migrate import read_entries
from sqlwright.migrations.readable import lines
from sqlwright.operations.backup.contents import read_contents, read_sequences
from sqlwright.operations.backup.files import Step
from sqlwright.operations.backup.manifest import Migrated
from sqlwright.operations.backup.noted import begin
from sqlwright.operations.rehearse.evidence import Check
from sqlwright.operations.rehearse.named import run_named_queries
from sqlwright.server.connection import connect

__all__ = ["check_migrations", "check_queries", "check_readable", "check_schema"]


def check_readable(there: Project, step: Step) -> Check:
    """Of a copy nobody counted the rows when it was made; that all can be read is found out."""
    with connect(there.url or "", there) as conn:
        try:
            sequences = read_sequences(conn)
            begin(conn)
            found = read_contents(conn, sequences=sequences, step=step)
        except psycopg.Error as error:
            return Check(name="rows", found="not all can be read", differences=(str(error),))
    rows = sum(one.rows for one in found.tables.values())
    return Check(name="rows", found=f"{rows:,} rows in {len(found.tables)} tables can be read")


def check_migrations(
    wanted: Sequence[Migrated], found: Sequence[Migrated], *, exact: bool
) -> Check:
    """Each as it was noted, checksums too; the log may have brought a copy further."""
    there = {one.id: one.checksum for one in found}
    differences = [
        f"{one.id} is {'missing' if one.id not in there else 'another one'}"
        for one in wanted
        if one.id not in there or there[one.id] != one.checksum
    ]
    if exact:
        noted = {one.id for one in wanted}
        differences += [f"{name} is not in the manifest" for name in there if name not in noted]
    heads = {one.schema: one.id for one in found if one.schema}
    return Check(
        name="migrations",
        found=", ".join(heads.values()) or "none",
        differences=tuple(differences),
    )


def check_schema(there: Project) -> Check:
    """What differs from what the migrations make; that one was edited since is a difference too."""
    try:
        found = diff(there).differences
    except SqlwrightError as error:
        return Check(name="diff", found="can't be told", differences=(error.message,))
    number = len(found)
    return Check(
        name="diff",
        found=f"{number or 'no'} difference{'s' * (number != 1)} from what the migrations make",
        differences=tuple(lines(found)),
    )


def check_queries(there: Project) -> Check:
    """Those of schemas that the backup has whole: newer queries may want what comes after it."""
    if not (there.root / there.queries).is_dir():
        return Check(name="named queries", found="the project has none")
    try:
        behind = {one.schema for one in read_entries(there) if one.applied is None}
        queries = [one for one in find_queries(there) if one.path.parent.name not in behind]
    except SqlwrightError as error:
        return Check(name="named queries", found="can't be read", differences=(error.message,))
    with connect(there.url or "", there) as conn:
        return run_named_queries(conn, queries)
