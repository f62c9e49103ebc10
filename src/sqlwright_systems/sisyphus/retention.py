"""What sisyphus keeps for how long: reports for 30 days, with the folders of Allure's files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from sqlwright.hooks.retention import Policy, Removed, Storage
from sqlwright_systems.sisyphus import test_reports

__all__ = ["policies"]

_DAYS = 30


def policies() -> list[Policy]:
    """The policies."""
    return [
        Policy(
            table="sisyphus.test_reports",
            keep=timedelta(days=_DAYS),
            find=lambda conn, _, limit: test_reports.list_old(conn, days=_DAYS, limit=limit),
            remove=_remove_reports,
            storage=Storage(variable="SISYPHUS_REPORTS", named=_named, folders=True),
        )
    ]


def _remove_reports(conn: Connection[Any], _before: datetime, limit: int) -> Removed:
    rows = test_reports.purge(conn, days=_DAYS, limit=limit)
    return Removed(len(rows), [row.allure_report_path for row in rows])


def _named(conn: Connection[Any], paths: list[Any]) -> list[str | None]:
    rows = test_reports.list_named(conn, allure_report_paths=paths)
    return [row.allure_report_path for row in rows]
