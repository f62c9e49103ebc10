"""What is called not null never is: a corpus made to trap, on empty, sparse and hostile rows."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from sqlwright.generate.describe import describe
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
