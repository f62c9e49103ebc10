"""A real PostgreSQL for every test: the embedded 18, and Debian's 15 where it is installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parent.parent
MAJORS = [18, 15]


@pytest.fixture(scope="session", params=MAJORS, ids="pg{}".format)
def migrated(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database that has every migration, one a session and server."""
    from yoyo.migrations import read_migrations, topological_sort

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"stub_{os.getpid()}_{worker}"
    server = f"postgresql://postgres@/{{}}?host=/tmp/pg&port=54{request.param}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    with psycopg.connect(server.format(name)) as conn:
        folders = sorted(str(f) for f in (ROOT / "migrations").iterdir())
        for migration in topological_sort(read_migrations(*folders)):
            conn.execute(Path(migration.path).read_bytes())
    yield server.format(name)
    with psycopg.connect(server.format("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def db(migrated: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with every migration; what the test does is rolled back."""
    with psycopg.connect(migrated) as conn:
        yield conn
        conn.rollback()


@pytest.fixture
def refused(db: psycopg.Connection) -> Callable[[str], AbstractContextManager[None]]:
    """`with refused("name"):` what runs inside is refused by that constraint or trigger."""

    @contextmanager
    def by(constraint: str) -> Iterator[None]:
        with pytest.raises(psycopg.errors.IntegrityError) as caught, db.transaction():
            yield
        assert caught.value.diag.constraint_name == constraint

    return by
