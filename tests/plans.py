"""Plans of named queries on generated rows: what they read and sort to throw away.

What can be is run as well, and rolled back, so that rows are counted and not estimated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from heavy_rows import HeavyRows
from sqlwright.queries import Query

__all__ = ["findings"]

# Rows that may be read or sorted beyond those that come out: the few children of one parent.
FOR_NOTHING = 50
# Tables that an administrator fills by hand: a scan of them is as good as an index.
FIXED = {
    "iopaint.system_configs",
    "zishu.adapter_categories",
    "zishu.forums",
    "zishu.package_templates",
}
_WITHOUT = ((), ("enable_seqscan",), ("enable_sort",), ("enable_seqscan", "enable_sort"))


def findings(heavy: HeavyRows, table: str, query: Query) -> list[str]:
    """What the query's plans read or sort to throw away, on its first page and a later one."""
    growing = heavy.rows.keys() - FIXED
    calls = heavy.calls(table, query)
    lines = (line for values in calls for line in _unserved(heavy.conn, query, values, growing))
    return list(dict.fromkeys(lines))


def _unserved(
    conn: psycopg.Connection[Any], query: Query, values: list[str | None], growing: set[str]
) -> list[str]:
    """What is wrong with the plan; nothing where some other plan is right.

    Few rows are read or sorted although an index would do: the plan without shows that it does.
    """
    first: list[str] = []
    for without in _WITHOUT:
        found = _findings(_explain(conn, query, values, without=without), growing)
        if not found:
            return []
        first = first or found
    return first


def _explain(
    conn: psycopg.Connection[Any],
    query: Query,
    values: list[str | None],
    *,
    without: Sequence[str] = (),
) -> dict[str, Any]:
    """The plan of the query; with the rows that each step saw, if the values can be stored."""
    cursor = psycopg.RawCursor(conn)
    for options in ("analyze, timing off, buffers off, verbose", "verbose"):
        try:
            with conn.transaction(force_rollback=True):
                for setting in without:
                    conn.execute(sql.SQL("set local {} = off").format(sql.Identifier(setting)))
                asked = f"explain ({options}, format json) {query.statement}"
                row = cursor.execute(asked, values).fetchone()
        except (psycopg.IntegrityError, psycopg.DataError, psycopg.errors.RaiseException):
            continue
        assert row is not None
        return dict(row[0][0]["Plan"])
    raise AssertionError(f"{query.name} can't be explained with {values}")


def _findings(plan: Mapping[str, Any], growing: set[str]) -> list[str]:
    """What the plan reads of tables that grow, and sorts, to throw away: a line each."""
    enough = _rows(plan) + FOR_NOTHING
    lines = []
    for node in _nodes(plan):
        kind, relation = node["Node Type"], f"{node.get('Schema')}.{node.get('Relation Name')}"
        if kind == "Seq Scan" and relation in growing:
            lines.append(f"scans {relation}")
        if kind.startswith("Index") and "Index Cond" not in node and _read(node) > enough:
            lines.append(f"walks {_read(node):.0f} rows of {relation} by {node['Index Name']}")
        if kind in {"Sort", "Incremental Sort"} and _rows(node["Plans"][0]) > enough:
            by = ", ".join(node["Sort Key"])
            lines.append(f"sorts {_rows(node['Plans'][0]):.0f} rows by {by}")
    return lines


def _read(node: Mapping[str, Any]) -> float:
    """How many rows the scan looked at each time."""
    return _rows(node) + float(node.get("Rows Removed by Filter", 0))


def _rows(node: Mapping[str, Any]) -> float:
    """How many rows came out of the node each time, if it was run, else how many are expected."""
    return float(node.get("Actual Rows", node["Plan Rows"]))


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
