"""Measures what is promised of queries: prints Markdown, and adds to bench/results.json.

As in bench/migrations.py contenders take turns and a figure is the median. An import is timed by a
fresh interpreter of its own, without the interpreter's start, on one CPU where `taskset` is there;
and since it waits for nothing, by the CPU time that it takes, which other programs hardly change.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import partial

from migrations import CLEAN, ROOT, SQLWRIGHT, compare, show, timed

from sqlwright.server import temporary_server
from sqlwright.urls import local_url

SYSTEM = "from sqlwright_systems.iopaint import " + ", ".join(
    sorted(file.stem for file in (ROOT / "sql" / "iopaint").glob("*.sql"))
)
TIMED = (
    "import time; began = time.process_time()\n{}\nprint((time.process_time() - began) * 1000)\n"
)
GOALS = {"generate all queries": "5000 ms", "import of one system": "1.2 x import psycopg"}


def pinned() -> list[str]:
    """What runs a command on one CPU, so that none of its time is that of a move to another."""
    if not shutil.which("taskset"):
        return []
    return ["taskset", "--cpu-list", str(max(os.sched_getaffinity(0)))]


def imported(statement: str) -> float:
    """The CPU time of an import by an interpreter that has imported nothing yet, in ms."""
    command = [*pinned(), sys.executable, "-c", TIMED.format(statement)]
    done = subprocess.run(command, env=CLEAN, cwd=ROOT, capture_output=True, check=True)
    return float(done.stdout)


def bench_imports(rounds: int) -> dict[str, float]:
    """Every module of one system, against the driver that each service imports anyway."""
    contenders = {"import psycopg": "import psycopg", "import of one system": SYSTEM}
    return compare(
        {name: partial(imported, statement) for name, statement in contenders.items()}, rounds
    )


def bench_generate(rounds: int) -> dict[str, float]:
    """The queries of all systems, described on a scratch database of a server that is up."""
    with temporary_server(environ=CLEAN) as running:
        url = local_url(
            user="postgres",
            database="postgres",
            socket=str(running.socket),
            port=running.port,
        )
        # Nothing is written, lest a benchmark change a checkout; the rest is the same.
        check = partial(timed, SQLWRIGHT, "generate", "--check", "--database", url)
        return compare({"generate all queries": check}, rounds)


def add(results: Mapping[str, object]) -> None:
    """Puts these tables into results.json, beside those that are there."""
    file = ROOT / "bench" / "results.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    text = json.dumps({**known, **results}, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def main() -> None:
    """Runs everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    rounds = parser.parse_args().rounds
    tables = {
        "Named queries": bench_generate(rounds),
        "Imports, CPU time without Python's start": bench_imports(rounds * 3),
    }
    add({title: show(title, times, GOALS) for title, times in tables.items()})


if __name__ == "__main__":
    main()
