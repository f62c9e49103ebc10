"""One step of a draft: statements on one object that belong together, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from sqlwright.catalog import Key

__all__ = ["Lock", "Mode", "Node", "Step", "strongest"]


class Mode(IntEnum):
    """Lock modes of tables, the weaker first."""

    SHARE_UPDATE_EXCLUSIVE = 1
    SHARE = 2
    SHARE_ROW_EXCLUSIVE = 3
    ACCESS_EXCLUSIVE = 4

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


class Lock(NamedTuple):
    """A lock on a table that was there before; `reads` if it is held while every row is read."""

    relation: str
    mode: Mode
    reads: bool = False


class Node(NamedTuple):
    """What is done with which object."""

    verb: str
    key: Key


@dataclass(frozen=True, kw_only=True)
class Step:
    """Statements, without their semicolons.

    Attributes:
        node: What is done with which object.
        statements: In order.
        locks: On tables that may have rows.
        alone: It has a file of its own, and no transaction.
        losses: Sentences on what is lost for good.
        remarks: Comments that stand above the statements.
    """

    node: Node
    statements: tuple[str, ...]
    locks: tuple[Lock, ...] = ()
    alone: bool = False
    losses: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def strongest(locks: Iterable[Lock]) -> list[Lock]:
    """One lock a table: the strongest mode, and whether any is held while rows are read."""
    found: dict[str, Lock] = {}
    for lock in locks:
        known = found.get(lock.relation, lock)
        found[lock.relation] = Lock(
            lock.relation, max(known.mode, lock.mode), known.reads or lock.reads
        )
    return sorted(found.values())
