"""Named queries on real servers, sync and async: what comes back, and what a failure leaves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from sqlwright.errors import ArgumentError, QueryError
from sqlwright.queries import load_queries, read_queries, run_query

SQL = """
-- name: make_items()#
create temporary table items (id int primary key, name text);
insert into items select n, 'item ' || n from generate_series(1, 3) as n;

-- name: create_table()!
create temporary table others (id int);

-- name: get(id)^
select id, name from items where id = :id::int;

-- name: get_some(least)^
select id, name from items where id >= :least order by id;

-- name: find_name(id)$
select name from items where id = :id;

-- name: find_names(least)$
select name from items where id >= :least;

-- name: list_all()
select id, name from items order by id;

-- name: rename(id, name)!
update items set name = :name where id = :id;

-- name: rename_all(name)^
update items set name = :name returning id, name;

-- name: add(id, name)^
insert into items (id, name) values (:id, :name) returning id, name;

-- name: fail()$
select 1 / 0;

-- name: make_and_fail()#
create temporary table lost (id int);
select 1 / 0;

-- name: twins()
select 1 as a, 2 as a;

-- name: speak(values)^
select
    10 % 3 as rest, 'a' like 'a%' as is_like, '%s' as format, '{"a": 1}'::jsonb ? 'a' as has,
    (array[1, 2, 3])[1:2] as slice, '1'::int as cast_, ':x' as quoted, E'it\\'s :x' as escaped,
    E'a' -- goes on
    '\\':values' as continued, $$:x$$ as dollars, :values::text[] as values_, '你好' as greeting,
    (:values::text[])[1 : array_length(:values, 1)] as part;
"""


@dataclass(frozen=True)
class Item:
    """A row type of a service's own."""

    id: int
    name: str


class Caller:
    """Calls queries and methods of a connection, whichever world it is of."""

    def __init__(self, conn: Any, runner: asyncio.Runner | None) -> None:
        self.conn = conn
        self._runner = runner

    def __call__(self, query: Any, **arguments: Any) -> Any:
        """Calls a named query."""
        return self.wait(query(self.conn, **arguments))

    def wait(self, result: Any) -> Any:
        """The result, or that of the coroutine."""
        return self._runner.run(result) if self._runner and inspect.isawaitable(result) else result

    def begin_by_itself(self) -> None:
        """Takes the connection out of autocommit."""
        if self._runner:
            self._runner.run(self.conn.set_autocommit(False))
        else:
            self.conn.autocommit = False

    @property
    def status(self) -> TransactionStatus:
        """The state of the connection's transaction."""
        return self.conn.info.transaction_status

    def in_transaction(self, query: Any, **arguments: Any) -> Any:
        """Calls a named query in a transaction block of its own."""

        async def on_async() -> Any:
            async with self.conn.transaction():
                return await query(self.conn, **arguments)

        if self._runner:
            return self._runner.run(on_async())
        with self.conn.transaction():
            return query(self.conn, **arguments)

    def in_pipeline(self, *calls: tuple[Any, dict[str, Any]]) -> list[Any]:
        """Calls named queries in one pipeline."""

        async def on_async() -> Any:
            async with self.conn.pipeline():
                return [await query(self.conn, **arguments) for query, arguments in calls]

        if self._runner:
            return self._runner.run(on_async())
        with self.conn.pipeline():
            return [query(self.conn, **arguments) for query, arguments in calls]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of queries."""
    file = tmp_path_factory.mktemp("sql") / "items.sql"
    file.write_text(SQL, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def queries(path: Path) -> Any:
    """The functions of the file."""
    return load_queries(path)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, server: Any, queries: Any) -> Iterator[Caller]:
    """An autocommit connection with the table that the queries are about."""
    url = server.url()
    if request.param == "sync":
        with psycopg.connect(url, autocommit=True) as conn:
            queries.make_items(conn)
            yield Caller(conn, None)
        return
    with asyncio.Runner() as runner:
        conn = runner.run(psycopg.AsyncConnection.connect(url, autocommit=True))
        runner.run(queries.make_items(conn))
        yield Caller(conn, runner)
        runner.run(conn.close())


def test_one(call, queries):
    """`^` gives a row, whose columns are attributes."""
    row = call(queries.get, id=2)
    assert (row.id, row.name) == (2, "item 2")


def test_no_row(call, queries):
    """`^` gives None where there is no row."""
    assert call(queries.get, id=9) is None


def test_null_is_an_argument(call, queries):
    """None is null, and no argument that is missing."""
    assert call(queries.get, id=None) is None


def test_value(call, queries):
    """`$` gives the first column of the row."""
    assert call(queries.find_name, id=2) == "item 2"


def test_no_value(call, queries):
    """`$` gives None where there is no row."""
    assert call(queries.find_name, id=9) is None


def test_many(call, queries):
    """Without a mark every row comes, in a list."""
    assert call(queries.list_all) == [(1, "item 1"), (2, "item 2"), (3, "item 3")]


def test_affected(call, queries):
    """`!` gives how many rows were affected."""
    assert [call(queries.rename, id=id_, name="x") for id_ in (1, 9)] == [1, 0]


def test_affected_by_ddl(call, queries):
    """`!` of a statement that affects no rows gives 0."""
    assert call(queries.create_table) == 0


@pytest.mark.parametrize("threshold", [0, 5, None])
def test_script(call, queries, threshold):
    """`#` gives nothing, whenever psycopg prepares other statements."""
    call.conn.prepare_threshold = threshold
    call.wait(call.conn.execute("drop table items"))
    assert call(queries.make_items) is None


@pytest.mark.parametrize(("name", "rows"), [("get_some", 3), ("find_names", 3)])
def test_more_than_one(call, queries, name, rows):
    """`^` and `$` refuse to choose one of several rows."""
    with pytest.raises(QueryError) as caught:
        call(getattr(queries, name), least=1)
    assert (caught.value.message, caught.value.hint) == (
        f"{name} gave {rows} rows, but is to give one.",
        "Narrow its where clause, add `limit 1` with an order, or take the mark away.",
    )


def test_more_than_one_is_taken_back(call, queries):
    """In a transaction nothing stays of what changed too many rows."""
    with pytest.raises(QueryError):
        call.in_transaction(queries.rename_all, name="x")
    assert call(queries.find_name, id=1) == "item 1"


def test_what_is_postgresqls(call, queries):
    """Percent signs, operators, casts, slices and quotes reach PostgreSQL as they are written."""
    row = call(queries.speak, values=["一", "two"])
    assert row._asdict() == {
        "rest": 1,
        "is_like": True,
        "format": "%s",
        "has": True,
        "slice": [1, 2],
        "cast_": 1,
        "quoted": ":x",
        "escaped": "it's :x",
        "continued": "a':values",
        "dollars": ":x",
        "values_": ["一", "two"],
        "greeting": "你好",
        "part": ["一", "two"],
    }


def test_another_encoding(server, queries):
    """The statement is sent in the connection's encoding, whatever that is."""
    with psycopg.connect(server.url(), client_encoding="EUC_CN", autocommit=True) as conn:
        assert queries.speak(conn, values=["一"]).greeting == "你好"


def test_row_types(call, path):
    """A row is made by what `rows` gives for the query."""
    typed = load_queries(path, {"list_all": Item, "get": lambda *values: values[::-1]})
    assert call(typed.list_all)[0] == Item(1, "item 1")
    assert call(typed.get, id=1) == ("item 1", 1)


def test_the_row_factory_of_the_connection(call, queries):
    """A connection's own row factory is neither used nor changed."""
    call.conn.row_factory = dict_row
    assert call(queries.get, id=1) == (1, "item 1")
    assert call.conn.row_factory is dict_row


def test_columns_of_one_name(call, queries):
    """Two columns of one name can't be attributes: psycopg's error says so."""
    with pytest.raises(psycopg.DataError) as caught:
        call(queries.twins)
    assert (
        str(caught.value) == "can't create a namedtuple row: Encountered duplicate field name: 'a'"
    )


WRONG = {
    "unknown": ("get", {"ids": 1}, "get has no parameter ids.", "Did you mean id?"),
    "unlike any": ("rename", {"size": 1}, "rename has no parameter size.", "It takes id, name."),
    "of none": ("list_all", {"id": 1}, "list_all has no parameter id.", "It takes none."),
    "of a script": ("make_items", {"id": 1}, "make_items has no parameter id.", "It takes none."),
    "one too many": (
        "get",
        {"id": 1, "name": "x"},
        "get has no parameter name.",
        "It takes id.",
    ),
    "missing": (
        "rename",
        {"id": 1},
        "rename is called without name.",
        "Give each parameter by name; None is null.",
    ),
    "all missing": (
        "rename",
        {},
        "rename is called without id, name.",
        "Give each parameter by name; None is null.",
    ),
}


@pytest.mark.parametrize(("name", "given", "message", "hint"), WRONG.values(), ids=WRONG)
def test_wrong_arguments(call, queries, name, given, message, hint):
    """An argument too many or too few is refused by name, when the function is called."""
    with pytest.raises(ArgumentError) as caught:
        getattr(queries, name)(call.conn, **given)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert call.status is TransactionStatus.IDLE


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rename", "It takes by name: id, name."),
        ("list_all", "It takes by name: nothing."),
        ("make_items", "It takes by name: nothing."),
    ],
)
def test_arguments_without_a_name(call, queries, name, hint):
    """An argument that is given by its place is refused."""
    with pytest.raises(ArgumentError) as caught:
        getattr(queries, name)(call.conn, 1, "x")
    assert caught.value.message == f"{name} is called with a value that has no name."
    assert caught.value.hint == hint


def test_no_connection(queries):
    """What is no connection is refused before anything else goes wrong."""
    with pytest.raises(ArgumentError) as caught:
        queries.get("postgresql://", id=1)
    assert (caught.value.message, caught.value.hint) == (
        "get is called on str, which is no connection.",
        "Give it one of psycopg's; a pool's is had by `with pool.connection() as …`.",
    )


@pytest.mark.parametrize("name", ["fail", "make_and_fail"])
def test_after_an_error(call, queries, name):
    """On a connection in autocommit, the next call works after one that failed."""
    with pytest.raises(psycopg.errors.DivisionByZero):
        call(getattr(queries, name))
    assert call.status is TransactionStatus.IDLE
    assert call(queries.find_name, id=1) == "item 1"


def test_a_script_is_one_transaction(call, queries):
    """In autocommit, nothing stays of a script that fails."""
    with pytest.raises(psycopg.errors.DivisionByZero):
        call(queries.make_and_fail)
    cursor = call.wait(call.conn.execute("select to_regclass('lost')"))
    assert call.wait(cursor.fetchone()) == (None,)


def test_after_an_error_in_a_transaction(call, queries):
    """A block that failed is rolled back, and the connection is free again."""
    with pytest.raises(psycopg.errors.DivisionByZero):
        call.in_transaction(queries.fail)
    assert call.status is TransactionStatus.IDLE
    assert call(queries.find_name, id=1) == "item 1"


def test_without_autocommit(call, queries):
    """A connection that isn't in autocommit begins as psycopg has it, and rolls back."""
    call.begin_by_itself()
    assert call(queries.rename, id=1, name="x") == 1
    assert call.status is TransactionStatus.INTRANS
    with pytest.raises(psycopg.errors.DivisionByZero):
        call(queries.fail)
    assert call.status is TransactionStatus.INERROR
    call.wait(call.conn.rollback())
    assert call(queries.find_name, id=1) == "item 1"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("a\0b", psycopg.DataError),
        ("\ud800", UnicodeEncodeError),
        (object(), psycopg.ProgrammingError),
        ({"a": 1}, psycopg.ProgrammingError),
    ],
    ids=["NUL", "surrogate", "object", "dict"],
)
def test_a_value_that_cannot_be_sent(call, queries, value, error):
    """A value that psycopg can't send is an error, and the next call works."""
    with pytest.raises(error):
        call(queries.rename, id=1, name=value)
    assert call(queries.find_name, id=1) == "item 1"


def test_a_closed_connection(call, queries):
    """On a connection that is closed psycopg's error says so."""
    call.wait(call.conn.close())
    with pytest.raises(psycopg.OperationalError) as caught:
        call(queries.get, id=1)
    assert str(caught.value) == "the connection is closed"


def test_a_pipeline(call, queries):
    """In a pipeline every call gives its own result."""
    assert call.in_pipeline(
        (queries.get, {"id": 1}),
        (queries.rename, {"id": 1, "name": "x"}),
        (queries.find_name, {"id": 1}),
        (queries.list_all, {}),
        (queries.create_table, {}),
        (queries.get, {"id": 9}),
    ) == [(1, "item 1"), 1, "x", [(1, "x"), (2, "item 2"), (3, "item 3")], 0, None]


@pytest.mark.parametrize(
    ("name", "given", "error"),
    [
        ("fail", {}, psycopg.errors.DivisionByZero),
        ("add", {"id": 1, "name": "x"}, psycopg.errors.UniqueViolation),
        # Every statement of a pipeline is prepared, and a script holds several.
        ("make_items", {}, psycopg.errors.SyntaxError),
    ],
)
def test_an_error_in_a_pipeline(call, queries, name, given, error):
    """An error in a pipeline is that call's, takes back the pipeline, and the next one works."""
    with pytest.raises(error):
        call.in_pipeline((queries.rename, {"id": 1, "name": "x"}), (getattr(queries, name), given))
    assert call(queries.find_name, id=1) == "item 1"


def test_often(call, queries):
    """A call that psycopg has prepared meanwhile gives the same."""
    assert [call(queries.find_name, id=2) for _ in range(10)] == ["item 2"] * 10


def test_run_query(server, path):
    """The toolkit's own way runs a query by its values and gives the cursor."""
    query = next(query for query in read_queries(path) if query.name == "speak")
    with psycopg.connect(server.url()) as conn:
        assert run_query(conn, query, {"values": ["a"]}).fetchone()[0] == 1
