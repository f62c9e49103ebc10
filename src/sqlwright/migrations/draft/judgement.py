"""What a draft came to: what is proved, what is lost, and what has to be written by hand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlwright.catalog import Key
from sqlwright.migrations.difference import Change, Difference, fold, ignore
from sqlwright.migrations.draft.proof import Proof, Target
from sqlwright.migrations.draft.state import DRAFTED, State
from sqlwright.migrations.draft.step import Step
from sqlwright.migrations.source import Migration

__all__ = ["Draft", "judge", "to_force"]

# Made again, or written in PostgreSQL's own words, where the first draft came out otherwise.
_CAN_BE_FORCED = {
    *("constraint", "index", "view", "materialized view", "function", "procedure", "trigger"),
    *("rule", "policy", "statistics", "domain constraint"),
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Files that are not written yet, and what is to be known about them.

    Attributes:
        schema: The folder that they are for.
        files: Migrations with their rollbacks, in order; none if nothing differs.
        losses: What is lost for good, and how a rename is written instead.
        notes: What a reviewer may want otherwise.
        not_drafted: What differs and has to be written by hand.
        unproved: What differs after the files, though it was drafted.
        not_undone: What differs after the rollbacks.
        error: What the server refused of the files.
    """

    schema: str
    files: tuple[Migration, ...] = ()
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_drafted: tuple[Difference, ...] = ()
    unproved: tuple[Difference, ...] = ()
    not_undone: tuple[Difference, ...] = ()
    error: str | None = None

    @property
    def is_proved(self) -> bool:
        """Whether the files lead to the database, and their rollbacks back."""
        return not (self.unproved or self.not_undone or self.error)


def judge(
    proof: Proof,
    differences: Sequence[Difference],
    wanted: State,
    target: Target,
    *,
    ignored: Sequence[str],
    forced: Collection[Key],
) -> Draft:
    """What the files came to, and what is left to the reader.

    Args:
        proof: The files, tried.
        differences: What differed before them.
        wanted: The database that they shall lead to.
        target: What was drafted.
        ignored: Patterns of what is not compared.
        forced: What was written as PostgreSQL prints it.
    """
    mine = [one for one in differences if _is_mine(one, target)]
    left = ignore(proof.left, ignored)
    skipped, unproved = _apart(
        mine if proof.error else [one for one in left if _is_mine(one, target)], differences
    )
    same = [one for one in unproved if one.object.key in forced and _means_the_same(one)]
    unproved = tuple(one for one in unproved if one not in same)
    others = [one for one in left if not _is_mine(one, target)]
    lost = [one for one in others if one not in differences and _is_new(one, differences)]
    steps = [step for file in proof.steps for step in file]
    return Draft(
        schema=target.schema,
        files=proof.files,
        losses=tuple(loss for step in steps for loss in step.losses),
        notes=(*_notes(steps, wanted), *map(_note_on_brackets, same)),
        not_drafted=fold(skipped),
        unproved=() if proof.error else fold([*unproved, *lost]),
        not_undone=fold(_unrestored(ignore(proof.back, ignored))),
        error=proof.error,
    )


def _means_the_same(one: Difference) -> bool:
    """Whether only brackets differ: read anew, PostgreSQL's own words may get others."""
    texts = [
        [re.sub(r"[()\s]", "", str(value)) for value in (changed.expected, changed.found)]
        for changed in one.properties
        if changed.property == "definition"
    ]
    return len(texts) == len(one.properties) > 0 and all(a == b for a, b in texts)


def _note_on_brackets(one: Difference) -> str:
    return f"{one.object.key} will be printed with other brackets than now; it means the same."


def _is_mine(one: Difference, target: Target) -> bool:
    return one.object.schema is None or one.object.schema in target.schemas


def _is_new(one: Difference, differences: Sequence[Difference]) -> bool:
    return one.object.key not in {other.object.key for other in differences}


def _apart(
    left: Iterable[Difference], differences: Sequence[Difference]
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """What is not drafted at all, and what should be equal by now."""
    by_key = {one.object.key: one for one in differences}
    skipped: list[Difference] = []
    unproved: list[Difference] = []
    for one in left:
        drafted = DRAFTED.get(one.object.kind)
        there = by_key.get(one.object.key)
        if one.change is not Change.CHANGED:
            known = drafted is None and there is not None and there.change is one.change
            (skipped if known else unproved).append(one)
            continue
        was = {changed.property for changed in there.properties} if there else set()
        whole = there is not None and there.change is not Change.CHANGED
        never = [
            changed
            for changed in one.properties
            if (drafted is None or changed.property not in drafted)
            and (whole or changed.property in was or changed.property == "column_order")
        ]
        other = [changed for changed in one.properties if changed not in never]
        if never:
            skipped.append(replace(one, properties=tuple(never)))
        if other:
            unproved.append(replace(one, properties=tuple(other)))
    return tuple(skipped), tuple(unproved)


def _unrestored(back: Iterable[Difference]) -> list[Difference]:
    """What a rollback left otherwise, but for the order of columns, which it can't restore."""
    found = []
    for one in back:
        left = tuple(c for c in one.properties if c.property != "column_order")
        if left or one.change is not Change.CHANGED:
            found.append(replace(one, properties=left))
    return found


def to_force(result: Draft) -> set[Key]:
    """What the next attempt makes again in PostgreSQL's own words."""
    found = set()
    for one in (*result.unproved, *result.not_undone):
        key = one.object.key
        if key.kind in _CAN_BE_FORCED:
            found.add(key)
        if key.kind == "column":
            found.add(Key("default", key.name))
    return found


def _notes(steps: Iterable[Step], wanted: State) -> Iterable[str]:
    """Names that PostgreSQL chose, where the conventions have another scheme."""
    for step in steps:
        for key in [step.node.key, *_inside(step, wanted)]:
            one = wanted.objects.get(key)
            if one is None or key.kind != "constraint" or step.node.verb == "drop":
                continue
            name = key.name.partition(" on ")[0]
            if one.properties["type"] == "check" and name.rstrip("0123456789").endswith("_check"):
                yield (
                    f"{name} is PostgreSQL's own name; CONVENTIONS would have the rule in words:"
                    " rename it in the database and draft again."
                )


def _inside(step: Step, wanted: State) -> list[Key]:
    key = step.node.key
    if step.node.verb != "create" or key.kind != "table":
        return []
    return [one.key for one in wanted.children(key, "constraint")]
