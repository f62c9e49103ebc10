"""Options that several commands take, each written once."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer

__all__ = [
    "Database",
    "From",
    "Json",
    "MaxLag",
    "Pause",
    "Schemas",
    "Scratch",
    "To",
    "Yes",
    "columns",
    "print_json",
    "utc",
    "width",
]

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        "-d",
        metavar="URL",
        help="Which database; else DATABASE_URL, else the embedded server.",
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FOLDER", help="Where backups are; else the folder of the settings."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
MaxLag = Annotated[
    float,
    typer.Option(min=0, metavar="SECONDS", help="Wait for standbys further behind; 0: never."),
]
Pause = Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Between two batches.")]
Schemas = Annotated[
    list[str] | None,
    typer.Option("--schema", "-s", metavar="NAME", help="This schema alone; may be repeated."),
]
Scratch = Annotated[
    str | None,
    typer.Option(
        "--scratch", metavar="URL", help="A server for the scratch database; else the same."
    ),
]
To = Annotated[str | None, typer.Option("--to", metavar="ID", help="Up to this migration.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would be.")]


def print_json(document: Any) -> None:
    """Prints the one document of a command; times in ISO 8601."""
    print(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def columns(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows as lines, aligned; numbers to the right."""
    widths = [max(width(str(value)) for value in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(_padded(value, wide) for value, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _padded(value: Any, wide: int) -> str:
    text = str(value)
    space = " " * (wide - width(text))
    return space + text if isinstance(value, int) else text + space


def width(text: str) -> int:
    """How many columns of a terminal the text takes: a Chinese character two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def utc(time: datetime | None) -> str:
    """A time in UTC, to the second; empty where there is none."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else ""
