"""Which columns of a query can't be null: followed through joins, subqueries, views and CTEs.

Every reference to a column names the outer joins that may have put a null in its place. Such a join
did not, in the rows that the query gives, where a condition above it says that a column from its
side isn't null: then its own conditions hold for those rows as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlwright.generate.conditions import Known, implied, key_of
from sqlwright.generate.expressions import is_certain, type_of
from sqlwright.generate.joins import (
    GROUPING,
    Side,
    Sides,
    always_matched,
    holding,
    sides_of,
    sides_over,
)
from sqlwright.generate.knowledge import Knowledge
from sqlwright.generate.nodes import Node, walk
from sqlwright.generate.rows import NEW, OLD, has_row, row_is_there
from sqlwright.generate.sources import column_is_kept

__all__ = ["Scope"]

_SELECT, _UPDATE, _INSERT, _DELETE, _MERGE = 1, 2, 3, 4, 5
_UNION, _EXCEPT = 1, 3
_NOT_MATCHED_BY_SOURCE = 1
_EXTERNAL, _OF_SUBLINK = 0, 2


@dataclass(frozen=True, eq=False)
class Scope:
    """One query of a statement, within the query that it stands in; expressions stand in it.

    Attributes:
        parameters: Numbers of those that are never null.
        branch: What isn't null besides, in the branch of a `case` that is looked at.
        compared: Columns of the subquery that is compared with.
        is_before: No condition has been asked, and nothing changed, where it is looked at.
        ctes: Columns of those that were looked at, by name.
    """

    query: Node
    knowledge: Knowledge
    parameters: frozenset[int]
    parent: Scope | None = None
    branch: Known = field(default_factory=dict)
    compared: Sequence[bool] = ()
    is_before: bool = False
    ctes: dict[str, Sequence[bool]] = field(default_factory=dict)

    def columns(self) -> tuple[bool, ...]:
        """For each column of the result, whether it can't be null."""
        if self.query["setOperations"]:
            return self._of_set_operation(self.query["setOperations"])
        return tuple(self._is_certain_target(target) for target in self.targets())

    def targets(self) -> list[Node]:
        """The columns of the result."""
        listed = "targetList" if self.query["commandType"] == _SELECT else "returningList"
        return [target for target in self.query[listed] or [] if not target["resjunk"]]

    def _is_certain_target(self, target: Node) -> bool:
        # Before 18 nothing marks what grouping sets put a null in place of.
        if self.query["groupingSets"] and not self.query["hasGroupRTE"]:
            kept = target["expr"].kind in {"AGGREF", "GROUPINGFUNC"}
            return kept and is_certain(target["expr"], self)
        return is_certain(target["expr"], self)

    def _of_set_operation(self, node: Node) -> tuple[bool, ...]:
        if node.kind == "RANGETBLREF":
            return self._arm(node).columns()
        arms = [self._cast_arm(node, node[arm]) for arm in ("larg", "rarg")]
        if node["op"] == _EXCEPT:
            return arms[0]
        return tuple(map(all if node["op"] == _UNION else any, zip(*arms, strict=True)))

    def _cast_arm(self, operation: Node, arm: Node) -> tuple[bool, ...]:
        """The arm's columns; one that a function of one's own casts to the common type is lost."""
        plain, columns = self.knowledge.is_plain, self._of_set_operation(arm)
        types = arm["colTypes"]
        if types is None:
            types = [type_of(target["expr"]) for target in self._arm(arm).targets()]
        return tuple(
            certain and (given == wanted or (plain(given) and plain(wanted)))
            for certain, given, wanted in zip(columns, types, operation["colTypes"], strict=True)
        )

    def _arm(self, reference: Node) -> Scope:
        return self.child(self._table(reference["rtindex"])["subquery"])

    # What expressions ask of the place where they stand.

    def holds(self, node: Node) -> bool:
        """Whether a condition on the row says that the expression isn't null."""
        if not self._known and not self.branch:
            return False
        key = key_of(node, self.knowledge)
        return key is not None and (key in self._known or key in self.branch)

    def knowing(self, known: Known) -> Scope:
        """The same place, where this isn't null either."""
        return replace(self, branch={**self.branch, **known}) if known else self

    def for_all_rows(self) -> Scope:
        """The same place, without what is known of the one row alone."""
        return replace(self, branch={}) if self.branch else self

    def before(self) -> Scope:
        """The same place before any condition or change, as what stands in `from` or `set` is."""
        return replace(self, branch={}, is_before=True)

    def comparing(self, columns: Sequence[bool]) -> Scope:
        """The same place, with such columns of a subquery to compare with."""
        return replace(self, compared=columns)

    def parameter(self, param: Node) -> bool:
        """Whether the parameter is never null, or the subquery's column that it stands for."""
        if param["paramkind"] == _EXTERNAL:
            return param["paramid"] in self.parameters
        compared = param["paramkind"] == _OF_SUBLINK and self.compared
        return bool(compared and compared[param["paramid"] - 1])

    def subquery(self, query: Node) -> tuple[bool, Sequence[bool]]:
        """Whether a subquery gives a row for certain, and which of its columns are not null."""
        child = Scope(query, self.knowledge, self.parameters, self)
        return has_row(query), child.columns()

    def complement(self, one: Node, other: Node) -> bool:
        """Whether the two come from the two sides of a full join, and are not null in its rows."""
        if one.kind != "VAR" or other.kind != "VAR" or one["varlevelsup"] or other["varlevelsup"]:
            return False
        missing = [self._missing(one), self._missing(other)]
        if any(len(sides) != 1 for sides in missing):
            return False
        (first,), (second,) = missing
        opposite = first[0] == second[0] and {first[1], second[1]} == {0, 1}
        return opposite and self._is_kept(one) and self._is_kept(other)

    def gives(self, returning: Node) -> bool:
        """Whether `old` or `new` is there in each row that is returned."""
        owner = self._owner(returning["retlevelsup"])
        return row_is_there(owner.query, OLD if returning["retold"] else NEW)

    def column(self, var: Node) -> bool:
        """Whether the column isn't null in any row."""
        if var["varlevelsup"]:
            own = Node(var.kind, {**var.fields, "varlevelsup": 0})
            return self._owner(var["varlevelsup"]).column(own)
        return self.holds(var) or (not self._missing(var) and self._is_kept(var))

    # What the range table asks.

    def columns_of(self, query: Node) -> Sequence[bool]:
        """Which columns of a query in `from` are not null."""
        return self.child(query).columns()

    def columns_of_cte(self, table: Node) -> Sequence[bool]:
        """Which columns of a CTE are not null.

        One that reads itself is believed to hold no nulls until it is shown to: what is left when
        nothing more is shown holds for every row, round by round.
        """
        owner, name = self._owner(table["ctelevelsup"]), table["ctename"]
        if name in owner.ctes:
            return owner.ctes[name]
        cte = next(one for one in owner.query["cteList"] if one["ctename"] == name)
        child = owner.child(cte["ctequery"])
        if not cte["cterecursive"]:
            owner.ctes[name] = child.columns()
            return owner.ctes[name]
        found: Sequence[bool] = [True] * len(child.targets())
        while found != owner.ctes.get(name):
            owner.ctes[name] = found
            columns = owner.child(cte["ctequery"]).columns()
            found = [was and still for was, still in zip(found, columns, strict=True)]
        return found

    def _owner(self, levels: int) -> Scope:
        scope = self
        for _ in range(levels):
            assert scope.parent is not None
            scope = scope.parent
        return scope

    def child(self, query: Node) -> Scope:
        """A query in `from`, or of a CTE."""
        return Scope(query, self.knowledge, self.parameters, self.before())

    def _table(self, number: int) -> Node:
        table = self.query["rtable"][number - 1]
        assert isinstance(table, Node)
        return table

    # What conditions say, of columns and of outer joins.

    @property
    def _known(self) -> Known:
        return self._facts[0]

    @cached_property
    def _facts(self) -> tuple[Known, frozenset[Side]]:
        """What isn't null in the rows that are given, and the sides of outer joins that are there.

        Each condition may show that a side is there, and then that side's own conditions hold.
        """
        if self.is_before or self.query["commandType"] not in {_SELECT, _UPDATE, _DELETE}:
            return {}, frozenset()
        there = frozenset(always_matched(self.query))
        while True:
            known: dict[tuple[object, ...], Node] = {}
            conditions = [*holding(self.query["jointree"], there), self.query["havingQual"]]
            for condition in conditions:
                known.update(implied(condition, self.knowledge))
            shown = frozenset(side for node in known.values() for side in self._shown(node))
            if shown <= there:
                return self._dependable(known), there
            there |= shown

    def _shown(self, node: Node) -> Iterator[Side]:
        """The sides of outer joins that must be there for the column not to be null."""
        if node.kind != "VAR" or node["varlevelsup"]:
            return
        over = sides_over(node["varno"], node["varnullingrels"], self._sides)
        yield from (side for side in over if side[1] != GROUPING)
        merged = self._table(node["varno"])["joinaliasvars"]
        if merged and node["varattno"] > 0:
            yield from self._shown(merged[node["varattno"] - 1])

    def _dependable(self, known: Mapping[tuple[object, ...], Node]) -> Known:
        """Without what says nothing of the rows as they are returned."""
        return {
            key: node
            for key, node in known.items()
            if not any(one.kind == "VAR" and self._is_changed(one) for one in walk(node))
        }

    def _is_changed(self, var: Node) -> bool:
        """Whether the column may be another when it is returned than when it was asked about."""
        if self.query["commandType"] == _UPDATE and var["varno"] == self.query["resultRelation"]:
            return True  # that was the old row
        if var["varlevelsup"] or not var["varnullingrels"]:
            return False
        grouped = self._table(var["varno"])["groupexprs"]
        # What grouping sets leave out, `having` still sees where it has no column of a table in
        # it: `group by rollup (1 + 1) having 1 + 1 is not null` gives a null (PostgreSQL 18.6).
        return bool(grouped) and grouped[var["varattno"] - 1].kind != "VAR"

    def _missing(self, var: Node) -> set[Side]:
        """The sides of outer joins, one of which may have put a null in the column's place."""
        return {*sides_over(var["varno"], var["varnullingrels"], self._sides)} - self._facts[1]

    @cached_property
    def _sides(self) -> Sides:
        return sides_of(self.query)

    def _is_kept(self, var: Node) -> bool:
        """Whether the column is not null where its table has a row."""
        query, is_target = self.query, var["varno"] == self.query["resultRelation"]
        if var["varreturningtype"] and not row_is_there(query, var["varreturningtype"]):
            return False
        if query["commandType"] == _MERGE and not is_target and self._merges_without(var["varno"]):
            return False
        given = is_target and not self.is_before and self._is_given(var)
        return given or column_is_kept(self._table(var["varno"]), var["varattno"], self)

    def _merges_without(self, table: int) -> bool:
        """Whether merge may return a row without the source."""
        actions = self.query["mergeActionList"]
        return table == self.query["mergeTargetRelation"] or any(
            action["matchKind"] == _NOT_MATCHED_BY_SOURCE for action in actions
        )

    def _is_given(self, var: Node) -> bool:
        """Whether insert or update gives the column a value, and no trigger could change it."""
        query, table = self.query, self._table(var["varno"])
        if query["commandType"] not in {_INSERT, _UPDATE} or var["varreturningtype"] == OLD:
            return False
        if query["onConflict"] or table["relid"] not in self.knowledge.kept:
            return False
        targets = [one for one in query["targetList"] or [] if not one["resjunk"]]
        given = [one["expr"] for one in targets if one["resno"] == var["varattno"]]
        return len(given) == 1 and is_certain(given[0], self.before())
