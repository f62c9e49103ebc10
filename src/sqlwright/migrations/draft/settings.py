"""What a new table or column has that `create table` can't say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from sqlwright.catalog import Key
from sqlwright.migrations.draft.columns import storage_changes
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.words import wrap

__all__ = ["settings"]

_KEPT = {"storage", "compression", "statistics_target", "options"}


def settings(state: State, key: Key, within: Collection[Key]) -> list[str]:
    """The statements that follow the one that makes the table or column.

    Args:
        state: Where it is.
        key: The table or column.
        within: What is made with it.
    """
    found = list(_of_table(state, key)) if key.kind == "table" else []
    for part in sorted({key, *within}, key=lambda one: state.places.get(one, 0)):
        if part.kind == "column":
            one = state.objects[part]
            bare = {name: one.properties[name] for name in one.properties if name not in _KEPT}
            names = _KEPT & one.properties.keys()
            found += storage_changes(replace(one, properties=bare), one, names)
    return [wrap(text) for text in found]


def _of_table(state: State, key: Key) -> Iterator[str]:
    properties = state.objects[key].properties
    if properties.get("replica_identity") in {"full", "nothing"}:
        yield f"alter table {key.name} replica identity {properties['replica_identity']}"
    if properties.get("row_security"):
        yield f"alter table {key.name} enable row level security"
    if properties.get("forced_row_security"):
        yield f"alter table {key.name} force row level security"
