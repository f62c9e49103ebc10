"""What the proof of not-null takes for granted: columns, strictness, and trusted functions.

`functions.tsv` beside this names each trusted function by its OID, which PostgreSQL never gives to
another, with a rule and the reason. The rules say when a call's result is not null:

    always          whatever the arguments
    given           where every argument is not null
    first           where the first argument is not null
    epoch           where the field asked for is `epoch`, and the argument is not null
    group           of an aggregate: over at least one row, each with arguments that are not null
    rows            of an aggregate: over at least one row
    column, columns of a function in `from`: these of its columns, in every row
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.catalog import Catalogue
from sqlwright.queries import named_queries, run_query

__all__ = ["Knowledge", "read_knowledge", "trusted_functions"]

_SQL = Path(__file__).parent / "sql" / "knowledge.sql"

_HERE = Path(__file__).parent
_FIRST_OWN = 16384  # the first OID that PostgreSQL gives to what users make


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """A database's facts, by OID.

    Attributes:
        not_null: Table and number of each column that holds no null.
        strict: Functions that give a null for a null.
        volatile: Functions that may give another result for the same arguments.
        operators: The function of each operator.
        kept: Tables without a trigger that could change a row on its way in.
        enums: Types whose values are labels.
        trusted: The rule of each trusted function.
    """

    not_null: frozenset[tuple[int, int]]
    strict: frozenset[int]
    volatile: frozenset[int]
    operators: Mapping[int, int]
    kept: frozenset[int]
    enums: frozenset[int]
    trusted: Mapping[int, str]

    def is_plain(self, type_id: int) -> bool:
        """Whether values of the type go into another by a cast that never gives a null."""
        return 0 < type_id < _FIRST_OWN or type_id in self.enums


@cache
def trusted_functions() -> Mapping[int, tuple[str, str, str]]:
    """By OID: the function as PostgreSQL writes it, its rule, and the reason."""
    text = (_HERE / "functions.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines()]
    return {int(oid): (function, rule, reason) for oid, function, rule, reason in lines}


def read_knowledge(conn: psycopg.Connection[Any], catalogue: Catalogue) -> Knowledge:
    """What is known of the database behind the connection."""
    functions = run_query(conn, named_queries(_SQL)["list_functions"], {}).fetchall()
    return Knowledge(
        not_null=frozenset(at for at, column in catalogue.columns.items() if column.is_not_null),
        strict=frozenset(row[0] for row in functions if row[1]),
        volatile=frozenset(row[0] for row in functions if row[2]),
        operators=dict(run_query(conn, named_queries(_SQL)["list_operators"], {}).fetchall()),
        kept=frozenset(
            row[0] for row in run_query(conn, named_queries(_SQL)["list_kept_tables"], {})
        ),
        enums=frozenset(found.id for found in catalogue.types.values() if found.kind == "e"),
        trusted={oid: rule for oid, (_, rule, _) in trusted_functions().items()},
    )
