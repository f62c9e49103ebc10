"""A logical backup: pg_dump's directory form, and what the tables hold, of one and the same moment.

The directory form is the one that is dumped and restored by several connections at once, and a
damaged file of it names its table.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.config import Project
from sqlwright.operations.backup.contents import count_tables, read_contents, read_sequences
from sqlwright.operations.backup.files import Step, counting_tables, measure, size_of
from sqlwright.operations.backup.manifest import Kind, Manifest
from sqlwright.operations.backup.noted import (
    Server,
    ask,
    begin,
    database_url,
    read_creation,
    read_migrations,
    read_roles,
    read_server,
)
from sqlwright.operations.backup.tools import libpq_environ, run_tool
from sqlwright.server.connection import connect, database_name
from sqlwright.server.installation import Installation

__all__ = ["DUMP", "dump"]

DUMP = "dump"
_LOCK_WAIT = "--lock-wait-timeout=60s"  # a table that is being altered holds up the dump, it others
_TABLE = re.compile(r"dumping contents of table \"?(.+?)\"?$")


def dump(
    project: Project, fresh: Path, name: str, *, tools: Installation, jobs: int, step: Step
) -> Manifest:
    """Writes the dump to the folder `fresh`.

    Raises:
        BackupError: pg_dump failed, or the role may not read everything.
        ConnectError: the server can't be reached.
    """
    with connect(database_url(project), project, application="sqlwright backup") as conn:
        sequences = read_sequences(conn)
        begin(conn)
        server = read_server(conn)
        snapshot = ask(conn, "export_snapshot")[0][0]
        environ = libpq_environ(database_url(project), project)
        run_tool(
            tools.bindir / "pg_dump",
            [
                "--format=directory",
                f"--jobs={jobs}",
                f"--snapshot={snapshot}",
                f"--file={fresh / DUMP}",
                _LOCK_WAIT,
                "--verbose",
                "--no-password",
            ],
            environ=environ,
            heard=counting_tables(step, "dumping", _TABLE, count_tables(conn)),
        )
        contents = read_contents(conn, sequences=sequences, step=step)
        return _manifest(
            conn,
            project,
            server,
            name=name,
            tables=contents.tables,
            sequences=contents.sequences,
            large_objects=contents.large_objects,
            files=measure(fresh, step=step),
            size=size_of(fresh),
        )


def _manifest(
    conn: psycopg.Connection[Any], project: Project, server: Server, *, name: str, **found: Any
) -> Manifest:
    creation, roles = read_creation(conn), read_roles(conn)
    conn.execute(
        "set local search_path to default"
    )  # which tells where the record of migrations is
    migrations = read_migrations(conn, project)
    finished: datetime = conn.execute("select clock_timestamp()").fetchall()[0][0]
    return Manifest(
        name=name,
        kind=Kind.LOGICAL,
        database=database_name(project),
        version=server.version,
        system=server.system,
        started_at=server.now,
        finished_at=finished,
        as_of=server.as_of,
        timeline=server.timeline,
        start_lsn=server.lsn,
        lsn=server.lsn,
        wal_segment_size=server.wal_segment_size,
        next_xid=server.next_xid,
        superuser=server.superuser,
        migrations=migrations,
        creation=creation,
        roles=roles,
        **found,
    )
