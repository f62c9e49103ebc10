"""Finds the `:name` parameters of a statement, reading it as PostgreSQL's own scanner would.

What stands in strings, quoted names, dollar quotes and comments is not looked at; `::` and `:=` are
PostgreSQL's. In a subscript a `:name` that nobody declared is the end of a slice, `a[1:n]`; a
declared one is the parameter, whose slice is `a[1 : :n]`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["Found", "What", "find", "without_end"]

# To PostgreSQL every character beyond ASCII is a letter, and `$` may stand within a name.
# Said by what they are not: a set up to the last character takes 20 ms to compile.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_LETTER_OR_DIGIT = r"[^\x00-/:-@\[-^`{-\x7f]"
_WORD = rf"{_LETTER}[^\x00-#%-/:-@\[-^`{{-\x7f]*+"
_TAG = rf"(?:{_LETTER}{_LETTER_OR_DIGIT}*)?"
# No possessive groups: Python 3.11.2 takes too much with them.
_ESCAPED = r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'(?!')"
_PREFIX = r"[bBeExX]'|[uU]&['\"]"  # a letter that belongs to the string behind it
# A string goes on behind the end of a line, and one with escapes keeps them there.
_GOES_ON = r"(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:\s|--[^\n\r]*[\n\r])*"
_TOKEN = re.compile(
    rf"""
      (?P<comment>--[^\n\r]*+)
    | (?P<block>/\*)
    | (?P<operand>
          [eE]{_ESCAPED}(?:{_GOES_ON}{_ESCAPED})*(?!{_GOES_ON}')
        | '[^']*(?:''[^']*)*'(?!')
        | "[^"]*(?:""[^"]*)*"(?!")
        | \$(?P<tag>{_TAG})\$.*?\$(?P=tag)\$
        | \d{_LETTER_OR_DIGIT}*+
      )
    | (?P<unclosed>[eE]?'|"|\${_TAG}\$)
    | (?P<number>\$\d+)
    | (?P<word>{_WORD})
    | (?P<other>::|:=)
    | :(?!{_PREFIX})(?P<name>{_WORD})
    | (?P<mark>[\[\]();])
    | (?P<sign>\S)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_OPERANDS = ("operand", "number", "word", "name")


class What(Enum):
    """What was found: a parameter, or what can't stand in a named query."""

    PARAMETER = auto()
    NUMBER = auto()  # $1, as written
    UNCLOSED = auto()  # a string, quoted name or comment that never ends
    STATEMENT = auto()  # the first word of another statement


@dataclass(frozen=True, slots=True)
class Found:
    """Something from `start` to `end`; `text` is a parameter's name, else what stands there."""

    what: What
    text: str
    start: int
    end: int


def find(sql: str, declared: Collection[str]) -> Iterator[Found]:
    """What there is to know of the statement, in order; a parameter as often as it stands there."""
    nesting: list[str] = []
    before, operand, ended = "", False, False
    for kind, text, start, end in _tokens(sql):
        bound = nesting[-1:] == ["["] and (operand or before == "[")
        if kind == "unclosed":
            yield Found(What.UNCLOSED, text, start, end)
        elif kind == "number":
            yield Found(What.NUMBER, text, start, end)
        elif kind == "name" and (text[1:] in declared or not bound):
            yield Found(What.PARAMETER, text[1:], start, end)
        if ended and text != ";":
            yield Found(What.STATEMENT, text, start, end)
        ended = text == ";" and not nesting and (ended or before not in {"", ";"})
        _nest(nesting, text, subscript=operand and before.lower() != "array")
        before, operand = text, kind in _OPERANDS or text in {")", "]"}


def without_end(sql: str) -> str:
    """The statement without the `;` at its end and what follows it, to stand within another."""
    end = 0
    for _, text, _, stop in _tokens(sql):
        end = end if text == ";" else stop
    return sql[:end]


def _tokens(sql: str) -> Iterator[tuple[str, str, int, int]]:
    """Kind, text, start and end of every token but comments; nothing follows `unclosed`."""
    place = 0
    while match := _TOKEN.search(sql, place):
        kind, start, place = str(match.lastgroup), match.start(), match.end()
        if kind == "block":
            place = _end_of_block(sql, place)
            kind = "comment" if place else "unclosed"
        if kind != "comment":
            yield kind, match[0], start, match.end()
        if kind == "unclosed":
            return


def _end_of_block(sql: str, place: int) -> int:
    """Where a block comment that began before `place` ends: they nest; 0 if it never does."""
    open_blocks = 1
    while open_blocks and (edge := _BLOCK_EDGE.search(sql, place)):
        open_blocks += 1 if edge[0] == "/*" else -1
        place = edge.end()
    return 0 if open_blocks else place


def _nest(nesting: list[str], text: str, *, subscript: bool) -> None:
    """Opens and closes brackets; those that make an array are like round ones."""
    if text in {"(", "["}:
        nesting.append(text if subscript else "(")
    elif text in {")", "]"} and nesting:
        nesting.pop()
