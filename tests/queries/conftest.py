"""Query functions called as a service does: on a `Connection` and on an `AsyncConnection`."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def systems() -> Any:
    """The generated functions of the five systems: `systems.iopaint.users.get`."""
    found = SimpleNamespace()
    for file in sorted((ROOT / "sql").glob("*/*.sql")):
        module = importlib.import_module(f"sqlwright_systems.{file.parent.name}.{file.stem}")
        schema = vars(found).setdefault(file.parent.name, SimpleNamespace())
        setattr(schema, file.stem, module)
    return found


class Caller:
    """`run(query, id=1)` gives the result, whichever connection is behind it."""

    def __init__(self, conn: Any, runner: asyncio.Runner | None) -> None:
        self.conn = conn
        self._runner = runner

    def __call__(self, query: Any, **arguments: Any) -> Any:
        """Calls a named query."""
        result = query(self.conn, **arguments)
        return self._runner.run(result) if self._runner else result

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Runs a statement of the test's own; its rows, if it gives any."""

        async def on_async() -> list[Any]:
            cursor = await self.conn.execute(statement, values or None)
            return await cursor.fetchall() if cursor.description else []

        if self._runner:
            return self._runner.run(on_async())
        cursor = self.conn.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, migrated: str) -> Iterator[Caller]:
    """Calls queries in a transaction that is rolled back, sync and async."""
    if request.param == "sync":
        with psycopg.connect(migrated) as conn:
            yield Caller(conn, None)
            conn.rollback()
        return
    with asyncio.Runner() as runner:
        conn = runner.run(psycopg.AsyncConnection.connect(migrated))
        try:
            yield Caller(conn, runner)
        finally:
            runner.run(conn.rollback())
            runner.run(conn.close())
