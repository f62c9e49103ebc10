"""The types that the queries of one file share: shapes of rows and lists of values, with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlwright.generate.description import Description, Value
from sqlwright.queries import Kind

__all__ = [
    "WITH_ROWS",
    "Shape",
    "aliases",
    "camel",
    "class_name",
    "goes_in",
    "shape",
    "shapes",
    "sharing_rows",
    "with_aliases",
]

# What has rows, so a type of row.
WITH_ROWS = {Kind.ONE, Kind.MANY, Kind.COPY}
Shape = tuple[tuple[str, str, bool], ...]


def sharing_rows(descriptions: Sequence[Description]) -> list[Description]:
    """With one row type for what gives the same columns of a table, here not null and there not.

    A query that claims a column to be not null has it so, in a type of its own.
    """
    nullable = {
        (_own_columns(described), column.name)
        for described in descriptions
        for column in described.columns
        if column.nullable
    }

    def shared(described: Description, column: Value) -> Value:
        if column.name in described.query.not_null:
            return column
        return replace(column, nullable=(_own_columns(described), column.name) in nullable)

    return [
        replace(described, columns=tuple(shared(described, one) for one in described.columns))
        if described.table and described.query.kind in {Kind.ONE, Kind.MANY}
        else described
        for described in descriptions
    ]


def _own_columns(described: Description) -> tuple[object, ...]:
    """The table and its columns that the query gives."""
    return (described.table, *(column.name for column in described.columns))


def aliases(descriptions: Sequence[Description]) -> dict[str, str]:
    """A name for each list of values, after the column or parameter that has it first."""
    found: dict[str, str] = {}
    for described in descriptions:
        for value in (*described.columns, *described.parameters):
            text = value.annotation.text
            if text.startswith("Literal[") and text not in found:
                same = sum(
                    known.rstrip("0123456789") == camel(value.name) for known in found.values()
                )
                found[text] = f"{camel(value.name)}{same + 1 if same else ''}"
    return found


def with_aliases(described: Description, named: dict[str, str]) -> Description:
    """The same with these names in the place of the lists."""

    def renamed(value: Value) -> Value:
        text = named.get(value.annotation.text, value.annotation.text)
        return replace(value, annotation=replace(value.annotation, text=text))

    return replace(
        described,
        parameters=tuple(map(renamed, described.parameters)),
        columns=tuple(map(renamed, described.columns)),
    )


def shape(described: Description) -> Shape:
    """The names and types of its columns, and which of them are claimed to be not null."""
    return tuple((column.name, column.python, column.claimed) for column in described.columns)


def shapes(descriptions: Sequence[Description]) -> dict[Shape, Description]:
    """Each shape of row, and the first query that gives it."""
    found: dict[Shape, Description] = {}
    for described in sorted(descriptions, key=goes_in):  # those that give rows name them
        if described.query.kind in WITH_ROWS:
            found.setdefault(shape(described), described)
    return found


def goes_in(described: Description) -> bool:
    """Whether rows are copied in."""
    return described.query.copied is not None and described.query.copied.goes_in


def class_name(own: Shape, known: dict[Shape, Description]) -> str:
    """`Row` is the table's, the widest of its own columns; others are named after their query."""
    of_table = [other for other, described in known.items() if _is_of_own_table(described)]
    if own == max(of_table, key=len, default=None):
        return "Row"
    return f"{camel(known[own].query.name)}Row"


def _is_of_own_table(described: Description) -> bool:
    path = described.query.path
    return described.table == (path.parent.name, path.stem) and not goes_in(described)


def camel(name: str) -> str:
    """A name as Python has it for types: `get_by_openid` is `GetByOpenid`."""
    return "".join(part.capitalize() for part in name.split("_"))
