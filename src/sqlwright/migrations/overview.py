"""What is there: schemas, their tables and newest migrations, for whoever just ran `up`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlwright.config import Project
from sqlwright.migrations.migrate import read_entries
from sqlwright.server.connection import application_url, connect, database_name, owner_url
from sqlwright.urls import redact

__all__ = ["Overview", "Schema", "read_overview"]

_TABLES = """
    select schemaname, array_agg(tablename::text order by tablename)
    from pg_catalog.pg_tables
    where schemaname = any(%s)
    group by schemaname
"""
_HAS_ROLES = """
    select pg_get_userbyid(datdba) = datname || '_owner'
    from pg_catalog.pg_database
    where datname = current_database()
"""


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A schema that migrations made: its tables, and how far it is."""

    schema: str
    tables: list[str]
    migrations: int
    newest: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The server, the database, its schemas, and the URL that an application connects with."""

    version: str
    database: str
    url: str
    schemas: list[Schema]


def read_overview(project: Project) -> Overview:
    """What the database holds of the project's migrations."""
    applied = [entry for entry in read_entries(project) if entry.applied]
    names = list(dict.fromkeys(entry.schema for entry in applied))
    with connect(owner_url(project), project) as conn:
        tables = dict(conn.execute(_TABLES, [names]).fetchall())
        has_roles = conn.execute(_HAS_ROLES).fetchone() == (True,)
        version = conn.info.parameter_status("server_version") or "?"
    return Overview(
        version=version.split()[0],
        database=database_name(project),
        url=redact(application_url(project) if has_roles else owner_url(project)),
        schemas=[
            Schema(
                schema=name,
                tables=tables.get(name, []),
                migrations=sum(entry.schema == name for entry in applied),
                newest=[entry.id for entry in applied if entry.schema == name][-1],
            )
            for name in names
        ],
    )
