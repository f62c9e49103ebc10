"""Where benchmarks run: a throw-away server with one set of settings, every migration, and rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from sqlwright.config import Project, load_project
from sqlwright.migrations import migrate
from sqlwright.secrets import Keyring, new_key
from sqlwright.seeding.fill import fill, read_fill
from sqlwright.server import find_installation, temporary_server

__all__ = ["CLEAN", "ROOT", "SETTINGS", "Place", "fill_tables", "place"]

ROOT = Path(__file__).resolve().parent.parent
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
CLEAN.pop("DATABASE_URL", None)
# The same for everyone. Beside them fsync, synchronous_commit and full_page_writes are off.
SETTINGS = {
    "autovacuum": "off",  # it would run in somebody's turn
    "checkpoint_timeout": "1h",
    "max_connections": "200",
    "max_wal_size": "8GB",
    "shared_buffers": "512MB",
}
_TABLES = (
    "iopaint.users",
    "iopaint.process_records",
    "iopaint.user_sessions",
    "sisyphus.users",
    "sisyphus.projects",
    "sisyphus.interface_folders",
    "sisyphus.interfaces",
    "sisyphus.keywords",
    "sisyphus.scenarios",
    "sisyphus.scenario_steps",
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A migrated database with rows.

    Attributes:
        url: For its owner.
        postmaster: The server's process, from which backends inherit their CPU; None where it
            isn't ours to move.
        version: The server's.
        bindir: Where its programs are.
        events: How many rows emotional_chat.system_logs has.
        logins: How many iopaint.user_sessions has; their keys begin at 1.
    """

    url: str
    postmaster: int | None
    version: str
    bindir: Path
    events: int
    logins: int


@contextmanager
def place(*, rows: int = 20_000, events: int = 100_000) -> Iterator[Place]:
    """A server that goes with the block, filled as `fill_tables` does."""
    with temporary_server(environ=CLEAN, settings=SETTINGS) as running:
        url = running.url()
        migrate.apply(Project(root=ROOT, name="bench", url=url))
        fill_tables(url, rows=rows, events=events)
        yield Place(
            url=url,
            postmaster=running.pid,
            version=running.version,
            bindir=find_installation(CLEAN).bindir,
            events=events,
            logins=rows // 3,
        )


def fill_tables(url: str, *, rows: int, events: int) -> None:
    """Fills what the tables of calls read, with the rows that `sqlwright seed --scale` makes."""
    queries, keys = read_fill(_project()), Keyring([new_key()])
    with psycopg.connect(url, autocommit=True) as conn:
        fill(conn, keys, {name: queries[name] for name in _TABLES}, rows=rows)
        name = "emotional_chat.system_logs"
        fill(conn, keys, {name: queries[name]}, rows=events)
        # Enough for every call that takes from it.
        conn.execute("update iopaint.users set usage_quota = 1000000000, is_active = true")
        conn.execute("vacuum analyze")


def _project(environ: Mapping[str, str] = CLEAN) -> Project:
    return load_project(start=ROOT, environ=environ)
