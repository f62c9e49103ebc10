"""Reads the line that names a query: its name, its parameters, and the mark behind them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlwright.queries.query import Kind, is_attribute
from sqlwright.queries.text import refuse

__all__ = ["read_head", "refuse_unused"]

_SPECIFICATION = re.compile(
    r"-- name: (?P<name>[a-zA-Z_]\w*)\((?P<parameters>[^()]*)\)(?P<mark>[\^$!#]?)", re.ASCII
)
_FORM = (
    "Write -- name: verb_noun(parameter, parameter) and ^ for one row, $ for one value,"
    " nothing for many rows, ! for a count, # for a script."
)
_KINDS = {"^": Kind.ONE, "$": Kind.VALUE, "": Kind.MANY, "!": Kind.AFFECTED, "#": Kind.SCRIPT}
# Those of the functions that aiosql makes.
_TAKEN_PARAMETERS = ("conn", "self")


def read_head(path: Path, number: int, line: str) -> tuple[str, tuple[str, ...], Kind]:
    """The name, the parameters and the kind that the line gives; its number comes from 0.

    Raises:
        QueryError: where in the line something is wrong.
    """
    match = _SPECIFICATION.fullmatch(line)
    if match is None:
        refuse(path, number, line.index("--"), "is not the name of a query", _FORM)
    name, kind = match["name"], _KINDS[match["mark"]]
    if not is_attribute(name):
        refuse(
            path,
            number,
            match.start("name"),
            f"names a query {name}, which no function of ours can be named",
            "Choose another name: this one is Python's, aiosql's or private.",
        )
    parameters = tuple(_parameters(path, number, match))
    if kind is Kind.SCRIPT and parameters:
        refuse(
            path,
            number,
            match.start("parameters"),
            "gives a script parameters",
            "A script is sent whole: take them out, or make it a query of one statement.",
        )
    return name, parameters, kind


def refuse_unused(path: Path, number: int, line: str, names: Sequence[str]) -> None:
    """Refuses the parameters of these names, which the line declares in vain."""
    for name in names:
        place = re.compile(rf"\b{name}\b").search(line, line.index("("))
        assert place is not None, name
        hint = f"Write :{name} where it is meant, or take it out of the list."
        refuse(path, number, place.start(), f"declares {name}, but never uses it", hint)


def _parameters(path: Path, number: int, match: re.Match[str]) -> Iterator[str]:
    place, seen = match.start("parameters"), set()
    written = match["parameters"].split(",") if match["parameters"].strip() else []
    for piece in written:
        name = piece.strip()
        column = place + len(piece) - len(piece.lstrip())
        if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
            what = f"declares {name!r}, which is no name"
            refuse(path, number, column, what, "Declare names, with commas between.")
        if name in _TAKEN_PARAMETERS:
            what = f"declares {name}, which every function of ours has already"
            refuse(path, number, column, what, "Choose another name.")
        if name in seen:
            what = f"declares {name} a second time"
            refuse(path, number, column, what, "Declare each parameter once.")
        seen.add(name)
        place += len(piece) + 1
        yield name
