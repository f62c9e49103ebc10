"""What iopaint keeps for how long: expired files with their bytes, and expired sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from sqlwright.hooks.retention import Policy, Removed, Storage
from sqlwright_systems.iopaint import file_storage, user_sessions

__all__ = ["policies"]

# Of the stores that storage_type names, the one whose files lie in a folder of this machine.
_LOCAL = "local"


def policies() -> list[Policy]:
    """The policies; files in another store than the local one stay, with their rows."""
    return [
        Policy(
            table="iopaint.file_storage",
            find=lambda conn, _, limit: file_storage.list_expired(
                conn, storage_type=_LOCAL, limit=limit
            ),
            remove=_remove_files,
            storage=Storage(variable="IOPAINT_STORAGE", named=_named),
        ),
        Policy(
            table="iopaint.user_sessions",
            find=lambda conn, _, limit: user_sessions.list_expired(conn, limit=limit),
            remove=lambda conn, _, limit: Removed(user_sessions.delete_expired(conn, limit=limit)),
        ),
    ]


def _remove_files(conn: Connection[Any], _before: datetime, limit: int) -> Removed:
    rows = file_storage.delete_expired_of(conn, storage_type=_LOCAL, limit=limit)
    return Removed(len(rows), [row.file_path for row in rows])


def _named(conn: Connection[Any], paths: list[Any]) -> list[str | None]:
    rows = file_storage.list_named(conn, storage_type=_LOCAL, file_paths=paths)
    return [row.file_path for row in rows]
