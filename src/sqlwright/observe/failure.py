"""Says why a query failed without the values that it was given."""

from __future__ import annotations

import psycopg

from sqlwright.conninfo import reason_of_loss
from sqlwright.errors import SqlwrightError

__all__ = ["code_of", "kind_of", "told"]

_DATA = "22"  # SQLSTATE's class for what is wrong with a value, which the message then quotes
# Classes for what is malformed, or not there: it has a place in the statement, or is from a value.
_NAMES = ("3D", "3F", "42", "58")
_NO_RIGHT = "42501"


def kind_of(error: BaseException) -> str:
    """The error's class."""
    return type(error).__name__


def code_of(error: BaseException) -> str | None:
    """PostgreSQL's five characters for it, if it is PostgreSQL's."""
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def told(error: BaseException, *, values: bool = False) -> str:
    """The error in one line, fit for a log.

    Its detail, and what is raised inside a function, may quote rows; so does the message on a value
    that is malformed, or names what is not there. None of that is repeated unless `values` allows.
    """
    kind, code = kind_of(error), code_of(error)
    if values and not isinstance(error, psycopg.OperationalError):
        return f"{kind}: {' '.join(str(error).split())}"
    if isinstance(error, psycopg.Error) and code:
        message = error.diag.message_primary
        is_silent = _is_about_a_value(error, code) or error.diag.context or not message
        return f"{kind} ({code})" if is_silent else f"{kind} ({code}): {message}"
    if isinstance(error, psycopg.OperationalError):
        return f"{kind}: {reason_of_loss(error)}"
    if isinstance(error, SqlwrightError):
        return f"{kind}: {error.message}"
    return kind


def _is_about_a_value(error: psycopg.Error, code: str) -> bool:
    if code.startswith(_DATA):
        return True
    is_placed = error.diag.statement_position is not None
    return code.startswith(_NAMES) and code != _NO_RIGHT and not is_placed
