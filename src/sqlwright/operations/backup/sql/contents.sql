-- What a database holds, told so that two of them can be compared. Names in braces are filled in.

-- name: list_tables()
-- Those whose rows a dump has: no partitions' parents, which have none, and none of an extension.
select
    pg_catalog.format('%I.%I', namespaces.nspname, classes.relname) as name,
    coalesce(
        (
            select pg_catalog.array_agg(attname::text order by attnum)
            from pg_catalog.pg_attribute
            where attrelid = classes.oid
                and attnum > 0
                and not attisdropped
        ),
        '{}'
    ) as columns
from pg_catalog.pg_class as classes
join pg_catalog.pg_namespace as namespaces on namespaces.oid = classes.relnamespace
where classes.relkind = 'r'
    and classes.relpersistence <> 't'
    and namespaces.nspname <> 'information_schema'
    and not pg_catalog.starts_with(namespaces.nspname, 'pg_')
    and not exists (
        select
        from pg_catalog.pg_depend
        where classid = 'pg_catalog.pg_class'::regclass
            and objid = classes.oid
            and deptype = 'e'
    )
order by namespaces.nspname, classes.relname;

-- name: hash_rows()^
-- How many rows there are, and the sum of their hashes: the order of rows doesn't count.
select
    count(*) as rows,
    coalesce(sum(pg_catalog.hashtextextended(row({columns})::text, 0)::numeric), 0)::text as hash
from only {table};

-- name: hash_large_objects()^
-- In pieces of 16 MB, since an object may be larger than any value.
with recursive pieces (object, number, piece_hash, is_full) as (
    select
        oid,
        0::bigint,
        pg_catalog.md5(piece),
        pg_catalog.length(piece) = 16777216
    from pg_catalog.pg_largeobject_metadata
    cross join lateral pg_catalog.lo_get(oid, 0, 16777216) as piece
    union all
    select
        object,
        number + 1,
        pg_catalog.md5(piece),
        pg_catalog.length(piece) = 16777216
    from pieces
    cross join lateral pg_catalog.lo_get(object, 16777216 * (number + 1), 16777216) as piece
    where is_full
)
select
    count(*) filter (where number = 0) as rows,
    coalesce(
        sum(
            pg_catalog.hashtextextended(
                pg_catalog.concat_ws(':', object, number, piece_hash), 0
            )::numeric
        ),
        0
    )::text as hash
from pieces;

-- name: list_sequences()
-- How far each has come, counted upwards; null where it has given no number yet. None of an
-- extension: a dump has those no more than its tables.
select
    pg_catalog.format('%I.%I', namespaces.nspname, classes.relname) as name,
    (
        pg_catalog.pg_sequence_last_value(classes.oid)::numeric * pg_catalog.sign(seqincrement)
    )::bigint as position
from pg_catalog.pg_sequence
join pg_catalog.pg_class as classes on classes.oid = seqrelid
join pg_catalog.pg_namespace as namespaces on namespaces.oid = classes.relnamespace
where not seqcycle
    and classes.relpersistence <> 't'
    and not exists (
        select
        from pg_catalog.pg_depend
        where classid = 'pg_catalog.pg_class'::regclass
            and objid = classes.oid
            and deptype = 'e'
    )
order by 1;
