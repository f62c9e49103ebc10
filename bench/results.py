"""What a benchmark found: tables of figures with the goals they are held to, kept as one JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.place import ROOT

__all__ = [
    "FILE",
    "Column",
    "Goal",
    "Row",
    "Table",
    "as_document",
    "judge",
    "load",
    "machine",
    "save",
]

FILE = ROOT / "bench" / "results.json"
_PACKAGES = ("psycopg", "asyncpg", "uvloop", "aiosql", "SQLAlchemy", "Django")


@dataclass(frozen=True, kw_only=True)
class Column:
    """What is measured: its name, and how the page has it."""

    name: str
    heading: str
    digits: int = 1


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a figure is held to.

    Attributes:
        row: Whose figure.
        limit: At most that.
        against: The row whose figure is one; None where the limit is in the column's unit.
        column: Which figure; None for the table's first.
        at_least: The limit is a lower one.
        unit: What an absolute limit is in.
    """

    row: str
    limit: float
    against: str | None = None
    column: str | None = None
    at_least: bool = False
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A contender's figures, by column; None where there is none."""

    name: str
    figures: Mapping[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the page.

    Attributes:
        name: For `--only`.
        base: The row that the others' first figures are given in times of.
        note: What was measured, in a sentence or two.
        at: When, in UTC.
    """

    name: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    base: str | None = None
    goals: Sequence[Goal] = ()
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def figure(self, row: str, column: str | None = None) -> float | None:
        """One figure; None where there is no such row, or nothing in it."""
        name = column or self.columns[0].name
        return next((each.figures.get(name) for each in self.rows if each.name == row), None)


def judge(table: Table, goal: Goal) -> tuple[float, bool] | None:
    """The figure that is held to the goal, and whether it is met; None where it wasn't measured."""
    figure = table.figure(goal.row, goal.column)
    base = 1.0 if goal.against is None else table.figure(goal.against, goal.column)
    if figure is None or not base:
        return None
    value = figure / base
    return value, value >= goal.limit if goal.at_least else value <= goal.limit


def machine(postgresql: str) -> dict[str, str]:
    """What it was measured on, and with."""
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": postgresql,
        **{name: _version(name) for name in _PACKAGES},
    }


def load(file: Path = FILE) -> tuple[dict[str, str], dict[str, Table]]:
    """The machine and the tables that were kept, by name; nothing where there is no file."""
    if not file.exists():
        return {}, {}
    known = json.loads(file.read_text(encoding="utf-8"))
    if "tables" not in known:  # of a version that kept something else
        return {}, {}
    return known["machine"], {table["name"]: _table(table) for table in known["tables"]}


def save(machine: Mapping[str, str], tables: Mapping[str, Table], file: Path = FILE) -> None:
    """Writes the file: each table as it is, and what its goals came to."""
    document = {
        "machine": dict(machine),
        "tables": [as_document(table) for table in tables.values()],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def as_document(table: Table) -> dict[str, Any]:
    """A table for JSON, with the figure that each of its goals is held to and whether it is met."""
    return {**asdict(table), "verdicts": [judge(table, goal) for goal in table.goals]}


def _table(known: dict[str, Any]) -> Table:
    del known["verdicts"]
    known["columns"] = [Column(**column) for column in known["columns"]]
    known["rows"] = [Row(**row) for row in known["rows"]]
    known["goals"] = [Goal(**goal) for goal in known["goals"]]
    return Table(**known)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} x {models[0]}" if models else platform.processor() or "unknown"
