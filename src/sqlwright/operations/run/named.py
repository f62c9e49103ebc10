"""Finds the named query that is meant, and reads the values that it is given."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlwright.config import Project
from sqlwright.errors import ArgumentError, QueryError
from sqlwright.generate.modules import find_queries
from sqlwright.queries import Kind, Query

__all__ = ["Named", "find_named", "read_values"]

_MARKS = {Kind.ONE: "^", Kind.VALUE: "$", Kind.AFFECTED: "!", Kind.SCRIPT: "#"}


@dataclass(frozen=True, kw_only=True)
class Named:
    """A query of the project and its full name, `schema.table.query`."""

    name: str
    query: Query

    @property
    def head(self) -> str:
        """Its name, parameters and mark, as its file has them."""
        query = self.query
        mark = "!" if query.copied and query.copied.goes_in else _MARKS.get(query.kind, "")
        return f"{self.name}({', '.join(query.parameters)}){mark}"

    @property
    def says(self) -> str:
        """The first sentence of its comment."""
        text = " ".join(self.query.documentation.split())
        return re.split(r"(?<=[.。])\s", text, maxsplit=1)[0]

    @property
    def takes(self) -> str:
        """Its parameters, in a sentence."""
        return f"It takes {', '.join(self.query.parameters) or 'none'}."


def find_named(project: Project, given: str | None = None) -> list[Named]:
    """The query of that full name; all of a table, or of a schema, of that name; all.

    Raises:
        QueryError: there is none, and which are near; or a file of queries is wrong.
    """
    every = [
        Named(name=f"{query.path.parent.name}.{query.path.stem}.{query.name}", query=query)
        for query in find_queries(project)
    ]
    if given is None:
        return every
    found = [one for one in every if one.name == given or one.name.startswith(f"{given}.")]
    if not found:
        raise QueryError(f"There is no query {given!r}.", hint=_near(given, every))
    return found


def _near(given: str, every: Sequence[Named]) -> str:
    """Those that end like it, else those that look like it."""
    names = [one.name for one in every]
    near = [name for name in names if name.endswith(f".{given}")]
    near = near or difflib.get_close_matches(given, names, n=1)
    if not near:
        return "`sqlwright run` lists them."
    more = f", or {len(near) - 3} others" if len(near) > 3 else ""  # noqa: PLR2004
    return f"Did you mean {', '.join(near[:3])}{more}?"


def read_values(
    named: Named, words: Sequence[str], nulls: Sequence[str] = ()
) -> dict[str, str | None]:
    """The value of each parameter, from words `name=value` and the names of those that are null.

    Raises:
        ArgumentError: a name is wrong, missing or given twice; values are not repeated.
    """
    values: dict[str, str | None] = {}
    for number, word in enumerate(words, start=1):
        name, sign, value = word.partition("=")
        if not sign:
            raise ArgumentError(
                f"{named.name}: value {number} has no name.",
                hint=f"Write name=value. {named.takes}",
            )
        _add(named, values, name, value)
    for name in nulls:
        _add(named, values, name, None)
    missing = [name for name in named.query.parameters if name not in values]
    if missing:
        raise ArgumentError(
            f"{named.name} is called without {', '.join(missing)}.",
            hint=f"Write {' '.join(f'{name}=…' for name in missing)}, or --null {missing[0]}.",
        )
    return values


def _add(named: Named, values: dict[str, str | None], name: str, value: str | None) -> None:
    if name in values:
        raise ArgumentError(f"{named.name} is given {name} twice.", hint="Give it once.")
    if name not in named.query.parameters:
        near = difflib.get_close_matches(name, named.query.parameters, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise ArgumentError(
            f"{named.name} has no parameter {name!r}.", hint=f"{meant}{named.takes}"
        )
    values[name] = value
