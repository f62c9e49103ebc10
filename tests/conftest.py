"""A real PostgreSQL for every test: the embedded 18, and Debian's 15 where it is installed.

`db` is a connection whose work is rolled back, on a database with every migration; `database` a
database of one's own with every migration; `blank` an empty one.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pytest_postgresql.janitor import DatabaseJanitor

from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.server import temporary_server
from sqlwright.urls import local_url

ROOT = Path(__file__).parent.parent
NEWEST = "pg18"
BINARIES = {NEWEST: None, "pg15": Path("/usr/lib/postgresql/15/bin")}
# Other ones too: TEST_BINDIRS="pg17=/opt/pg17/bin pg16=/opt/pg16/bin"
BINARIES |= {
    name: Path(folder)
    for name, _, folder in (
        one.partition("=") for one in os.environ.get("TEST_BINDIRS", "").split()
    )
}

# Whoever starts us in the background of a shell has us ignore Ctrl-C, and what we start with us.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A database is made ten times as fast in memory as on a disk, and tests make thousands.
MEMORY = Path("/dev/shm")
ROOM = 4 << 30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = str(MEMORY)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--every-version`."""
    parser.addoption(
        "--every-version", action="store_true", help="What is marked `newest` on each version."
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out on older ones what is marked `newest`: its time is better spent on the rest."""
    if config.getoption("--every-version"):
        return
    left_out = [item for item in items if _is_repeated(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _is_repeated(item)]


def _is_repeated(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    version = callspec.params.get("server") if callspec else None
    return item.get_closest_marker("newest") is not None and version not in (None, NEWEST)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A throw-away server, and the databases that are made on it."""

    socket: str
    port: int

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The URL of one of its databases."""
        return local_url(user=user, database=database, socket=self.socket, port=self.port)

    def janitor(self, name: str, **options: object) -> DatabaseJanitor:
        """Makes a database of that name and drops it with the block."""
        return DatabaseJanitor(
            user="postgres", host=self.socket, port=self.port, dbname=name, **options
        )


@pytest.fixture(scope="session", params=BINARIES)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A throw-away server, one a session and version."""
    binaries = BINARIES[request.param]
    if binaries is not None and not binaries.is_dir():
        pytest.skip(f"{binaries} is not installed")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if binaries is not None:
        environ["PG_BINDIR"] = str(binaries)
    with temporary_server(environ=environ) as running:
        yield Server(socket=str(running.socket), port=running.port)


@pytest.fixture(scope="session")
def template(server: Server) -> Iterator[str]:
    """The name of a template database with every migration."""
    with server.janitor("template_migrated", as_template=True) as janitor:
        migrate.apply(Project(root=ROOT, name="tests", url=server.url(janitor.dbname)))
        yield janitor.dbname


@pytest.fixture(scope="session")
def migrated(server: Server, template: str) -> Iterator[str]:
    """The URL of a database with every migration, one a session and version."""
    with server.janitor("shared", template_dbname=template):
        yield server.url("shared")


@pytest.fixture
def database(server: Server, template: str) -> Iterator[str]:
    """The URL of a database of the test's own, with every migration."""
    with server.janitor("clone", template_dbname=template):
        yield server.url("clone")


@pytest.fixture
def blank(server: Server) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    with server.janitor("blank"):
        yield server.url("blank")


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
