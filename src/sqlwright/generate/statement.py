"""What the text of a statement says: its shape, and which parameters may be null."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlwright.generate.single import has_one_row
from sqlwright.generate.tree import enum_name, messages, parsed, targets, unwrapped

__all__ = ["Analysis", "Assignment", "Given", "analyse"]

_TAKES_NULL = {"coalesce_expr", "null_test", "min_max_expr"}


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A parameter in what insert or update gives a column; `whole` if it is all that it gives."""

    number: int
    schema: str
    table: str
    column: str
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Given:
    """Where one parameter goes, and whether a null has a meaning there."""

    assignments: tuple[Assignment, ...]
    null_meant: bool


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the text of a statement says.

    Attributes:
        has_star: The result is written as `*`.
        has_one_row: It gives one row, unless a trigger or a rule keeps it out.
        assignments: What insert and update give to columns.
        null_meant: Numbers of parameters that stand where a null has a meaning: `$1 is null`.
    """

    has_star: bool = False
    has_one_row: bool = False
    assignments: tuple[Assignment, ...] = ()
    null_meant: frozenset[int] = field(default_factory=frozenset)

    def of_parameter(self, number: int) -> Given:
        """What concerns the parameter `$number`."""
        return Given(
            assignments=tuple(one for one in self.assignments if one.number == number),
            null_meant=number in self.null_meant,
        )


def analyse(statement: str) -> Analysis:
    """The analysis of a statement with `$n`; nothing is certain of one that can't be parsed."""
    found = parsed(statement)
    if found is None:
        return Analysis()
    kind, tree = found
    columns = [target.res_target.val for target in targets(kind, tree)]
    return Analysis(
        has_star=any(_is_star(column) for column in columns),
        has_one_row=has_one_row(kind, tree),
        assignments=tuple(_assignments(tree)),
        null_meant=frozenset(_null_meant(tree)),
    )


def _is_star(node: Any) -> bool:
    kind, inner = unwrapped(node)
    return kind == "column_ref" and inner.fields[-1].WhichOneof("node") == "a_star"


def _assignments(tree: Any) -> Iterator[Assignment]:
    roots = [(tree.DESCRIPTOR.name, tree), *messages(tree)]
    for name, node in roots:
        if name in {"InsertStmt", "insert_stmt"}:
            yield from _of_insert(node)
        elif name in {"UpdateStmt", "update_stmt"}:
            yield from _of_targets(node.target_list, node.relation)


def _of_insert(insert: Any) -> Iterator[Assignment]:
    columns = [column.res_target.name for column in insert.cols]
    select = insert.select_stmt.select_stmt
    rows = [list(row.list.items) for row in select.values_lists] or [
        [target.res_target.val for target in select.target_list]
    ]
    for row in rows:
        for column, value in zip(columns, row, strict=False):
            yield from _of_value(value, insert.relation, column)
    yield from _of_targets(insert.on_conflict_clause.target_list, insert.relation)


def _of_targets(targets: Any, relation: Any) -> Iterator[Assignment]:
    for target in targets:
        yield from _of_value(target.res_target.val, relation, target.res_target.name)


def _of_value(value: Any, relation: Any, column: str) -> Iterator[Assignment]:
    kind, inner = unwrapped(value)
    while kind == "type_cast":
        kind, inner = unwrapped(inner.arg)
    if kind == "param_ref":
        yield _assignment(inner, relation, column, whole=True)
        return
    for number in _within_value(kind, inner):
        yield _assignment(number, relation, column, whole=False)


def _within_value(kind: str, node: Any) -> Iterator[Any]:
    """The parameters whose own null would become the value's: not those of a condition."""
    if kind == "case_expr":
        for branch in [*(when.case_when.result for when in node.args), node.defresult]:
            inner_kind, inner = unwrapped(branch)
            yield from [inner] if inner_kind == "param_ref" else _within_value(inner_kind, inner)
        return
    if kind == "sub_link":
        return
    yield from (inner for name, inner in messages(node) if name == "param_ref")


def _assignment(parameter: Any, relation: Any, column: str, *, whole: bool) -> Assignment:
    return Assignment(
        number=parameter.number,
        schema=relation.schemaname,
        table=relation.relname,
        column=column,
        whole=whole,
    )


def _null_meant(tree: Any) -> Iterator[int]:
    for name, node in messages(tree):
        if name == "row_expr":
            yield from _ends_of_rows(node)
        distinct = name == "a_expr" and enum_name(node, "kind") in {
            "AEXPR_DISTINCT",
            "AEXPR_NOT_DISTINCT",
            "AEXPR_NULLIF",
        }
        if name in _TAKES_NULL or distinct:
            yield from (
                inner.number
                for kind, inner in messages(node, into_subqueries=False)
                if kind == "param_ref"
            )


def _ends_of_rows(node: Any) -> Iterator[int]:
    """Parameters behind the first of a row: `(a, b) < ($1, $2)` may be decided without them."""
    for argument in node.args[1:]:
        kind, inner = unwrapped(argument)
        while kind == "type_cast":
            kind, inner = unwrapped(inner.arg)
        if kind == "param_ref":
            yield inner.number
