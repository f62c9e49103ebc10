"""Who can log in to a new database: an administrator, two testers and a developer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg import Connection

from sqlwright.secrets import Keyring, hash_password
from sqlwright_systems.claude_fastapi import users

__all__ = ["fill", "seed"]

_PEOPLE = (
    ("testuser1", "测试用户一", "testpass123"),
    ("testuser2", "测试用户二", "testpass123"),
    ("developer", "开发者", "devpass123"),
)


def seed(conn: Connection[Any], _keys: Keyring) -> dict[str, int]:
    """Makes the accounts that are missing; one that is there stays as it is."""
    made = int(_make_admin(conn)) + sum(_make(conn, *person) for person in _PEOPLE)
    return {"claude_fastapi.users": made}


def _make_admin(conn: Connection[Any]) -> bool:
    if users.get_by_username(conn, username="admin"):
        return False
    users.create_superuser(
        conn,
        username="admin",
        email="admin@example.com",
        hashed_password=hash_password("admin123456"),
        full_name="管理员",
    )
    return True


def _make(conn: Connection[Any], username: str, full_name: str, password: str) -> bool:
    if users.get_by_username(conn, username=username):
        return False
    user = users.create(
        conn,
        username=username,
        email=f"{username}@example.com",
        hashed_password=hash_password(password),
        full_name=full_name,
    )
    users.verify(conn, id=user.id, email=user.email)
    return True


def fill() -> Path:
    """The queries that make up rows."""
    return Path(__file__).with_name("fill.sql")
