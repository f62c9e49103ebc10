"""Descriptions as the text of a Python module: row types and typed functions, no SQL."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlwright.generate.describe import Description, Value
from sqlwright.generate.types import quoted
from sqlwright.queries import Kind
from sqlwright.queries.reader import digest_of

__all__ = ["render"]

_WIDTH = 100
_SYNC, _ASYNC = "Connection[Any]", "AsyncConnection[Any]"
_RUNTIME = ("as_json", "as_json_list", "as_jsonb", "as_jsonb_list", "certain")
_WITH_ROWS = {Kind.ONE, Kind.MANY, Kind.COPY}
_STANDARD = ("datetime", "decimal", "ipaddress", "uuid")


def render(file: str, descriptions: Sequence[Description]) -> str:
    """The module for one file of queries.

    Args:
        file: The file's path below the folder of queries: `iopaint/users.sql`.
        descriptions: Its queries, in their order; at least one.
    """
    descriptions = _sharing_rows(descriptions)
    aliases = _aliases(descriptions)
    descriptions = [_with_aliases(described, aliases) for described in descriptions]
    shapes = _shapes(descriptions)
    rows = {shape: _class_name(shape, shapes) for shape in shapes}
    taken = [described for described in descriptions if _goes_in(described)]
    body = "\n\n\n".join(
        [
            *(["\n".join(_alias(name, text) for text, name in aliases.items())] if aliases else []),
            *(_row_class(rows[shape], described) for shape, described in shapes.items()),
            *(["\n".join(map(_tuple, taken))] if taken else []),
            _queries_line(file, descriptions, rows),
            *(_function(described, rows) for described in descriptions),
        ]
    )
    gap = "\n\n" if aliases else "\n\n\n"  # as import sorters have it
    return f"{_header(file, body)}{gap}{body}\n"


def _sharing_rows(descriptions: Sequence[Description]) -> list[Description]:
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


def _aliases(descriptions: Sequence[Description]) -> dict[str, str]:
    """A name for each list of values, after the column or parameter that has it first."""
    aliases: dict[str, str] = {}
    for described in descriptions:
        for value in (*described.columns, *described.parameters):
            text = value.annotation.text
            if text.startswith("Literal[") and text not in aliases:
                same = sum(
                    known.rstrip("0123456789") == _camel(value.name) for known in aliases.values()
                )
                aliases[text] = f"{_camel(value.name)}{same + 1 if same else ''}"
    return aliases


def _with_aliases(described: Description, aliases: dict[str, str]) -> Description:
    def named(value: Value) -> Value:
        text = aliases.get(value.annotation.text, value.annotation.text)
        return replace(value, annotation=replace(value.annotation, text=text))

    return replace(
        described,
        parameters=tuple(map(named, described.parameters)),
        columns=tuple(map(named, described.columns)),
    )


def _alias(name: str, text: str) -> str:
    values = ast.literal_eval(text.removeprefix("Literal"))
    return _call(f"{name}: TypeAlias = Literal[", [quoted(value) for value in values], "]")


Shape = tuple[tuple[str, str, bool], ...]


def _shape(described: Description) -> Shape:
    return tuple((column.name, column.python, column.claimed) for column in described.columns)


def _shapes(descriptions: Sequence[Description]) -> dict[Shape, Description]:
    """Each shape of row, and the first query that gives it."""
    shapes: dict[Shape, Description] = {}
    for described in sorted(descriptions, key=_goes_in):  # those that give rows name them
        if described.query.kind in _WITH_ROWS:
            shapes.setdefault(_shape(described), described)
    return shapes


def _goes_in(described: Description) -> bool:
    """Whether rows are copied in."""
    return described.query.copied is not None and described.query.copied.goes_in


def _class_name(shape: Shape, shapes: dict[Shape, Description]) -> str:
    """`Row` is the table's, the widest of its own columns; others are named after their query."""
    own = [other for other, described in shapes.items() if _is_of_own_table(described)]
    if shape == max(own, key=len, default=None):
        return "Row"
    return f"{_camel(shapes[shape].query.name)}Row"


def _is_of_own_table(described: Description) -> bool:
    path = described.query.path
    return described.table == (path.parent.name, path.stem) and not _goes_in(described)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _row_class(name: str, described: Description) -> str:
    query = described.query
    of_table = f"A row of {query.path.parent.name}.{query.path.stem}."
    does = "takes" if _goes_in(described) else "gives"
    about = of_table if name == "Row" else f"What {query.name} {does}."
    fields = "\n".join(f"    {column.name}: {column.python}" for column in described.columns)
    return f'class {name}(NamedTuple):\n    """{about}"""\n\n{fields}'


def _tuple(described: Description) -> str:
    """The plain tuple that a row may be as well."""
    opening = f"{_camel(described.query.name)}Tuple: TypeAlias = tuple["
    return _call(opening, [column.python for column in described.columns], "]")


def _header(file: str, body: str) -> str:
    lines = [f'"""Generated by `sqlwright generate` from {file}; edit that, not this."""']
    lines += ["", "from __future__ import annotations", ""]
    standard = [f"import {module}" for module in _STANDARD if f"{module}." in body]
    typing = [
        n for n in ("Any", "Literal", "NamedTuple", "TypeAlias", "overload") if f"{n}" in body
    ]
    abstract = [n for n in ("AsyncIterable", "Coroutine", "Iterable") if _names(n, body)]
    standard += [f"from collections.abc import {', '.join(abstract)}"] if abstract else []
    standard += [f"from typing import {', '.join(typing)}"]
    ranges = [name for name in ("Multirange", "Range") if f"{name}[" in body]
    ours = ["from psycopg import AsyncConnection, Connection"]
    ours += [f"from psycopg.types.range import {', '.join(ranges)}"] if ranges else []
    used = [name for name in _RUNTIME if f"{name}(" in body]
    runtime = "from sqlwright.queries.generated import " + ", ".join(["GeneratedQueries", *used])
    bulk = [n for n in ("AsyncRows", "Progress", "Rows") if _names(n, body)]
    runtime += f"\nfrom sqlwright.queries.rows import {', '.join(bulk)}" if bulk else ""
    return "\n".join([*lines, *standard, "", *ours, "", runtime])


def _names(name: str, body: str) -> bool:
    """Whether the body has it as a type."""
    return re.search(rf"(?:: |> |\| ){name}(?:\[| \|)", body) is not None


def _queries_line(file: str, descriptions: Sequence[Description], rows: dict[Shape, str]) -> str:
    table = "\n".join(
        _row_maker(described, rows)
        for described in descriptions
        if described.query.kind in _WITH_ROWS and not _goes_in(described)
    )
    digest = digest_of([described.query for described in descriptions])
    return (
        f'_queries = GeneratedQueries(\n    __name__,\n    "{file}",\n    "{digest}",\n'
        f"    {{\n{table}\n    }},\n{_sure(descriptions)})"
    )


def _sure(descriptions: Sequence[Description]) -> str:
    """The argument that names the functions that never give None."""
    names = [f'"{described.query.name}"' for described in descriptions if _is_sure(described)]
    if len(names) == 1:
        names = [f"{names[0]},"]  # what makes one name a tuple
    return f"{_call('    always=(', names, '),')}\n" if names else ""


def _row_maker(described: Description, rows: dict[Shape, str]) -> str:
    """What makes a row: its class, or the class and a check of what is claimed to be not null."""
    row = rows[_shape(described)]
    claims = [f'"{column.name}"' for column in described.columns if column.claimed]
    opening = f'        "{described.query.name}": '
    return _call(f"{opening}certain(", [row, *claims], "),") if claims else f"{opening}{row},"


def _function(described: Description, rows: dict[Shape, str]) -> str:
    if described.query.copied:
        return _copy(described, rows)
    name, result = described.query.name, _result(described, rows)
    parameters = [f"{value.name}: {value.python}" for value in described.parameters]
    declared = ["/", "*", *parameters] if parameters else ["/"]
    arguments = ["conn", *(f"{value.name}={_sent(value)}" for value in described.parameters)]
    awaited = f"Coroutine[Any, Any, {result}]"
    return "\n".join(
        [
            "@overload",
            _call(f"def {name}(", [f"conn: {_SYNC}", *declared], f") -> {result}: ..."),
            "@overload",
            _call(f"def {name}(", [f"conn: {_ASYNC}", *declared], f") -> {awaited}: ..."),
            _call(f"def {name}(", ["conn: Any", *declared], ") -> Any:"),
            _docstring(described),
            _call(f"    return _queries.{name}(", arguments, ")"),
        ]
    )


def _copy(described: Description, rows: dict[Shape, str]) -> str:
    """A function that copies: rows to the server, or from it."""
    name = described.query.name
    told, given = "progress: Progress | None = None", ["conn", "progress=progress"]
    taken = f"{_camel(name)}Tuple"
    row = rows[_shape(described)]
    sync, asynchronous, untyped = ["/"], ["/"], ["/"]
    results = f"Rows[{row}]", f"AsyncRows[{row}]"
    if _goes_in(described):
        given.insert(1, "rows")
        sync = [f"rows: Iterable[{taken}]", "/"]
        asynchronous = [f"rows: Iterable[{taken}] | AsyncIterable[{taken}]", "/"]
        untyped = ["rows: Any", "/"]
        results = "int", "Coroutine[Any, Any, int]"
    return "\n".join(
        [
            "@overload",
            _call(f"def {name}(", [f"conn: {_SYNC}", *sync, "*", told], f") -> {results[0]}: ..."),
            "@overload",
            _call(
                f"def {name}(",
                [f"conn: {_ASYNC}", *asynchronous, "*", told],
                f") -> {results[1]}: ...",
            ),
            _call(f"def {name}(", ["conn: Any", *untyped, "*", told], ") -> Any:"),
            _docstring(described),
            _call(f"    return _queries.{name}(", given, ")"),
        ]
    )


def _call(opening: str, parts: Sequence[str], closing: str) -> str:
    """On one line where that fits, else a part a line, as formatters have it."""
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(line) <= _WIDTH:
        return line
    indent = " " * (len(opening) - len(opening.lstrip()))
    inner = f"\n{indent}    {', '.join(parts)}\n{indent}"
    if max(len(part) for part in inner.split("\n")) > _WIDTH:
        inner = "".join(f"\n{indent}    {part}," for part in parts) + f"\n{indent}"
    return f"{opening}{inner}{closing}"


def _result(described: Description, rows: dict[Shape, str]) -> str:
    kind = described.query.kind
    if kind is Kind.AFFECTED:
        return "int"
    if kind is Kind.SCRIPT:
        return "None"
    if kind is Kind.VALUE:
        # No row gives None, whatever the column says.
        column = described.columns[0]
        return column.python if _is_sure(described) else column.annotation.or_none().text
    row = rows[_shape(described)]
    if kind is Kind.MANY:
        return f"list[{row}]"
    return row if _is_sure(described) else f"{row} | None"


def _is_sure(described: Description) -> bool:
    """Whether the function never gives None: there is a row, and its one value is not null."""
    value = described.query.kind is Kind.VALUE
    return described.always and not (value and described.columns[0].nullable)


def _sent(value: Value) -> str:
    """The argument as it is sent: JSON wrapped, null left alone."""
    wrapper = value.annotation.wrapper
    if wrapper is None:
        return value.name
    wrapped = f"{wrapper}({value.name})"
    return f"None if {value.name} is None else {wrapped}" if value.nullable else wrapped


def _docstring(described: Description) -> str:
    text = described.query.documentation or f"{described.query.name}."
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = list(_wrapped(escaped))
    closing = '"""' if len(lines) == 1 else '\n    """'
    return '    """' + "\n    ".join(lines) + closing


def _wrapped(text: str) -> Iterator[str]:
    """The first sentence on a line of its own where that fits, as docstrings have it."""
    yield from textwrap.wrap(" ".join(text.split()), _WIDTH - 12) or [""]
