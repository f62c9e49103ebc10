"""The steps that comment on what is new, or was commented on otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from sqlwright.catalog import Object
from sqlwright.migrations.draft.parts import own_name
from sqlwright.migrations.draft.step import Node, Step
from sqlwright.migrations.draft.words import WIDTH, literal
from sqlwright.migrations.draft.work import Work

__all__ = ["comments"]


def comments(work: Work) -> Iterator[Step]:
    """What is commented on otherwise than it was, or is made anew."""
    old, new = work.before.snapshot.objects, work.after.snapshot.objects
    for key, one in new.items():
        top = work.after.part_of.get(key, key)
        while top in work.after.part_of:
            top = work.after.part_of[top]
        if top not in work.after.objects:
            continue
        is_new = top in work.changes.made or key not in old or top in work.changes.rebuilt
        is_new = is_new or _belongs_to_made(work, one)
        was = old[key].properties.get("comment") if key in old and not is_new else None
        if one.properties.get("comment") != was:
            yield Step(node=Node("comment", key), statements=(_comment(one),))


def _belongs_to_made(work: Work, one: Object) -> bool:
    return one.parent is not None and one.kind == "column" and one.parent in work.changes.made


def _comment(one: Object) -> str:
    """What comments on the object as it is commented on, or takes the comment away."""
    kind, name = one.kind, one.name
    if kind == "domain constraint" and one.parent:
        kind, name = "constraint", f"{own_name(one)} on domain {one.parent.name}"
    kind = "column" if kind == "attribute" else kind
    text = one.properties.get("comment")
    if text is None:
        return f"comment on {kind} {name} is null"
    value = literal(str(text))
    line = f"comment on {kind} {name} is {value}"
    if "\n" in value and "\n" not in str(text):
        return f"comment on {kind} {name} is\n" + "\n".join("    " + v for v in value.split("\n"))
    return (
        line if len(line) <= WIDTH or "\n" in value else f"comment on {kind} {name} is\n    {value}"
    )
