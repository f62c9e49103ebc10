"""Makes each query a span of OpenTelemetry, in its semantic conventions; never with its values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlwright import __version__
from sqlwright.errors import ConfigError
from sqlwright.observe.failure import code_of, kind_of, told
from sqlwright.queries.log import Run, listen

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer, TracerProvider

__all__ = ["trace"]

_BEFORE_THE_VERB = re.compile(r"(?:[\s(]|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_VERB = re.compile(r"\w+")


def trace(provider: TracerProvider | None = None) -> Callable[[], None]:
    """Makes a span of every named query, and one of a whole unit, from now on in this process.

    A span is a child of whatever span is current where the query was called.

    Args:
        provider: Of tracers; else OpenTelemetry's own, as the program has set it.

    Returns:
        What ends it.

    Raises:
        ConfigError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.trace import get_tracer
    except ModuleNotFoundError:
        raise ConfigError(
            "There are no spans without OpenTelemetry.",
            hint="Install its API: pip install 'sqlwright[telemetry]'.",
        ) from None
    tracer = get_tracer("sqlwright", __version__, tracer_provider=provider)
    return listen(lambda run: _record(tracer, run))


def _record(tracer: Tracer, run: Run) -> None:
    """The span, made when the query is done: then nothing needs to be kept while it runs."""
    from opentelemetry.trace import SpanKind

    name = _summary(run)
    span = tracer.start_span(
        name, kind=SpanKind.CLIENT, start_time=run.began, attributes=_attributes(run, name)
    )
    if run.error is not None:
        _record_error(span, run.error)
    span.end(run.began + round(1e9 * run.seconds))


def _summary(run: Run) -> str:
    """What kind of statement, and its name: the same for every call."""
    if len(run.calls) > 1:
        return f"BATCH {', '.join(run.names)}"
    return f"{_operation(run.calls[0][0].sql)} {run.name}"


def _operation(sql: str) -> str:
    """The statement's first word, in capitals."""
    before = _BEFORE_THE_VERB.match(sql)
    verb = _VERB.match(sql, before.end() if before else 0)
    return verb[0].upper() if verb else "SQL"


def _attributes(run: Run, summary: str) -> dict[str, str | int]:
    operations = {_operation(statement.sql) for statement, _ in run.calls}
    is_batch = len(run.calls) > 1
    verb = operations.pop() if len(operations) == 1 else ""
    found: dict[str, Any] = {
        "db.system.name": "postgresql",
        "db.operation.name": f"BATCH {verb}".strip() if is_batch else verb,
        "db.query.summary": summary,
        "db.query.text": "; ".join(run.statements),
        **({"db.operation.batch.size": len(run.calls)} if is_batch else {}),
        **_where(run.conn.pgconn),
    }
    return found


def _where(pgconn: Any) -> dict[str, str | int]:
    """The database and its server, as long as there is a connection."""
    if pgconn.status != 0:
        return {}
    found: dict[str, str | int] = {"db.namespace": pgconn.db.decode()}
    if pgconn.host:
        found["server.address"] = pgconn.host.decode()
    if pgconn.port:
        found["server.port"] = int(pgconn.port)
    return found


def _record_error(span: Span, error: BaseException) -> None:
    from opentelemetry.trace import Status, StatusCode

    code, said = code_of(error), told(error)
    span.set_status(Status(StatusCode.ERROR, said))
    span.set_attribute("error.type", code or kind_of(error))
    if code:
        span.set_attribute("db.response.status_code", code)
    # As `record_exception` would, without the error's own words, which may quote values.
    span.add_event("exception", {"exception.type": kind_of(error), "exception.message": said})
