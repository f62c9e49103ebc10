-- What pg_catalog knows, for those who generate from it.

-- name: list_columns()
-- Each column of each table and view that is not PostgreSQL's own. A not-null promises nothing where
-- it is not validated (since 18), of a foreign table, or where an heir of the table does without.
with recursive heirs (table_id, heir_id) as (
    select inhparent, inhrelid from pg_catalog.pg_inherits
    union
    select heirs.table_id, further.inhrelid
    from heirs
    join pg_catalog.pg_inherits as further on further.inhparent = heirs.heir_id
)
select
    columns.attrelid::pg_catalog.int8 as table_id,
    columns.attnum::pg_catalog.int4 as number,
    columns.attname as name,
    columns.atttypid::pg_catalog.int8 as type_id,
    columns.atttypmod as modifier,
    columns.attnotnull and not exists (
        select
        from pg_catalog.pg_constraint as constraints
        where constraints.conrelid = columns.attrelid
            and constraints.contype = 'n'
            and constraints.conkey = array[columns.attnum]
            and not constraints.convalidated
    )
    and tables.relkind <> 'f'
    and not exists (
        select
        from heirs
        join pg_catalog.pg_class as heir_tables on heir_tables.oid = heirs.heir_id
        join pg_catalog.pg_attribute as theirs
            on theirs.attrelid = heirs.heir_id
            and theirs.attname = columns.attname
        where heirs.table_id = columns.attrelid
            and (heir_tables.relkind = 'f' or not theirs.attnotnull)
    ) as is_not_null,
    tables.relname as table_name,
    namespaces.nspname as schema_name
from pg_catalog.pg_attribute as columns
join pg_catalog.pg_class as tables on tables.oid = columns.attrelid
join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
where columns.attnum > 0
    and not columns.attisdropped
    and tables.relkind in ('r', 'p', 'v', 'm', 'f')
    and namespaces.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by columns.attrelid, columns.attnum;

-- name: list_column_checks()
-- Validated checks of one column each, as PostgreSQL prints them. Left out are those that let
-- other texts through: of a foreign table, or where an heir is one or does without; where two texts
-- can be equal; and where blanks are added.
with recursive heirs (table_id, heir_id) as (
    select inhparent, inhrelid from pg_catalog.pg_inherits
    union
    select heirs.table_id, further.inhrelid
    from heirs
    join pg_catalog.pg_inherits as further on further.inhparent = heirs.heir_id
)
select
    constraints.conrelid::pg_catalog.int8 as table_id,
    constraints.conkey[1]::pg_catalog.int4 as number,
    pg_catalog.pg_get_expr(constraints.conbin, constraints.conrelid) as expression
from pg_catalog.pg_constraint as constraints
join pg_catalog.pg_class as tables on tables.oid = constraints.conrelid
join pg_catalog.pg_attribute as columns
    on columns.attrelid = constraints.conrelid
    and columns.attnum = constraints.conkey[1]
left join pg_catalog.pg_collation as collations on collations.oid = columns.attcollation
where constraints.contype = 'c'
    and constraints.convalidated
    and pg_catalog.cardinality(constraints.conkey) = 1
    and not constraints.connoinherit
    and tables.relkind <> 'f'
    and not exists (
        select
        from heirs
        join pg_catalog.pg_class as heir_tables on heir_tables.oid = heirs.heir_id
        where heirs.table_id = constraints.conrelid and heir_tables.relkind = 'f'
    )
    and collations.collisdeterministic is not false
    and columns.atttypid <> 'pg_catalog.bpchar'::pg_catalog.regtype
order by constraints.conrelid, constraints.conname;

-- name: list_types()
-- Each type: its kind, and what it is made of.
select
    types.oid::pg_catalog.int8 as id,
    types.typname as name,
    namespaces.nspname as schema_name,
    types.typtype::text as kind,
    types.typbasetype::pg_catalog.int8 as base_id,
    case when types.typcategory = 'A' then types.typelem::pg_catalog.int8 else 0 end as element_id,
    coalesce(ranges.rngsubtype, multiranges.rngsubtype, 0)::pg_catalog.int8 as subtype_id,
    array(
        select labels.enumlabel::text
        from pg_catalog.pg_enum as labels
        where labels.enumtypid = types.oid
        order by labels.enumsortorder
    ) as labels
from pg_catalog.pg_type as types
join pg_catalog.pg_namespace as namespaces on namespaces.oid = types.typnamespace
left join pg_catalog.pg_range as ranges on ranges.rngtypid = types.oid
left join pg_catalog.pg_range as multiranges on multiranges.rngmultitypid = types.oid;

-- name: name_types(ids, modifiers)
-- PostgreSQL's own names of types with their modifiers.
select pg_catalog.format_type(wanted.id, wanted.modifier)
from unnest(:ids::pg_catalog.oid[], :modifiers::pg_catalog.int4[])
    with ordinality as wanted (id, modifier, place)
order by wanted.place;
