"""Backups by PostgreSQL's own programs, each in a folder with a manifest that vouches for it."""

from sqlwright.operations.backup.folder import (
    Backup,
    backups_folder,
    chain_of,
    find_backup,
    list_backups,
    wal_folder,
)
from sqlwright.operations.backup.making import Made, Plan, make_backup, plan_backup
from sqlwright.operations.backup.manifest import Kind, Manifest
from sqlwright.operations.backup.retention import Retention
from sqlwright.operations.backup.wal import archive_command

__all__ = [
    "Backup",
    "Kind",
    "Made",
    "Manifest",
    "Plan",
    "Retention",
    "archive_command",
    "backups_folder",
    "chain_of",
    "find_backup",
    "list_backups",
    "make_backup",
    "plan_backup",
    "wal_folder",
]
