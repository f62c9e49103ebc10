"""How the rows of a query are printed: as a table, as lines of JSON, as CSV, or as one document."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sqlwright.cli.options import columns, width
from sqlwright.cli.talk import talk

if TYPE_CHECKING:
    from sqlwright.operations.run import Named, Ran

__all__ = ["Form", "pass_on", "print_kept"]

# What would move the cursor, break the line or turn its direction.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class Form(Enum):
    """What a person asked for."""

    TABLE = auto()
    LINES = auto()
    CSV = auto()
    JSON = auto()


def pass_on(ran: Ran, form: Form) -> list[Sequence[Any]]:
    """Prints rows as they come, or gives them all, to be printed when they are committed."""
    from sqlwright.operations.run import csv_line, json_line

    if form is Form.LINES:
        for row in ran.rows:
            print(json_line(ran.names, row))
    elif form is Form.CSV and ran.names:
        print(csv_line(ran.names))
        for row in ran.rows:
            print(csv_line(row))
    else:
        return list(ran.rows)
    sys.stdout.flush()  # a reader that has gone is noticed before the commit
    return []


def print_kept(
    named: Named, ran: Ran, rows: Sequence[Sequence[Any]], form: Form, *, dry_run: bool
) -> None:
    """Prints what was kept until it is committed."""
    if form is Form.JSON:
        print(_json(named, ran, rows, dry_run=dry_run))
    elif ran.affected is not None:
        print(f"{ran.affected:,} {'row' if ran.affected == 1 else 'rows'} affected.")
    elif form is Form.TABLE and ran.names:
        _print_table(ran.names, rows, is_record=named.query.kind.value == "one")
    sys.stdout.flush()


def _json(named: Named, ran: Ran, rows: Sequence[Sequence[Any]], *, dry_run: bool) -> str:
    """The one document, of values that are JSON already."""
    from sqlwright.operations.run import json_line

    parts = [f'"query": "{named.name}"', f'"committed": {"false" if dry_run else "true"}']
    if ran.affected is not None:
        parts.append(f'"affected": {ran.affected}')
    elif ran.names:
        listed = ",\n    ".join(json_line(ran.names, row) for row in rows)
        parts.append(f'"rows": [\n    {listed}\n  ]' if rows else '"rows": []')
    return "{\n  " + ",\n  ".join(parts) + "\n}"


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]], *, is_record: bool) -> None:
    """A row a line; a column a line where there is one row, or a terminal has no room."""
    if not rows:
        talk("No row.")
        return
    cells = [tuple(map(_cell, row)) for row in rows]
    if len(names) == 1 and len(rows) == 1:
        print(cells[0][0])
        return
    lines = columns([tuple(names), *cells])
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    if is_record or max(map(width, lines)) > room:
        print("\n\n".join("\n".join(_record(names, row)) for row in cells))
    else:
        print("\n".join(lines))


def _record(names: Sequence[str], row: Sequence[Any]) -> list[str]:
    return columns([(name, str(value)) for name, value in zip(names, row, strict=True)])


def _cell(value: Any) -> Any:
    if value is None:
        return "null"
    if isinstance(value, int):
        return value
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(value))
