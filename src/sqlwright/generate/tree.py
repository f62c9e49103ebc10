"""PostgreSQL's parse tree, as the parser's messages give it: how to look into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["enum_name", "messages", "parsed", "targets", "unwrapped"]


def parsed(statement: str) -> tuple[str, Any] | None:
    """Kind and tree of the one statement, or None where the text is something else."""
    import postgast

    try:
        found = postgast.parse(statement)
    except postgast.PgQueryError:
        return None
    return unwrapped(found.stmts[0].stmt) if len(found.stmts) == 1 else None


def unwrapped(node: Any) -> tuple[str, Any]:
    """The kind of a node and what is in it."""
    kind = node.WhichOneof("node") or ""
    return kind, getattr(node, kind) if kind else node


def targets(kind: str, tree: Any) -> list[Any]:
    """What the statement gives, column by column; none for a set operation."""
    if kind == "select_stmt":
        return list(tree.target_list)
    if kind in {"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"}:
        return list(tree.returning_clause.exprs)
    return []


def messages(message: Any, *, into_subqueries: bool = True) -> Iterator[tuple[str, Any]]:
    """Every node below, with the name of its kind, parents first."""
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        for child in value if descriptor.is_repeated else [value]:
            if descriptor.message_type.name == "Node":
                kind, inner = unwrapped(child)
            else:
                kind, inner = descriptor.name, child
            if kind == "sub_link" and not into_subqueries:
                continue
            yield kind, inner
            yield from messages(inner, into_subqueries=into_subqueries)


def enum_name(node: Any, name: str) -> str:
    """What the number in that field of the node is called."""
    values = node.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number
    return str(values[getattr(node, name)].name)
