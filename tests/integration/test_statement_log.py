"""The statement log and the spans: what a slow or failed query leaves behind, and what never."""

import asyncio
import json
import logging
import re
from contextlib import contextmanager

import psycopg
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from sqlwright.observe import StatementFormatter, log_statements, trace
from sqlwright.observe.statements import counts
from sqlwright.queries import load_queries
from sqlwright.queries.log import is_heard, listen
from sqlwright.queries.units import unit
from sqlwright_systems.iopaint import users

pytestmark = pytest.mark.newest

SECRET = "s3cret"
QUERIES = """
-- name: echo(secret)$
-- Gives it back.
select :secret::text;
-- name: nap(seconds, secret)$
select pg_sleep(:seconds)::text || :secret::text;
-- name: divide(secret)$
select 1 / (:secret::text = '')::int;
-- name: cast_it(secret)$
select :secret::text::int;
-- name: add(email)!
insert into people (email) values (:email);
-- name: search(secret)$
select to_tsquery('simple', :secret::text || ' ' || :secret::text)::text;
-- name: configure(secret)$
select set_config(:secret::text, '', false);
-- name: raise_it(secret)$
select raise_it(:secret::text);
-- name: missing(secret)$
/* which table? */ with none as (select 1) select * from nowhere where :secret::text = '';
-- name: make()#
create table if not exists made ();
"""
FUNCTION = """
    create table people (email text constraint people_email_key unique);
    create function raise_it(secret text) returns text language plpgsql as $$
        begin raise 'there is % already', secret; end $$
"""


@pytest.fixture
def queries(tmp_path, blank):
    """Some queries that work and some that fail, with their tables and functions."""
    path = tmp_path / "people.sql"
    path.write_text(QUERIES)
    with psycopg.connect(blank) as conn:
        conn.execute(FUNCTION)
    return load_queries(path)


@pytest.fixture(params=["sync", "async"])
def call(request, blank):
    """`call(query, …)`: what it gives, on a connection or an asynchronous one."""

    async def on_async(query, given):
        async with await psycopg.AsyncConnection.connect(blank, autocommit=True) as conn:
            return await query(conn, **given)

    def run(query, **given):
        if request.param == "async":
            return asyncio.run(on_async(query, given))
        with psycopg.connect(blank, autocommit=True) as conn:
            return query(conn, **given)

    return run


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.setFormatter(StatementFormatter())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def logged():
    """`with logged(slow=…) as lines:` the lines of the log, of the queries inside."""

    @contextmanager
    def log(**options):
        logger, handler = logging.getLogger("sqlwright.statements"), _Lines()
        logger.addHandler(handler)
        stop = log_statements(**options)
        try:
            yield handler.lines
        finally:
            stop()
            logger.removeHandler(handler)

    return log


@pytest.fixture
def spans():
    """The spans that were finished, in their order."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    stop = trace(provider)
    yield exporter
    stop()
    provider.shutdown()


def test_a_slow_query(call, queries, logged, blank):
    """A slow query is a line of JSON with its time and without its values; a quick one is none."""
    slow = counts.slow
    with logged(slow=0.1) as lines:
        call(queries.echo, secret=SECRET)
        call(queries.nap, seconds=0.1, secret=SECRET)
    (line,) = lines
    said = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said.pop("timestamp"))
    assert said.pop("duration_ms") >= 100
    assert said == {
        "level": "WARNING",
        "database": psycopg.conninfo.conninfo_to_dict(blank)["dbname"],
        "name": "nap",
        "query": "select pg_sleep($1)::text || $2::text",
        "params": ["***", "***"],
        "error": None,
    }
    assert counts.slow == slow + 1


def test_values_on_demand(call, queries, logged):
    """Whoever asks for the values gets them, the long ones cut."""
    with logged(slow=0, parameters=True) as lines:
        call(queries.echo, secret="x" * 300)
    assert json.loads(lines[0])["params"] == ["x" * 200 + "…"]


def test_values_that_json_does_not_know(call, queries, logged):
    """A number that is none is text: the line is read by other programs."""
    with logged(slow=0, parameters=True) as lines:
        call(queries.nap, seconds=0.0, secret=float("nan"))
    assert json.loads(lines[0], parse_constant=str.upper)["params"] == [0.0, "nan"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("divide", "DivisionByZero (22012)"),
        ("cast_it", "InvalidTextRepresentation (22P02)"),
        ("raise_it", "RaiseException (P0001)"),
        ("search", "SyntaxError (42601)"),
        ("configure", "UndefinedObject (42704)"),
        ("missing", 'UndefinedTable (42P01): relation "nowhere" does not exist'),
    ],
)
def test_a_failed_query(call, queries, logged, name, error):
    """A failed query is an ERROR, with PostgreSQL's words where these can't quote a value."""
    failed = counts.failed
    with logged() as lines, pytest.raises(psycopg.Error):
        call(getattr(queries, name), secret=SECRET)
    said = json.loads(lines[0])
    assert (said["level"], said["name"], said["error"]) == ("ERROR", name, error)
    assert SECRET not in "".join(lines)
    assert counts.failed == failed + 1


def test_a_constraint(call, queries, logged):
    """Which constraint refused a row is told; the row is not."""
    call(queries.add, email="ann@example.org")
    with logged() as lines, pytest.raises(psycopg.errors.UniqueViolation):
        call(queries.add, email="ann@example.org")
    assert json.loads(lines[0])["error"] == (
        'UniqueViolation (23505): duplicate key value violates unique constraint "people_email_key"'
    )
    assert "ann@" not in lines[0]


def test_a_lost_connection(queries, logged, blank):
    """A connection that is lost is told as such, though nobody knows its database any more."""
    with logged() as lines, psycopg.connect(blank, autocommit=True) as conn:
        with psycopg.connect(blank, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 10000)", [conn.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            queries.echo(conn, secret=SECRET)
    said = json.loads(lines[0])
    assert said["database"] is None
    assert said["error"] == (
        "AdminShutdown (57P01): terminating connection due to administrator command"
    )


def test_a_generated_function(logged, spans, db):
    """A generated function is called by its schema, its table and its name."""
    with logged(slow=0) as lines:
        users.get_by_openid(db, openid=SECRET)
    assert json.loads(lines[0])["name"] == "iopaint.users.get_by_openid"
    assert spans.get_finished_spans()[0].name == "SELECT iopaint.users.get_by_openid"


def test_a_unit(queries, logged, spans, blank):
    """A unit is one line and one span, of all its queries."""
    conn = psycopg.connect(blank, autocommit=True)
    with logged(slow=0) as lines, conn, unit(conn) as work:
        work.add(queries.echo, secret=SECRET)
        work.add(queries.add, email=SECRET)
    said = json.loads(lines[0])
    assert said["name"] == "a unit of echo, add"
    assert said["query"] == "select $1::text; insert into people (email) values ($1)"
    assert said["params"] == ["***", "***"]
    (span,) = spans.get_finished_spans()
    assert span.name == "BATCH echo, add"
    assert span.attributes["db.operation.batch.size"] == 2
    assert span.attributes["db.operation.name"] == "BATCH"


def test_a_large_unit(queries, logged, spans, blank):
    """What it repeats is told once, and of its values the first hundred."""
    conn = psycopg.connect(blank, autocommit=True)
    with logged(slow=0) as lines, conn, unit(conn) as work:
        for _ in range(101):
            work.add(queries.echo, secret=SECRET)
    said = json.loads(lines[0])
    assert (said["name"], said["query"]) == ("a unit of echo", "select $1::text")
    assert said["params"] == ["***"] * 100 + ["… 1 more"]
    (span,) = spans.get_finished_spans()
    assert (span.name, span.attributes["db.query.text"]) == ("BATCH echo", "select $1::text;")
    assert span.attributes["db.operation.batch.size"] == 101


def test_nobody_listens(queries, logged, blank):
    """Once nobody listens any more nothing is timed, and nothing was before."""
    assert not is_heard()
    with logged():
        assert is_heard()
    assert not is_heard()


def test_a_listener_that_fails(call, queries, caplog):
    """A query that was done is done, whatever happens to those who are told of it."""

    def listener(_):
        raise ValueError

    stop = listen(listener)
    try:
        assert call(queries.echo, secret=SECRET) == SECRET
    finally:
        stop()
    assert "A listener failed on echo." in caplog.messages
    assert SECRET not in caplog.text


def test_to_stderr(queries, blank, capsys, monkeypatch):
    """A program without logging gets the lines on stderr."""
    logger = logging.getLogger("sqlwright.statements")
    monkeypatch.setattr(logger, "propagate", False)
    stop = log_statements(slow=0)
    with psycopg.connect(blank) as conn:
        queries.echo(conn, secret=SECRET)
    stop()
    assert json.loads(capsys.readouterr().err)["name"] == "echo"
    assert not logger.handlers


def test_another_record():
    """What else is logged by the formatter is a line of JSON too."""
    record = logging.LogRecord("x", logging.INFO, "", 0, "Hello %s", ("小雨",), None)
    said = json.loads(StatementFormatter().format(record))
    assert (said["level"], said["message"]) == ("INFO", "Hello 小雨")


def test_a_span(call, queries, spans, blank):
    """A query is a span in OpenTelemetry's terms, a child of the caller's, without values."""
    tracer = TracerProvider().get_tracer("test")
    with tracer.start_as_current_span("request") as request:
        call(queries.echo, secret=SECRET)
    (span,) = spans.get_finished_spans()
    known = psycopg.conninfo.conninfo_to_dict(blank)
    assert (span.name, span.kind) == ("SELECT echo", SpanKind.CLIENT)
    assert span.parent.span_id == request.get_span_context().span_id
    assert span.status.status_code is StatusCode.UNSET
    assert 0 < span.end_time - span.start_time < 60e9
    assert dict(span.attributes) == {
        "db.system.name": "postgresql",
        "db.namespace": known["dbname"],
        "db.operation.name": "SELECT",
        "db.query.summary": "SELECT echo",
        "db.query.text": "select $1::text;",
        "server.address": known["host"],
        "server.port": int(known["port"]),
    }


def test_a_span_of_a_failure(call, queries, spans):
    """A failed query's span has PostgreSQL's code, and its words without values."""
    with pytest.raises(psycopg.Error):
        call(queries.cast_it, secret=SECRET)
    (span,) = spans.get_finished_spans()
    assert (span.status.status_code, span.status.description) == (
        StatusCode.ERROR,
        "InvalidTextRepresentation (22P02)",
    )
    assert span.attributes["error.type"] == span.attributes["db.response.status_code"] == "22P02"
    (event,) = span.events
    assert event.name == "exception"
    assert SECRET not in span.to_json()


@pytest.mark.parametrize(("name", "verb"), [("make", "CREATE"), ("missing", "WITH")])
def test_the_verb(queries, spans, blank, name, verb):
    """A statement's first word counts, whatever comment stands before it."""
    given = {"secret": SECRET} if name == "missing" else {}
    with psycopg.connect(blank) as conn:
        try:
            getattr(queries, name)(conn, **given)
        except psycopg.errors.UndefinedTable:
            conn.rollback()
    assert spans.get_finished_spans()[0].name == f"{verb} {name}"
