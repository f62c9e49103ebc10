"""Finds the `:name` parameters of a statement, reading it as PostgreSQL's own scanner would.

What stands in strings, quoted names, dollar quotes and comments is not looked at; `::` and `:=` are
PostgreSQL's; and within brackets a `:name` that nobody declared is the end of a slice, `a[1:n]`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

__all__ = ["Parameter", "find_parameters"]

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<text>
          (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
        | '(?:[^']|'')*'
        | "(?:[^"]|"")*"
        | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
      )
    | (?P<number>(?<![\w$])\$\d+)
    | (?P<other>::|:=|\w+)
    | :(?P<name>[^\W\d]\w*)
    | (?P<bracket>[\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `:name` from `start` to `end`; `$1` as written has the name "$1"."""

    name: str
    start: int
    end: int


def find_parameters(sql: str, declared: Collection[str]) -> Iterator[Parameter]:
    """Every parameter of the statement, in order; the same name as often as it stands there."""
    place, depth = 0, 0
    while match := _TOKEN.search(sql, place):
        place = match.end()
        if match["block"]:
            place = _end_of_block(sql, place)
        elif match["bracket"]:
            depth += 1 if match["bracket"] == "[" else -1
        elif match["number"]:
            yield Parameter(match["number"], match.start(), place)
        elif match["name"] and (match["name"] in declared or depth < 1):
            yield Parameter(match["name"], match.start(), place)


def _end_of_block(sql: str, place: int) -> int:
    """Where a block comment that began before `place` ends: they nest."""
    open_blocks = 1
    while open_blocks and (edge := _BLOCK_EDGE.search(sql, place)):
        open_blocks += 1 if edge[0] == "/*" else -1
        place = edge.end()
    return len(sql) if open_blocks else place
