"""What is lost for good when an object is dropped, and how a rename is written instead."""

from __future__ import annotations

from sqlwright.catalog import Key
from sqlwright.migrations.draft.parts import own_name
from sqlwright.migrations.draft.state import State

__all__ = ["loss_of"]


def loss_of(before: State, after: State, key: Key, *, again: bool) -> tuple[str, ...]:
    """A sentence on what is lost, if anything is."""
    one = before.objects[key]
    if key.kind == "table":
        return (f"{one.name} is dropped with its rows.{_rename_of_table(before, after, key)}",)
    computed = ["generated" in one.properties]
    computed += ["generated" in after.objects[key].properties] if again else []
    if key.kind == "column" and not all(computed):
        rename = "" if again else _rename_of_column(before, after, key)
        return (f"{one.name} is dropped with its values.{rename}",)
    if key.kind == "sequence" and not again:
        return (f"{one.name} is dropped, and where it stood is lost.",)
    if key.kind == "schema":
        others = [new for new in after.objects if new.kind == "schema"]
        fresh = sorted(new.name for new in others if new not in before.objects)
        if fresh:
            instead = f"alter schema {one.name} rename to {fresh[0]};"
            return (f"{one.name} is dropped. If it was renamed, write instead: {instead}",)
    return ()


def _rename_of_column(before: State, after: State, key: Key) -> str:
    """How the rename is written, if another column of the type is new in the table."""
    old = before.objects[key]
    assert old.parent is not None, key
    fresh = [
        new
        for new in after.children(old.parent, "column")
        if new.key not in before.objects and new.properties["type"] == old.properties["type"]
    ]
    if not fresh:
        return ""
    return (
        f" If it was renamed, write instead: alter table {old.parent.name}"
        f" rename column {own_name(old)} to {own_name(fresh[0])};"
    )


def _rename_of_table(before: State, after: State, key: Key) -> str:
    """The same for a table, if a new one has at least half of its columns."""
    mine = {own_name(one) for one in before.children(key, "column")}
    schema = before.objects[key].schema
    for other in sorted(after.objects):
        if other.kind != "table" or other in before.objects:
            continue
        theirs = {own_name(one) for one in after.children(other, "column")}
        if after.objects[other].schema == schema and len(mine & theirs) * 2 > len(mine | theirs):
            name = other.name.rpartition(".")[2]
            return f" If it was renamed, write instead: alter table {key.name} rename to {name};"
    return ""
