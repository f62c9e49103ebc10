"""Reads of a schema's catalogue what a document's DDL can say."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import psycopg

__all__ = ["Column", "ForeignKey", "Index", "Table", "read"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; a serial and an identity both have the default `identity`."""

    type: str
    default: str | None
    required: bool
    generated: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; `cleared` are the columns that a delete sets to null or a default."""

    columns: tuple[str, ...]
    target: str
    targets: tuple[str, ...]
    on_delete: str
    cleared: frozenset[str]

    def __str__(self) -> str:
        """What DDL would say."""
        return (
            f"foreign key ({', '.join(self.columns)}) references {self.target}"
            f" ({', '.join(self.targets)}) on delete {self.on_delete}"
        )


@dataclass(frozen=True, slots=True)
class Index:
    """An index; an option holds 1 for descending and 2 for nulls first."""

    name: str
    method: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    options: tuple[int, ...]
    predicate: str | None
    unique: bool
    primary: bool

    def __str__(self) -> str:
        """Its keys and predicate."""
        where = f" where {self.predicate}" if self.predicate else ""
        return f"({', '.join(self.keys)}){where}"


@dataclass(slots=True)
class Table:
    """A table as the catalogue has it, without the names of its constraints."""

    columns: dict[str, Column] = field(default_factory=dict)
    foreign_keys: set[ForeignKey] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    indexes: set[Index] = field(default_factory=set)
    triggers: set[tuple[str, int]] = field(default_factory=set)


TABLES = """
    select relname from pg_class where relnamespace = %s::regnamespace and relkind in ('r', 'p')
"""
COLUMNS = """
    select relname, attname, format_type(atttypid, atttypmod),
        case attidentity
            when 'd' then 'identity' when 'a' then 'identity always'
            else pg_get_expr(adbin, adrelid)
        end,
        attnotnull, attgenerated <> ''
    from pg_class
    join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = %s::regnamespace and relkind in ('r', 'p')
"""
NAMES = """array(
    select attname::text from unnest({keys}) with ordinality as k (key, place)
    join pg_attribute on attrelid = {table} and attnum = key order by place
)"""
FOREIGN_KEYS = f"""
    select conrelid::regclass::text, {NAMES.format(keys="conkey", table="conrelid")},
        confrelid::regclass::text, {NAMES.format(keys="confkey", table="confrelid")},
        confdeltype::text,
        {NAMES.format(keys="coalesce(confdelsetcols, conkey)", table="conrelid")}
    from pg_constraint where connamespace = %s::regnamespace and contype = 'f'
"""
CHECKS = """
    select conrelid::regclass::text, pg_get_expr(conbin, conrelid)
    from pg_constraint where connamespace = %s::regnamespace and contype = 'c' and conrelid <> 0
"""
INDEXES = """
    select indrelid::regclass::text, relname, amname,
        array(select pg_get_indexdef(indexrelid, n, true) from generate_series(1, indnkeyatts) n),
        array(
            select case when opcdefault then 'default' else opcname::text end
            from unnest(indclass) with ordinality as c (class, place)
            join pg_opclass on pg_opclass.oid = class order by place
        ),
        indoption::int2[]::int[], pg_get_expr(indpred, indrelid), indisunique, indisprimary
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    join pg_am on pg_am.oid = relam
    where relnamespace = %s::regnamespace and indisvalid
"""
TRIGGERS = """
    select tgrelid::regclass::text, proname, tgtype
    from pg_trigger
    join pg_class on pg_class.oid = tgrelid
    join pg_proc on pg_proc.oid = tgfoid
    where relnamespace = %s::regnamespace and not tgisinternal
        and tgenabled in ('O', 'A') and tgqual is null and cardinality(tgattr::int2[]) = 0
"""
ACTIONS = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}


def read(db: psycopg.Connection, schema: str) -> dict[str, Table]:
    """The tables of the schema, which becomes the only one on the transaction's search_path."""
    db.execute(f"set local search_path = {schema}")
    names = [name for (name,) in db.execute(TABLES, [schema])]
    tables: dict[str, Table] = defaultdict(Table)
    for name, column, type_, default, required, generated in db.execute(COLUMNS, [schema]):
        tables[name].columns[column] = Column(type_, _plain(default), required, generated)
    for name, columns, target, targets, on_delete, cleared in db.execute(FOREIGN_KEYS, [schema]):
        clears = frozenset(cleared if on_delete in "nd" else [])
        tables[name].foreign_keys.add(
            ForeignKey(tuple(columns), target, tuple(targets), ACTIONS[on_delete], clears)
        )
    for name, check in db.execute(CHECKS, [schema]):
        tables[name].checks.add(check)
    for name, index, method, keys, classes, options, predicate, *flags in db.execute(
        INDEXES, [schema]
    ):
        tables[name].indexes.add(
            Index(index, method, *map(tuple, (keys, classes, options)), _plain(predicate), *flags)
        )
    for name, function, kind in db.execute(TRIGGERS, [schema]):
        tables[name].triggers.add((function, kind))
    return {name: tables[name] for name in names}


def _plain(expression: str | None) -> str | None:
    """The expression, with what is written in several ways made one."""
    if expression is None:
        return None
    if expression.startswith("nextval("):
        return "identity"
    expression = re.sub(r"^\((\w+) = true\)$", r"\1", expression)
    return {"CURRENT_TIMESTAMP": "now()"}.get(expression, expression)
