"""Writes docs/benchmarks.md: the machine, the method, and each table with its goals."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

from bench.place import ROOT, SETTINGS
from bench.results import Goal, Table, judge, load, machine, save

__all__ = ["ORDER", "PAGE", "keep", "render", "render_page"]

PAGE = ROOT / "docs" / "benchmarks.md"
_MISSES = ROOT / "bench" / "misses.md"  # written by hand, after a profile
# Of the tables on the page.
ORDER = (
    "select",
    "insert",
    "update",
    "unit",
    "children",
    "page",
    "jsonb-read",
    "jsonb-write",
    "bulk-read",
    "bulk-write",
    "callers",
    "callers-insert",
    "claims",
    "starts",
    "load",
    "latency",
    "apply",
    "apply-500",
    "commands",
    "prove",
    "up",
)
_WIDTH = 100
_HEAD = """\
`make bench` measures what is promised beside what others do, and writes this page. Everybody works
on the tables and queries of this repository, with made-up rows, on a throw-away server with the
same settings: {settings}; `fsync`, `synchronous_commit` and `full_page_writes` are off.

Calls are made on one connection each, in autocommit unless a line says otherwise. The client and
its sessions are pinned to one CPU, since a wake-up on another costs more than a call, and comes and
goes by chance; *unpinned* is the same without that. Contenders take turns of some hundredths of a
second, and a figure is the median of their turns. *Client CPU* is what the calling process spends
of it. Before anything is timed, each contender's answer is compared with ours.

Ratios hold better than microseconds on another machine. They compare what one table has: it was
measured in one run, by turns.
"""


def render_page(machine: Mapping[str, str], tables: Mapping[str, Table]) -> str:
    """The whole page."""
    settings = ", ".join(f"`{name}={value}`" for name, value in SETTINGS.items())
    paragraphs = _HEAD.format(settings=settings).split("\n\n")
    head = "\n\n".join(fill(each, _WIDTH, break_on_hyphens=False) for each in paragraphs)
    rows = "\n".join(f"| {name} | {value} |" for name, value in machine.items())
    about = f"| measured on | |\n|---|---|\n{rows}\n"
    shown = [render(table) for table in tables.values()]
    misses = _MISSES.read_text(encoding="utf-8")
    return "\n".join(["# Benchmarks\n", f"{head}\n", about, *shown, misses])


def render(table: Table) -> str:
    """A table, with what its goals came to."""
    headings = [column.heading for column in table.columns]
    if table.base:
        headings.insert(1, "ratio")
    lines = [
        f"## {table.title}",
        "",
        fill(f"{table.note} Measured {table.at[:16].replace('T', ' ')} UTC.", _WIDTH),
        "",
        f"| | {' | '.join(headings)} |",
        f"|---|{'--:|' * len(headings)}",
        *(_line(table, row.name) for row in table.rows),
    ]
    told = [_told(table, goal) for goal in table.goals]
    if told:
        lines += ["", "| goal | measured | |", "|---|--:|---|", *told]
    return "\n".join([*lines, ""])


def _line(table: Table, name: str) -> str:
    cells = [_cell(table.figure(name, each.name), each.digits) for each in table.columns]
    if table.base:
        figure, base = table.figure(name), table.figure(table.base)
        cells.insert(1, _cell(figure / base if figure and base else None, 2))
    shown = f"**{name}**" if name.startswith("sqlwright") else name
    return f"| {shown} | {' | '.join(cells)} |"


def _cell(figure: float | None, digits: int) -> str:
    return "" if figure is None else f"{figure:,.{digits}f}"


def _told(table: Table, goal: Goal) -> str:
    """A goal with what was measured."""
    bound = "at least" if goal.at_least else "at most"
    column = next((c.heading for c in table.columns if c.name == goal.column), "")
    subject = f"{goal.row}, {column}:" if column else f"{goal.row}:"
    against = f" x {goal.against}" if goal.against else f" {goal.unit}"
    text = f"{subject} {bound} {goal.limit:,g}{against}".rstrip()
    found = judge(table, goal)
    if found is None:
        return f"| {text} | | not measured |"
    value, is_met = found
    digits = 3 if goal.against else int(value < 100)
    return f"| {text} | {value:,.{digits}f} | {'met' if is_met else '**not met**'} |"


def keep(table: Table, postgresql: str) -> None:
    """Puts the table among those of the last runs, and writes the page anew.

    Args:
        table: What was measured.
        postgresql: The server's version; empty where none was measured.
    """
    known, tables = load()
    tables[table.name] = table
    ordered = dict(sorted(tables.items(), key=lambda item: ORDER.index(item[0])))
    about = machine(postgresql or known.get("PostgreSQL", ""))
    save(about, ordered)
    PAGE.write_text(render_page(about, ordered), encoding="utf-8")
