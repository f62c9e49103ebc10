-- Who is in the way of a server process that waits for a lock, looked at from another connection.

-- name: find_blockers(pid)
-- What is wanted, and each process that holds it or waits ahead; a prepared transaction has no process.
-- Of other users' sessions, state and query are seen by members of pg_read_all_stats alone.
with wanted as (
    select *
    from pg_catalog.pg_locks
    where pid = :pid and not granted
    limit 1
),
tables as (
    -- Who waits for a row waits for a transaction, and holds the row's place in the queue.
    select
        classes.oid,
        pg_catalog.format('%I.%I', namespaces.nspname, classes.relname) as name
    from pg_catalog.pg_class as classes
    join pg_catalog.pg_namespace as namespaces on namespaces.oid = classes.relnamespace
    where classes.oid = coalesce(
        (select relation from wanted),
        (select relation from pg_catalog.pg_locks where pid = :pid and locktype = 'tuple' limit 1)
    )
),
held as (
    select
        locks.pid,
        locks.virtualtransaction,
        pg_catalog.bool_or(locks.granted) as is_held,
        pg_catalog.string_agg(
            distinct pg_catalog.lower(pg_catalog.regexp_replace(
                pg_catalog.replace(locks.mode, 'Lock', ''), '(?<=[a-z])([A-Z])', ' \1', 'g'
            )),
            ' and '
        ) as modes
    from pg_catalog.pg_locks as locks
    join wanted on (
        locks.locktype, locks.database, locks.relation, locks.page, locks.tuple,
        locks.virtualxid, locks.transactionid, locks.classid, locks.objid, locks.objsubid
    ) is not distinct from (
        wanted.locktype, wanted.database, wanted.relation, wanted.page, wanted.tuple,
        wanted.virtualxid, wanted.transactionid, wanted.classid, wanted.objid, wanted.objsubid
    )
    where locks.pid is distinct from wanted.pid
    group by locks.pid, locks.virtualtransaction
)
select
    wanted.locktype,
    pg_catalog.lower(pg_catalog.regexp_replace(
        pg_catalog.replace(wanted.mode, 'Lock', ''), '(?<=[a-z])([A-Z])', ' \1', 'g'
    )) as mode,
    tables.name as relation,
    held.pid,
    prepared.gid,
    held.is_held,
    held.modes,
    coalesce(activity.usename, activity.backend_type) as role,
    activity.application_name,
    activity.state,
    extract(
        epoch from pg_catalog.clock_timestamp()
        - case when activity.state = 'active' then activity.query_start else activity.state_change end
    )::float8 as seconds,
    activity.xact_start,
    case when activity.state is not null then activity.query end as query
from wanted
join held
    on held.pid = any(pg_catalog.pg_blocking_pids(:pid))
    or (held.pid is null and 0 = any(pg_catalog.pg_blocking_pids(:pid)))
left join tables on true
left join pg_catalog.pg_stat_activity as activity on activity.pid = held.pid
left join pg_catalog.pg_prepared_xacts as prepared
    on held.virtualtransaction = '-1/' || prepared.transaction::text
order by held.is_held desc, activity.xact_start, held.pid;
