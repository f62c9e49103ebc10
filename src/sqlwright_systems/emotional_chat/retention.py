"""What emotional_chat keeps for how long: the log of the system, for 90 days."""

from __future__ import annotations

from datetime import timedelta

from sqlwright.hooks.retention import Policy, Removed
from sqlwright_systems.emotional_chat import system_logs

__all__ = ["policies"]


def policies() -> list[Policy]:
    """The policies."""
    return [
        Policy(
            table="emotional_chat.system_logs",
            keep=timedelta(days=90),
            find=lambda conn, before, limit: system_logs.list_old(conn, before=before, limit=limit),
            remove=lambda conn, before, limit: Removed(
                system_logs.delete_old(conn, before=before, limit=limit)
            ),
        )
    ]
