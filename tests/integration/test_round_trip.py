"""Every migration of the five schemas: up, down and up again leaves the same catalogue."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.migrations import executor
from sqlwright.migrations.bookkeeping import find_tables, list_applied
from sqlwright.migrations.lock import migration_lock
from sqlwright.migrations.order import closure, in_order
from sqlwright.migrations.session import Limits
from sqlwright.migrations.source import read_project

PROJECT = Project(root=Path(__file__).parent.parent.parent, name="tests")
SCHEMAS = ["claude_fastapi", "emotional_chat", "iopaint", "sisyphus", "zishu"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_applies_alone_and_each_rollback_is_exact(blank, catalogue, schema):
    """A schema needs only what it depends on, and each of its migrations undoes itself exactly."""
    migrations = in_order(read_project(PROJECT))
    chosen = closure([m for m in migrations if m.schema == schema], migrations)
    limits = Limits(attempts=1)
    with (
        psycopg.connect(blank, autocommit=True) as conn,
        migration_lock(conn, find_tables(conn), wait=5) as tables,
    ):
        for migration in chosen:
            before = catalogue(conn)
            executor.apply_one(conn, tables, migration, limits=limits)
            after = catalogue(conn)
            assert after != before, migration.id
            executor.rollback_one(conn, tables, migration, limits=limits)
            assert catalogue(conn) == before, f"{migration.id} leaves something behind"
            executor.apply_one(conn, tables, migration, limits=limits)
            assert catalogue(conn) == after, f"{migration.id} is not the same the second time"
        assert [row.id for row in list_applied(conn, tables)] == [m.id for m in chosen]


def test_everything_can_be_taken_back(database, catalogue):
    """All rollbacks, newest first, leave no schema, no function and no type behind."""
    with psycopg.connect(database) as conn:
        kept = conn.execute(
            "select nspname from pg_namespace where nspname !~ '^pg_' order by 1"
        ).fetchall()
    assert len(kept) == len(SCHEMAS) + 3  # common, public, information_schema
    from sqlwright.migrations.migrate import rollback

    rollback(Project(root=PROJECT.root, name="tests", url=database), steps=1000)
    with psycopg.connect(database) as conn:
        left = {row[1] for row in catalogue(conn)}
    assert left == {"public", "pg_namespace public"}
