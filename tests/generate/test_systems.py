"""The queries of the five systems on data that breaks every habit: nothing not null is null."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from heavy_rows import HeavyRows
from nulls import certain_columns, null_columns
from sqlwright import seeding
from sqlwright.config import load_project
from sqlwright.generate import modules
from sqlwright.generate.describe import describe
from sqlwright.queries import Kind

ROOT = Path(__file__).parent.parent.parent
PROJECT = load_project(start=ROOT)
SCHEMAS = ["claude_fastapi", "emotional_chat", "iopaint", "sisyphus", "zishu"]
ROWS = 60
NULLABLE = """
select attrelid::regclass::text, attname::text
from pg_attribute
join pg_class on pg_class.oid = attrelid and relkind = 'r'
where relnamespace::regnamespace::text = any(%s)
    and attnum > 0 and not attisdropped and not attnotnull and attgenerated = ''
order by 1, 2
"""


def as_they_are(conn, tables):
    """What the seeds make."""


def all_null(conn, tables):
    """Every column that may be null is, but where a check won't have it."""
    for table, column in conn.execute(NULLABLE, [SCHEMAS]).fetchall():
        statement = sql.SQL("update {} set {} = null").format(
            sql.Identifier(*table.split(".")), sql.Identifier(column)
        )
        with suppress(psycopg.errors.IntegrityError), conn.transaction():
            conn.execute(statement)


def half_gone(conn, tables):
    """Of every table half the rows, whoever refers to them."""
    for table in tables:
        name = sql.Identifier(*table.split("."))
        conn.execute(sql.SQL("delete from {} where hashtext(ctid::text) % 2 = 0").format(name))


def parents_gone(conn, tables):
    """Nothing is left of the tables that others refer to most."""
    for table in tables:
        if table.endswith((".users", ".characters", ".files", ".interfaces", ".adapters")):
            conn.execute(sql.SQL("delete from {}").format(sql.Identifier(*table.split("."))))


@pytest.fixture(scope="module")
def filled(server, template):
    """A database with rows in every table, what is said of the queries, and what to ask with."""
    with server.janitor("falsified", template_dbname=template):
        url = server.url("falsified")
        with psycopg.connect(url, autocommit=True) as conn:
            if conn.info.server_version < 160000:
                pytest.skip("types are made from PostgreSQL 16 or newer")
            seeding.refill(load_project(start=ROOT, database=url), rows=ROWS)
            described = [
                one
                for one in describe(conn, modules.find_queries(PROJECT))
                if one.query.kind not in {Kind.SCRIPT, Kind.COPY} and certain_columns(one)
            ]
            heavy = HeavyRows.of(conn, SCHEMAS)
            calls = [(one, list(heavy.calls(_table(one), one.query))) for one in described]
            yield conn, sorted(heavy.rows), calls


def _table(described):
    return f"{described.schema}.{described.query.path.stem}"


@pytest.mark.parametrize("damage", [as_they_are, all_null, half_gone, parents_gone])
def test_no_query_gives_a_null_that_it_says_it_never_gives(filled, damage):
    """Foreign keys and triggers sleep while the damage is done; not null and checks don't."""
    conn, tables, calls = filled
    ran, wrong = set(), []
    with conn.transaction(force_rollback=True):
        conn.execute("set local session_replication_role = replica")
        damage(conn, tables)
        conn.execute("set local session_replication_role = origin")
        for described, asked in calls:
            for values in asked:
                try:
                    found = null_columns(conn, described.query.statement, values)
                except psycopg.Error:
                    continue  # a constraint, or a trigger that misses a parent
                ran.add((_table(described), described.query.name))
                certain = certain_columns(described)
                names = [certain[number] for number in found & certain.keys()]
                wrong += [(_table(described), described.query.name, *names)] if names else []
    assert wrong == []
    assert len(ran) > 0.8 * len(calls)
