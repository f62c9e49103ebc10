-- What seeding asks of a database. Names in braces are identifiers, filled in before sending.

-- name: list_tables(schemas, bookkeeping, kept)
-- The tables of the schemas, without those of the schema `bookkeeping` that remember migrations.
select
    schemaname,
    tablename
from pg_catalog.pg_tables
where schemaname = any(:schemas)
    and not (schemaname = :bookkeeping and tablename = any(:kept))
order by schemaname, tablename;

-- name: find_tables(names)
-- Those of the names, `schema.table` without quotes, that are tables which may be read.
select
    names.name,
    spaces.nspname,
    tables.relname
from pg_catalog.unnest(:names::text[]) as names (name)
join pg_catalog.pg_namespace as spaces on pg_catalog.starts_with(names.name, spaces.nspname || '.')
join pg_catalog.pg_class as tables
    on tables.relnamespace = spaces.oid
    and spaces.nspname || '.' || tables.relname = names.name
where tables.relkind in ('r', 'p')
    and pg_catalog.has_schema_privilege(spaces.oid, 'usage')
    and pg_catalog.has_table_privilege(tables.oid, 'select');

-- name: has_rows()$
select exists (select from {table});

-- name: count_rows()$
select count(*)
from {table};

-- name: set_seed(seed)!
-- Begins random() anew, for this session; and to the end of the transaction a day has 24 hours
-- everywhere, so that times come out the same.
select
    pg_catalog.setseed(:seed),
    pg_catalog.set_config('timezone', 'UTC', true);

-- name: analyze_table()!
-- Looks at the rows of a table, for the planner.
analyze {table};
