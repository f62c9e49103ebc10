"""Restores what `backup` made: a dump into a new database, a copy into a new data folder."""

from sqlwright.operations.restore.logical import is_there
from sqlwright.operations.restore.physical import check_target
from sqlwright.operations.restore.point import Point, read_point
from sqlwright.operations.restore.restoring import (
    Recovery,
    choose,
    restore_data,
    restore_database,
    verified,
)

__all__ = [
    "Point",
    "Recovery",
    "check_target",
    "choose",
    "is_there",
    "read_point",
    "restore_data",
    "restore_database",
    "verified",
]
