"""The steps that drop and make objects, safely where there may be rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft.alter import validate
from sqlwright.migrations.draft.columns import alter_column
from sqlwright.migrations.draft.create import create
from sqlwright.migrations.draft.drop import drop
from sqlwright.migrations.draft.losses import loss_of
from sqlwright.migrations.draft.parts import constraint, own_name
from sqlwright.migrations.draft.settings import settings
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.step import Lock, Mode, Node, Step
from sqlwright.migrations.draft.tables import create_table, index_text
from sqlwright.migrations.draft.words import wrap
from sqlwright.migrations.draft.work import Work

__all__ = ["creates", "drops"]


def drops(work: Work, gone_with: Mapping[Key, Key]) -> Iterator[Step]:
    """A step for each object that is dropped by a statement of its own."""
    for key in work.changes.dropped - gone_with.keys():
        one = work.before.objects[key]
        alone = (
            key.kind == "index"
            and (work.careful or work.concurrently)
            and _can_be_alone(work, one, work.before)
        )
        yield Step(
            node=Node("drop", key),
            statements=(drop(work.before, key, concurrently=alone),),
            locks=_locks_of_drop(work, one, alone=alone),
            alone=alone,
            losses=loss_of(work.before, work.after, key, again=key in work.changes.made),
        )


def _can_be_alone(work: Work, one: Object, state: State) -> bool:
    """Whether an index can be worked on concurrently: its table has rows and no partitions."""
    if not work.has_rows(one.parent) or one.parent is None:
        return False
    return "partition_by" not in state.objects[one.parent].properties


def _locks_of_drop(work: Work, one: Object, *, alone: bool) -> tuple[Lock, ...]:
    table = one if one.kind == "table" else None
    if one.kind == "default" and one.parent:
        table = work.before.objects.get(work.before.objects[one.parent].parent or one.key)
    elif one.parent and one.parent.kind == "table":
        table = work.before.objects.get(one.parent)
    if table is None or table.kind != "table":
        return ()
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if alone else Mode.ACCESS_EXCLUSIVE
    return (Lock(table.name, mode), *_referred(work.before, one))


def _referred(state: State, one: Object) -> list[Lock]:
    """The table that a foreign key refers to."""
    if one.properties.get("type") != "foreign key":
        return []
    tables = {
        Lock(wanted.name.rpartition(".")[0], Mode.SHARE_ROW_EXCLUSIVE)
        for wanted in state.needs.get(one.key, ())
        if wanted.kind == "column" and state.objects[wanted].parent != one.parent
    }
    return sorted(tables)


def creates(work: Work, comes_with: Mapping[Key, Key]) -> Iterator[Step]:
    """The steps for each object that is made by a statement of its own."""
    members: dict[Key, list[Key]] = defaultdict(list)
    for key, top in comes_with.items():
        members[top].append(key)
    for key in work.changes.made - comes_with.keys():
        one = work.after.objects[key]
        if key.kind == "table":
            statements = [
                *create_table(work.after, key, members[key], exact=work.forced),
                *settings(work.after, key, members[key]),
            ]
            yield Step(node=Node("create", key), statements=tuple(map(wrap, statements)))
        elif key.kind == "index":
            yield _create_index(work, one)
        elif key.kind == "constraint" and work.careful and work.has_rows(one.parent):
            yield from _add_constraint(work, one)
        elif key.kind == "column" and work.careful:
            yield from _add_column(work, one, members[key])
        else:
            statements = create(work.after, key, exact=work.forced)
            if key.kind == "column":
                statements += settings(work.after, key, ())
            yield Step(
                node=Node("create", key),
                statements=tuple(statements),
                locks=_locks_of_create(work, one),
            )


def _locks_of_create(work: Work, one: Object) -> tuple[Lock, ...]:
    parent = one.parent
    if one.kind == "default" and parent:
        parent = work.after.objects[parent].parent
    if parent is None or parent.kind != "table" or not work.has_rows(parent):
        return ()
    modes = {
        "trigger": Mode.SHARE_ROW_EXCLUSIVE,
        "statistics": Mode.SHARE_UPDATE_EXCLUSIVE,
        "index": Mode.SHARE,
    }
    reads = one.kind in {"constraint", "index"}
    if one.properties.get("type") == "foreign key":
        modes["constraint"] = Mode.SHARE_ROW_EXCLUSIVE
    mode = modes.get(one.kind, Mode.ACCESS_EXCLUSIVE)
    return (Lock(parent.name, mode, reads), *_referred(work.after, one))


def _create_index(work: Work, one: Object) -> Step:
    alone = (work.careful or work.concurrently) and _can_be_alone(work, one, work.after)
    text = index_text(str(one.properties["definition"]), exact=one.key in work.forced)
    if alone:
        text = wrap(text.replace("index ", "index concurrently ", 1))
    locks = _locks_of_create(work, one)
    if alone and one.parent:
        locks = (Lock(one.parent.name, Mode.SHARE_UPDATE_EXCLUSIVE, reads=True),)
    return Step(
        node=Node("create", one.key),
        statements=(text,),
        locks=locks,
        alone=alone,
    )


def _add_constraint(work: Work, one: Object) -> Iterator[Step]:
    """Keys take over an index that was built beside; the rest is added unchecked, then checked."""
    assert one.parent is not None, one.key
    kind, exact = one.properties["type"], one.key in work.forced
    is_partitioned = "partition_by" in work.after.objects[one.parent].properties
    index = _index_of(work.after, one)
    if kind in {"primary key", "unique"} and index is not None and not is_partitioned:
        text = index_text(str(index.properties["definition"]), exact=True)
        yield Step(
            node=Node("index", one.key),
            statements=(wrap(text.replace("index ", "index concurrently ", 1)),),
            locks=(Lock(one.parent.name, Mode.SHARE_UPDATE_EXCLUSIVE, reads=True),),
            alone=True,
            remarks=(f"{own_name(one)} takes it over in the next file.",),
        )
        words = constraint(one, exact=True, using=own_name(one))
        yield Step(
            node=Node("create", one.key),
            statements=(f"alter table {one.parent.name}\n    add {words}",),
            locks=(Lock(one.parent.name, Mode.ACCESS_EXCLUSIVE),),
        )
        return
    unchecked = (
        kind in {"check", "foreign key"}
        and not (kind == "foreign key" and is_partitioned)
        and one.properties.get("enforced") is not False
    )
    words = constraint(one, exact=exact, valid=not unchecked).replace("\n", "\n    ")
    mode = Mode.SHARE_ROW_EXCLUSIVE if kind == "foreign key" else Mode.ACCESS_EXCLUSIVE
    yield Step(
        node=Node("create", one.key),
        statements=(wrap(f"alter table {one.parent.name}\n    add {words}"),),
        locks=(Lock(one.parent.name, mode, not unchecked), *_referred(work.after, one)),
    )
    if unchecked and one.properties["validated"]:
        yield replace(validate(one), node=Node("validate", one.key))


def _index_of(state: State, one: Object) -> Object | None:
    found = [
        index
        for index in state.snapshot.objects.values()
        if index.kind == "index" and index.parent == one.key
    ]
    return found[0] if found else None


def _add_column(work: Work, one: Object, members: Collection[Key]) -> Iterator[Step]:
    """A column that must not be null and has nothing to begin with is filled before it is said."""
    assert one.parent is not None, one.key
    properties = one.properties
    has_value = bool(members) or properties.keys() & {"default", "generated", "identity"}
    locks = (Lock(one.parent.name, Mode.ACCESS_EXCLUSIVE),)
    if not properties["not_null"] or has_value:
        yield Step(
            node=Node("create", one.key),
            statements=(
                *create(work.after, one.key, exact=work.forced),
                *settings(work.after, one.key, ()),
            ),
            locks=locks,
        )
        return
    bare = {k: v for k, v in properties.items() if k not in {"not_null", "not_null_name"}}
    bare["not_null"] = False
    nullable = replace(one, properties=bare)
    shown = replace(work.after, objects={**work.after.objects, one.key: nullable})
    yield Step(
        node=Node("create", one.key),
        statements=(
            *create(shown, one.key, exact=work.forced),
            *settings(shown, one.key, ()),
        ),
        locks=locks,
        remarks=(f"Until it is filled, {own_name(one)} is null in the rows that are there.",),
    )
    yield from alter_column(shown, work.after, one.key, {"not_null"}, careful=True)
