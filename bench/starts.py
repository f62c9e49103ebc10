"""What a service pays before its first call: the time of imports, and the memory they take.

A fresh interpreter imports, on one CPU where `taskset` is there; and since an import waits for
nothing, it is timed by the CPU time that it takes, which other programs hardly change.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from statistics import median

from bench.place import CLEAN, ROOT
from bench.results import Column, Goal, Row, Table

__all__ = ["measure"]

_SYSTEM = "from sqlwright_systems.iopaint import " + ", ".join(
    sorted(file.stem for file in (ROOT / "sql" / "iopaint").glob("*.sql"))
)
_DJANGO = (
    "from bench.django_settings import configure\n"
    "configure('postgresql://u@/d?host=/tmp&port=1')\n"
    "import bench.django_models"
)
_IMPORTS = {
    "psycopg": "import psycopg",
    "sqlwright, one system": _SYSTEM,
    "asyncpg": "import asyncpg",
    "SQLAlchemy ORM, models": "import psycopg, bench.sqlalchemy_models\n"
    "from sqlalchemy.dialects.postgresql import psycopg",
    "Django, models": _DJANGO,
}
_TIMED = """\
import os, time
def megabytes():
    if not os.path.exists("/proc/self/statm"):
        return 0.0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
before, began = megabytes(), time.process_time()
{}
print((time.process_time() - began) * 1000)
print(megabytes() - before)
"""


def measure(*, rounds: int) -> Table:
    """The table of imports, each in a fresh interpreter whose own start is not counted."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in _IMPORTS}
    for _ in range(rounds):
        for name, statements in _IMPORTS.items():
            found[name].append(_imported(statements))
    return Table(
        name="starts",
        title="Imports",
        note="CPU time and memory beyond Python's own, in a fresh interpreter. Every module of"
        " iopaint, against the driver alone; the ORMs with the models of this benchmark. The first"
        " JSON that is read brings msgspec, which takes 14 ms.",
        columns=[
            Column(name="ms", heading="ms", digits=0),
            Column(name="megabytes", heading="MB"),
        ],
        rows=[
            Row(
                name=name,
                figures={
                    "ms": median(ms for ms, _ in values),
                    "megabytes": median(megabytes for _, megabytes in values),
                },
            )
            for name, values in found.items()
        ],
        base="psycopg",
        goals=[Goal(row="sqlwright, one system", limit=1.2, against="psycopg")],
    )


def _pinned() -> list[str]:
    """What runs a command on one CPU, so that none of its time is that of a move to another."""
    if not shutil.which("taskset"):
        return []
    return ["taskset", "--cpu-list", str(max(os.sched_getaffinity(0)))]


def _imported(statements: str) -> tuple[float, float]:
    """The milliseconds and the megabytes of an import."""
    command = [*_pinned(), sys.executable, "-c", _TIMED.format(statements)]
    done = subprocess.run(command, env=CLEAN, cwd=ROOT, capture_output=True, check=True)
    time, memory = map(float, done.stdout.split())
    return time, memory
