"""PostgreSQL's error about a migration, said so that the line to mend is in sight."""

from __future__ import annotations

from pathlib import Path
from unicodedata import east_asian_width

import psycopg

from sqlwright.errors import LockError, StatementError
from sqlwright.migrations.privilege import right_to_grant
from sqlwright.migrations.statements import position, start_of
from sqlwright.migrations.waiting import Wait

__all__ = ["RETRYABLE", "failure", "in_the_way", "what_else"]

# What may go well the next time, just as it is.
RETRYABLE = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

_AGAIN = (
    "It was begun before and not seen to end. If what it does is there already, say so:"
    " sqlwright stamp {}"
)

_AROUND = 100  # characters of a long line, to each side
_ALONE = "In a file of its own it can: say -- transactional: false in the file's header."


def failure(
    error: psycopg.Error,
    *,
    path: Path,
    text: str,
    number: int,
    left: str,
    role: str,
    limit: float,
    again: bool = False,
) -> StatementError:
    """The error with file, line and column, the line itself and PostgreSQL's own words.

    Args:
        error: What the server said.
        path: The file that was sent.
        text: What was sent of it; empty where a statement of ours found what the file had done.
        number: How many of its statements had succeeded.
        left: What stays of the file, and what to do next.
        role: Who ran it.
        limit: How long a statement may take, in seconds.
        again: Whether an earlier run may have done the work, and ended before its mark.
    """
    said = error.diag.message_primary or str(error).strip() or type(error).__name__
    place = _place(error, text, number)
    where = str(path)
    shown = ""
    if place is not None:
        line, column = position(text, place)
        where = f"{path}, line {line}, column {column}"
        source, before = _excerpt(text.split("\n")[line - 1], column - 1)
        shown = f"\n  {line} | {source}\n  {' ' * len(str(line))} | {_blank(before)}^"
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    message = "\n".join([f"{where}: {said}{state}{shown}", *what_else(error)])
    hints = [
        _lacking(error, text[start_of(text, number) or 0 :], role),
        _too_long(error, limit),
        _ALONE if isinstance(error, psycopg.errors.ActiveSqlTransaction) else None,
        _AGAIN.format(path.name.removesuffix(".sql")) if again else None,
        left,
    ]
    return StatementError(message, hint="\n".join(hint for hint in hints if hint))


def what_else(error: psycopg.Error) -> list[str]:
    """The lines that the server adds to its message."""
    return [
        f"{name}: {value}"
        for name, value in (
            ("Detail", error.diag.message_detail),
            ("Hint", error.diag.message_hint),
            ("Where", error.diag.context),
        )
        if value
    ]


def in_the_way(
    error: psycopg.Error,
    wait: Wait | None,
    *,
    file: str,
    attempts: int,
    limit: float,
    left: str | None = None,
) -> LockError:
    """The error after the last attempt: what could not be had, and who was in the way.

    Args:
        error: What the server said last.
        wait: What was seen while the session waited.
        file: The migration's id.
        attempts: How often it was tried.
        limit: How long each attempt waited for a lock, in seconds.
        left: What stays of the file, if anything does, and what to do next.
    """
    times = "once" if attempts == 1 else f"{attempts} times"
    if wait is None:
        detail = f"\nDetail: {error.diag.message_detail}" if error.diag.message_detail else ""
        return LockError(
            f"{file}: {error.diag.message_primary}, {times}.{detail}",
            hint=left or "See in pg_stat_activity who holds its tables, and run the command again.",
        )
    lines = [f"{file} waited {limit:g} s for {wait.wanted}, {times}."]
    for blocker in wait.blockers:
        query = f"\n  {blocker.last_query}" if blocker.query else ""
        lines.append(f"{wait.holds(blocker)}.{query}")
    ends = "; ".join(blocker.remedy for blocker in wait.blockers)
    hints = [left, f"Run the command again when that has ended; to end it: {ends};"]
    return LockError("\n".join(lines), hint="\n".join(hint for hint in hints if hint))


def _lacking(error: psycopg.Error, rest: str, role: str) -> str | None:
    if not isinstance(error, psycopg.errors.InsufficientPrivilege):
        return None
    return right_to_grant(error, statement=rest, role=role)


def _too_long(error: psycopg.Error, limit: float) -> str | None:
    if isinstance(error, psycopg.errors.QueryCanceled) and "timeout" in str(error):
        return f"A statement may take {limit:g} s: give it more with --statement-timeout SECONDS."
    return None


def _excerpt(line: str, place: int) -> tuple[str, str]:
    """What is shown of a line, which may hold a million rows, and how that begins up to a place."""
    start = max(place - _AROUND, 0) if len(line) > 2 * _AROUND else 0
    end = start + 2 * _AROUND
    before = ("…" if start else "") + line[start:place]
    return before + line[place:end] + ("…" if line[end:] else ""), before


def _blank(text: str) -> str:
    """White space as wide as the text: a tab for a tab, two columns for a Chinese character."""
    return "".join(
        "\t" if character == "\t" else " " * (1 + (east_asian_width(character) in "WF"))
        for character in text
    )


def _place(error: psycopg.Error, text: str, number: int) -> int | None:
    """The character that the server points at, else the start of the statement that failed."""
    if error.diag.statement_position and text:
        return int(error.diag.statement_position) - 1
    return start_of(text, number)
