"""A statement that a role may not run: the right that it lacks, and the grant that gives it.

PostgreSQL names the object and not the right; that follows from what the statement does.
"""

from __future__ import annotations

import re

import psycopg
from psycopg import sql

__all__ = ["right_to_grant"]

_DENIED = re.compile(r"permission denied for (?P<kind>[a-z -]+?) (?P<name>\S+)$")
_NOT_OWNER = re.compile(r"must be owner of (?P<kind>[a-z -]+?) (?P<name>\S+)$")
_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*(?P<word>\w+)", re.DOTALL)
_OF_KIND = {
    "database": "create",
    "tablespace": "create",
    "sequence": "usage, select",
    "function": "execute",
    "procedure": "execute",
    "type": "usage",
    "language": "usage",
    "foreign-data wrapper": "usage",
    "foreign server": "usage",
}
_OF_STATEMENT = {
    "insert": "insert",
    "update": "select, update",
    "delete": "select, delete",
    "merge": "select, insert, update, delete",
    "truncate": "truncate",
    "lock": "all",
}
_TABLES = {"view", "materialized view", "relation"}


def right_to_grant(error: psycopg.Error, *, statement: str, role: str) -> str | None:
    """Who lacks what, and the statement that gives it; None for an error of another kind.

    Args:
        error: What the server said.
        statement: What it said it about.
        role: Who ran it.
    """
    said = error.diag.message_primary or ""
    grantee = sql.Identifier(role).as_string()
    if denied := _DENIED.search(said):
        kind, name = denied["kind"], _qualified(denied["name"], statement)
        rights = _rights(kind, statement)
        on = "table" if kind in _TABLES else kind
        return f"{role} lacks {rights} on it: grant {rights} on {on} {name} to {grantee};"
    if owned := _NOT_OWNER.search(said):
        kind, name = owned["kind"], _qualified(owned["name"], statement)
        on = "table" if kind == "relation" else kind
        return f"{role} is not its owner: alter {on} {name} owner to {grantee};"
    return None


def _rights(kind: str, statement: str) -> str:
    found = _FIRST_WORD.match(statement)
    word = found["word"].lower() if found else ""
    if kind == "schema":
        return "usage, create" if word in {"create", "alter"} else "usage"
    if kind in _OF_KIND:
        return _OF_KIND[kind]
    if word == "create" and re.search(r"\breferences\b", statement, re.IGNORECASE):
        return "references"
    if word == "create" and re.match(r".*?\btrigger\b", statement, re.IGNORECASE):
        return "trigger"
    return _OF_STATEMENT.get(word, "select")


def _qualified(name: str, statement: str) -> str:
    """The name as the statement writes it, since the server leaves the schema out."""
    bare = re.escape(name.strip('"'))
    found = re.search(rf'(?:[\w$]+|"[^"]+")\.(?:"{bare}"|{bare}\b)', statement)
    return found[0] if found else name
