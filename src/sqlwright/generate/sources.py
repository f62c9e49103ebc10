"""Which columns of what is selected from can't be null: tables, views, functions, values, CTEs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlwright.generate.expressions import Place, is_certain
from sqlwright.generate.nodes import Node

__all__ = ["Source", "column_is_kept"]


class Source(Place, Protocol):
    """A query, for which its range table is looked at."""

    def before(self) -> Place:
        """The same place before any condition or change, as what stands in `from` or `set` is."""

    def columns_of(self, query: Node) -> Sequence[bool]:
        """Which columns of a query in `from` are not null."""

    def columns_of_cte(self, table: Node) -> Sequence[bool]:
        """Which columns of the CTE that the table stands for are not null."""


_PLACE_OF_ROW, _TABLE_OF_ROW = -1, -6  # ctid and tableoid


def column_is_kept(table: Node, number: int, source: Source) -> bool:
    """Whether the column is not null in each row of the table; number 0 is the row itself."""
    rule = _OF_TABLES.get(table["rtekind"])
    return rule is not None and rule(table, number, source)


def _of_relation(table: Node, number: int, source: Source) -> bool:
    if number == 0:
        return True
    if number in {_PLACE_OF_ROW, _TABLE_OF_ROW}:
        return bool(table["relkind"] == "r")
    return (table["relid"], number) in source.knowledge.not_null


def _of_query(table: Node, number: int, source: Source) -> bool:
    return number == 0 or source.columns_of(table["subquery"])[number - 1]


def _of_join(table: Node, number: int, source: Source) -> bool:
    return number > 0 and is_certain(table["joinaliasvars"][number - 1], source)


def _of_function(table: Node, number: int, source: Source) -> bool:
    """Of several functions the shorter ones are filled up with nulls."""
    functions = table["functions"]
    if table["funcordinality"] and number == 1 + sum(one["funccolcount"] for one in functions):
        return True
    call = functions[0]["funcexpr"]
    if len(functions) > 1 or call.kind != "FUNCEXPR":
        return False
    if call["funcretset"]:
        word, *columns = source.knowledge.trusted.get(call["funcid"], "none").split()
        return word.startswith("column") and str(number) in columns
    return functions[0]["funccolcount"] == number == 1 and is_certain(call, source.before())


def _of_values(table: Node, number: int, source: Source) -> bool:
    before = source.before()
    return number > 0 and all(is_certain(row[number - 1], before) for row in table["values_lists"])


def _of_cte(table: Node, number: int, source: Source) -> bool:
    return number == 0 or source.columns_of_cte(table)[number - 1]


def _of_group(table: Node, number: int, source: Source) -> bool:
    return number > 0 and is_certain(table["groupexprs"][number - 1], source)


# By `rtekind`; nothing is said of json_table and xmltable (4) and of a trigger's own tables (7).
_OF_TABLES: dict[int, Callable[[Node, int, Source], bool]] = {
    0: _of_relation,
    1: _of_query,
    2: _of_join,
    3: _of_function,
    5: _of_values,
    6: _of_cte,
    9: _of_group,
}
