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


# Settings whose values are names, which are quoted each for itself.
_LISTS = (
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "temp_tablespaces",
)


def give_rights(
    conn: psycopg.Connection[Any], database: str, creation: Mapping[str, Any]
) -> list[str]:
    """Gives a database what the manifest of a backup notes of its own.

    Returns:
        The settings that this server doesn't take, each with its reason.
    """
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
    refused = []
    for role, name, value in creation["settings"]:
        try:
            _set(conn, database, name, value, role=role)
        except psycopg.Error as error:
            refused.append(f"{name}: {error.diag.message_primary}")
    return refused


def _set(conn: psycopg.Connection[Any], database: str, name: str, value: str, *, role: str) -> None:
    """For everybody, or for a role; a list of names by way of the session's own setting."""
    queries = named_queries(_SQL)
    keep = queries["keep_setting_of_role" if role else "keep_setting"]
    given = sql.SQL("from current" if name in _LISTS else "to {}").format(sql.Literal(value))
    with conn.transaction():
        if name in _LISTS:
            run_query(conn, queries["set_here"], {"name": name, "value": value})
        names = {"database": sql.Identifier(database), "role": sql.Identifier(role)}
        run_query(conn, keep, {}, setting=_setting(name), value=given, **names)


def _setting(name: str) -> sql.Composable:
    """The name of a setting, which may be an extension's: `app.tenant`."""
    return sql.SQL(".").join(map(sql.Identifier, name.split(".")))


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
