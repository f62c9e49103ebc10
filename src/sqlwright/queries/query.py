"""A named query as its file has it."""

from __future__ import annotations

import hashlib
import keyword
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlwright.queries.copies import Copied

__all__ = ["Kind", "Query", "digest_of", "is_attribute"]

# What aiosql's object of functions has already.
_TAKEN = (
    "add_child_queries",
    "add_queries",
    "add_query",
    "available_queries",
    "driver_adapter",
    "is_aio",
    "load_from_list",
    "load_from_tree",
)


class Kind(StrEnum):
    """What a query gives back."""

    ONE = "one"
    VALUE = "value"
    MANY = "many"
    AFFECTED = "affected"
    SCRIPT = "script"
    COPY = "copy"


@dataclass(frozen=True, kw_only=True)
class Query:
    """A named query as its file has it.

    Attributes:
        statement: `sql` with `$n` for each `:name`.
        not_null: Columns that the comment claims are not null: `-- not null: total`.
        scans: Why the query may scan a table: `-- scans: a few rows of settings`.
        line: That of its name, from 1; `sql` begins at `sql_line`.
    """

    name: str
    kind: Kind
    parameters: tuple[str, ...]
    documentation: str
    sql: str
    statement: str
    not_null: tuple[str, ...]
    scans: str | None
    path: Path
    line: int
    sql_line: int
    copied: Copied | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of what the types of a generated function were made from."""
        text = "\n".join([self.name, self.kind, *self.parameters, *self.not_null, self.sql])
        return hashlib.sha256(text.encode()).hexdigest()


def is_attribute(name: str) -> bool:
    """Whether a query, or a folder or file of queries, can be reached by this name."""
    free = name not in _TAKEN and not keyword.iskeyword(name) and not name.startswith("_")
    return name.isidentifier() and free


def digest_of(queries: Iterable[Query]) -> str:
    """SHA-256 over a file's queries: what a generated module remembers of it."""
    return hashlib.sha256("\n".join(query.hash for query in queries).encode()).hexdigest()
