"""The steps from one database to another, and which of them come before which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from sqlwright.catalog import Key, Object
from sqlwright.migrations.draft.alter import alter
from sqlwright.migrations.draft.changes import find_changes
from sqlwright.migrations.draft.comments import comments
from sqlwright.migrations.draft.making import creates, drops
from sqlwright.migrations.draft.parts import own_name
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.step import Node, Step
from sqlwright.migrations.draft.within import comes_with, gone_with
from sqlwright.migrations.draft.work import Work

__all__ = ["Plan", "make_plan"]

_NAMED = {"table", "view", "materialized view", "index", "sequence", "type", "domain"}
_KEYS = {"primary key", "unique", "exclude"}
_CHAIN = ("drop", "index", "create", "alter", "check", "validate", "not null")
_ByKey: TypeAlias = Mapping[Key, Mapping[str, Node]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Steps, and what comes first.

    Attributes:
        steps: Each by what it does.
        first: What must be done before each.
        later: Pairs of which the second must be in a later file than the first.
    """

    steps: dict[Node, Step] = field(default_factory=dict)
    first: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))
    later: set[tuple[Node, Node]] = field(default_factory=set)

    def put(self, first: Iterable[Node | None], then: Iterable[Node | None]) -> None:
        """The ones before the others, of those that there are."""
        for one in first:
            for two in then:
                if one and two and one != two and one in self.steps and two in self.steps:
                    self.first[two].add(one)

    def put_if_free(self, first: Node, then: Node) -> None:
        """The one before the other, unless it waits for it already."""
        if first != then and {first, then} <= self.steps.keys() and not self._waits(first, then):
            self.first[then].add(first)

    def _waits(self, start: Node, goal: Node) -> bool:
        todo, seen = [start], {start}
        while todo:
            node = todo.pop()
            if node == goal:
                return True
            fresh = self.first.get(node, set()) - seen
            seen |= fresh
            todo += fresh
        return False


def make_plan(
    before: State,
    after: State,
    *,
    careful: bool,
    concurrently: bool = False,
    forced: Collection[Key] = (),
) -> Plan:
    """The steps that lead from one database to the other.

    Args:
        before: The database as it is.
        after: As it shall be.
        careful: Tables that were there before have rows and traffic; else all is one transaction.
        concurrently: Indexes alone differ, and are made and dropped without a transaction.
        forced: What is made again, and written as PostgreSQL prints it.
    """
    changes = find_changes(before, after, forced=forced, whole=not careful)
    work = Work(
        before, after, changes, careful=careful, concurrently=concurrently, forced=frozenset(forced)
    )
    going, coming = gone_with(before, changes), comes_with(after, changes)
    plan = Plan()
    for step in [*drops(work, going), *creates(work, coming), *_alters(work), *comments(work)]:
        plan.steps[step.node] = step
    by_key = _by_key(plan, going, coming)
    for key, own in by_key.items():
        _order_own(plan, own)
        _order_needs(work, plan, key, by_key)
    _order_comments(work, plan, by_key)
    _order_names(work, plan)
    _order_mentions(work, plan, by_key)
    return plan


def _alters(work: Work) -> Iterator[Step]:
    for key, names in work.changes.altered.items():
        yield from alter(
            work.before,
            work.after,
            key,
            set(names),
            careful=work.careful,
            rebuilt=key in work.changes.rebuilt,
        )


def _by_key(plan: Plan, going: Mapping[Key, Key], coming: Mapping[Key, Key]) -> _ByKey:
    """What is done with each object, itself or with what it is part of."""
    found: dict[Key, dict[str, Node]] = defaultdict(dict)
    for node in plan.steps:
        found[node.key][node.verb] = node
    for verb, whole in (("drop", going), ("create", coming)):
        for part, top in whole.items():
            found[part][verb] = Node(verb, top)
    return dict(found)


def _order_own(plan: Plan, own: Mapping[str, Node]) -> None:
    """One thing after the other with one object; what reads rows, in a later file."""
    for one, two in pairwise(own[verb] for verb in _CHAIN if verb in own):
        plan.put([one], [two])
    for verb in ("create", "check"):
        if verb in own and "validate" in own:
            plan.later.add((own[verb], own["validate"]))


def _order_needs(work: Work, plan: Plan, key: Key, by_key: _ByKey) -> None:
    """What needs another is dropped before it, and made after it."""
    own = by_key[key]
    for wanted in work.before.needs.get(key, ()):
        theirs = by_key.get(wanted, {})
        plan.put([own.get("drop")], [theirs.get("drop"), theirs.get("alter")])
        plan.put([own.get("alter")], [theirs.get("drop")])
    for wanted in work.after.needs.get(key, ()):
        theirs = by_key.get(wanted, {})
        made = [theirs.get(verb) for verb in ("create", "alter", "index")]
        plan.put(made, [own.get(verb) for verb in ("index", "create", "alter", "comment")])
        if work.after.objects[key].properties.get("type") == "primary key":
            plan.put([theirs.get("not null")], [own.get("create")])
        if "labels" in work.changes.altered.get(wanted, ()) and wanted not in work.changes.rebuilt:
            # A new value of an enumeration can't be used before it is committed.
            pairs = [(theirs["alter"], own[verb]) for verb in ("create", "alter") if verb in own]
            plan.later.update(pairs)


def _order_mentions(work: Work, plan: Plan, by_key: _ByKey) -> None:
    """A function comes after what its text names, unless that needs the function."""
    for key, named in work.after.mentions.items():
        nodes = [by_key.get(key, {}).get(verb) for verb in ("create", "alter")]
        for then in filter(None, nodes):
            for wanted in sorted(named):
                firsts = [by_key.get(wanted, {}).get(verb) for verb in ("create", "alter")]
                for first in filter(None, firsts):
                    plan.put_if_free(first, then)


def _order_comments(work: Work, plan: Plan, by_key: _ByKey) -> None:
    """A comment follows what it is on, or what that comes along with."""
    for node in [node for node in plan.steps if node.verb == "comment"]:
        key = node.key
        while key in work.after.part_of:
            key = work.after.part_of[key]
        own = by_key.get(key, {})
        plan.put([own.get("create"), own.get("alter")], [node])


def _order_names(work: Work, plan: Plan) -> None:
    """A name is free once what had it is gone."""
    gone: dict[str, list[Node]] = defaultdict(list)
    for node in plan.steps:
        if node.verb == "drop" and (name := _relation(work.before.objects[node.key])):
            gone[name].append(node)
    for node in list(plan.steps):
        if node.verb in {"create", "index"} and (name := _relation(work.after.objects[node.key])):
            for first in gone.get(name, ()):
                plan.put_if_free(first, node)


def _relation(one: Object) -> str | None:
    """The name that it has among relations."""
    if one.kind in _NAMED:
        return one.name
    if one.kind == "constraint" and one.properties["type"] in _KEYS and one.parent:
        return f"{one.parent.name.rpartition('.')[0]}.{own_name(one)}"
    return None
