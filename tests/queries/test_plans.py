"""No named query scans or sorts what grows, on 10,000 rows a table, unless its comment says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from heavy_rows import SCHEMAS, HeavyRows, queries_by_table
from plans import findings
from sqlwright import seeding
from sqlwright.config import load_project
from sqlwright.queries import read_queries

pytestmark = pytest.mark.newest

ROOT = Path(__file__).parent.parent.parent
ROWS = 10_000


def test_queries_find_their_rows_by_an_index(database: str) -> None:
    """What a heavy user asks for is neither scanned nor sorted, unless `-- scans:` says why."""
    seeding.refill(load_project(start=ROOT, database=database), rows=ROWS)
    queries = queries_by_table()
    with psycopg.connect(database) as conn:
        heavy = HeavyRows.of(conn, SCHEMAS)
        found = {
            f"{table}.{query.name}": lines
            for table, query in queries
            if not query.scans and (lines := findings(heavy, table, query))
        }
    assert len(queries) > 700
    assert found == {}


@pytest.fixture(scope="module")
def shop(server: object) -> Iterator[psycopg.Connection]:
    """A table of 5,000 rows with an index on `owner, id`."""
    with psycopg.connect(server.url()) as conn:
        conn.execute("create schema shop")
        conn.execute("create table shop.orders (id int primary key, owner int, note text)")
        conn.execute(
            "insert into shop.orders select n, n % 2, n % 10 from generate_series(1, 5000) n"
        )
        conn.execute("create index orders_owner_idx on shop.orders (owner, id)")
        conn.execute("analyze shop.orders")
        yield conn
        conn.rollback()


@pytest.mark.parametrize(
    ("statement", "lines"),
    [
        ("select id from shop.orders where id = :id", []),
        ("select id from shop.orders where owner = :owner order by id limit :limit", []),
        ("select id from shop.orders where note = :note", ["scans shop.orders"]),
        ("update shop.orders set owner = 1 where note = :note", ["scans shop.orders"]),
        (
            "select id from shop.orders where owner = :owner order by note limit :limit",
            ["sorts 2500 rows by orders.note", "scans shop.orders"],
        ),
        (
            "select id from shop.orders where note = :note order by id limit :limit",
            ["walks 191 rows of shop.orders by orders_pkey"],
        ),
    ],
)
def test_findings(
    shop: psycopg.Connection, tmp_path: Path, statement: str, lines: list[str]
) -> None:
    """A scan, a sort and a walk through a whole index are seen; what an index serves is not."""
    names = ", ".join(n for n in ("id", "owner", "note", "limit") if f":{n}" in statement)
    file = tmp_path / "orders.sql"
    file.write_text(f"-- name: asked({names})\n-- Asks.\n{statement};\n")
    (query,) = read_queries(file)
    assert findings(HeavyRows.of(shop, ["shop"]), "shop.orders", query) == lines
