"""The text of a statement: where it stands, what may not be in it, and its parameters as `$n`."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple, Never

from sqlwright.errors import QueryError
from sqlwright.queries.lexer import Found, What, find
from sqlwright.queries.query import Kind

__all__ = ["Text", "numbered", "refuse"]

_OPENS = {"'": "string", '"': "quoted name", "/": "comment", "$": "dollar quote"}


class Text(NamedTuple):
    """A statement and where it stands; lines and columns come from 0."""

    path: Path
    first_line: int
    sql: str

    def refuse(self, place: int, what: str, hint: str) -> Never:
        """Says what is wrong at a place of the statement.

        Raises:
            QueryError: always.
        """
        before = self.sql[:place]
        line = self.first_line + before.count("\n")
        refuse(self.path, line, place - (before.rfind("\n") + 1), what, hint)


def numbered(text: Text, parameters: tuple[str, ...], kind: Kind) -> tuple[str, set[str]]:
    """The statement with `$n` for each `:name`, and the names that it uses."""
    pieces, place, used = [], 0, set()
    if (nul := text.sql.find("\0")) >= 0:
        text.refuse(nul, "holds a NUL byte, where PostgreSQL would stop", "Take it out.")
    for found in find(text.sql, parameters):
        _check(text, found, parameters, kind)
        if found.what is What.PARAMETER:
            used.add(found.text)
            pieces += [text.sql[place : found.start], f"${parameters.index(found.text) + 1}"]
            place = found.end
    return "".join([*pieces, text.sql[place:]]), used


def _check(text: Text, found: Found, parameters: tuple[str, ...], kind: Kind) -> None:
    """Refuses what can't stand in a named query; a script may have statements, and bodies $1."""
    name = found.text
    if found.what is What.UNCLOSED:
        mark = name.lower().removeprefix("e")
        what = f"opens a {_OPENS[mark[0]]} that is never closed"
        text.refuse(found.start, what, f"Close it: {'*/' if mark == '/*' else mark}.")
    if found.what is What.NUMBER and kind is not Kind.SCRIPT:
        text.refuse(found.start, f"says {name}", "Name the parameter: :name.")
    if found.what is What.STATEMENT and kind is not Kind.SCRIPT:
        hint = "Give it a name of its own, or make the whole a script: #."
        text.refuse(found.start, "begins a second statement", hint)
    if found.what is What.PARAMETER and name not in parameters:
        near = difflib.get_close_matches(name, parameters, n=1)
        hint = f"Add {name} to the list behind the query's name."
        if kind is Kind.SCRIPT:
            hint = "A script is sent whole: make it a query of one statement."
        text.refuse(
            found.start,
            f"uses :{name}, which is not declared",
            f"Did you mean :{near[0]}?" if near else hint,
        )


def refuse(path: Path, line: int, column: int, what: str, hint: str) -> Never:
    """Lines and columns come from 0 and are shown from 1."""
    raise QueryError(f"{path}, line {line + 1}, column {column + 1} {what}.", hint=hint)
