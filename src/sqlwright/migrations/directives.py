"""The directives of a migration file, as yoyo reads them, and an error for what it would ignore.

`-- depends: id id` and `-- transactional: false` count in the comment lines before the first
statement, in lower case. Whatever looks like one and is not is refused: yoyo says nothing.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from sqlwright.errors import SourceError

__all__ = ["looks_like_one", "read_directives", "refuse_directives"]

_COMMENT_OR_EMPTY = re.compile(r"^\s*(--.*)?$")
_DIRECTIVE = re.compile(r"^\s*--\s*(depends|transactional)\s*:\s*(.*)$")
_HEADER = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
# What somebody writes who means a directive: `Depends_on:`, `depnds:`, the wide colon of an input
# method for Chinese, `transactional false`, and one behind a statement.
_NAMED = re.compile(r"^\W*([^\W\d_]+)(?:[ _-]?on)?\s*[:=：]", re.IGNORECASE)  # noqa: RUF001
_NAMES = ("depend", "depends", "dependson", "dependencies", "transaction", "transactional")
_TRAILING = re.compile(r"--\s*(?:depends|transactional)\s*[:：]", re.IGNORECASE)  # noqa: RUF001
_WITHOUT_COLON = re.compile(
    r"^\s*--\s*(?:transactional\s+(?:true|false)|depends?(?:\s+on)?(?:[\s,]+\w*\d\w*)+)\s*$",
    re.IGNORECASE,
)


def read_directives(path: Path, text: str) -> dict[str, str]:
    """The values of a migration's directives, by name.

    Raises:
        SourceError: file and line of a directive that yoyo would ignore or read wrongly.
    """
    found: dict[str, str] = {}
    leading, header = True, _header_lines(text)
    for number, line in enumerate(text.split("\n"), start=1):
        leading = leading and _COMMENT_OR_EMPTY.match(line) is not None
        match = _DIRECTIVE.match(line)
        if match and leading:
            name, value = match[1], match[2]
            _check_value(path, number, name, value)
            if name == "transactional" and name in found:
                raise _misdirected(path, number, "says transactional a second time", "Keep one.")
            found[name] = f"{found.get(name, '')} {value}".strip()
        elif looks_like_one(line, within_comment=number <= header):
            raise _misdirected(
                path,
                number,
                "looks like a directive, but yoyo would ignore it",
                "Write -- depends: … or -- transactional: false, in lower case, in the comment"
                " lines before the first statement; if it is prose, word it otherwise.",
            )
    return found


def _header_lines(text: str) -> int:
    """How many lines begin before the first statement: comments of both kinds."""
    header = _HEADER.match(text)
    assert header is not None  # it may be empty
    return header[0].count("\n") + (1 if header[0] and not header[0].endswith("\n") else 0)


def looks_like_one(line: str, *, within_comment: bool = False) -> bool:
    """Whether somebody may have meant a directive: not placed, spelt or written as yoyo has it."""
    if _TRAILING.search(line):
        return True
    if not within_comment and not line.lstrip().startswith(("--", "/*", "*")):
        return False
    if _WITHOUT_COLON.match(line):
        return True
    named = _NAMED.match(line)
    return named is not None and bool(
        difflib.get_close_matches(named[1].lower(), _NAMES, n=1, cutoff=0.85)
    )


def _check_value(path: Path, number: int, name: str, value: str) -> None:
    if name == "transactional" and value.lower() not in {"true", "false"}:
        what = f"says transactional: {value}" if value == value.strip() else "ends in white space"
        raise _misdirected(path, number, what, "Write true or false, and nothing after it.")
    if name == "depends" and re.search(r"[,;'\"]", value):
        raise _misdirected(
            path, number, f"says depends: {value}", "Separate ids by spaces, without commas."
        )


def refuse_directives(path: Path, text: str) -> None:
    """Refuses any directive in a rollback file: they belong to the migration alone."""
    header = _header_lines(text)
    for number, line in enumerate(text.split("\n"), start=1):
        if looks_like_one(line, within_comment=number <= header):
            raise _misdirected(
                path,
                number,
                "holds a directive, but this is a rollback file",
                "Directives belong to the migration alone: take it out.",
            )


def _misdirected(path: Path, number: int, what: str, hint: str) -> SourceError:
    return SourceError(f"{path}, line {number} {what}.", hint=hint)
