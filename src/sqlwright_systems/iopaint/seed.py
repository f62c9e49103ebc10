"""Whom a new database knows: one tester of the mini program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg import Connection

from sqlwright.secrets import Keyring
from sqlwright_systems.iopaint import users

__all__ = ["fill", "seed"]

_OPENID = "test_openid_123"


def seed(conn: Connection[Any], _keys: Keyring) -> dict[str, int]:
    """Makes the tester, unless WeChat's name for them is known already."""
    is_new = users.get_by_openid(conn, openid=_OPENID) is None
    if is_new:
        users.create(
            conn,
            openid=_OPENID,
            union_id=None,
            nickname="测试用户",
            avatar_url="https://example.com/avatar.jpg",
        )
    return {"iopaint.users": int(is_new)}


def fill() -> Path:
    """The queries that make up rows."""
    return Path(__file__).with_name("fill.sql")
