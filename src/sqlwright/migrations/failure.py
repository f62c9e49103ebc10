"""PostgreSQL's error about a migration, said so that the line to mend is in sight."""

from __future__ import annotations

from pathlib import Path
from unicodedata import east_asian_width

import psycopg

from sqlwright.errors import StatementError
from sqlwright.migrations.statements import position, start_of

__all__ = ["failure"]


def failure(
    error: psycopg.Error, *, path: Path, text: str, number: int, transactional: bool
) -> StatementError:
    """The error with file, line and column, the line itself and PostgreSQL's own words.

    Args:
        error: What the server said.
        path: The file that was sent.
        text: What was sent.
        number: How many of its statements had succeeded.
        transactional: Whether what had succeeded is rolled back.
    """
    said = error.diag.message_primary or str(error).strip() or type(error).__name__
    place = _place(error, text, number)
    where = str(path)
    shown = ""
    if place is not None:
        line, column = position(text, place)
        where = f"{path}, line {line}, column {column}"
        source = text.split("\n")[line - 1]
        shown = f"\n  {line} | {source}\n  {' ' * len(str(line))} | {_blank(source[: column - 1])}^"
    extras = [
        f"{name}: {value}"
        for name, value in (
            ("Detail", error.diag.message_detail),
            ("Hint", error.diag.message_hint),
            ("Where", error.diag.context),
        )
        if value
    ]
    state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
    message = "\n".join([f"{where}: {said}{state}{shown}", *extras])
    return StatementError(message, hint=_next_step(transactional=transactional))


def _blank(text: str) -> str:
    """White space as wide as the text: a tab for a tab, two columns for a Chinese character."""
    return "".join(
        "\t" if character == "\t" else " " * (1 + (east_asian_width(character) in "WF"))
        for character in text
    )


def _place(error: psycopg.Error, text: str, number: int) -> int | None:
    """The character that the server points at, else the start of the statement that failed."""
    if error.diag.statement_position:
        return int(error.diag.statement_position) - 1
    return start_of(text, number)


def _next_step(*, transactional: bool) -> str:
    if transactional:
        return "Nothing of this file stays. Mend it and run the command again."
    return (
        "The file ran without a transaction. Mend it and run the command again: it clears up first."
    )
