"""Finds what breaks CONVENTIONS.md in the catalogue and in the text of migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg

__all__ = ["RULES", "silent_references"]

COMMENTS = """
    select 'schema ' || nspname from pg_namespace
    where nspname = %(schema)s and obj_description(oid, 'pg_namespace') is null
    union all
    select 'table ' || oid::regclass from pg_class
    where relnamespace = %(schema)s::regnamespace and relkind in ('r', 'p', 'v', 'm')
        and obj_description(oid, 'pg_class') is null
    union all
    select 'function ' || oid::regprocedure from pg_proc
    where pronamespace = %(schema)s::regnamespace and obj_description(oid, 'pg_proc') is null
    union all
    select 'column ' || attrelid::regclass || '.' || attname from pg_attribute
    join pg_class on pg_class.oid = attrelid and relkind in ('r', 'p')
    where relnamespace = %(schema)s::regnamespace and atttypid = 'jsonb'::regtype
        and not attisdropped and col_description(attrelid, attnum) is null
"""
TYPES = """
    select attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod)
    from pg_attribute
    join pg_class on pg_class.oid = attrelid and relkind in ('r', 'p')
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = %(schema)s::regnamespace and attnum > 0 and not attisdropped
        and (
            format_type(atttypid, null) ~ '^(json|money|character|timestamp without.*)(\\[\\])?$'
            or pg_get_expr(adbin, adrelid) like 'nextval(%%'
        )
"""
TRIGGERS = """
    select tgname || ' on ' || relname from pg_trigger
    join pg_class on pg_class.oid = tgrelid
    where relnamespace = %(schema)s::regnamespace and not tgisinternal
        and not starts_with(tgname, relname || '_')
"""
CROSSINGS = """
    select conname || ' on ' || conrelid::regclass from pg_constraint
    join pg_class on pg_class.oid = confrelid
    where connamespace = %(schema)s::regnamespace and relnamespace <> connamespace
"""
# A partial index will do where it leaves out nulls alone, and a unique one on some of the columns,
# since it finds at most one row.
BARE_KEYS = """
    select conname || ' on ' || conrelid::regclass from pg_constraint
    where connamespace = %(schema)s::regnamespace and contype = 'f' and not exists (
        select from pg_index
        join pg_class on pg_class.oid = indexrelid
        join pg_am on pg_am.oid = relam
        where indrelid = conrelid and indisvalid and amname = 'btree'
            and (
                conkey <@ (indkey::int2[])[0 : cardinality(conkey) - 1]
                or indisunique and conkey @> (indkey::int2[])[0 : indnkeyatts - 1]
            )
            and (
                indpred is null
                or pg_get_expr(indpred, indrelid) in (
                    select '(' || attname || ' IS NOT NULL)' from pg_attribute
                    where attrelid = conrelid and attnum = any (conkey)
                )
            )
    )
"""
CONSTRAINTS = """
    select relname, conname, contype::text, array(
        select attname::text from unnest(conkey) with ordinality as k (key, place)
        join pg_attribute on attrelid = conrelid and attnum = key order by place
    )
    from pg_constraint
    join pg_class on pg_class.oid = conrelid
    where connamespace = %(schema)s::regnamespace and contype <> 'n'
"""
INDEXES = """
    select relation.relname, pg_class.relname, amname, indisunique,
        indpred is not null or indexprs is not null,
        array(
            select pg_get_indexdef(indexrelid, n, true) from generate_series(1, indnkeyatts) as n
        )
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    join pg_class as relation on relation.oid = indrelid
    join pg_am on pg_am.oid = pg_class.relam
    where relation.relnamespace = %(schema)s::regnamespace
        and not exists (select from pg_constraint where conindid = indexrelid and contype <> 'f')
"""
# No possessive quantifiers: Python 3.11.2, which is Debian's, loses its place in them.
REFERENCES = re.compile(
    r"(?<!\w)references\s+([\w.]+)\s*(?:\([^)]*\)\s*)?"
    r"(?:on\s+update\s+[a-z]+(?:\s+(?:action|null|default))?\s+)?(on\s+delete)?"
)


def asks(query: str):
    """A rule that is a query for what breaks it."""

    def rule(db: psycopg.Connection, schema: str) -> Iterator[str]:
        for (text,) in db.execute(query, {"schema": schema}):
            yield text

    return rule


def misnamed_constraints(db: psycopg.Connection, schema: str) -> Iterator[str]:
    """Keys are named by their columns, a foreign key by those that tell it, a check in words."""
    for table, name, kind, columns in db.execute(CONSTRAINTS, {"schema": schema}):
        full = f"{table}_{'_'.join(columns)}_key"
        one = f"({'|'.join(columns)})"
        scheme = {
            "p": f"{table}_pkey",
            # PostgreSQL would cut a longer name, so that it may be shortened in other ways.
            "u": full if len(full) < 64 else rf"{table}_\w+_key",
            "f": f"{table}_{one}(_{one})*_fkey",
        }.get(kind, rf"{table}_[a-z]+_\w+(?<!_check)")
        if not re.fullmatch(scheme, name):
            yield f"{name} on {table} ({', '.join(columns)})"


def misnamed_indexes(db: psycopg.Connection, schema: str) -> Iterator[str]:
    """An index tells the columns that it leads with; a partial or unusual one any words."""
    for table, name, method, unique, unusual, keys in db.execute(INDEXES, {"schema": schema}):
        kind = "key" if unique else "gin" if method == "gin" else "idx"
        columns = {"_".join(keys[:width]) for width in range(1, len(keys) + 1)}
        words = name.removeprefix(f"{table}_").removesuffix(f"_{kind}")
        if name != f"{table}_{words}_{kind}" or not (words in columns or unusual):
            yield f"{name} on {table} ({', '.join(keys)})"


def silent_references(sql: str) -> list[str]:
    """The tables that the SQL refers to without saying what a delete does."""
    code = re.sub(r"--.*|'[^']*'", "", sql)
    return [table for table, says in REFERENCES.findall(code) if not says]


RULES = {
    "everything has a comment": asks(COMMENTS),
    "types are the conventions'": asks(TYPES),
    "constraints are named by the scheme": misnamed_constraints,
    "indexes are named by the scheme": misnamed_indexes,
    "triggers are named by their table": asks(TRIGGERS),
    "no foreign key leaves its schema": asks(CROSSINGS),
    "every foreign key has an index": asks(BARE_KEYS),
}
