"""Fills large tables by COPY, and measures how long single queries take on them.

    python -m bench.latency --rows 10000000

The tables are made on a throw-away server, in the folder for temporary files: ten million rows take
about ten gigabytes. Keys are drawn at random, so that most of what a query reads was not read
before it. `make bench` doesn't run this; it adds to the same page.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from bench import page
from bench.large import TAGS, key_of, load_table, one_of, sizes
from bench.place import CLEAN, ROOT, SETTINGS
from bench.results import Column, Goal, Row, Table, as_document
from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.server import temporary_server
from sqlwright_systems.emotional_chat import system_logs
from sqlwright_systems.iopaint import process_records
from sqlwright_systems.sisyphus import scenarios

__all__ = ["measure"]

_LARGE = {**SETTINGS, "maintenance_work_mem": "512MB", "shared_buffers": "2GB"}


def _queries(rows: int) -> dict[str, tuple[float, Callable[[Any], Any]]]:
    """What is measured: the goal in milliseconds, and a call with a key at random."""
    people, projects, cases = sizes(rows)
    simple, joined, of_json = 50.0, 200.0, 100.0
    first = {"before_created_at": None, "before_id": None, "limit": 50}

    def draw(many: int) -> int:
        return random.randint(1, many)

    def project() -> UUID:
        return key_of(2, one_of(projects))

    return {
        "simple: process_records.get": (
            simple,
            lambda conn: process_records.get(conn, id=draw(rows)),
        ),
        "simple: process_records.get_by_task_id": (
            simple,
            lambda conn: process_records.get_by_task_id(conn, task_id=f"task-{draw(rows):x}"),
        ),
        "simple: process_records.page": (
            simple,
            lambda conn: process_records.page(conn, user_id=one_of(people), **first),
        ),
        "simple: system_logs.page_by_level": (
            simple,
            lambda conn: system_logs.page_by_level(
                conn, level="error", before_id=draw(rows), limit=50
            ),
        ),
        "simple: scenarios.get": (
            simple,
            lambda conn: scenarios.get(conn, id=key_of(3, draw(cases))),
        ),
        "simple: scenarios.page": (
            simple,
            lambda conn: scenarios.page(conn, project_id=project(), **first),
        ),
        "join: scenarios.get_with_steps": (
            joined,
            lambda conn: scenarios.get_with_steps(conn, id=key_of(3, draw(cases))),
        ),
        "join: scenarios.page_with_steps": (
            joined,
            lambda conn: scenarios.page_with_steps(
                conn, project_id=project(), tags=None, priority=None, **first
            ),
        ),
        "JSONB: scenarios.find_by_any_tag": (
            of_json,
            lambda conn: scenarios.find_by_any_tag(
                conn, project_id=project(), tags=random.sample(TAGS, 2), **first
            ),
        ),
        "JSONB: scenarios.page_with_steps by tag": (
            of_json,
            lambda conn: scenarios.page_with_steps(
                conn, project_id=project(), tags=[random.choice(TAGS)], priority=None, **first
            ),
        ),
    }


def measure(conn: psycopg.Connection[Any], rows: int, *, calls: int) -> Table:
    """How long each query takes, so many times."""
    found, goals = [], []
    for name, (limit, call) in _queries(rows).items():
        _talk(name)
        assert call(conn), name
        waits = sorted(_timed(call, conn) for _ in range(calls))
        figures = {
            "p50": waits[len(waits) // 2],
            "p99": waits[len(waits) * 99 // 100],
            "longest": waits[-1],
        }
        found.append(Row(name=name, figures=figures))
        goals.append(Goal(row=name, limit=limit, column="p99", unit="ms"))
    return Table(
        name="latency",
        title=f"Queries on {rows:,} rows",
        note=f"Each {calls:,} times, one after the other, for keys at random; milliseconds.",
        columns=[
            Column(name="p50", heading="p50", digits=2),
            Column(name="p99", heading="p99", digits=2),
            Column(name="longest", heading="longest", digits=2),
        ],
        rows=found,
        goals=goals,
    )


def _timed(call: Callable[[Any], Any], conn: Any) -> float:
    began = time.perf_counter()
    call(conn)
    return (time.perf_counter() - began) * 1000


def _talk(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Fills, measures, shows, and keeps."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.latency",
        description="Fills large tables by COPY, and measures how long queries take on them.",
        epilog="Example: python -m bench.latency --rows 1000000",
    )
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the largest tables")
    parser.add_argument("--calls", type=int, default=2000, help="of each query")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args()
    random.seed(1)
    try:
        with temporary_server(environ=CLEAN, settings=_LARGE) as running:
            migrate.apply(Project(root=ROOT, name="bench", url=running.url()))
            with psycopg.connect(running.url(), autocommit=True) as conn:
                found = [load_table(conn, given.rows, talk=_talk)]
                found.append(measure(conn, given.rows, calls=given.calls))
    except KeyboardInterrupt:
        _talk("Stopped.")
        return 128 + signal.SIGINT
    for table in found:
        page.keep(table, running.version)
    if given.json:
        documents = [as_document(table) for table in found]
        print(json.dumps(documents, indent=2, ensure_ascii=False))
    else:
        print("\n".join(page.render(table) for table in found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
