"""What can be done with a connection, at random: our functions and psycopg agree on each step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

import random_calls

pytestmark = pytest.mark.newest


@pytest.fixture
def urls(server) -> Iterator[list[str]]:
    """Two databases with the tables that the steps are about."""
    with ExitStack() as stack:
        for name in ("ours", "mirror"):
            stack.enter_context(server.janitor(name))
            with psycopg.connect(server.url(name), autocommit=True) as conn:
                conn.execute(random_calls.TABLES)
        yield [server.url(name) for name in ("ours", "mirror")]


@pytest.mark.parametrize("world", ["sync", "async"])
@pytest.mark.parametrize("seed", range(2))
def test_a_walk(urls, server, tmp_path, world, seed):
    """Answers, errors, notices, transactions and what is stored, whatever came before."""
    file = tmp_path / "things.sql"
    file.write_text(random_calls.QUERIES, encoding="utf-8")
    walk = random_calls.Walk(urls, server.url(), file, world, seed)
    try:
        for _ in range(150):
            walk.step()
    finally:
        walk.close()
    assert len(walk.taken) > 15
