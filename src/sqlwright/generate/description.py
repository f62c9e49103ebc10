"""A query with its parameters and columns, as types are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlwright.generate.types import Annotation
from sqlwright.queries import Query

__all__ = ["Description", "Value"]


@dataclass(frozen=True, kw_only=True)
class Value:
    """A parameter or a column: `type` in PostgreSQL's words, `annotation` in Python's.

    `claimed` is a column that the query's comment says is not null; it is checked at run time.
    """

    name: str
    type: str
    annotation: Annotation
    nullable: bool
    claimed: bool = False

    @property
    def python(self) -> str:
        """The annotation as it is written."""
        return (self.annotation.or_none() if self.nullable else self.annotation).text


@dataclass(frozen=True, kw_only=True)
class Description:
    """A query with its parameters and columns.

    Attributes:
        table: Schema and table that the columns are of, where they are of one.
        always: Whether there is a row, unless a trigger keeps it out: then that is an error.
    """

    query: Query
    schema: str
    parameters: tuple[Value, ...]
    columns: tuple[Value, ...]
    table: tuple[str, str] | None
    always: bool
