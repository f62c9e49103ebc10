"""Every migration of the five schemas: up, down and up again leaves the same catalogue."""

from __future__ import annotations

import psycopg
import pytest

from conftest import ROOT
from sqlwright.config import Project, load_project
from sqlwright.migrations.migrate import rollback
from sqlwright.migrations.prove import Rollback, prove
from sqlwright.migrations.source import read_project
from sqlwright.seeding import filling

ROWS = 120  # of the largest tables: fewer, and some of the others have none
SCHEMAS = ["claude_fastapi", "emotional_chat", "iopaint", "sisyphus", "zishu"]


@pytest.mark.parametrize("schema", ["common", *SCHEMAS])
def test_a_schema_applies_alone_and_each_rollback_is_exact(blank, schema):
    """A schema needs only what it depends on; with rows in every table nothing differs."""
    project = load_project(database=blank, start=ROOT, environ={})
    said: list[str] = []
    with filling(project, rows=ROWS, talk=said.append) as fill:
        proofs = prove(project, schemas=[schema], fill=fill, talk=said.append)
    assert [proof for proof in proofs if proof.rollback is not Rollback.EXACT] == []
    assert {proof.id for proof in proofs} == {
        migration.id for migration in read_project(project) if migration.schema == schema
    }
    assert said == []


def test_everything_can_be_taken_back(database, catalogue):
    """All rollbacks, newest first, leave no schema, no function and no type behind."""
    with psycopg.connect(database) as conn:
        kept = conn.execute(
            "select nspname from pg_namespace where nspname !~ '^pg_' order by 1"
        ).fetchall()
    assert len(kept) == len(SCHEMAS) + 3  # common, public, information_schema
    rollback(Project(root=ROOT, name="tests", url=database), steps=1000)
    with psycopg.connect(database) as conn:
        left = {str(key) for key in catalogue(conn).objects}
    assert left == {"database it", "extension plpgsql", "schema public"}
