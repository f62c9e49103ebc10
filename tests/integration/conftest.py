"""Small projects of a test's own, written as files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest

from sqlwright.catalog import Snapshot, read_snapshot
from sqlwright.config import Project

Write = Callable[..., Project]


@pytest.fixture
def write(tmp_path: Path, blank: str) -> Write:
    """`write(shop_0001_x="…", shop_0001_x__rollback="…")`: those files, on an empty database.

    A second call adds or overwrites files of the same project.
    """

    def project(**files: str) -> Project:
        folder = tmp_path / "migrations" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            stem, _, rollback = name.partition("__")
            suffix = ".rollback.sql" if rollback else ".sql"
            (folder / f"{stem}{suffix}").write_text(text, encoding="utf-8")
        return Project(root=tmp_path, name="shop", url=blank)

    return project


@pytest.fixture
def catalogue() -> Callable[[psycopg.Connection], Snapshot]:
    """`catalogue(conn)`: what the database holds, whatever it is called."""
    return partial(read_snapshot, called="it")
