-- The rows of every table, told by their hashes. Names in braces are filled in before sending.

-- name: settle()
-- Values are printed the same whatever a migration has set; a superuser sees rows behind policies.
select
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
    pg_catalog.set_config('datestyle', 'iso, ymd', true),
    pg_catalog.set_config('intervalstyle', 'postgres', true),
    pg_catalog.set_config('timezone', 'UTC', true),
    pg_catalog.set_config('extra_float_digits', '1', true),
    pg_catalog.set_config('bytea_output', 'hex', true),
    pg_catalog.set_config(
        'role',
        (
            select case when rolsuper then 'none' else pg_catalog.current_setting('role') end
            from pg_catalog.pg_roles
            where rolname = session_user
        ),
        true
    );

-- name: list_tables(bookkeeping, kept)
-- A partitioned table stands for its partitions. Left out are tables of the schema `bookkeeping`
-- that remember migrations.
select
    classes.oid::bigint as id,
    pg_catalog.format('%I.%I', namespaces.nspname, classes.relname) as name,
    classes.relkind = 'p' as is_partitioned,
    columns.names,
    columns.numbers
from pg_catalog.pg_class as classes
join pg_catalog.pg_namespace as namespaces on namespaces.oid = classes.relnamespace
cross join lateral (
    select
        coalesce(pg_catalog.array_agg(attnum::integer order by attnum), '{}') as numbers,
        coalesce(pg_catalog.array_agg(attname::text order by attnum), '{}') as names
    from pg_catalog.pg_attribute
    where attrelid = classes.oid
        and attnum > 0
        and not attisdropped
) as columns
where classes.relkind in ('r', 'p')
    and not classes.relispartition
    and classes.relpersistence <> 't'
    and namespaces.nspname <> 'information_schema'
    and not pg_catalog.starts_with(namespaces.nspname, 'pg_')
    and not (namespaces.nspname = :bookkeeping and classes.relname = any(:kept))
order by namespaces.nspname, classes.relname;

-- name: hash_rows()^
-- The hash of each row, and in how many rows the columns that are not hashed have a value.
select
    pg_catalog.array_agg(pg_catalog.hashtextextended(row({columns})::text, 0)) as hashes,
    array[{counts}]::bigint[] as counts
from {table};

-- name: list_sequences()
-- How far each has come, counted upwards; null where it has given no number yet.
select
    pg_catalog.format('%I.%I', namespaces.nspname, classes.relname) as name,
    pg_catalog.pg_sequence_last_value(classes.oid)::numeric * pg_catalog.sign(seqincrement)
        as position
from pg_catalog.pg_sequence
join pg_catalog.pg_class as classes on classes.oid = seqrelid
join pg_catalog.pg_namespace as namespaces on namespaces.oid = classes.relnamespace
where not seqcycle
    and classes.relpersistence <> 't';
