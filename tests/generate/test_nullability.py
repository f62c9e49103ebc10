"""What is called not null never is: a corpus made to trap, on empty, sparse and hostile rows."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from sqlwright.generate.describe import describe
from sqlwright.generate.nullability import analyse
from sqlwright.queries import read_queries

HERE = Path(__file__).parent
QUERIES = {query.name: query for query in read_queries(HERE / "corpus.sql")}
PARENT = "insert into trap.parents values (%s, 'n', %s, 'a', 'sad', 1, %s, 'empty', %s)"
ROWS = {
    "empty": [],
    "sparse": [
        (PARENT, (1, None, [], "{}")),
        (PARENT, (2, None, ["x", None], "null")),
        ("insert into trap.children values (7, 2, 1.5, null)", ()),
    ],
    "hostile": [
        (PARENT, (-1, "", [None], "[null]")),
        (PARENT, (1, "None", ["猫"], '{"a": null}')),
        (PARENT, (2, None, [], "{}")),
        ("insert into trap.children values (1, 1, 'NaN', null), (2, 1, 0, 1), (9, -1, 1, 2)", ()),
    ],
}


@pytest.fixture(scope="module")
def described(trap):
    """What is said of each query of the corpus, by its name."""
    with psycopg.connect(trap, autocommit=True) as conn:
        return {one.query.name: one for one in describe(conn, list(QUERIES.values()))}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("name", QUERIES)
def test_no_column_called_not_null_gives_a_null(trap, described, name, rows):
    """Each claim is held against what the query really gives; JSON's own null is no SQL null."""
    claimed = [
        number
        for number, column in enumerate(described[name].columns)
        if not column.nullable and column.type != "jsonb"
    ]
    with psycopg.connect(trap) as conn:
        for statement, values in ROWS[rows]:
            conn.execute(statement, values or None)
        for row in conn.execute(QUERIES[name].statement.encode()).fetchall():
            assert all(row[number] is not None for number in claimed), row
        conn.rollback()


@pytest.mark.parametrize(
    ("name", "certain"),
    [
        ("plain", "id name kind mood share tags span document"),
        ("join_using", "id amount"),
        ("comma_and_lateral", "id amount"),
        ("aggregates_of_nothing", "every noted many"),
        ("grouped", "kind every"),
        ("scalar_subquery", "id amounts has_children"),
        ("from_plain_cte", "id name"),
        ("windows", "place"),
        ("cases", "certain"),
        ("coalesced", "certain joined"),
        ("json_nulls", "object array"),
        ("literals", "one text yes moment"),
        ("tests", "is_null surely"),
        ("semi_join", "id name"),
        ("left_join", ""),
        ("union_of_nulls", ""),
        ("from_view", ""),
        ("from_function", ""),
    ],
)
def test_what_is_certain_is_claimed(described, name, certain):
    """The plain cases are not lost to caution."""
    columns = described[name].columns
    assert [column.name for column in columns if not column.nullable] == certain.split()


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("name", QUERIES)
def test_what_is_said_to_give_one_row_does(trap, name, rows):
    """Neither none nor two, whatever the tables hold."""
    if not analyse(QUERIES[name].statement).has_one_row:
        return
    with psycopg.connect(trap) as conn:
        for statement, values in ROWS[rows]:
            conn.execute(statement, values or None)
        assert len(conn.execute(QUERIES[name].statement.encode()).fetchall()) == 1
        conn.rollback()


@pytest.mark.parametrize(
    ("statement", "one"),
    [
        ("select count(*) as n from t", True),
        ("select coalesce(sum(a), 0) as n, max(b) as m from t where a > $1", True),
        ("select exists (select from t) as there", True),
        ("select count(*) as n from t group by a", False),
        ("select count(*) as n from t having count(*) > 1", False),
        ("select count(*) as n from t limit $1", False),
        ("select count(*) over () as n from t", False),
        ("select count(*) as n, unnest(array[1, 2]) as m from t", False),
        ("select 1 as one where $1::boolean", False),
        ("select a from t", False),
        ("select 1 as a union select 2", False),
        ("insert into t (a) values ($1) returning a", True),
        ("insert into t (a) values ($1), ($2) returning a", False),
        ("insert into t (a) values ($1) on conflict do nothing returning a", False),
        ("insert into t (a) select $1 returning a", False),
        ("update t set a = 1 returning a", False),
    ],
)
def test_one_row_is_said_only_where_it_is_sure(statement, one):
    """An insert of one row, an aggregate over everything, a select from nothing."""
    assert analyse(statement).has_one_row is one
