"""Reads what a query gives in pages, as somebody would who turns them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def turn_pages(
    run: Callable[..., list[Any]], query: Any, keys: Mapping[str, str], **arguments: Any
) -> list[Any]:
    """All rows, two a page; `keys` has for each parameter of the place the column it is read from.

    The last page is asked for too, the empty one.
    """
    rows: list[Any] = []
    place = dict.fromkeys(keys)
    while page := run(query, **arguments, **place, limit=2):
        rows += page
        place = {parameter: getattr(page[-1], column) for parameter, column in keys.items()}
    return rows
