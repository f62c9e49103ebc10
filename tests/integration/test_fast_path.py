"""Prepared queries on real servers: what psycopg's ordinary way gives, refuses and promises."""

# The last tests hold psycopg to what our calls stand on without a public name.
# ruff: noqa: SLF001

from __future__ import annotations

import asyncio
import signal
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import FloatLoader

from sqlwright.errors import StaleQueryError
from sqlwright.pool import open_pool
from sqlwright.queries import load_queries

pytestmark = pytest.mark.newest

SQL = """
-- name: make_items()#
create temporary table items (id int primary key check (id > 0), name text not null);
insert into items select n, 'item ' || n from generate_series(1, 3) as n;

-- name: get(id)^
select id, name from items where id = :id;

-- name: list_all()
select id, name from items order by id;

-- name: all_columns()
table items;

-- name: rename(id, name)!
update items set name = :name where id = :id;

-- name: add(id, name)^
insert into items (id, name) values (:id, :name) returning id, name;

-- name: divide(by)$
select 1 / :by::int;

-- name: cast_(text)$
select :text::text::int;

-- name: missing()
select * from missing;

-- name: sleep(seconds)$
select 1 from pg_sleep(:seconds::float8);

-- name: speak(what)$
select set_config('application_name', 'spoken', false) from pg_temp.speak(:what);

-- name: tell(what)$
select 1 from pg_notify('told', :what);

-- name: length(text)$
select length(:text::text);

-- name: size(data)$
select octet_length(:data::bytea);

-- name: zeros(bytes)$
select decode(repeat('00', :bytes::int), 'hex');

-- name: repeat(text, times)$
select repeat(:text::text, :times::int);

-- name: numbers(most)
select n, n::text as text from generate_series(1, :most::int) as n;

-- name: half()$
select 0.5::numeric;

-- name: moment()$
select '2026-01-01 00:00+00'::timestamptz;

-- name: moment_in(zone)^
select set_config('TimeZone', :zone, false) as zone, '2026-01-01 00:00+00'::timestamptz as at;

-- name: isolation()$
select current_setting('transaction_isolation');

-- name: nothing()
select from items;

-- name: prepared()
select name from pg_prepared_statements where name like 'sqlwright%' order by name;

-- name: add_later(id)^
insert into laters (id) values (:id) returning id;

-- name: add_column()!
alter table items add column extra int;
"""


class Item(NamedTuple):
    """A row of the table."""

    id: int
    name: str


@dataclass
class Call:
    """Calls named queries on a connection, whichever world it is of."""

    conn: Any
    queries: Any
    runner: asyncio.Runner | None

    def __getattr__(self, name: str) -> Any:
        """The query of that name, as a function of its arguments alone."""
        query = getattr(self.queries, name)
        return lambda **given: self.wait(query(self.conn, **given))

    def wait(self, result: Any) -> Any:
        """The result, or that of the coroutine."""
        return self.runner.run(result) if asyncio.iscoroutine(result) else result

    def execute(self, text: str, **options: Any) -> Any:
        """Rows of a statement that goes psycopg's way; none where it gives none."""
        cursor = self.wait(self.conn.execute(text, **options))
        return self.wait(cursor.fetchall()) if cursor.description else None

    def leave_autocommit(self) -> None:
        """Takes the connection out of autocommit."""
        self.wait(self.conn.set_autocommit(False))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A block `with conn.transaction()`."""
        block = self.conn.transaction()
        self.wait(block.__aenter__() if self.runner else block.__enter__())
        try:
            yield
        except BaseException as error:
            leave = block.__aexit__ if self.runner else block.__exit__
            self.wait(leave(type(error), error, error.__traceback__))
            raise
        self.wait(block.__aexit__(None, None, None) if self.runner else block.__exit__(*[None] * 3))


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """The file of queries."""
    file = tmp_path_factory.mktemp("sql") / "items.sql"
    file.write_text(SQL, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def queries(path) -> Any:
    """The functions of the file."""
    return load_queries(path, {"get": Item})


@pytest.fixture(params=["sync", "async"])
def call(request, server, queries) -> Iterator[Call]:
    """An autocommit connection with the table that the queries are about."""
    url = server.url()
    if request.param == "sync":
        with psycopg.connect(url, autocommit=True) as conn:
            queries.make_items(conn)
            yield Call(conn, queries, None)
        return
    with asyncio.Runner() as runner:
        conn = runner.run(psycopg.AsyncConnection.connect(url, autocommit=True))
        runner.run(queries.make_items(conn))
        yield Call(conn, queries, runner)
        runner.run(conn.close())


@pytest.fixture
def conn(server, queries) -> Iterator[psycopg.Connection]:
    """The same, sync alone."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        queries.make_items(conn)
        yield conn


# How a statement is prepared, and by what name


def test_a_statement_is_prepared_once(call):
    """From its first call on, for the types of its arguments."""
    for _ in range(3):
        assert call.get(id=2) == (2, "item 2")
    assert call.execute("select name, statement from pg_prepared_statements") == [
        ("sqlwright_0", "select id, name from items where id = $1;")
    ]


def test_an_int_is_sent_by_its_size(call):
    """As psycopg has it, so that an operator means the same; each size is prepared."""
    assert [call.get(id=id_) for id_ in (1, 100_000, 10**10)] == [(1, "item 1"), None, None]
    assert call.execute("select parameter_types::text from pg_prepared_statements") == [
        ("{smallint}",),
        ("{integer}",),
        ("{bigint}",),
    ]


def test_names_do_not_clash(call):
    """psycopg prepares statements of its own beside ours."""
    call.get(id=1)
    call.execute("select 7", prepare=True)
    names = call.execute("select name from pg_prepared_statements order by name")
    assert [name for (name,) in names] == ["_pg3_0", "sqlwright_0"]


def test_no_more_are_prepared_than_psycopg_may(call):
    """The oldest are closed as `prepared_max` has it, and prepared again when they are called."""
    call.conn.prepared_max = 2
    for _ in range(2):
        assert call.get(id=1) == (1, "item 1")
        assert len(call.list_all()) == 3
        assert call.divide(by=1) == 1
        assert call.length(text="x") == 1
    assert call.execute("select count(*) <= 3 from pg_prepared_statements") == [(True,)]


@pytest.mark.parametrize("way", ["threshold", "encoding", "pipeline", "class"])
def test_where_psycopg_goes_its_own_way(server, queries, way):
    """A pooler without prepared statements, another encoding, a pipeline, a class that watches."""

    class Watching(psycopg.Connection):
        def execute(self, *arguments, **options):
            return super().execute(*arguments, **options)

    of = Watching if way == "class" else psycopg.Connection
    with of.connect(server.url(), autocommit=True) as conn:
        queries.make_items(conn)
        if way == "threshold":
            conn.prepare_threshold = None
        if way == "encoding":
            conn.execute("set client_encoding to latin1")
        if way == "pipeline":
            with conn.pipeline():
                assert [queries.get(conn, id=2) for _ in range(3)] == [(2, "item 2")] * 3
                assert queries.prepared(conn) == []
        assert [queries.get(conn, id=2) for _ in range(3)] == [(2, "item 2")] * 3
        assert len(queries.prepared(conn)) == (2 if way == "pipeline" else 0)


def test_what_is_no_plan_is_not_prepared(call):
    """DDL and scripts go psycopg's way."""
    for _ in range(2):
        call.execute("drop table items")
        call.make_items()
    call.add_column()
    assert call.execute("select name from pg_prepared_statements") == []


def test_after_another_encoding(call):
    """Back in UTF-8 a statement is what it was."""
    assert call.cast_(text="1") == 1
    call.execute("set client_encoding to latin1")
    assert call.repeat(text="é", times=2) == "éé"
    call.execute("set client_encoding to utf8")
    assert call.repeat(text="é你", times=2) == "é你é你"


# What comes back


def test_a_select_without_columns(call):
    """It gives as many empty rows, prepared or not."""
    given = [call.nothing() for _ in range(3)]
    call.conn.prepare_threshold = None
    assert [*given, call.nothing()] == [[()] * 3] * 4


@pytest.mark.parametrize("rows", [0, 1, 50_000])
def test_many_rows(call, rows):
    """In parts or in one, all of them come."""
    expected = [(n, str(n)) for n in range(1, rows + 1)]
    assert [call.numbers(most=rows) == expected for _ in range(3)] == [True] * 3


def test_a_parameter_too_large_to_be_sent_at_once(call):
    """100 MB arrive, when the statement is prepared and later."""
    data = bytes(100_000_000)
    assert [call.size(data=data) for _ in range(2)] == [len(data)] * 2


def test_a_large_value(call):
    """100 MB come back."""
    assert [call.zeros(bytes=10**8) == bytes(10**8) for _ in range(2)] == [True] * 2


def test_a_loader_of_ones_own(call):
    """One that is registered before the first call loads, though it knows text alone."""
    call.conn.adapters.register_loader("numeric", FloatLoader)
    assert [type(call.half()) for _ in range(3)] == [float] * 3


def test_a_dumper_of_ones_own(call):
    """One that is registered before the first call dumps."""

    class Shout(psycopg.adapt.Dumper):
        def dump(self, obj):
            return obj.upper().encode()

    call.conn.adapters.register_dumper(str, Shout)
    assert [call.repeat(text="a", times=2) for _ in range(3)] == ["AA"] * 3


def test_the_time_zone_may_change(call):
    """A time is in the zone of the session, whenever that was set and by whom."""
    offsets = []
    for zone in ("UTC", "Asia/Shanghai", "UTC"):
        call.execute(f"set time zone '{zone}'")
        offsets += [call.moment().utcoffset().seconds // 3600 for _ in range(3)]
    assert offsets == [0, 0, 0, 8, 8, 8, 0, 0, 0]
    for zone, hours in {"Asia/Shanghai": 8, "UTC": 0}.items():
        assert call.moment_in(zone=zone).at.utcoffset().seconds // 3600 == hours


def test_a_row_of_too_many_columns(server, path):
    """A row type that doesn't fit its query is an error, whether or not it is prepared."""
    narrow = load_queries(path, {"list_all": NamedTuple("Narrow", [("id", int)])})
    with psycopg.connect(server.url(), autocommit=True) as conn:
        narrow.make_items(conn)
        for _ in range(3):
            with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
                narrow.list_all(conn)


def test_a_row_may_call_a_query(conn, path):
    """What makes a row is called without the connection's lock."""
    nested = load_queries(path, {"list_all": lambda id_, _: nested.get(conn, id=id_).name})
    assert [nested.list_all(conn) for _ in range(3)] == [["item 1", "item 2", "item 3"]] * 3


def test_a_loader_may_call_a_query(conn, queries):
    """So is what loads a value."""

    class Asking(psycopg.adapt.Loader):
        def load(self, data):
            return queries.get(conn, id=len(bytes(data))).name

    conn.adapters.register_loader("numeric", Asking)
    assert [queries.half(conn) for _ in range(3)] == ["item 3"] * 3


# Transactions


def test_a_transaction_begins_as_it_is_set(call):
    """Out of autocommit `begin` goes ahead of the statement, with the isolation level."""
    call.leave_autocommit()
    call.wait(call.conn.set_isolation_level(psycopg.IsolationLevel.SERIALIZABLE))
    for _ in range(3):
        assert call.isolation() == "serializable"
        assert call.conn.info.transaction_status is TransactionStatus.INTRANS
        call.wait(call.conn.rollback())


def test_begin_costs_no_round_trip(conn, queries, tmp_path):
    """`begin` and the statement go with one Sync."""
    conn.autocommit = False
    queries.get(conn, id=1)
    conn.rollback()
    with traced(conn, tmp_path / "trace") as sent:
        queries.get(conn, id=1)
    assert [message for message in sent if message in {"Parse", "Sync"}] == ["Parse", "Sync"]


def test_a_savepoint(call):
    """A block in a block is rolled back by itself."""
    call.rename(id=1, name="a")
    with call.transaction():
        call.rename(id=1, name="b")
        with pytest.raises(psycopg.errors.DivisionByZero), call.transaction():  # noqa: PT012
            call.rename(id=1, name="c")
            call.divide(by=0)
        assert call.get(id=1).name == "b"
    assert call.get(id=1).name == "b"


def test_an_error_leaves_the_transaction_as_it_does(call):
    """Until it is rolled back, every statement is refused."""
    call.leave_autocommit()
    for _ in range(2):
        for expected in ("DivisionByZero", "InFailedSqlTransaction"):
            with pytest.raises(getattr(psycopg.errors, expected)):
                call.divide(by=0)
        call.wait(call.conn.rollback())


def test_an_error_of_the_commit(call):
    """A constraint that is deferred is checked after the statement has given its row."""
    call.execute("create temporary table laters (id int unique deferrable initially deferred)")
    assert call.add_later(id=1) == (1,)
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation):
            call.add_later(id=1)
    assert call.execute("select count(*) from laters") == [(1,)]


# What the server forgets, or gives no longer


FORGET = {
    "deallocate": "deallocate all",
    "discard": "discard plans; deallocate all",
    "ddl": "alter table items add column more int",
}


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET)
def test_a_stale_statement_is_prepared_anew(call, forget):
    """In autocommit nobody notices."""
    before = [call.all_columns(), call.all_columns()]
    call.execute(forget)
    rows = [row[:2] for row in call.all_columns()]
    assert (rows, before) == (before[0], [rows, rows])
    assert call.get(id=1) == (1, "item 1")


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET)
def test_a_stale_statement_out_of_autocommit(call, forget):
    """The first statement of a transaction has nothing to lose either."""
    call.all_columns()
    call.leave_autocommit()
    call.execute(forget)
    call.wait(call.conn.commit())
    assert len(call.all_columns()) == 3
    assert call.conn.info.transaction_status is TransactionStatus.INTRANS


@pytest.mark.parametrize("forget", FORGET.values(), ids=FORGET)
def test_a_stale_statement_in_a_transaction(call, forget):
    """An error says to run it again; that works."""
    call.all_columns()
    with pytest.raises(StaleQueryError) as caught, call.transaction():  # noqa: PT012
        call.execute(forget)
        call.all_columns()
    assert str(caught.value) == (
        "all_columns was prepared for a table that has changed since, or was deallocated, and its"
        " transaction has failed with it.\n"
        "Roll the transaction back and run it again: the statement is then prepared anew."
    )
    assert isinstance(caught.value.__cause__, psycopg.Error)
    with call.transaction():
        assert len(call.all_columns()) == 3


# What a column's type becomes, after which `name` is a text, and the server took it for another.
OTHER_TYPES = {
    "no operator": "alter table items drop constraint items_id_check, alter id type text",
    "no cast": "create type pg_temp.mood as enum ('a'); alter table items drop column name,"
    " add column name pg_temp.mood",
    "no type": "alter table items alter name type text; drop type pg_temp.mood",
}


def test_a_column_may_change_its_type(call):
    """What the server took a text for when it was prepared is looked up anew."""
    for change in ("select", *OTHER_TYPES.values()):
        for statement in change.split("; "):
            call.execute(statement)
        assert call.get(id="1").id in {1, "1"}
        assert [call.rename(id="1", name="a") for _ in range(2)] == [1, 1]
    names = call.execute("select count(*) from pg_prepared_statements")
    assert names == [(2,)]


def test_a_column_changes_its_type_in_a_transaction(call):
    """Its first statement has nothing to lose; of others an error says to run it again."""
    assert call.get(id="1").id == 1
    call.leave_autocommit()
    call.execute(OTHER_TYPES["no operator"])
    call.wait(call.conn.commit())
    assert call.get(id="1").id == "1"
    call.execute("alter table items alter id type int using id::int")
    with pytest.raises(StaleQueryError, match="get was prepared"):
        call.get(id="x")
    call.wait(call.conn.rollback())
    assert call.get(id="1").id == "1"


def test_a_type_that_is_wrong_from_the_start(call):
    """That is the caller's to mend, and is said at once, in a transaction too."""
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedFunction), call.transaction():
            call.get(id=True)


def test_what_is_stale_is_closed(call):
    """A statement that is prepared anew does not stay under its old name."""
    call.all_columns()
    call.get(id=1)
    call.execute("alter table items add column more int")
    call.all_columns()
    assert call.execute("select name from pg_prepared_statements") == [("sqlwright_2",)]


def test_psycopg_deallocates_all_of_its_own_accord(call):
    """It does after a rollback if it has prepared something; in a transaction ours still work."""
    call.get(id=1)
    call.execute("select 7", prepare=True)
    with pytest.raises(psycopg.errors.DivisionByZero), call.transaction():
        call.divide(by=0)
    assert call.execute("select name from pg_prepared_statements") == []
    with call.transaction():
        assert call.get(id=1) == (1, "item 1")


def test_an_error_of_the_same_code_is_the_callers(call):
    """0A000 that is not about the plan is raised as it is."""
    call.execute(
        "create function pg_temp.speak(text) returns text language plpgsql as"
        " $$begin raise exception 'not today' using errcode = '0A000'; end$$"
    )
    for _ in range(2):
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="not today"):
            call.speak(what="x")


# What comes in between


def test_notices(call):
    """A handler sees them."""
    seen = []
    call.conn.add_notice_handler(lambda diag: seen.append(diag.message_primary))
    call.execute(
        "create function pg_temp.speak(what text) returns text language plpgsql as"
        " $$begin raise notice '%', what; return what; end$$"
    )
    for what in "abc":
        call.speak(what=what)
    assert seen == ["a", "b", "c"]


def test_notifications(call):
    """A handler sees those that come with an answer."""
    seen = []
    call.conn.add_notify_handler(lambda notify: seen.append(notify.payload))
    call.execute("listen told")
    for what in "abc":
        call.tell(what=what)
    call.length(text="x")
    assert seen == ["a", "b", "c"]


def test_notifications_are_kept(conn, queries):
    """Without a handler they wait for who asks, though they came with the answer to a query."""
    conn.execute("listen told")
    for what in "abc":
        queries.tell(conn, what=what)
    assert [notify.payload for notify in conn.notifies(timeout=1, stop_after=3)] == ["a", "b", "c"]


def test_a_handler_that_fails(conn, queries):
    """Its error comes through, and the connection is free."""
    conn.execute("listen told")
    conn.add_notify_handler(lambda notify: 1 / len(notify.payload))
    queries.tell(conn, what="x")
    with pytest.raises(ZeroDivisionError):
        queries.tell(conn, what="")
    assert conn.info.transaction_status is TransactionStatus.IDLE
    assert queries.get(conn, id=1) == (1, "item 1")


# Errors


WRONG = {
    "division": ("divide", {"by": 0}),
    "input": ("cast_", {"text": "one"}),
    "no table": ("missing", {}),
    "unique": ("add", {"id": 1, "name": "x"}),
    "check": ("add", {"id": -1, "name": "x"}),
    "not null": ("add", {"id": 9, "name": None}),
    "type": ("get", {"id": True}),
    "NUL": ("rename", {"id": 1, "name": "a\0b"}),
    "surrogate": ("rename", {"id": 1, "name": "\ud800"}),
    "object": ("rename", {"id": 1, "name": object()}),
    "ranges": ("get", {"id": [1, "x"]}),
}
DIAG = [name for name in dir(psycopg.errors.Diagnostic) if not name.startswith("_")]


def told(error: BaseException) -> tuple[Any, ...]:
    """All that an error tells."""
    diag = getattr(error, "diag", None)
    told = {name: getattr(diag, name, None) for name in DIAG if "line" not in name}
    return type(error), str(error), getattr(error, "sqlstate", None), told


@pytest.mark.parametrize(("name", "given"), WRONG.values(), ids=WRONG)
def test_errors_are_psycopgs(call, path, name, given):
    """Class, message, SQLSTATE and diagnostics are what psycopg's cursor raises."""
    raw = psycopg.AsyncRawCursor(call.conn) if call.runner else psycopg.RawCursor(call.conn)
    text = getattr(call.queries, name).sql
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever it is
        call.wait(raw.execute(text, list(given.values())))
    for _ in range(3):
        with pytest.raises(type(expected.value)) as caught:
            getattr(call, name)(**given)
        assert told(caught.value) == told(expected.value)
    assert call.get(id=1) == (1, "item 1")


def test_a_closed_connection(call):
    """psycopg's error says so, though the statement was prepared."""
    call.get(id=1)
    call.wait(call.conn.close())
    with pytest.raises(psycopg.OperationalError, match=r"^the connection is closed$"):
        call.get(id=1)


@pytest.mark.parametrize("prepared", [False, True])
def test_the_server_ends_the_session(call, server, prepared):
    """In the middle of a query: the error tells why, and the connection is broken."""
    if prepared:
        call.sleep(seconds=0)
    pid = call.conn.info.backend_pid
    with later(0.3, lambda: kill(server.url(), pid)), pytest.raises(psycopg.errors.AdminShutdown):
        call.sleep(seconds=30)
    assert call.conn.broken


def kill(url: str, pid: int) -> None:
    """Ends a session of the server."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(%s)", (pid,))


@contextmanager
def later(seconds: float, action: Any) -> Iterator[None]:
    """Does something while the block runs."""
    timer = threading.Timer(seconds, action)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize("seconds", [0.03, 0.3], ids=["at once", "late"])
@pytest.mark.parametrize("prepared", [False, True])
def test_cancel(call, seconds, prepared):
    """Another thread cancels the query; the next one works."""
    if prepared:
        call.sleep(seconds=0)
    with until_it_ends(seconds, call.conn.cancel), pytest.raises(psycopg.errors.QueryCanceled):
        call.sleep(seconds=30)
    assert call.get(id=1) == (1, "item 1")


@contextmanager
def until_it_ends(seconds: float, action: Any) -> Iterator[None]:
    """Does something while the block runs, again and again: the first time may come too early."""
    over = threading.Event()

    def act() -> None:
        while not over.wait(seconds):
            action()

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("milliseconds", [30, 300])
def test_statement_timeout(call, milliseconds):
    """The server's limit holds, and the next call works."""
    call.sleep(seconds=0)
    call.execute(f"set statement_timeout to {milliseconds}")
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        call.sleep(seconds=30)
    assert call.get(id=1) == (1, "item 1")


@pytest.mark.parametrize("seconds", [0.03, 0.3], ids=["at once", "late"])
@pytest.mark.parametrize("prepared", [False, True])
def test_ctrl_c(conn, queries, seconds, prepared):
    """The query is cancelled, and the connection is as it was."""
    if prepared:
        queries.sleep(conn, seconds=0)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            queries.sleep(conn, seconds=30)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 20
    assert queries.get(conn, id=1) == (1, "item 1")


def test_ctrl_c_at_any_moment(conn, queries):
    """The connection is either free or closed, and answers are never mixed up."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for moment in range(1, 300):
            with suppress(KeyboardInterrupt):
                interrupted(moment * 1e-6, conn, queries)
            if conn.closed:
                break
            assert conn.info.transaction_status is TransactionStatus.IDLE
            assert queries.length(conn, text="x" * moment) == moment
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def interrupted(seconds: float, conn: psycopg.Connection, queries: Any) -> None:
    """Calls queries, as Ctrl-C is pressed so many seconds later."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        for id_ in (1, 2, 3):
            assert queries.get(conn, id=id_) == (id_, f"item {id_}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.parametrize("prepared", [False, True])
def test_another_library_waits(server, queries, monkeypatch, prepared):
    """Where psycopg waits otherwise than in C, as under gevent, it waits for ours too."""
    monkeypatch.setattr(psycopg.waiting, "wait", psycopg.waiting.wait_selector)
    with psycopg.connect(server.url(), autocommit=True) as conn:
        for _ in range(1 + prepared):
            assert queries.length(conn, text="x") == 1
        conn.execute("set statement_timeout to 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            queries.sleep(conn, seconds=30)


# Many at once


def test_a_pool_of_many_threads(server, queries):
    """64 threads on 8 connections: each gets its own answers."""
    with open_pool(server.url(), size=8, overflow=0, pre_ping=False) as pool:

        def work(number: int) -> list[str]:
            with pool.connection() as conn:
                return [queries.repeat(conn, text=str(number), times=n) for n in range(20)]

        with ThreadPoolExecutor(64) as threads:
            answers = list(threads.map(work, range(64)))
    assert answers == [[str(number) * n for n in range(20)] for number in range(64)]


def test_threads_share_a_connection(conn, queries):
    """Its lock lets one call in at a time."""
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: queries.repeat(conn, text=str(n), times=2), range(400)))
    assert found == [str(n) * 2 for n in range(400)]


def test_tasks_share_a_connection(server, queries):
    """So does that of an AsyncConnection."""

    async def main() -> list[str]:
        async with await psycopg.AsyncConnection.connect(server.url(), autocommit=True) as conn:
            calls = [queries.repeat(conn, text=str(n), times=2) for n in range(200)]
            return await asyncio.gather(*calls)

    assert asyncio.run(main()) == [str(n) * 2 for n in range(200)]


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_task_cancelled_wherever_it_waits(server, queries, autocommit):
    """At each of its steps, prepared or not: the connection is usable afterwards."""

    async def main() -> int:
        done = 0
        options = {"autocommit": autocommit}
        async with await psycopg.AsyncConnection.connect(server.url(), **options) as conn:
            await queries.make_items(conn)
            for steps in range(30):
                task = asyncio.create_task(queries.sleep(conn, seconds=0.001))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                done += (await asyncio.gather(task, return_exceptions=True))[0] == 1
                if not autocommit:
                    await conn.rollback()
                assert conn.info.transaction_status is TransactionStatus.IDLE
                assert await queries.length(conn, text="x" * steps) == steps
        return done

    assert asyncio.run(main()) < 30


def test_a_cancelled_task_cancels_its_query(server, queries):
    """The server stops too."""

    async def main() -> None:
        async with await psycopg.AsyncConnection.connect(server.url(), autocommit=True) as conn:
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await queries.sleep(conn, seconds=30)
                assert conn.info.transaction_status is TransactionStatus.IDLE
                assert await queries.sleep(conn, seconds=0) == 1

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 20


def test_an_async_connection_closed_while_it_waits(server, queries):
    """The task that waits is told."""

    async def main() -> None:
        conn = await psycopg.AsyncConnection.connect(server.url(), autocommit=True)
        await queries.sleep(conn, seconds=0)
        task = asyncio.create_task(queries.sleep(conn, seconds=30))
        await asyncio.sleep(0.05)
        await conn.close()
        with pytest.raises(psycopg.OperationalError):
            await asyncio.wait_for(task, 20)

    asyncio.run(main())


def test_a_connection_goes_with_its_last_reference(server, queries):
    """What it keeps of its statements does not keep it."""
    conn = psycopg.connect(server.url(), autocommit=True)
    for _ in range(3):
        queries.moment(conn)
    conn.close()
    left = weakref.ref(conn)
    del conn
    assert left() is None


# What psycopg does not promise by name


@contextmanager
def traced(conn: psycopg.Connection, file: Path) -> Iterator[list[str]]:
    """The names of the messages that a connection sends meanwhile."""
    sent: list[str] = []
    with file.open("wb") as trace:
        conn.pgconn.trace(trace.fileno())
        yield sent
        conn.pgconn.untrace()
    lines = [line.split("\t") for line in file.read_text().splitlines()]
    sent += [line[3] for line in lines if line[1] == "F"]


def test_the_manager_of_prepared_statements(conn, queries):
    """psycopg's clears itself through `clear`, and keeps what is to be sent in `_to_flush`."""
    queries.get(conn, id=1)
    manager = conn._prepared
    assert isinstance(manager, psycopg._preparing.PrepareManager)
    conn.execute("select 7", prepare=True)
    assert manager.clear() is True
    assert list(manager._to_flush) == [None]
    conn.execute("select 8")
    assert list(manager._to_flush) == []


def test_the_statement_that_begins(conn):
    """A connection knows how its transactions begin."""
    conn.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    assert conn._get_tx_start_command() == b"BEGIN ISOLATION LEVEL SERIALIZABLE"


def test_a_transformer_keeps_its_loaders(conn):
    """`set_loaders=False` loads the next result as the one before."""
    transformer = psycopg.adapt.Transformer(conn)
    first, second = (conn.pgconn.exec_(b"select %d" % n) for n in (1, 2))
    transformer.set_pgresult(first)
    transformer.set_pgresult(None, set_loaders=False)
    transformer.set_pgresult(second, set_loaders=False)
    assert transformer.load_rows(0, 1, tuple) == [(2,)]
