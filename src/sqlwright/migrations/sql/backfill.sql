-- Walking a large table by its key, and remembering how far a backfill came.
-- What stands in braces is filled in before a statement is sent: names, and keys as literals.

-- name: find_table(schema, table)^
select
    tables.oid::bigint as id,
    tables.relkind
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
where namespaces.nspname = :schema
    and tables.relname = :table;

-- name: find_columns(id, names)
-- The columns of a key, in its order, as far as the table has them.
select
    columns.attname as name,
    pg_catalog.format_type(columns.atttypid, columns.atttypmod) as type,
    columns.attnotnull as is_not_null
from pg_catalog.pg_attribute as columns
join unnest(:names::text[]) with ordinality as keys (name, place) on keys.name = columns.attname
where columns.attrelid = :id
    and columns.attnum > 0
    and not columns.attisdropped
order by keys.place;

-- name: has_index(id, names)$
-- Whether an index gives the rows in the order of the key: whole, valid, a btree that begins with
-- the columns in their order, all of them upwards or all downwards, compared as the columns are.
select exists (
    select
    from pg_catalog.pg_index as indexes
    join pg_catalog.pg_class as classes on classes.oid = indexes.indexrelid
    join pg_catalog.pg_am as methods on methods.oid = classes.relam
    where indexes.indrelid = :id
        and indexes.indisvalid
        and indexes.indpred is null
        and methods.amname = 'btree'
        and not exists (
            select
            from unnest(:names::text[]) with ordinality as keys (name, place)
            left join pg_catalog.pg_attribute as columns
                on columns.attrelid = indexes.indrelid and columns.attname = keys.name
            left join pg_catalog.pg_opclass as classes_of_operators
                on classes_of_operators.oid = indexes.indclass[keys.place - 1]
            where indexes.indkey[keys.place - 1] is distinct from columns.attnum
                or indexes.indcollation[keys.place - 1] <> columns.attcollation
                or indexes.indoption[keys.place - 1] & 1 <> indexes.indoption[0] & 1
                or not classes_of_operators.opcdefault
        )
);

-- name: explain_table()
-- The planner's estimate of the rows: it knows the table's size even where statistics are missing.
explain (format json)
select from {table};

-- name: list_writers(id)
-- Who has written to the table, or to a partition of it, and has not ended the transaction.
select distinct
    locks.virtualtransaction as transaction,
    locks.pid,
    activity.usename as role,
    activity.application_name as application,
    activity.xact_start as since
from pg_catalog.pg_locks as locks
left join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
where locks.locktype = 'relation'
    and locks.database = (
        select databases.oid
        from pg_catalog.pg_database as databases
        where databases.datname = pg_catalog.current_database()
    )
    and (
        locks.relation = :id
        or locks.relation in (select relid from pg_catalog.pg_partition_tree(:id::oid::regclass))
    )
    and locks.mode in (
        'RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
    )
    and locks.granted
    and locks.pid is distinct from pg_catalog.pg_backend_pid()
order by activity.xact_start;

-- name: write_plainly()#
-- Keys are kept as text: each setting that says how a value is written has the one form here that
-- is read back as the same value under every setting.
set local datestyle = 'ISO';
set local intervalstyle = 'postgres';
set local extra_float_digits = 1;

-- name: find_end()^
select array[{texts}] as key
from {table}
order by {downwards}
limit 1;

-- name: find_batch(size)
-- The first and the last key of the next rows, each with its number among them; one row if they are
-- the same.
with batch as materialized (
    select {columns}
    from {table}
    where {behind}
        and ({columns}) <= ({end})
    order by {columns}
    limit :size
),
numbered as (
    select
        array[{texts}] as key,
        row_number() over (order by {columns}) as number,
        count(*) over () as rows
    from batch
)
select
    key,
    rows
from numbered
where number in (1, rows)
order by number;

-- name: await_turn(namespace)$
-- Held until the transaction ends: two first backfills would make the table at once.
select pg_catalog.pg_advisory_xact_lock(:namespace, 0);

-- name: has_table(schema, table)$
select exists (
    select
    from pg_catalog.pg_class as tables
    join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
    where namespaces.nspname = :schema
        and tables.relname = :table
        and tables.relkind = 'r'
);

-- name: create_backfills()#
-- A row a backfill. A key is a text for each of its columns; there is no end where the table was
-- empty, and none is done before the first batch.
create table {backfills} (
    name text not null,
    checksum text not null,
    walks text not null,
    end_key text[],
    done_key text[],
    rows_done bigint not null default 0,
    rows_changed bigint not null default 0,
    started_at_utc timestamp not null,
    finished_at_utc timestamp,
    primary key (name)
);

-- name: list_backfills()
select
    name,
    checksum,
    end_key,
    done_key,
    rows_done,
    rows_changed,
    started_at_utc,
    finished_at_utc
from {backfills}
order by name;

-- name: begin(name, checksum, walks, end_key)!
insert into {backfills} (name, checksum, walks, end_key, started_at_utc)
values (
    :name, :checksum, :walks, :end_key,
    pg_catalog.timezone('utc', pg_catalog.clock_timestamp())
);

-- name: advance(name, before, done_key, rows, changed)!
-- Nothing is advanced where another process has done so meanwhile.
update {backfills}
set done_key = :done_key,
    rows_done = rows_done + :rows,
    rows_changed = rows_changed + :changed
where name = :name
    and done_key is not distinct from :before::text[]
    and finished_at_utc is null;

-- name: finish(name)!
update {backfills}
set finished_at_utc = pg_catalog.timezone('utc', pg_catalog.clock_timestamp())
where name = :name
    and finished_at_utc is null;

-- name: forget(name)!
delete from {backfills}
where name = :name;

-- name: list_standbys()
-- Each standby and subscriber, how far it has come in bytes of WAL, and its own measure of the lag
-- in seconds. What a role without pg_monitor may not see is null, the state with it.
select
    coalesce(
        nullif(application_name, ''), client_addr::text, 'process ' || pid::text
    ) as name,
    state is null as is_hidden,
    pg_catalog.pg_wal_lsn_diff(replay_lsn, '0/0')::bigint as replayed,
    coalesce(extract(epoch from replay_lag), 0)::float8 as seconds
from pg_catalog.pg_stat_replication;

-- name: current_position()$
select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0')::bigint;

-- name: is_standby()$
select pg_catalog.pg_is_in_recovery();
