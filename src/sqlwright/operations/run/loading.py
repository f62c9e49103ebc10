"""Copies rows that a person has, JSON lines or CSV, into a table: all of them, or none.

The server reads the values, as text: any type has its form, and its errors name the line. So it is
with CSV as it stands, whose header says the order of the columns.
"""

from __future__ import annotations

import csv
import difflib
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

import psycopg

from sqlwright.errors import QueryError
from sqlwright.operations.run.jsons import NoFit, NoObject, members, text_of
from sqlwright.queries.copies import Copied
from sqlwright.queries.reading import Told
from sqlwright.queries.rows import Progress

__all__ = ["Rows", "detail_of", "store"]

_BLOCK = 64 * 1024  # bytes
# "COPY items, line 3, column id: …" in the server's language, whatever that is.
_PLACE = re.compile(r"^COPY .+?, \D*(?P<line>\d+)[^,:]*(?:, \S+ (?P<column>\w+))?", re.MULTILINE)
# Their detail is the whole row, which may hold what nobody should read over a shoulder.
_QUOTES_THE_ROW = ("23502", "23514")
_AGAIN = "No row was stored. Mend the line, and run the command again."


@dataclass(kw_only=True)
class Rows:
    """Where rows come from, and which line of it each is in.

    Attributes:
        name: Of the file.
        jumps: Rows, from 1, before which lines without one stand, and how many those are so far.
    """

    name: str
    file: BinaryIO
    jumps: list[tuple[int, int]] = field(default_factory=list)

    def refuse(self, line: int, column: str, what: str, hint: str = _AGAIN) -> QueryError:
        """The error about a line, from 1, and its column if that is known."""
        where = f", column {column}" if column else ""
        return QueryError(f"{self.name}, line {line}{where}: {what}.", hint=hint)

    def line_of(self, row: int) -> int:
        """The line that the row, from 1, is in."""
        index = bisect_right(self.jumps, (row, 1 << 62))
        return row + (self.jumps[index - 1][1] if index else 0)


class _Stopped(Exception):  # noqa: N818 - an error of ours, whose text the server would log
    pass


def store(
    conn: psycopg.Connection[object],
    copied: Copied,
    columns: Mapping[str, str],
    rows: Rows,
    progress: Progress | None,
) -> int:
    """Copies the rows into columns, which are names with their types; gives their number.

    Raises:
        QueryError: the line and the column that are wrong; nothing was stored.
    """
    told = Told(progress)
    lines = _told(rows.file, told)
    before = 0
    first = next(lines, b"").removeprefix(b"\xef\xbb\xbf")
    while first and not first.strip():
        before, first = before + 1, next(lines, b"")
    if first.lstrip().startswith(b"{") or not first:
        rows.jumps = [(1, before)]
        blocks: Iterable[bytes] = _json_rows(rows, columns, chain([first] if first else [], lines))
        sql = copied.in_text(_quoted(columns), "text")
    else:
        header = _header(rows, before + 1, first, columns)
        rows.jumps = [(1, before)]  # the server counts the header
        blocks = chain([first], _blocks(rows.file, told))
        sql = copied.in_text(_quoted(header), "csv, header")
    stored = _send(conn, sql, rows, blocks)
    told.end()
    return stored


def _send(conn: psycopg.Connection[object], sql: str, rows: Rows, blocks: Iterable[bytes]) -> int:
    wrong: BaseException | None = None
    cursor = conn.cursor()
    try:
        with cursor.copy(sql.encode()) as copy:
            try:
                for block in blocks:
                    copy.write(block)
            except (QueryError, OSError) as error:
                wrong = error
                raise _Stopped from None
    except _Stopped:
        assert wrong is not None
        raise wrong from None
    except psycopg.Error as error:
        if (found := _PLACE.search(error.diag.context or "")) is None:
            raise
        line, said = rows.line_of(int(found["line"])), error.diag.message_primary
        hint = "\n".join([*detail_of(error), _AGAIN])
        raise rows.refuse(line, found["column"] or "", said or str(error), hint) from error
    return cursor.rowcount


def detail_of(error: psycopg.Error) -> list[str]:
    """What the server adds to its message, unless that is a row."""
    detail = error.diag.message_detail
    return [detail] if detail and error.sqlstate not in _QUOTES_THE_ROW else []


def _told(file: BinaryIO, told: Told) -> Iterator[bytes]:
    for line in file:
        told.add(len(line))
        yield line


def _blocks(file: BinaryIO, told: Told) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        told.add(len(block))
        yield block


def _quoted(names: Iterable[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def _header(rows: Rows, line: int, text: bytes, columns: Collection[str]) -> list[str]:
    """The names in the first line of CSV: those of the columns, in an order of its own."""
    try:
        names = next(csv.reader([text.decode()]))
    except (UnicodeDecodeError, csv.Error) as error:
        hint = "Give JSON lines, or CSV with a header, in UTF-8."
        raise rows.refuse(line, "", f"is no text ({error})", hint) from None
    if problem := _differ(names, columns, "column"):
        raise rows.refuse(line, "", *problem)
    return names


def _differ(names: list[str], columns: Collection[str], what: str) -> tuple[str, str] | None:
    """What is wrong with the names of a header or an object, and what to do."""
    listed = f"The copy takes {', '.join(columns)}."
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            return f"there is no {what} {name!r}", f"{meant}{listed}"
        if names.count(name) > 1:
            return f"names {name} twice", listed
    missing = [name for name in columns if name not in names]
    return (f"lacks {', '.join(missing)}", listed) if missing else None


def _json_rows(rows: Rows, columns: Mapping[str, str], lines: Iterable[bytes]) -> Iterator[bytes]:
    """Objects as rows of the text format."""
    (_, skipped) = rows.jumps[0]
    number, row = skipped, 0
    for line in lines:
        number += 1
        if not line.strip():
            continue
        row += 1
        if number - row != skipped:
            skipped = number - row
            rows.jumps.append((row, skipped))
        yield _json_row(rows, number, line, columns)


def _json_row(rows: Rows, number: int, line: bytes, columns: Mapping[str, str]) -> bytes:
    try:
        found = members(line.decode())
    except UnicodeDecodeError as error:
        raise rows.refuse(number, "", f"byte {error.start} is not UTF-8") from None
    except NoObject as error:
        hint = "Write one object a line, as `--lines` does; no row was stored."
        raise rows.refuse(number, "", str(error), hint) from None
    if problem := _differ([name for name, _ in found], columns, "column"):
        raise rows.refuse(number, "", *problem)
    given = dict(found)
    return (
        "\t".join(
            _field(rows, number, name, type_, given[name]) for name, type_ in columns.items()
        ).encode()
        + b"\n"
    )


def _field(rows: Rows, number: int, name: str, type_: str, raw: str) -> str:
    try:
        text = text_of(raw, type_)
    except NoFit as error:
        raise rows.refuse(number, name, str(error)) from None
    if text is None:
        return r"\N"
    text = text.replace("\\", r"\\").replace("\t", r"\t")
    return text.replace("\n", r"\n").replace("\r", r"\r")
