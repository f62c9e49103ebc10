"""What a heavy user would send to a named query, drawn from generated rows.

The values come from the row of each table whose parents have the most rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.config import load_project
from sqlwright.generate.modules import find_queries
from sqlwright.queries import Kind, Query

__all__ = ["SCHEMAS", "HeavyRows", "queries_by_table"]

ROOT = Path(__file__).parent.parent
SCHEMAS = ("claude_fastapi", "emotional_chat", "iopaint", "sisyphus", "zishu")
# Parameters that no column of the query's own table gives; the rest of them is taken by type.
GIVEN = {
    "at_least": "1",
    "before": "2026-10-01 00:00+00",
    "cost": "1",
    "days": "30",
    "depth": "3",
    "keep": "3",
    "limit": "20",
    "since": "2026-09-24 00:00+00",
    "silent_since": "2025-10-08 00:00+00",
    "created_before": "2025-10-08 00:00+00",
    "deleted_before": "2025-10-08 00:00+00",
    "finished_before": "2025-10-08 00:00+00",
    "started_before": "2025-10-08 00:00+00",
    "time_zone": "Asia/Shanghai",
    "until": "2026-10-01 00:00+00",
}
# Where people search, in the first table that has one; two characters of it are sought.
SEARCHED = ("name", "title", "content", "message", "file_name", "interface_name", "method_name")
# Whom a parameter names that no column of the query's own table is called after.
REFERS = {
    "author": "users",
    "creator": "users",
    "created_by": "users",
    "followed_user": "users",
    "follower": "users",
    "granted_by": "users",
    "kept_session": "user_sessions",
    "kept": "user_sessions",
    "owner": "users",
    "parent": "comments",
    "reply_to": "messages",
    "task": "packaging_tasks",
    "uploaded_by": "users",
    "version": "adapter_versions",
    "viewer": "users",
}
# Whose rows are paged, where it is another table than the file's.
CURSORS = {"zishu.follows.page_feed": "zishu.posts"}
_BY_CATEGORY = {"A": "{}", "B": "true", "D": "2026-09-01 00:00+00", "N": "1", "S": "x"}
_BY_TYPE = {"jsonb": "[]", "uuid": "00000000-0000-0000-0000-000000000001", "inet": "10.0.0.1"}
_PREFIX = re.compile(r"^(after|before|old|new|seen|from|to)_")


@cache
def queries_by_table() -> list[tuple[str, Query]]:
    """Each query of the five systems that can be planned, behind the table of its file."""
    return [
        (f"{query.path.parent.name}.{query.path.stem}", query)
        for query in find_queries(load_project(start=ROOT))
        if query.kind not in {Kind.SCRIPT, Kind.COPY}
    ]


@dataclass(frozen=True)
class HeavyRows:
    """The row of each table whose parents have the most rows, its values as text."""

    conn: psycopg.Connection[Any]
    rows: dict[str, dict[str, str | None]]
    types: dict[int, tuple[bool, str, str]]

    @classmethod
    def of(cls, conn: psycopg.Connection[Any], schemas: Sequence[str]) -> HeavyRows:
        """Looks at every table of these schemas once; one without rows is left out."""
        found = conn.execute(_FOREIGN_KEYS, [list(schemas)]).fetchall()
        rows = {table: _heavy_row(conn, table, columns) for table, columns in found}
        types = {oid: rest for oid, *rest in conn.execute(_TYPES)}
        return cls(conn, {table: row for table, row in rows.items() if row}, types)

    def calls(self, table: str, query: Query) -> Iterator[list[str | None]]:
        """The arguments of its calls, each in the order in which the query declares them."""
        prepared = self.conn.pgconn.prepare(b"", query.statement.encode())
        assert prepared.error_message == b"", f"{table}.{query.name}: {prepared.error_message!r}"
        described = self.conn.pgconn.describe_prepared(b"")
        asked = f"{table}.{query.name}"
        values = [
            self._value(table, name, described.param_type(number), CURSORS.get(asked))
            for number, name in enumerate(query.parameters)
        ]
        yield values
        first = [
            None if name.startswith(("before_", "after_")) else value
            for name, value in zip(query.parameters, values, strict=True)
        ]
        if first != values:
            yield first

    def _value(self, table: str, name: str, type_: int, cursor_of: str | None) -> str | None:
        row = self.rows.get(table, {})
        is_array, kind, category = self.types[type_]
        if name in GIVEN:
            return GIVEN[name]
        if cursor_of and name.startswith(("before_", "after_")):
            row = self.rows.get(cursor_of, {})
        if name in {"term", "words"}:
            return next((value[:2] for name in SEARCHED if (value := row.get(name))), "今天")
        base = _PREFIX.sub("", name)
        for column in (name, base, base.removesuffix("s")):
            if column in row:
                return _listed(row[column]) if is_array else row[column]
        return self._of_parent(table, base) or _BY_TYPE.get(kind) or _BY_CATEGORY.get(category)

    def _of_parent(self, table: str, name: str) -> str | None:
        schema, _, _ = table.partition(".")
        noun = name.removesuffix("_id")
        for parent in (REFERS.get(noun), f"{noun}s", noun):
            if f"{schema}.{parent}" in self.rows and (name.endswith("_id") or noun in REFERS):
                return self.rows[f"{schema}.{parent}"]["id"]
        return None


def _listed(value: str | None) -> str | None:
    """The value as an array of it alone, unless it is one."""
    is_array = value is None or re.fullmatch(r"\{\}|\{[^\"].*\}", value, re.DOTALL)
    return value if is_array else f"{{{json.dumps(value, ensure_ascii=False)}}}"


_TYPES = "select oid, typcategory = 'A', typname::text, typcategory::text from pg_type"
_FOREIGN_KEYS = """
    select
        nspname || '.' || relname,
        array(
            select distinct attname::text
            from pg_constraint
            join pg_attribute on attrelid = conrelid.oid and attnum = conkey[1]
            where pg_constraint.conrelid = conrelid.oid and contype = 'f'
        )
    from pg_class as conrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    where relkind = 'r' and nspname = any(%s)
"""


def _heavy_row(
    conn: psycopg.Connection[Any], table: str, parents: list[str]
) -> dict[str, str | None]:
    """The values of the row that has the most siblings."""
    weights = [
        sql.SQL("case when {0} is null then 0 else count(*) over (partition by {0}) end").format(
            sql.Identifier(parent)
        )
        for parent in parents
    ]
    statement = sql.SQL("select * from {} order by {} desc, ctid limit 1").format(
        sql.Identifier(*table.split(".")), sql.SQL(" + ").join([*weights, sql.SQL("0::bigint")])
    )
    cursor = psycopg.RawCursor(conn)
    inner = statement.as_string(conn)
    names = [column.name for column in cursor.execute(inner).description or ()]
    listed = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(n)) for n in names)
    row = conn.execute(sql.SQL("select {} from ({}) as heavy").format(listed, statement)).fetchone()
    return dict(zip(names, row, strict=True)) if row else {}
