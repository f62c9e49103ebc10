"""What a statement really gives: which columns of its result hold a null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from sqlwright.generate.description import Description


def null_columns(
    conn: psycopg.Connection[Any], statement: str, values: Sequence[Any] = ()
) -> set[int]:
    """The numbers, from 0, of the columns that are null in some row; JSON's own null is none.

    What the statement does is taken back.
    """
    with conn.transaction(force_rollback=True):
        result = psycopg.RawCursor(conn).execute(statement.encode(), values or None).pgresult
    assert result is not None
    return {
        column
        for column in range(result.nfields)
        if any(result.get_value(row, column) is None for row in range(result.ntuples))
    }


def certain_columns(described: Description) -> dict[int, str]:
    """The numbers and names of the columns that are said never to be null, and not just claimed."""
    return {
        number: column.name
        for number, column in enumerate(described.columns)
        if not column.nullable and not column.claimed
    }
