"""Measures what is promised of migrations: prints Markdown, and writes bench/results.json.

The contenders of a table take turns, round after round, on one throw-away server with the same
settings; a figure is the median. Times are those of whole commands, Python's own start included.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg

from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.migrations.order import in_order
from sqlwright.migrations.source import read_project
from sqlwright.server import find_installation, temporary_server
from sqlwright.urls import local_url, with_database

ROOT = Path(__file__).resolve().parent.parent
SQLWRIGHT = Path(sys.executable).parent / "sqlwright"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
CLEAN.pop("DATABASE_URL", None)


def timed(
    *command: str | Path, environ: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> float:
    """The wall time of a command, in milliseconds."""
    env = {**CLEAN, **(environ or {})}
    began = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, check=False)
    passed = (time.perf_counter() - began) * 1000
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr.decode()}")
    return passed


def compare(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each, in milliseconds; they take turns."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(run())
    return {name: median(values) for name, values in times.items()}


@contextmanager
def blank(server: str, name: str = "bench") -> Iterator[str]:
    """The URL of an empty database."""
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"drop database if exists {name} with (force)".encode())
        conn.execute(f"create database {name} template template0".encode())
        try:
            yield with_database(server, name)
        finally:
            conn.execute(f"drop database {name} with (force)".encode())


def bench_apply(server: str, rounds: int) -> dict[str, float]:
    """Everything on an empty database: with psql in one transaction, sqlwright, and yoyo alone."""
    psql = find_installation(CLEAN).bindir / "psql"
    files = [str(m.path) for m in in_order(read_project(Project(root=ROOT, name="bench")))]
    in_one_run = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", *(f"--file={file}" for file in files)]
    yoyo = [sys.executable, "-m", "yoyo", "apply", "--batch"]

    def on_blank(*command: str | Path, scheme: str = "postgresql") -> float:
        with blank(server) as url:
            target = url.replace("postgresql", scheme, 1)
            return timed(*(target if part == "URL" else part for part in command))

    contenders = {
        "psql -1 -f …": lambda: on_blank(psql, "URL", *in_one_run),
        "sqlwright apply": lambda: on_blank(SQLWRIGHT, "apply", "-d", "URL"),
        "… without Python's start": lambda: applied_here(server),
        "yoyo apply, our backend": lambda: on_blank(
            *yoyo, "--database", "URL", scheme="postgresql+sqlwright"
        ),
        "yoyo apply, its own": lambda: on_blank(
            *yoyo, "--database", "URL", scheme="postgresql+psycopg"
        ),
    }
    return compare(contenders, rounds)


def applied_here(server: str) -> float:
    """The time of the call that `sqlwright apply` makes, in a process that has started already."""
    with blank(server) as url:
        began = time.perf_counter()
        migrate.apply(Project(root=ROOT, name="bench", url=url))
        return (time.perf_counter() - began) * 1000


def bench_commands(server: str, rounds: int) -> dict[str, float]:
    """The commands that people wait for most often, on a database with everything."""
    with blank(server) as url:
        timed(SQLWRIGHT, "apply", "-d", url)
        contenders = {
            "sqlwright status": lambda: timed(SQLWRIGHT, "status", "-d", url),
            "sqlwright --help": lambda: timed(SQLWRIGHT, "--help"),
            "python -c pass": lambda: timed(sys.executable, "-c", "pass"),
        }
        return compare(contenders, rounds)


@contextmanager
def project() -> Iterator[tuple[Path, dict[str, str]]]:
    """A project of the same files, with a state folder of its own and no server left behind."""
    base = Path(tempfile.mkdtemp(prefix="sqlwright-bench-"))
    base.chmod(0o755)  # the account that runs the server for root must get in
    environ = {"SQLWRIGHT_STATE": str(base / "state")}
    folder = base / "sqlwright"
    folder.mkdir()
    try:
        yield folder, environ
    finally:
        timed(SQLWRIGHT, "server", "stop", environ=environ, cwd=folder)
        shutil.rmtree(base)


def bench_up(rounds: int) -> dict[str, float]:
    """`sqlwright up` where there is nothing, and again."""
    times: dict[str, list[float]] = {"sqlwright up, cold": [], "sqlwright up, again": []}
    for _ in range(rounds):
        with project() as (folder, environ):
            for name in ("pyproject.toml", "migrations", "sql"):
                (folder / name).symlink_to(ROOT / name)
            for values in times.values():
                values.append(timed(SQLWRIGHT, "up", environ=environ, cwd=folder))
    return {name: median(values) for name, values in times.items()}


def bench_make_up() -> dict[str, float]:
    """`make up` in a copy of the checkout, once: it makes the environment, then again."""
    left_out = shutil.ignore_patterns(".git", ".venv", ".env", ".*_cache", "__pycache__", "dist")
    with project() as (folder, environ):
        shutil.copytree(ROOT, folder, symlinks=True, ignore=left_out, dirs_exist_ok=True)
        python = f"PYTHON={sys._base_executable}"  # noqa: SLF001 - a venv's venv would do as well
        return {
            name: timed("make", python, "up", environ=environ, cwd=folder)
            for name in ("make up, cold", "make up, again")
        }


# What is promised: milliseconds, or times what another takes.
GOALS = {
    "sqlwright apply": "1.5 x psql -1 -f …",
    "sqlwright status": "250 ms",
    "sqlwright --help": "200 ms",
    "make up, cold": "60000 ms",
    "make up, again": "3000 ms",
}


def goal_in_ms(name: str, times: Mapping[str, float]) -> float | None:
    """The goal of a contender; that of a ratio depends on its table."""
    number, _, unit = GOALS.get(name, "").partition(" ")
    if not number:
        return None
    return float(number) * (1 if unit == "ms" else times[unit.removeprefix("x ")])


def show(title: str, times: Mapping[str, float]) -> list[dict[str, object]]:
    """Prints a table, and returns it for the JSON."""
    first = next(iter(times.values()))
    print(f"\n### {title}\n\n| | ms | ratio | goal | met |\n|---|--:|--:|---|---|")
    table: list[dict[str, object]] = []
    for name, value in times.items():
        goal = goal_in_ms(name, times)
        met = None if goal is None else value <= goal
        said = {None: "", True: "yes", False: "**no**"}[met]
        print(f"| {name} | {value:.0f} | {value / first:.2f} | {GOALS.get(name, '')} | {said} |")
        table.append({"name": name, "ms": round(value, 1), "goal": goal, "met": met})
    return table


def main() -> None:
    """Runs everything; `--quick` leaves out the making of environments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured")
    parser.add_argument("--quick", action="store_true", help="without `make up`")
    options = parser.parse_args()
    results = {}
    with temporary_server(environ=CLEAN) as running:
        url = local_url(
            user="postgres",
            database="postgres",
            socket=str(running.socket),
            port=running.port,
        )
        print(f"PostgreSQL {running.version}, medians of {options.rounds} rounds")
        title = "Everything on an empty database"
        results[title] = show(title, bench_apply(url, options.rounds))
        title = "Commands, everything applied"
        results[title] = show(title, bench_commands(url, options.rounds))
    title = "The first minute"
    up = bench_up(options.rounds)
    results[title] = show(title, up if options.quick else {**bench_make_up(), **up})
    text = json.dumps(results, indent=2, ensure_ascii=False)
    (ROOT / "bench" / "results.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
