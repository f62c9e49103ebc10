"""What is called not null never is: a corpus made to trap, on empty, sparse and hostile rows."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from nulls import certain_columns, null_columns
from sqlwright.generate.describe import describe
from sqlwright.generate.statement import analyse
from sqlwright.queries import read_queries

HERE = Path(__file__).parent
QUERIES = {query.name: query for query in read_queries(HERE / "corpus.sql")}
SAID = re.compile(r"certain: (?P<certain>[\w ]+)(?:\nsince: (?P<since>\d+))?")
GIVEN = {"n": 1, "text": "x", "texts": ["x", None], "maybe": None}
PARENT = "insert into trap.parents values (%s, 'n', %s, 'a', 'sad', 1, %s, 'empty', %s)"
ROWS = {
    "empty": [],
    "sparse": [
        (PARENT, (1, None, [], "{}")),
        (PARENT, (2, None, ["x", None], "null")),
        ("insert into trap.children values (7, 2, 1.5, null)", ()),
        ("insert into trap.notes (id) values (-1), (-2), (-7)", ()),
        ("insert into trap.guarded values (5)", ()),
    ],
    "hostile": [
        (PARENT, (-1, "", [None], "[null]")),
        (PARENT, (1, "None", ["猫"], '{"a": null}')),
        (PARENT, (2, None, [], "{}")),
        (PARENT, (3, "x", ["x"], "{}")),
        ("insert into trap.children values (1, 1, 'NaN', null), (2, 1, 0, 1), (9, -1, 1, 2)", ()),
        (
            """insert into trap.notes (id, parent_id, body, total, made_at, document) values
            (11, 1, 'x', 'NaN', 'infinity', 'null'), (12, 1, null, 1, '-infinity', '[null]'),
            (13, null, 'x', null, now(), '{"a": 1}'), (14, 2, '', 0, now(), null),
            (9, -1, 'x', 2, now(), '{"a": null}')""",
            (),
        ),
    ],
}


@pytest.fixture(scope="module")
def described(trap):
    """What is said of each query of the corpus, by its name."""
    with psycopg.connect(trap, autocommit=True) as conn:
        known = [query for query in QUERIES.values() if is_known(conn, query.name)]
        return {one.query.name: one for one in describe(conn, known)}


def is_known(conn, name):
    """Whether the server has what the query shows: some of it came later."""
    return conn.info.server_version >= int(said(name)["since"] or 0) * 10_000


def said(name):
    """What a query of the corpus says of itself."""
    return SAID.fullmatch(QUERIES[name].documentation)


@pytest.fixture(scope="module")
def version(trap):
    """The server's, as 180000."""
    with psycopg.connect(trap) as conn:
        return conn.info.server_version


@pytest.fixture(scope="module", params=ROWS)
def conn(request, trap):
    """A connection to the trap with one of the kinds of rows."""
    with psycopg.connect(trap) as conn:
        for statement, values in ROWS[request.param]:
            conn.execute(statement, values or None)
        yield conn
        conn.rollback()


@pytest.mark.parametrize("name", QUERIES)
def test_no_column_called_not_null_gives_a_null(conn, described, name):
    """Each claim is held against what the query really gives; JSON's own null is no SQL null."""
    if name not in described:
        pytest.skip("came later")
    query = QUERIES[name]
    found = null_columns(conn, query.statement, [GIVEN[one] for one in query.parameters])
    certain = certain_columns(described[name])
    assert [certain[number] for number in found & certain.keys()] == []


@pytest.mark.parametrize("name", QUERIES)
def test_what_is_certain_is_claimed(version, described, name):
    """Each query says which of its columns are: those, and no others."""
    if version < 180000:
        pytest.skip("older ones prove others, with groups")
    names = [column.name for column in described[name].columns if not column.nullable]
    certain = said(name)["certain"]
    assert names == (certain.split() if certain != "nothing" else [])


@pytest.mark.parametrize(
    "name", [name for name, query in QUERIES.items() if analyse(query.statement).has_one_row]
)
def test_what_is_said_to_give_one_row_does(conn, name):
    """Neither none nor two, whatever the tables hold."""
    if not is_known(conn, name):
        pytest.skip("came later")
    query = QUERIES[name]
    values = [GIVEN[one] for one in query.parameters]
    with conn.transaction(force_rollback=True):
        rows = psycopg.RawCursor(conn).execute(query.statement.encode(), values or None).fetchall()
    assert len(rows) == 1


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
