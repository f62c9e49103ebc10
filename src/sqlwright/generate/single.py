"""Whether a statement gives exactly one row, so that its function need not say `| None`."""

from __future__ import annotations

from typing import Any

from sqlwright.generate.tree import messages, targets

__all__ = ["has_one_row"]

_AGGREGATES = {
    "count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every", "array_agg", "string_agg",
    "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
}  # fmt: skip
# Of what else is called beside an aggregate: none of these gives more than one row.
_SCALAR = {
    "round",
    "now",
    "date_trunc",
    "lower",
    "upper",
    "length",
    "to_jsonb",
    "jsonb_build_object",
}


def has_one_row(kind: str, tree: Any) -> bool:
    """An insert of one row, an aggregate over everything, or a select from nothing."""
    if kind == "insert_stmt":
        return _inserts_one(tree)
    if kind != "select_stmt" or not tree.target_list or _counts_out(tree):
        return False
    calls = _calls(tree)
    if calls is None or not calls <= _AGGREGATES | _SCALAR:
        return False
    return bool(calls & _AGGREGATES) or not (tree.from_clause or tree.HasField("where_clause"))


def _inserts_one(insert: Any) -> bool:
    if insert.HasField("on_conflict_clause"):
        return False
    rows = insert.select_stmt.select_stmt
    return not insert.HasField("select_stmt") or len(rows.values_lists) == 1


def _counts_out(select: Any) -> bool:
    """Whether groups, limits or conditions on the whole may leave no row, or give several."""
    fields = {descriptor.name for descriptor, _ in select.ListFields()}
    return bool(
        fields & {"group_clause", "having_clause", "limit_count", "limit_offset", "distinct_clause"}
    )


def _calls(select: Any) -> set[str] | None:
    """The functions that the result calls; None where one is called over a window."""
    found = set()
    for target in targets("select_stmt", select):
        for kind, node in messages(target, into_subqueries=False):
            if kind == "func_call":
                if node.HasField("over"):
                    return None
                found.add(node.funcname[-1].string.sval)
    return found
