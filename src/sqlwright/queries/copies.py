"""What a named `copy` says: which way rows go, and which query has the columns that they have.

    copy shop.orders (customer, note, total) from stdin;
    copy (select id, total from shop.orders order by id) to stdout;

Rows go in binary, which we ask for. `freeze` and `where` are PostgreSQL's own; every other option
is about text, and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Copied", "CopyError", "read_copy"]

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_MEANT = re.compile(r"copy\b.*\b(?:from\s+stdin|to\s+stdout)\b", re.IGNORECASE | re.DOTALL)
_COPY = re.compile(
    rf"""
    copy\s*
    (?: \((?P<query>.*)\)
      | (?P<table>{_NAME}(?:\s*\.\s*{_NAME})?) \s* (?:\((?P<columns>[^()]*)\))?
    )
    \s*(?P<way>from\s+stdin|to\s+stdout)\b
    (?:\s*(?:with\s*)?\((?P<options>[^()]*)\))?
    (?P<where>\s*where\b.*?)?
    \s*;?\s*
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_TAKEN = re.compile(r"format\s+'?binary'?|freeze(?:\s+(?:true|on|1))?|", re.IGNORECASE)
_FORM = (
    "Write copy schema.table (column, …) from stdin, or copy (select …) to stdout, without"
    " comments in it: rows go in binary, which needs no options."
)


@dataclass(frozen=True, kw_only=True)
class Copied:
    """A copy.

    Attributes:
        goes_in: Whether rows go to the server; else they come from it.
        columns: A query, never run, that has the columns of the rows.
        sql: What is sent.
        table: Where rows go in.
        freezes: Whether they are frozen.
        where: Which of them are taken, `where` included.
    """

    goes_in: bool
    columns: str
    sql: str
    table: str = ""
    freezes: bool = False
    where: str = ""

    def in_text(self, columns: str, form: str) -> str:
        """What is sent for rows to go in as text or csv, with these columns."""
        what = f"{self.table} ({columns}) from stdin"
        return _sent(what, form, freezes=self.freezes, where=self.where)


class CopyError(ValueError):
    """What is wrong with a copy, and what to do: its two arguments."""


def read_copy(sql: str) -> Copied | None:
    """The copy that the statement is, between us and the server; None if it is something else.

    Raises:
        CopyError: It is one that rows can't be given to, or had from.
    """
    if not _MEANT.match(sql):
        return None
    match = _COPY.fullmatch(sql)
    goes_in = match is not None and match["way"].lower().startswith("from")
    if match is None or (match["query"] is not None and goes_in):
        raise CopyError("is no copy of rows that can be typed", _FORM)
    if match["query"] is None and not (match["columns"] or "").strip():
        raise CopyError("lists no columns", "List them: a new one would change the rows' type.")
    options = [option.strip() for option in (match["options"] or "").split(",")]
    for option in options:
        if not _TAKEN.fullmatch(option):
            raise CopyError(f"has the option {option!r}", "Take it out: rows go in binary.")
    freezes = any(option.lower().startswith("freeze") for option in options)
    what = f"({match['query']})"
    if match["query"] is None:
        what = f"{match['table']} ({match['columns']})"
    way = "from stdin" if goes_in else "to stdout"
    where = match["where"] or ""
    return Copied(
        goes_in=goes_in,
        columns=match["query"] or f"select {match['columns']} from {match['table']}",  # noqa: S608
        sql=_sent(f"{what} {way}", "binary", freezes=freezes, where=where),
        table=match["table"] or "",
        freezes=freezes,
        where=where,
    )


def _sent(what: str, form: str, *, freezes: bool, where: str) -> str:
    return f"copy {what} (format {form}{', freeze' if freezes else ''}){where}"
