"""Which rows a way there and back loses or changes: pure comparison of what tables hold.

A migration is applied, rows are written, it is rolled back and applied again. Rows that were there
before it must be there after, in the columns that they had then; rows that were written in between
stay in the tables that were there before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlwright.migrations.contents import Contents, Rows

__all__ = ["Course", "Loss", "after_rollback", "after_second_apply", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the tables held: at first, once applied, with rows written since, and rolled back.

    All but the first have hashes of the columns alone that were there at first.
    """

    before: Contents
    applied: Contents
    written: Contents
    back: Contents


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What became of the `rows` that a table should hold, or of a sequence.

    Attributes:
        kind: `rows` or `sequence`.
        name: Of the table or the sequence, qualified and quoted.
        rows: How many there should be.
        lost: How many are not there.
        changed: How many are other than they were.
        more: How many there are too many.
        position: How far the sequence had come, and how far it is: it will give numbers again.
    """

    kind: str = "rows"
    name: str
    rows: int = 0
    lost: int = 0
    changed: int = 0
    more: int = 0
    position: tuple[int, int | None] | None = None


def after_rollback(course: Course) -> list[Loss]:
    """What is not as it was, once the migration was rolled back."""
    losses = [_after_rollback(course, rows) for rows in course.before.tables]
    return [loss for loss in losses if loss] + list(_fallen_back(course))


def _after_rollback(course: Course, before: Rows) -> Loss | None:
    """Rows that were written to since may be other again, but are there."""
    applied, written, back = _each(before, course.applied, course.written, course.back)
    if applied is None or written is None or applied.hashes == written.hashes:
        return _compare(before.name, before, back)
    left_alone = before.hashes & applied.hashes & written.hashes
    expected = before.count + written.count - applied.count
    return _at_least(before, left_alone, back) or _count(before.name, expected, back)


def after_second_apply(course: Course, contents: Contents) -> list[Loss]:
    """What is not as it was, once the migration was applied again."""
    losses = [_after_second_apply(course, contents, rows) for rows in course.before.tables]
    return [loss for loss in losses if loss]


def _after_second_apply(course: Course, contents: Contents, before: Rows) -> Loss | None:
    """The migration may change rows; those that it left alone once it leaves alone again."""
    applied, back, again = _each(before, course.applied, course.back, contents)
    if applied is None or back is None:  # the catalogue tells
        return None
    if _same(before, applied):
        return _compare(before.name, back, again)
    left_alone = before.hashes & applied.hashes & back.hashes
    if again and (gone := (left_alone - again.hashes).total()):
        return Loss(name=before.name, rows=back.count, changed=gone)
    return _count(before.name, back.count + applied.count - before.count, again)


def dropped(course: Course) -> dict[str, int]:
    """What the rollback takes with it, as it must: what was written where the migration made room.

    Returns:
        How many rows, by the name of a new table, or of a new column: `shop.items.price`.
    """
    found = {}
    for written in course.written.tables:
        before = course.before.find(written.id, written.name)
        back = course.back.find(written.id, written.name)
        if before is None and back is None:
            found[written.name] = written.count
        elif before:
            gone = written.added.keys() - (back.added.keys() if back else ())
            found |= {f"{written.name}.{name}": written.added[name] for name in sorted(gone)}
    return {name: rows for name, rows in found.items() if rows}


def _each(rows: Rows, *contents: Contents) -> Iterator[Rows | None]:
    """The same table at several times."""
    return (one.find(rows.id, rows.name) for one in contents)


def _same(before: Rows, after: Rows | None) -> bool:
    """Whether every row is as it was; not where columns are gone."""
    return (
        after is not None
        and len(before.columns) == len(after.columns)
        and before.hashes == after.hashes
    )


def _compare(name: str, expected: Rows, found: Rows | None) -> Loss | None:
    if found is None or len(found.columns) < len(expected.columns):  # which the catalogue tells
        return _count(name, expected.count, found)
    return _loss(name, expected.hashes, found.hashes)


def _loss(name: str, expected: Counter[int], found: Counter[int]) -> Loss | None:
    gone, new = (expected - found).total(), (found - expected).total()
    changed = min(gone, new)
    loss = Loss(
        name=name,
        rows=expected.total(),
        lost=gone - changed,
        changed=changed,
        more=new - changed,
    )
    return loss if gone or new else None


def _at_least(before: Rows, hashes: Counter[int], found: Rows | None) -> Loss | None:
    """Whether these rows are there, besides any others; not asked where columns are gone."""
    if found is None or len(found.columns) < len(before.columns):
        return None
    gone = (hashes - found.hashes).total()
    return Loss(name=before.name, rows=before.count, changed=gone) if gone else None


def _count(name: str, expected: int, found: Rows | None) -> Loss | None:
    """Where rows can't be told from each other: whether there are as many."""
    return _loss(name, Counter({0: expected}), Counter({0: found.count if found else 0}))


def _fallen_back(course: Course) -> Iterator[Loss]:
    """Sequences that would give numbers again which they have given."""
    for name, before in course.before.sequences.items():
        least = before if before is not None else course.written.sequences.get(name)
        if least is None or name not in course.back.sequences:
            continue
        back = course.back.sequences[name]
        if back is None or back < least:
            yield Loss(kind="sequence", name=name, position=(least, back))
