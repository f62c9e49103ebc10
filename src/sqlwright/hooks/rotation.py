"""Which columns hold ciphertext: what a project's `rotate` hook gives.

A hook is a function that takes nothing and gives a list of `Ciphertexts`, whose two functions are
named queries as a rule: one that pages along the key, and one that compares and sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

__all__ = ["Ciphertexts"]


@dataclass(frozen=True, kw_only=True)
class Ciphertexts:
    """The columns of a table that hold ciphertext or null, and the queries that change its key.

    Attributes:
        table: `schema.name`.
        columns: Their names in a page's rows.
        page: Of a connection, a key and a number: so many rows behind that key, from the beginning
            for None, in the order of the key. It is their first column.
        replace: Of a connection and a row, as it was read and as it shall be: changes it unless
            somebody else has changed it since, and gives how many rows that was.
    """

    table: str
    columns: tuple[str, ...]
    page: Callable[[Connection[Any], Any, int], Sequence[Any]]
    replace: Callable[[Connection[Any], Any, Any], int]
