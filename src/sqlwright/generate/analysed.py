"""The tree that the server makes of a statement while it is prepared; nothing is executed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.errors import Diagnostic
from psycopg.pq import TransactionStatus

from sqlwright.generate.nodes import Node, NodeError, read_nodes
from sqlwright.queries import named_queries, run_query

__all__ = ["read_tree", "shown_trees"]

_SQL = Path(__file__).parent / "sql" / "analysed.sql"

_TITLE = "rewritten parse tree:"


@contextmanager
def shown_trees(conn: psycopg.Connection[Any]) -> Iterator[Callable[[], str | None]]:
    """Within the block a call gives the tree of the statement that was just prepared.

    It is the statement after parsing, with views and rules put in: column references name the outer
    joins that may make them null. None where the server sent none, as for a utility statement.
    """
    trees: list[str] = []

    def keep(message: Diagnostic) -> None:
        if message.message_primary == _TITLE and message.message_detail:
            trees.append(message.message_detail)

    def last() -> str | None:
        tree = trees[-1] if trees else None
        trees.clear()
        return tree

    conn.add_notice_handler(keep)
    row = run_query(conn, named_queries(_SQL)["show_trees"], {}).fetchone()
    assert row is not None
    trees.clear()
    try:
        yield last
    finally:
        conn.remove_notice_handler(keep)
        # A transaction that failed takes its settings back itself.
        if not conn.closed and conn.info.transaction_status != TransactionStatus.INERROR:
            names = ("rewritten", "pretty", "client", "log")
            run_query(
                conn, named_queries(_SQL)["hide_trees"], dict(zip(names, row[:4], strict=True))
            )


def read_tree(tree: str | None) -> list[Node]:
    """The queries that a statement became: one, unless a rule changed it; of no tree none."""
    try:
        queries = read_nodes(tree) if tree else []
    except NodeError:
        return []
    return queries if isinstance(queries, list) else []
