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


def test_generated_modules_are_fresh(migrated):
    """`sqlwright generate` would write nothing."""
    with psycopg.connect(migrated, autocommit=True) as conn:
        if conn.info.server_version < 180000:
            pytest.skip("what is committed comes from PostgreSQL 18")
        described = describe(conn, modules.find_queries(PROJECT))
    stale = modules.differences(PROJECT, modules.modules_of(PROJECT, described))
    assert [str(file.relative_to(PROJECT.root)) for file in stale] == []
