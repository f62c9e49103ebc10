"""Large tables, filled by COPY: the same rows for every run, but for what is drawn at random."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from bench.results import Column, Goal, Row, Table
from sqlwright_systems.emotional_chat import system_logs

__all__ = ["TAGS", "key_of", "load_table", "one_of", "sizes"]

TAGS = ("冒烟", "登录", "支付", "订单", "回归", "接口", "性能", "安全", "移动端", "后台")
_BATCH = 100_000  # rows of a COPY, which is a transaction
_BEGAN = datetime(2025, 10, 1, tzinfo=UTC)
_MODELS = ("lama", "mat", "sd1.5", "rembg", "gfpgan")
_STEPS = 10  # of a scenario


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A table that is to be filled.

    Attributes:
        row: Makes the row of a number from 1.
        load: The function of ours that takes such rows; else psycopg's copy does, which wants to
            know the columns and their types.
    """

    name: str
    rows: int
    row: Callable[[int], Sequence[Any]]
    load: Callable[[Any, Iterable[Any]], Any] | None = None
    columns: str = ""
    types: Sequence[str] = ()


def key_of(kind: int, number: int) -> UUID:
    """The key of a numbered row, anywhere in its index as random keys are."""
    return UUID(bytes=md5(b"%d %d" % (kind, number), usedforsecurity=False).digest())


def one_of(many: int) -> int:
    """One of so many, from 1; the first have the most."""
    return 1 + int(many * random.random() ** 3)


def sizes(rows: int) -> tuple[int, int, int]:
    """How many users, projects and scenarios there are for so many rows."""
    return max(rows // 10, 10), max(rows // 5000, 10), max(rows // 10, 10)


def tables(rows: int) -> list[Filled]:
    """What is filled for so many rows, parents first."""
    people, projects, cases = sizes(rows)
    second = 365 * 86400 / rows

    def at(number: int, of: int = rows) -> datetime:
        return _BEGAN + timedelta(seconds=second * rows / of * number)

    def log(n: int) -> Sequence[Any]:
        level = "info" if n % 8 else "error"
        context = {"request_id": f"{n:x}", "duration_ms": n % 900}
        return one_of(people), n % 997, level, "api", "请求已处理", context, at(n)

    def task(n: int) -> Sequence[Any]:
        is_done = n < rows - rows // 500
        name, url = f"task-{n:x}", f"https://cdn.example.com/original/{n:x}.jpg"
        status, progress = ("completed", 100) if is_done else ("pending", 0)
        return one_of(people), name, url, 240_000, _MODELS[n % 5], status, progress, at(n)

    def scenario(n: int) -> Sequence[Any]:
        tags = Jsonb(random.sample(TAGS, 2))
        project, person = key_of(2, one_of(projects)), key_of(1, 1)
        name = f"{TAGS[n % 10]}场景 {n}"
        return key_of(3, n), project, person, name, f"P{n % 4}", tags, at(n, cases)

    def step(n: int) -> Sequence[Any]:
        of = key_of(3, 1 + (n - 1) // _STEPS)
        parameters = Jsonb({"url": f"/api/{n % 100}", "timeout": 5})
        return key_of(4, n), of, "request", "发送请求", parameters, n % _STEPS

    def user(n: int) -> Sequence[Any]:
        return n, f"openid-{n:x}", at(n, people)

    return [
        Filled(
            name="emotional_chat.system_logs",
            rows=rows,
            row=log,
            load=system_logs.load,
        ),
        Filled(
            name="iopaint.users",
            columns="id, openid, created_at",
            types=("int8", "varchar", "timestamptz"),
            rows=people,
            row=user,
        ),
        Filled(
            name="iopaint.process_records",
            columns="user_id, task_id, original_image_url, original_image_size, model_name,"
            " status, progress, created_at",
            types=(
                *("int8", "varchar", "varchar", "int4"),
                *("varchar", "varchar", "int4", "timestamptz"),
            ),
            rows=rows,
            row=task,
        ),
        Filled(
            name="sisyphus.users",
            columns="id, email, created_at",
            types=("uuid", "varchar", "timestamptz"),
            rows=1,
            row=lambda n: (key_of(1, n), "tester@example.com", _BEGAN),
        ),
        Filled(
            name="sisyphus.projects",
            columns="id, created_by, name, created_at",
            types=("uuid", "uuid", "varchar", "timestamptz"),
            rows=projects,
            row=lambda n: (key_of(2, n), key_of(1, 1), f"商城 {n}", _BEGAN),
        ),
        Filled(
            name="sisyphus.scenarios",
            columns="id, project_id, created_by, name, priority, tags, created_at",
            types=("uuid", "uuid", "uuid", "varchar", "varchar", "jsonb", "timestamptz"),
            rows=cases,
            row=scenario,
        ),
        Filled(
            name="sisyphus.scenario_steps",
            columns="id, scenario_id, keyword_type, keyword_name, parameters, sort_order",
            types=("uuid", "uuid", "varchar", "varchar", "jsonb", "int4"),
            rows=rows,
            row=step,
        ),
    ]


def fill(conn: psycopg.Connection[Any], filled: Filled) -> float:
    """Fills a table with its indexes and keys in place, and gives the rows a second."""
    load = filled.load or (lambda conn, rows: _copy(conn, filled, rows))
    began = time.perf_counter()
    for start in range(1, filled.rows + 1, _BATCH):
        load(conn, map(filled.row, range(start, min(start + _BATCH, filled.rows + 1))))
    return filled.rows / (time.perf_counter() - began)


def _copy(conn: psycopg.Connection[Any], filled: Filled, rows: Iterable[Sequence[Any]]) -> None:
    statement = f"copy {filled.name} ({filled.columns}) from stdin (format binary)".encode()
    with conn.cursor().copy(statement) as copy:
        copy.set_types(filled.types)
        for row in rows:
            copy.write_row(row)


def load_table(conn: psycopg.Connection[Any], rows: int, *, talk: Callable[[str], object]) -> Table:
    """Fills everything; the table of rows a second. `talk` is told what is being done."""
    found = []
    for filled in tables(rows):
        talk(f"{filled.name}: {filled.rows:,} rows")
        figures = {"rows_a_second": fill(conn, filled), "rows": filled.rows}
        if filled.rows >= rows:
            found.append(Row(name=filled.name, figures=figures))
    talk("vacuum analyze")
    conn.execute("vacuum analyze")
    return Table(
        name="load",
        title=f"Bulk load of {rows:,} rows a table",
        note="COPY of rows of Python's values by one client, which makes them up meanwhile, with"
        " every index, check and foreign key in place; 100,000 rows a transaction.",
        columns=[
            Column(name="rows_a_second", heading="rows a second", digits=0),
            Column(name="rows", heading="rows", digits=0),
        ],
        rows=found,
        goals=[Goal(row="emotional_chat.system_logs", limit=100_000, at_least=True)],
    )
