"""How long a system keeps what: the policies that its `cleanup` hook gives.

    def policies() -> list[Policy]:
        return [
            Policy(
                table="shop.baskets",
                keep=timedelta(days=30),
                find=lambda conn, before, limit: baskets.list_old(conn, before=before, limit=limit),
                remove=lambda conn, before, limit: Removed(
                    baskets.delete_old(conn, before=before, limit=limit)
                ),
            )
        ]

Both functions are named queries as a rule. `remove` deletes at most so many rows in one statement,
with `for update skip locked`, so that it waits for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import Connection

__all__ = ["Policy", "Removed", "Storage"]


class Removed(NamedTuple):
    """What a batch deleted: how many rows, and where the bytes of those lie that have any."""

    rows: int
    paths: Sequence[str | None] = ()


@dataclass(frozen=True, kw_only=True)
class Storage:
    """A folder below which bytes lie that rows name by their path.

    Attributes:
        variable: Of the environment, which holds the folder: `SHOP_STORAGE`.
        named: Those of some paths that a row names still: what lies there stays.
        folders: Whether a path may be that of a folder, which goes with all that is in it.
    """

    variable: str
    named: Callable[[Connection[Any], list[Any]], Collection[str | None]]
    folders: bool = False


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What of a table goes when, and what goes with it.

    Attributes:
        table: `schema.name`, which is the policy's name too.
        keep: How long; nothing where the rows themselves say when they expire.
        find: Of a connection, a time and a number: so many of the first rows that are due at that
            time, each with how many are in all, as `due`.
        remove: Of the same: deletes at most so many of the rows that are due.
        storage: Where the bytes of the rows are.
    """

    table: str
    find: Callable[[Connection[Any], datetime, int], Sequence[Any]]
    remove: Callable[[Connection[Any], datetime, int], Removed]
    keep: timedelta = timedelta(0)
    storage: Storage | None = None
