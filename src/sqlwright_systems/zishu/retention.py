"""What zishu keeps for how long: what people have deleted for 30 days, what machines wrote longer.

Files, attachments and artifacts have their bytes in one store, each under a key of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from sqlwright.hooks.retention import Policy, Removed, Storage
from sqlwright_systems.zishu import (
    adapter_downloads,
    build_artifacts,
    build_logs,
    conversations,
    files,
    messages,
    user_sessions,
    workflow_executions,
)

__all__ = ["policies"]

_TRASH = timedelta(days=30)
_BUILDS = timedelta(days=90)
_CHARTS = timedelta(days=400)  # a year, and the month that it is compared with


def _named(conn: Connection[Any], paths: list[Any]) -> list[str | None]:
    return [row.storage_key for row in files.list_named(conn, storage_keys=paths)]


_STORAGE = Storage(variable="ZISHU_STORAGE", named=_named)


def policies() -> list[Policy]:
    """The policies; conversations come before messages, which go with them."""
    return [
        Policy(
            table="zishu.user_sessions",
            find=lambda conn, _, limit: user_sessions.list_expired(conn, limit=limit),
            remove=lambda conn, _, limit: Removed(user_sessions.delete_expired(conn, limit=limit)),
        ),
        *_trash(),
        *_builds(),
        Policy(
            table="zishu.workflow_executions",
            keep=_BUILDS,
            find=lambda conn, before, limit: workflow_executions.list_finished(
                conn, finished_before=before, limit=limit
            ),
            remove=lambda conn, before, limit: Removed(
                workflow_executions.delete_finished(conn, finished_before=before, limit=limit)
            ),
        ),
        Policy(
            table="zishu.adapter_downloads",
            keep=_CHARTS,
            find=lambda conn, before, limit: adapter_downloads.list_old(
                conn, before=before, limit=limit
            ),
            remove=lambda conn, before, limit: Removed(
                adapter_downloads.delete_old(conn, before=before, limit=limit)
            ),
        ),
    ]


def _trash() -> list[Policy]:
    return [
        Policy(
            table="zishu.files",
            keep=_TRASH,
            find=lambda conn, before, limit: files.list_trashed(
                conn, deleted_before=before, limit=limit
            ),
            remove=_remove_files,
            storage=_STORAGE,
        ),
        Policy(
            table="zishu.conversations",
            keep=_TRASH,
            find=lambda conn, before, limit: conversations.list_deleted(
                conn, before=before, limit=limit
            ),
            remove=_remove_conversations,
            storage=_STORAGE,
        ),
        Policy(
            table="zishu.messages",
            keep=_TRASH,
            find=lambda conn, before, limit: messages.list_deleted(
                conn, before=before, limit=limit
            ),
            remove=_remove_messages,
            storage=_STORAGE,
        ),
    ]


def _builds() -> list[Policy]:
    return [
        Policy(
            table="zishu.build_artifacts",
            keep=_BUILDS,
            find=lambda conn, before, limit: build_artifacts.list_old(
                conn, created_before=before, limit=limit
            ),
            remove=_remove_artifacts,
            storage=_STORAGE,
        ),
        Policy(
            table="zishu.build_logs",
            keep=_BUILDS,
            find=lambda conn, before, limit: build_logs.list_old(
                conn, created_before=before, limit=limit
            ),
            remove=lambda conn, before, limit: Removed(
                build_logs.delete_old(conn, created_before=before, limit=limit)
            ),
        ),
    ]


def _remove_files(conn: Connection[Any], before: datetime, limit: int) -> Removed:
    versions = files.purge(conn, deleted_before=before, limit=limit)
    gone = {version.file_id for version in versions}
    return Removed(len(gone), [version.storage_key for version in versions])


def _remove_conversations(conn: Connection[Any], before: datetime, limit: int) -> Removed:
    came = conversations.remove_deleted(conn, before=before, limit=limit)
    return Removed(came.removed, came.file_paths) if came else Removed(0)


def _remove_messages(conn: Connection[Any], before: datetime, limit: int) -> Removed:
    came = messages.remove_deleted(conn, before=before, limit=limit)
    return Removed(came.removed, came.file_paths) if came else Removed(0)


def _remove_artifacts(conn: Connection[Any], before: datetime, limit: int) -> Removed:
    rows = build_artifacts.delete_old(conn, created_before=before, limit=limit)
    return Removed(len(rows), [row.storage_key for row in rows])
