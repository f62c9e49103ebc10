"""What is promised of migrations and of commands: the times of whole commands, Python's included.

The contenders of a table take turns, round after round, on one throw-away server with the same
settings; a figure is the median.
"""

from __future__ import annotations

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

from bench.place import CLEAN, ROOT
from bench.results import Column, Goal, Row, Table
from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.migrations.order import in_order
from sqlwright.migrations.source import read_project
from sqlwright.server import find_installation, temporary_server
from sqlwright.urls import with_database

__all__ = ["TABLES"]

SQLWRIGHT = Path(sys.executable).parent / "sqlwright"
_PSQL = "psql -f …"
_GOALS = {
    "sqlwright apply": Goal(row="sqlwright apply", limit=1.5, against=_PSQL),
    **{
        row: Goal(row=row, limit=milliseconds, unit="ms")
        for row, milliseconds in {
            "sqlwright status": 250,
            "sqlwright apply, nothing pending": 400,
            "sqlwright diff": 2000,
            "sqlwright --help": 200,
            "sqlwright prove": 20_000,
            "sqlwright generate --check": 5000,
            "make up, cold": 60_000,
            "make up, again": 3000,
        }.items()
    },
}


def timed(
    *command: str | Path, environ: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> float:
    """The wall time of a command, in milliseconds; one that has findings has done its work."""
    env = {**CLEAN, **(environ or {})}
    began = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, check=False)
    passed = (time.perf_counter() - began) * 1000
    if done.returncode > 1:
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


def bench_apply(server: str, rounds: int, root: Path = ROOT) -> dict[str, float]:
    """A project on an empty database: with psql alone, sqlwright, and yoyo alone."""
    psql = find_installation(CLEAN).bindir / "psql"
    in_one_run = ["-X", "-q", "-v", "ON_ERROR_STOP=1", *_in_transactions(root)]
    yoyo = [sys.executable, "-m", "yoyo", "apply", "--batch"]

    def on_blank(*command: str | Path, scheme: str = "postgresql") -> float:
        with blank(server) as url:
            target = url.replace("postgresql", scheme, 1)
            return timed(*(target if part == "URL" else part for part in command), cwd=root)

    contenders = {
        _PSQL: lambda: on_blank(psql, "URL", *in_one_run),
        "sqlwright apply": lambda: on_blank(SQLWRIGHT, "apply", "-d", "URL"),
        "… without Python's start": lambda: applied_here(server, root),
        "yoyo apply, our backend": lambda: on_blank(
            *yoyo, "--database", "URL", scheme="postgresql+sqlwright"
        ),
        "yoyo apply, its own": lambda: on_blank(
            *yoyo, "--database", "URL", scheme="postgresql+psycopg"
        ),
    }
    return compare(contenders, rounds)


def _in_transactions(root: Path) -> Iterator[str]:
    """What psql is told: each file, in as few transactions as there can be."""
    is_open = False
    for migration in in_order(read_project(Project(root=root, name="bench"))):
        if migration.transactional != is_open:
            yield "--command=commit" if is_open else "--command=begin"
            is_open = not is_open
        yield f"--file={migration.path}"
    if is_open:
        yield "--command=commit"


@contextmanager
def many(number: int) -> Iterator[Path]:
    """A project of so many migrations of three statements, each building on the one before."""
    with tempfile.TemporaryDirectory(prefix="sqlwright-bench-") as name:
        root = Path(name)
        folder = root / "migrations" / "shop"
        folder.mkdir(parents=True)
        (root / "sqlwright.toml").write_text('name = "bench"\n')
        (root / "yoyo.ini").write_text(f"[DEFAULT]\nsources = {folder}\n")
        for n in range(1, number + 1):
            depends = f"-- depends: shop_{n - 1:04}_t\n" if n > 1 else ""
            (folder / f"shop_{n:04}_t.sql").write_text(
                f"-- Table {n}.\n{depends}\n"
                f"create table t{n} (id bigint generated by default as identity, name text);\n"
                f"create index t{n}_name_idx on t{n} (name);\n"
                f"comment on table t{n} is 'The table of number {n}.';\n"
            )
            (folder / f"shop_{n:04}_t.rollback.sql").write_text(f"drop table t{n};\n")
        yield root


def applied_here(server: str, root: Path) -> float:
    """The time of the call that `sqlwright apply` makes, in a process that has started already."""
    with blank(server) as url:
        began = time.perf_counter()
        migrate.apply(Project(root=root, name="bench", url=url))
        return (time.perf_counter() - began) * 1000


def bench_commands(server: str, rounds: int) -> dict[str, float]:
    """The commands that people wait for most often, on a database with everything."""
    with blank(server) as url:
        timed(SQLWRIGHT, "apply", "-d", url)
        contenders = {
            "sqlwright status": lambda: timed(SQLWRIGHT, "status", "-d", url),
            "sqlwright apply, nothing pending": lambda: timed(SQLWRIGHT, "apply", "-d", url),
            "sqlwright diff": lambda: timed(SQLWRIGHT, "diff", "-d", url),
            # Nothing is written, lest a benchmark change a checkout; the rest is the same.
            "sqlwright generate --check": lambda: timed(
                SQLWRIGHT, "generate", "--check", "-d", url
            ),
            "sqlwright --help": lambda: timed(SQLWRIGHT, "--help"),
            "python -c pass": lambda: timed(sys.executable, "-c", "pass"),
        }
        return compare(contenders, rounds)


def bench_prove(server: str, rounds: int) -> dict[str, float]:
    """Each migration up, down and up again, with rows in the tables."""
    with blank(server) as url:
        return compare({"sqlwright prove": lambda: timed(SQLWRIGHT, "prove", "-d", url)}, rounds)


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


def _table(name: str, title: str, note: str, times: Mapping[str, float]) -> Table:
    return Table(
        name=name,
        title=title,
        note=note,
        columns=[Column(name="ms", heading="ms", digits=0)],
        rows=[Row(name=row, figures={"ms": value}) for row, value in times.items()],
        base=_PSQL if _PSQL in times else None,
        goals=[_GOALS[row] for row in times if row in _GOALS],
    )


def _on_server(run: Callable[[str], dict[str, float]]) -> dict[str, float]:
    with temporary_server(environ=CLEAN) as running:
        return run(running.url())


def _apply(rounds: int) -> Table:
    times = _on_server(lambda url: bench_apply(url, rounds))
    note = "Every migration of this repository; psql takes as few transactions as there can be."
    return _table("apply", "Migrations on an empty database", note, times)


def _apply_many(rounds: int) -> Table:
    with many(500) as root:
        times = _on_server(lambda url: bench_apply(url, rounds, root))
    note = "Each makes a table, an index and a comment, and builds on the one before."
    return _table("apply-500", "500 migrations of three statements", note, times)


def _commands(rounds: int) -> Table:
    times = _on_server(lambda url: bench_commands(url, rounds))
    note = "The commands that people wait for most often, with everything applied."
    return _table("commands", "Commands", note, times)


def _prove(rounds: int) -> Table:
    times = _on_server(lambda url: bench_prove(url, min(rounds, 3)))
    note = "Every migration up, down and up again, with rows in the tables."
    return _table("prove", "Proof of every rollback", note, times)


def _up(rounds: int) -> Table:
    note = "Where there is nothing, and again; `make up` makes the environment too."
    return _table("up", "The first minute", note, {**bench_make_up(), **bench_up(rounds)})


TABLES: dict[str, Callable[[int], Table]] = {
    "apply": _apply,
    "apply-500": _apply_many,
    "commands": _commands,
    "prove": _prove,
    "up": _up,
}
