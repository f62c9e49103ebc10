"""Logs each slow or failed query as one line of JSON.

    {"timestamp": "2026-02-15T10:00:00.000Z", "level": "ERROR", "database": "shop",
     "name": "get", "query": "select … where id = $1", "params": ["***"], "duration_ms": 1234.5,
     "error": "QueryCanceled (57014): canceling statement due to statement timeout"}

The values are hidden unless one asks for them: they are people's names and passwords' hashes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from sqlwright.observe.failure import told
from sqlwright.queries.log import Run, listen

__all__ = ["StatementFormatter", "counts", "log_statements"]

_log = logging.getLogger("sqlwright.statements")
_LONGEST = 200  # characters of a value that is shown
_MOST = 100  # values of a unit that are shown: its line is to be read whole
_HIDDEN = "***"


@dataclass
class Counts:
    """How many were slow and how many failed, since the process began."""

    slow: int = 0
    failed: int = 0


counts = Counts()


class StatementFormatter(logging.Formatter):
    """One line of JSON for a record: of a query all that is known, of any other its message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC)
        known = {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            "level": record.levelname,
        }
        said = getattr(record, "statement", None) or {"message": record.getMessage()}
        return json.dumps({**known, **said}, ensure_ascii=False, default=str)


def log_statements(*, slow: float = 1.0, parameters: bool = False) -> Callable[[], None]:
    """Logs named queries on the logger `sqlwright.statements`, from now on in this process.

    A failed one is an ERROR, a slow one a WARNING. Where the program has no logging of its own,
    the lines go to stderr.

    Args:
        slow: Seconds from which a query is slow.
        parameters: Show values, which may be anybody's secrets; else `***` stands for each.

    Returns:
        What ends the logging.
    """
    handler: logging.Handler | None = None
    if not _log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(StatementFormatter())
        _log.addHandler(handler)
    deaf = listen(lambda run: _note(run, slow=slow, parameters=parameters))

    def stop() -> None:
        deaf()
        if handler:
            _log.removeHandler(handler)

    return stop


def _note(run: Run, *, slow: float, parameters: bool) -> None:
    if run.error is not None:
        counts.failed += 1
        level = logging.ERROR
    elif run.seconds >= slow:
        counts.slow += 1
        level = logging.WARNING
    else:
        return
    if not _log.isEnabledFor(level):
        return
    said = _said(run, parameters=parameters)
    verb = "failed" if run.error else "took"
    _log.log(
        level, "%s %s after %s ms", run.name, verb, said["duration_ms"], extra={"statement": said}
    )


def _said(run: Run, *, parameters: bool) -> dict[str, Any]:
    values = [value for _, values in run.calls for value in values]
    shown = [_shown(value) if parameters else _HIDDEN for value in values[:_MOST]]
    more = [f"… {len(values) - _MOST} more"] if len(values) > _MOST else []
    return {
        "database": _database(run.conn),
        "name": run.name,
        "query": "; ".join(sql.rstrip().rstrip(";") for sql in run.statements),
        "params": [*shown, *more],
        "duration_ms": round(1000 * run.seconds, 1),
        "error": told(run.error, values=parameters) if run.error else None,
    }


def _database(conn: Any) -> str | None:
    """The connection's database; PostgreSQL's library knows it while there is a connection."""
    name = conn.pgconn.db if conn.pgconn.status == 0 else b""
    return name.decode() or None


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and isfinite(value):  # JSON knows no others
        return value
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
