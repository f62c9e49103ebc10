-- What a database says of itself: each query is a metric, its comment the help text, its column
-- `value` the number and every other column a label. A value that is null is one that this role may
-- not see. Names that end with `_total` only grow.

-- name: standby()
-- Whether the server is a standby.
select pg_catalog.pg_is_in_recovery()::int as value;

-- name: database_size_bytes()
-- Size of the database.
select pg_catalog.pg_database_size(pg_catalog.current_database()) as value;

-- name: connections_used_ratio()
-- Connections of all databases, by those that roles without privileges may open.
select
    sum(numbackends)::float8 / (
        current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int
    ) as value
from pg_catalog.pg_stat_database;

-- name: longest_statement_seconds()
-- How long the oldest statement that runs now has been running.
select
    case
        when not pg_catalog.pg_has_role('pg_read_all_stats', 'usage') then null
        else coalesce(extract(epoch from max(clock_timestamp() - query_start)), 0)
    end::float8 as value
from pg_catalog.pg_stat_activity
where datname = current_database()
    and backend_type = 'client backend'
    and state in ('active', 'fastpath function call')
    and pid <> pg_catalog.pg_backend_pid();

-- name: longest_transaction_seconds()
-- How long the oldest open transaction has been open, prepared ones with it.
select
    case
        when not pg_catalog.pg_has_role('pg_read_all_stats', 'usage') then null
        else coalesce(extract(epoch from max(clock_timestamp() - began)), 0)
    end::float8 as value
from (
    select xact_start as began
    from pg_catalog.pg_stat_activity
    where datname = current_database()
        and backend_type = 'client backend'
        and pid <> pg_catalog.pg_backend_pid()
    union all
    select prepared
    from pg_catalog.pg_prepared_xacts
    where database = current_database()
) as transactions;

-- name: waiting_sessions()
-- Sessions that wait for a lock.
select count(distinct pid) as value
from pg_catalog.pg_locks
where not granted;

-- name: deadlocks_total()
-- Deadlocks, of which PostgreSQL ended one transaction each.
select deadlocks as value
from pg_catalog.pg_stat_database
where datname = current_database();

-- name: wraparound_ratio()
-- Age of the oldest transaction or multixact id of any database, by the age at which writes stop.
select max(greatest(age(datfrozenxid), mxid_age(datminmxid)))::float8 / 2147483648 as value
from pg_catalog.pg_database;

-- name: replication_lag_seconds()
-- How far each standby is behind by its own measure; on a standby, how far this one is.
select
    -- Several may have one name, as all have that are given none: walreceiver.
    name || case when count(*) over (partition by name) > 1 then ' ' || pid else '' end as standby,
    case
        when state is null then null
        when replay_lsn >= pg_catalog.pg_current_wal_lsn() then 0
        else coalesce(extract(epoch from replay_lag), 0)
    end::float8 as value
from pg_catalog.pg_stat_replication
cross join lateral (
    select coalesce(nullif(application_name, ''), client_addr::text, 'process ' || pid) as name
) as names
where not pg_catalog.pg_is_in_recovery()
union all
select
    'this server',
    case
        -- One that nobody sends anything can't know that it has all.
        when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn()
            and exists (select from pg_catalog.pg_stat_wal_receiver) then 0
        -- The start counts for one that has replayed no transaction since.
        else extract(
            epoch from clock_timestamp() - coalesce(
                pg_catalog.pg_last_xact_replay_timestamp(), pg_catalog.pg_postmaster_start_time()
            )
        )
    end::float8
where pg_catalog.pg_is_in_recovery();

-- name: replication_lag_bytes()
-- WAL that each standby has still to replay: what counts where a replay stands still, since then the
-- seconds on the primary do too.
select
    name || case when count(*) over (partition by name) > 1 then ' ' || pid else '' end as standby,
    greatest(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), replay_lsn), 0)::float8
        as value
from pg_catalog.pg_stat_replication
cross join lateral (
    select coalesce(nullif(application_name, ''), client_addr::text, 'process ' || pid) as name
) as names
where not pg_catalog.pg_is_in_recovery();

-- name: slot_retained_bytes()
-- WAL that the server keeps for each replication slot.
select
    slot_name as slot,
    pg_catalog.pg_wal_lsn_diff(
        case
            when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
            else pg_catalog.pg_current_wal_lsn()
        end,
        restart_lsn
    )::float8 as value
from pg_catalog.pg_replication_slots
where restart_lsn is not null;

-- name: archiving_fails()
-- Whether the last WAL file could not be archived.
select (coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false))::int as value
from pg_catalog.pg_stat_archiver;

-- name: invalid_index()
-- Each index that is INVALID, and not being built: no query uses it, and each write costs more.
select
    namespaces.nspname as schema,
    classes.relname as index,
    1 as value
from pg_catalog.pg_index as indexes
join pg_catalog.pg_class as classes on classes.oid = indexes.indexrelid
join pg_catalog.pg_namespace as namespaces on namespaces.oid = classes.relnamespace
where not (indexes.indisvalid and indexes.indisready)
    and classes.relkind = 'i'
    and not exists (
        select
        from pg_catalog.pg_stat_progress_create_index as building
        where building.index_relid = indexes.indexrelid
    )
order by namespaces.nspname, classes.relname
limit 50;

-- name: unused_index_bytes()
-- Size of each index of a MiB or more that nothing was looked up by, and that enforces nothing.
select
    used.schemaname as schema,
    used.indexrelname as index,
    -- As vacuum last saw it: pg_relation_size would wait for whoever locks the table.
    classes.relpages::float8 * current_setting('block_size')::int as value
from pg_catalog.pg_stat_user_indexes as used
join pg_catalog.pg_index as indexes using (indexrelid)
join pg_catalog.pg_class as classes on classes.oid = used.indexrelid
where used.idx_scan = 0
    and indexes.indisvalid
    and not indexes.indisunique
    and not indexes.indisexclusion
    and not indexes.indisreplident
    and classes.relpages >= 1048576 / current_setting('block_size')::int
order by value desc, used.schemaname, used.indexrelname
limit 50;

-- name: table_bloat_ratio()
-- Part of each table of 10 MiB or more that its rows would not fill: an estimate from the planner's
-- statistics (rows, mean width of their columns, fill factor), which leaves TOAST and indexes out.
select
    namespaces.nspname as schema,
    tables.relname as table,
    case
        when not exists (
            select
            from pg_catalog.pg_stats as known
            where known.schemaname = namespaces.nspname and known.tablename = tables.relname
        ) then null
        else greatest(
            0,
            1 - ceil(
                tables.reltuples * (28 + 8 * ceil(widths.width / 8)) * 100 / fill.factor
                / (current_setting('block_size')::int - 24)
            ) / tables.relpages
        )
    end::float8 as value
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
cross join lateral (
    select coalesce(sum((1 - null_frac) * avg_width), 0) as width
    from pg_catalog.pg_stats as columns
    where columns.schemaname = namespaces.nspname
        and columns.tablename = tables.relname
        and not columns.inherited
) as widths
cross join lateral (
    select coalesce(max(option_value::float8), 100) as factor
    from pg_catalog.pg_options_to_table(tables.reloptions)
    where option_name = 'fillfactor'
) as fill
where tables.relkind in ('r', 'm')
    and tables.relpages >= 10485760 / current_setting('block_size')::int
    and tables.reltuples >= 0
    and namespaces.nspname <> 'information_schema'
    and namespaces.nspname not like 'pg\_%'
order by value desc nulls last, namespaces.nspname, tables.relname
limit 50;
