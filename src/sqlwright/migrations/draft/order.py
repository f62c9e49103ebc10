"""The steps of a plan in files: each after what it needs, as few files as there can be."""

from __future__ import annotations

from collections import defaultdict

from sqlwright.catalog import Key
from sqlwright.errors import DatabaseError
from sqlwright.migrations.draft.plan import Plan
from sqlwright.migrations.draft.state import State
from sqlwright.migrations.draft.step import Node, Step

__all__ = ["Places", "in_files"]

_VERBS = ("drop", "alter", "index", "create", "check", "validate", "not null", "comment")
_KINDS = (
    *("schema", "type", "domain", "domain constraint", "sequence", "function", "procedure"),
    *("table", "column", "default", "owner of sequence", "constraint", "index", "statistics"),
    *("rule", "policy", "view", "materialized view", "trigger", "attribute"),
)


class Places:
    """Where a step would stand if nothing forced it elsewhere: by table, and within by kind."""

    def __init__(self, *states: State) -> None:
        self._states = states

    def of(self, node: Node) -> tuple[object, ...]:
        """What steps are sorted by."""
        key = node.key
        verb = _VERBS.index(node.verb)
        kind = _KINDS.index(key.kind)
        is_last = node.verb == "comment"
        kind = -kind if node.verb == "drop" else kind
        dropped = 0 if node.verb == "drop" else 1
        return dropped, self.group(key), is_last, verb, kind, self._place(key), key.name

    def group(self, key: Key) -> tuple[str, str]:
        """The table that it belongs to, or itself."""
        top = key
        while (parent := self._parent(top)) is not None and parent.kind != "schema":
            top = parent
        return (top.name, "") if top.kind != "schema" else ("", top.name)

    def _parent(self, key: Key) -> Key | None:
        for state in self._states:
            one = state.objects.get(key) or state.snapshot.objects.get(key)
            if one is not None:
                return one.parent
        return None

    def _place(self, key: Key) -> int:
        for state in self._states:
            if key in state.places:
                return state.places[key]
            column = Key("column", key.name)
            if key.kind == "default" and column in state.places:
                return state.places[column]
        return 0


def in_files(plan: Plan, places: Places) -> list[list[Step]]:
    """The steps of each file, in order.

    Raises:
        DatabaseError: some need each other in a circle.
    """
    waits = {node: set(plan.first.get(node, ())) & plan.steps.keys() for node in plan.steps}
    later: dict[Node, set[Node]] = defaultdict(set)
    for one, two in plan.later:
        if one in plan.steps and two in plan.steps:
            later[two].add(one)
            waits[two].add(one)
    files: list[list[Step]] = []
    done: set[Node] = set()
    while len(done) < len(plan.steps):
        file = _next_file(plan, waits, later, done, places)
        if not file:
            stuck = sorted(str(node.key) for node in plan.steps.keys() - done)
            raise DatabaseError(
                f"These need each other in a circle: {', '.join(stuck[:10])}.",
                hint="Write the migration by hand: sqlwright new NAME",
            )
        done |= {step.node for step in file}
        files.append(file)
    return files


def _next_file(
    plan: Plan,
    waits: dict[Node, set[Node]],
    later: dict[Node, set[Node]],
    done: set[Node],
    places: Places,
) -> list[Step]:
    """All that can be done in one transaction now; else one step that wants none."""
    here: list[Node] = []
    inside: set[Node] = set()
    group: tuple[str, str] | None = None
    while True:
        ready = [
            node
            for node in plan.steps
            if node not in done
            and node not in inside
            and not plan.steps[node].alone
            and waits[node] <= done | inside
            and later[node] <= done
        ]
        if not ready:
            break
        same = [node for node in ready if places.group(node.key) == group]
        drops = [node for node in ready if node.verb == "drop"]
        node = min(drops or same or ready, key=places.of)
        group = places.group(node.key)
        here.append(node)
        inside.add(node)
    if here:
        return [plan.steps[node] for node in here]
    alone = [node for node in plan.steps if node not in done and waits[node] <= done]
    return [plan.steps[min(alone, key=places.of)]] if alone else []
