"""What is committed of the five systems is what a fresh generation gives."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.generate import modules
from sqlwright.generate.describe import describe

PROJECT = Project(
    root=Path(__file__).parent.parent.parent, name="tests", package="sqlwright_systems"
)


@pytest.fixture(scope="module")
def described(migrated):
    """What is said of every query of the five systems."""
    with psycopg.connect(migrated, autocommit=True) as conn:
        if conn.info.server_version < 180000:
            pytest.skip("what is committed comes from PostgreSQL 18")
        return describe(conn, modules.find_queries(PROJECT))


def test_generated_modules_are_fresh(described):
    """`sqlwright generate` would write nothing."""
    stale = modules.differences(PROJECT, modules.modules_of(PROJECT, described))
    assert [str(file.relative_to(PROJECT.root)) for file in stale] == []


def test_no_claim_is_needless(described):
    """`-- not null: …` names what can't be proved, and nothing else."""
    needless = {
        f"{one.schema}.{one.query.path.stem}.{one.query.name}": proved
        for one in described
        if (
            proved := set(one.query.not_null)
            - {value.name for value in (*one.columns, *one.parameters) if value.claimed}
        )
    }
    assert needless == {}
