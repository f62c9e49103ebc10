"""What is known of a named query before it meets a connection, and what its rows become."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from psycopg.adapt import PyFormat

from sqlwright.errors import ArgumentError, QueryError
from sqlwright.queries.query import Kind

if TYPE_CHECKING:
    from sqlwright.queries.copies import Copied

__all__ = ["Statement", "wrong_call"]

# Of these PostgreSQL makes plans. The rest (DDL, COPY, CALL, …) gains nothing by being prepared.
_PLANNED = re.compile(
    r"(?:[\s(]|--[^\n]*\n|/\*[^*/]*\*/)*(?:select|insert|update|delete|merge|values|with|table)\b",
    re.IGNORECASE,
)


def _as_it_is(row: Any) -> Any:
    return row


@dataclass(frozen=True, eq=False, kw_only=True)
class Statement:
    """A query as it is sent, with `$n` for its parameters; `row` makes a row of its columns.

    `label` is what logs call it, schema and table before its name where these are known.
    """

    name: str
    kind: Kind
    sql: str
    parameters: tuple[str, ...]
    row: Callable[..., Any] | None = None
    copied: Copied | None = None
    label: str = ""

    @cached_property
    def text(self) -> bytes:
        """What is sent to a server that is spoken to in UTF-8."""
        return self.sql.encode()

    @cached_property
    def formats(self) -> list[PyFormat]:
        """psycopg's dumpers choose how each parameter is sent."""
        return [PyFormat.AUTO] * len(self.parameters)

    @cached_property
    def is_planned(self) -> bool:
        """Whether it is worth preparing."""
        return self.kind is not Kind.SCRIPT and _PLANNED.match(self.sql) is not None

    @cached_property
    def is_single(self) -> bool:
        """Whether it gives one row or value, or none."""
        return self.kind in {Kind.ONE, Kind.VALUE}

    def maker(self, columns: int) -> Callable[[tuple[Any, ...]], Any] | None:
        """What makes a row of so many values; None where only the columns' names can tell."""
        row = self.row
        if self.kind is Kind.VALUE:
            return itemgetter(0)
        if row is None:
            return None
        if isinstance(row, type) and row.__bases__ == (tuple,):
            fields: Sequence[str] = getattr(row, "_fields", ())
            if len(fields) == columns:  # a named tuple then, which is filled without a call
                return partial(tuple.__new__, row)
        return lambda values: row(*values)

    def answer(self, rows: list[Any], count: int, make: Callable[[Any], Any] = _as_it_is) -> Any:
        """What the caller gets of the rows, and of their number as the server has it."""
        if self.is_single and len(rows) == 1:
            return make(rows[0])
        if self.kind is Kind.MANY:
            return list(map(make, rows))
        if self.kind is Kind.AFFECTED:
            return max(count, 0)  # the server counts -1 for what has no rows, as `create table`
        if len(rows) > 1 and self.is_single:
            raise QueryError(
                f"{self.name} gave {len(rows)} rows, but is to give one.",
                hint="Narrow its where clause, add `limit 1` with an order, or take the mark away.",
            )
        return None


def wrong_call(
    statement: Statement, values: Sequence[object], given: Mapping[str, Any]
) -> ArgumentError:
    """The error for arguments without a name, or other ones than are declared."""
    name, declared = statement.name, statement.parameters
    if values:
        return ArgumentError(
            f"{name} is called with a value that has no name.",
            hint=f"It takes by name: {', '.join(declared) or 'nothing'}.",
        )
    for argument in given:
        if argument not in declared:
            near = difflib.get_close_matches(argument, declared, n=1)
            hint = (
                f"Did you mean {near[0]}?" if near else f"It takes {', '.join(declared) or 'none'}."
            )
            return ArgumentError(f"{name} has no parameter {argument}.", hint=hint)
    missing = [parameter for parameter in declared if parameter not in given]
    return ArgumentError(
        f"{name} is called without {', '.join(missing)}.",
        hint="Give each parameter by name; None is null.",
    )
