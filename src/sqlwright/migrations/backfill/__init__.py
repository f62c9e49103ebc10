"""Fills a large table by raw SQL: in small transactions along a key, up to an end that is fixed."""

from __future__ import annotations

from sqlwright.migrations.backfill.overview import Plan, Standing, State, list_standings, plan
from sqlwright.migrations.backfill.pace import Pace
from sqlwright.migrations.backfill.run import Progress, run
from sqlwright.migrations.backfill.source import Backfill, find_backfill

__all__ = [
    "Backfill",
    "Pace",
    "Plan",
    "Progress",
    "Standing",
    "State",
    "find_backfill",
    "list_standings",
    "plan",
    "run",
]
