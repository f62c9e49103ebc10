"""What pg_dump says of a database only together with its name: owner, grants, settings, comment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from sqlwright.queries import named_queries, run_query

__all__ = ["give_rights"]

_SQL = Path(__file__).parent / "sql" / "restore.sql"


def give_rights(conn: psycopg.Connection[Any], database: str, creation: Mapping[str, Any]) -> None:
    """Gives a database what the manifest of a backup notes of its own."""
    owner = sql.Identifier(creation["owner"])
    this = sql.Identifier(database)
    queries = named_queries(_SQL)
    with conn.transaction():
        run_query(conn, queries["give_to"], {}, database=this, role=owner)
        if creation["rights"]:
            run_query(conn, queries["revoke"], {}, database=this, owner=owner)
        for grantee, privilege, grantable in creation["rights"]:
            conn.execute(_grant(database, grantee, privilege, grantable=grantable))
        for what in ("comment", "connection_limit"):
            if creation[what] not in {None, -1}:
                conn.execute(_described(database, what, creation[what]))
    for role, name, value in creation["settings"]:
        names = {"database": this, "setting": _setting(name)} | _of_role(role)
        with conn.transaction():
            run_query(conn, queries["set_here"], {"name": name, "value": value})
            keep = "keep_setting_of_role" if role else "keep_setting"
            run_query(conn, queries[keep], {}, **names)


def _setting(name: str) -> sql.Composable:
    """The name of a setting, which may be an extension's: `app.tenant`."""
    return sql.SQL(".").join(map(sql.Identifier, name.split(".")))


def _of_role(role: str) -> dict[str, sql.Composable]:
    return {"role": sql.Identifier(role)} if role else {}


def _grant(database: str, grantee: str, privilege: str, *, grantable: bool) -> sql.Composed:
    return sql.SQL("grant {} on database {} to {}{}").format(
        sql.SQL(privilege),
        sql.Identifier(database),
        sql.Identifier(grantee) if grantee else sql.SQL("public"),
        sql.SQL(" with grant option" if grantable else ""),
    )


def _described(database: str, what: str, value: Any) -> sql.Composed:
    form = {
        "comment": "comment on database {} is {}",
        "connection_limit": "alter database {} connection limit {}",
    }[what]
    return sql.SQL(form).format(sql.Identifier(database), sql.Literal(value))
