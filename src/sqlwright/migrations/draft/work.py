"""What is to be done between two databases, and how."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlwright.catalog import Key
from sqlwright.migrations.draft.changes import Changes
from sqlwright.migrations.draft.state import State

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """Two databases, what becomes of each object, and how it is to be done.

    Attributes:
        before: The database as it is.
        after: As it shall be.
        changes: What becomes of each object.
        careful: Tables that were there before have rows and traffic.
        concurrently: Indexes alone differ, and are made and dropped without a transaction.
        forced: What is written as PostgreSQL prints it.
    """

    before: State
    after: State
    changes: Changes
    careful: bool = field(kw_only=True)
    concurrently: bool = field(kw_only=True)
    forced: frozenset[Key] = field(kw_only=True)

    def has_rows(self, table: Key | None) -> bool:
        """Whether a table was there before, and stays."""
        return (
            table is not None
            and table in self.before.objects
            and table not in self.changes.dropped
            and table not in self.changes.made
        )
