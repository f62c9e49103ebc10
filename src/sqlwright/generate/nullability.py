"""Which result columns can't be null, and which parameters may: claimed only where it is certain.

Read from the statement's parse tree, conservatively. A base column that is not null stays so unless
an outer join, a set operation or grouping sets could put a null in its place; of expressions only
those are certain that are so whatever their arguments. What joins within a scalar subquery can't
reach the result's base columns, so that subqueries are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlwright.generate.single import has_one_row
from sqlwright.generate.tree import enum_name, messages, parsed, targets, unwrapped

__all__ = ["Analysis", "Assignment", "Given", "analyse"]

_NEVER_NULL = {
    "count", "now", "statement_timestamp", "transaction_timestamp", "clock_timestamp",
    "gen_random_uuid", "row_number", "rank", "dense_rank", "cume_dist", "percent_rank",
    "jsonb_build_object", "jsonb_build_array", "json_build_object", "json_build_array",
    "concat", "num_nulls", "num_nonnulls",
}  # fmt: skip
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
    """What the text of a statement says about nulls.

    Attributes:
        keeps_not_null: A not-null base column stays so in the result.
        certain: For each result column, whether its expression can't be null by itself.
        has_star: The result is written as `*`.
        has_one_row: It gives one row, unless a trigger or a rule keeps it out.
        assignments: What insert and update give to columns.
        null_meant: Numbers of parameters that stand where a null has a meaning: `$1 is null`.
    """

    keeps_not_null: bool = False
    certain: tuple[bool, ...] = ()
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
        keeps_not_null=_keeps_not_null(kind, tree),
        certain=tuple(_is_certain(column) for column in columns),
        has_star=any(_is_star(column) for column in columns),
        has_one_row=has_one_row(kind, tree),
        assignments=tuple(_assignments(tree)),
        null_meant=frozenset(_null_meant(tree)),
    )


def _keeps_not_null(kind: str, tree: Any) -> bool:
    if kind not in {"select_stmt", "insert_stmt", "update_stmt", "delete_stmt"}:
        return False  # merge may return the row of either side
    if kind == "select_stmt" and _combines(tree):
        return False
    for name, node in messages(tree, into_subqueries=False):
        if name == "join_expr" and enum_name(node, "jointype") != "JOIN_INNER":
            return False
        if name == "grouping_set" or (name == "select_stmt" and _combines(node)):
            return False
        if name == "returning_clause" and _names_old_or_new(node):
            return False
    return True


def _combines(select: Any) -> bool:
    """Whether it is a union, intersect or except, whose columns have no base."""
    return enum_name(select, "op") != "SETOP_NONE"


def _names_old_or_new(returning: Any) -> bool:
    """Since 18 `old` and `new` are there, and null where the row was not."""
    if returning.options:
        return True
    for name, node in messages(returning):
        if name == "column_ref" and len(node.fields) > 1:
            first = node.fields[0].string.sval
            if first in {"old", "new"}:
                return True
    return False


def _is_star(node: Any) -> bool:
    kind, inner = unwrapped(node)
    return kind == "column_ref" and inner.fields[-1].WhichOneof("node") == "a_star"


def _is_certain(node: Any) -> bool:
    """Whether the expression can't be null, whatever the rows hold."""
    kind, inner = unwrapped(node)
    if kind in _CERTAIN:
        return True
    rule = _RULES.get(kind)
    return rule is not None and rule(inner)


def _is_certain_cast(cast: Any) -> bool:
    """Of what is not itself cast or chosen: since 18 a JSON null becomes a null by a cast."""
    return cast.arg.WhichOneof("node") in _CAST_SAFELY and _is_certain(cast.arg)


def _is_certain_subquery(link: Any) -> bool:
    return enum_name(link, "sub_link_type") in {"EXISTS_SUBLINK", "ARRAY_SUBLINK"}


def _is_certain_case(case: Any) -> bool:
    results = [when.case_when.result for when in case.args] + [case.defresult]
    return case.HasField("defresult") and all(_is_certain(result) for result in results)


def _is_certain_call(call: Any) -> bool:
    """A call of PostgreSQL's own function that answers whatever it is given."""
    names = [part.string.sval for part in call.funcname]
    own = len(names) == 1 or names[0] == "pg_catalog"
    if not own or names[-1] not in _NEVER_NULL:
        return False
    return not call.func_variadic or names[-1] == "count"


_CERTAIN = {"null_test", "boolean_test", "sqlvalue_function", "a_array_expr"}
_CAST_SAFELY = {"a_const", "func_call", "sqlvalue_function", "sub_link", "a_array_expr"}
_RULES: dict[str, Callable[[Any], bool]] = {
    "a_const": lambda constant: not constant.isnull,
    "type_cast": _is_certain_cast,
    "func_call": _is_certain_call,
    "coalesce_expr": lambda coalesce: any(_is_certain(value) for value in coalesce.args),
    "sub_link": _is_certain_subquery,
    "case_expr": _is_certain_case,
}


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
