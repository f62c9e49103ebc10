"""A database with the project's migrations, for as long as a block: to describe and to prove."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from psycopg import sql

from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.server.connection import admin_url, connect
from sqlwright.urls import with_database

__all__ = ["scratch_database"]


@contextmanager
def scratch_database(project: Project) -> Iterator[str]:
    """The URL of a new database on the project's server, migrated, and dropped with the block.

    Raises:
        MigrationError: a migration fails there.
        ConnectError: the server can't be reached.
    """
    name = f"{project.name}_scratch_{os.getpid()}"
    admin = admin_url(project)
    identifier = sql.Identifier(name)
    with connect(admin, project) as conn:
        drop = sql.SQL("drop database if exists {} with (force)").format(identifier)
        conn.execute(drop)
        conn.execute(sql.SQL("create database {} template template0").format(identifier))
        try:
            url = with_database(admin, name)
            migrate.apply(replace(project, url=url))
            yield url
        finally:
            conn.execute(drop)
