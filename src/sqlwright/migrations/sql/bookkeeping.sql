-- The tables that remember what was applied: yoyo's own, and two of ours beside them.
-- Names in braces are schema-qualified identifiers, filled in before a statement is sent.

-- name: find_schema(migrations)$
-- The schema that holds yoyo's tables: where they are, else where yoyo would make them.
select coalesce(
    (
        select namespaces.nspname
        from pg_catalog.pg_class as tables
        join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
        where tables.oid = pg_catalog.to_regclass(pg_catalog.quote_ident(:migrations))
    ),
    pg_catalog.current_schema()
);

-- name: find_tables(schema, names)
-- Which of the tables exist.
select tables.relname
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
where namespaces.nspname = :schema
    and tables.relname = any(:names)
    and tables.relkind = 'r';

-- name: create_lock()#
create table {lock} (
    locked int default 1,
    ctime timestamp,
    pid int not null,
    primary key (locked)
);

-- name: create_version()#
create table {version} (
    version int not null primary key,
    installed_at_utc timestamp
);

-- name: create_log()#
create table {log} (
    id varchar(36),
    migration_hash varchar(64),
    migration_id varchar(255),
    operation varchar(10),
    username varchar(255),
    hostname varchar(255),
    comment varchar(255),
    created_at_utc timestamp,
    primary key (id)
);

-- name: create_migrations()#
create table {migrations} (
    migration_hash varchar(64),
    migration_id varchar(255),
    applied_at_utc timestamp,
    primary key (migration_hash)
);

-- name: create_checksums()#
-- A checksum belongs to one applying of one migration: when plain yoyo rolls back and applies again,
-- the new time finds no checksum, and what it applied is not taken for an edit.
create table {checksums} (
    migration_hash varchar(64) not null,
    applied_at_utc timestamp not null,
    checksum varchar(64) not null,
    primary key (migration_hash, applied_at_utc)
);

-- name: create_started()#
create table {started} (
    migration_hash varchar(64) not null,
    migration_id varchar(255) not null,
    operation varchar(10) not null,
    started_at_utc timestamp not null,
    primary key (migration_hash)
);

-- name: mark_version()!
insert into {version} (version, installed_at_utc)
values (2, pg_catalog.timezone('utc', pg_catalog.now()));

-- name: current_version()$
select pg_catalog.max(version) from {version};

-- name: find_grants(schema, names)
-- What default privileges gave to others than the owner, as the statements that take it back.
select distinct
    pg_catalog.format(
        'revoke all on table %I.%I from %s',
        namespaces.nspname,
        tables.relname,
        case when acl.grantee = 0 then 'public' else acl.grantee::pg_catalog.regrole::text end
    )
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
cross join pg_catalog.aclexplode(tables.relacl) as acl
where namespaces.nspname = :schema
    and tables.relname = any(:names)
    and acl.grantee <> tables.relowner;

-- name: list_applied()
-- Without our tables, so that a database that plain yoyo migrated can be looked at.
select
    migration_hash,
    migration_id,
    applied_at_utc,
    null::text as checksum
from {migrations}
order by applied_at_utc, migration_id;

-- name: list_applied_with_checksums()
select
    applied.migration_hash,
    applied.migration_id,
    applied.applied_at_utc,
    checksums.checksum
from {migrations} as applied
left join {checksums} as checksums using (migration_hash, applied_at_utc)
order by applied.applied_at_utc, applied.migration_id;

-- name: list_started()
select
    migration_hash,
    migration_id,
    operation,
    started_at_utc
from {started}
order by started_at_utc;

-- name: list_log()
select
    created_at_utc,
    operation,
    migration_id,
    username,
    hostname
from {log}
order by created_at_utc, id;

-- name: mark(hash, id, checksum, username, hostname, operation, log_id, namespace, key)$
-- Marks, logs and keeps the checksum in one statement, all with one time; says whether this session
-- still holds the lock: a file may have let every advisory lock go, ours with them. It is held twice,
-- so that one may be let go and taken again: that costs a tenth of a look into pg_locks.
with times as (
    select pg_catalog.timezone('utc', pg_catalog.clock_timestamp()) as applied_at_utc
),
marked as (
    insert into {migrations} (migration_hash, migration_id, applied_at_utc)
    select :hash, :id, times.applied_at_utc
    from times
),
kept as (
    insert into {checksums} (migration_hash, applied_at_utc, checksum)
    select :hash, times.applied_at_utc, :checksum
    from times
),
ended as (
    delete from {started}
    where migration_hash = :hash
)
insert into {log} (
    id, migration_hash, migration_id, operation, username, hostname, created_at_utc
)
select
    :log_id, :hash, :id, :operation, :username, :hostname, times.applied_at_utc
from times
returning case
    when pg_catalog.pg_advisory_unlock(:namespace, :key)
        then pg_catalog.pg_try_advisory_lock(:namespace, :key)
    else false
end;

-- name: unmark(hash, id, username, hostname, operation, log_id, namespace, key)$
with unmarked as (
    delete from {migrations}
    where migration_hash = :hash
),
dropped as (
    delete from {checksums}
    where migration_hash = :hash
),
ended as (
    delete from {started}
    where migration_hash = :hash
)
insert into {log} (
    id, migration_hash, migration_id, operation, username, hostname, created_at_utc
)
values (
    :log_id, :hash, :id, :operation, :username, :hostname,
    pg_catalog.timezone('utc', pg_catalog.clock_timestamp())
)
returning case
    when pg_catalog.pg_advisory_unlock(:namespace, :key)
        then pg_catalog.pg_try_advisory_lock(:namespace, :key)
    else false
end;

-- name: adopt(hash, applied_at, checksum)!
-- What plain yoyo applied is believed to be what the file says now; from here on an edit is seen.
insert into {checksums} (migration_hash, applied_at_utc, checksum)
values (:hash, :applied_at, :checksum)
on conflict do nothing;

-- name: start(hash, id, operation)!
insert into {started} (migration_hash, migration_id, operation, started_at_utc)
values (
    :hash, :id, :operation,
    pg_catalog.timezone('utc', pg_catalog.clock_timestamp())
)
on conflict (migration_hash) do update
set operation = excluded.operation,
    started_at_utc = excluded.started_at_utc;

-- name: try_lock(namespace, key)$
-- Twice: see mark.
select case
    when pg_catalog.pg_try_advisory_lock(:namespace, :key)
        then pg_catalog.pg_try_advisory_lock(:namespace, :key)
    else false
end;

-- name: who_holds_lock(namespace, key)
select
    activity.pid,
    activity.usename,
    activity.application_name,
    activity.client_addr::text as client,
    activity.backend_start
from pg_catalog.pg_locks as locks
left join pg_catalog.pg_stat_activity as activity using (pid)
where locks.locktype = 'advisory'
    and locks.database = (
        select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()
    )
    and locks.classid = :namespace
    and locks.objid = :key
    and locks.granted;

-- name: unlock(namespace, key)$
select pg_catalog.pg_advisory_unlock(:namespace, :key), pg_catalog.pg_advisory_unlock(:namespace, :key);

-- name: insert_lock_row()$
-- yoyo's lock row, which keeps plain yoyo out. Its pid is a process of the client and positive; ours
-- is the server process, negative, with its start: whose the row is can so be told after a crash.
insert into {lock} (locked, ctime, pid)
select 1, pg_catalog.timezone('utc', backend_start), -pid
from pg_catalog.pg_stat_activity
where pid = pg_catalog.pg_backend_pid()
on conflict (locked) do nothing
returning pid;

-- name: find_lock_row()^
select
    lock_rows.pid,
    lock_rows.ctime,
    lock_rows.pid < 0 and not exists (
        select
        from pg_catalog.pg_stat_activity as activity
        where activity.pid = -lock_rows.pid
            and coalesce(
                pg_catalog.timezone('utc', activity.backend_start) = lock_rows.ctime, true
            )
            and activity.pid <> pg_catalog.pg_backend_pid()
    ) as is_stale
from {lock} as lock_rows;

-- name: delete_lock_row(pid)!
delete from {lock}
where pid = :pid;

-- name: break_lock()!
delete from {lock};

-- name: find_index(index, rebuilt)
-- The index of a statement that works concurrently; for a rebuilding, the halves that a broken one
-- left beside it, which PostgreSQL names after it.
select
    indexes.indexrelid::pg_catalog.regclass::text as name,
    indexes.indisvalid
from pg_catalog.pg_index as indexes
join pg_catalog.pg_class as classes on classes.oid = indexes.indexrelid
join pg_catalog.pg_class as wanted on wanted.oid = pg_catalog.to_regclass(:index)
where (not :rebuilt and classes.oid = wanted.oid)
    or (
        :rebuilt
        and not indexes.indisvalid
        and classes.relnamespace = wanted.relnamespace
        and classes.relname ~ '_cc(new|old)\d*$'
        and pg_catalog.starts_with(
            wanted.relname, pg_catalog.regexp_replace(classes.relname, '_cc(new|old)\d*$', '')
        )
        and (
            -- A long name was cut to make room, by a whole character.
            classes.relname ~ ('^.{' || pg_catalog.length(wanted.relname) || '}_cc')
            or pg_catalog.octet_length(classes.relname::text) >= 60
        )
    );

-- name: find_parent(partition)
-- The table that a partition is still of, and whether it is half detached from it.
select
    inhparent::pg_catalog.regclass::text,
    inhdetachpending
from pg_catalog.pg_inherits
where inhrelid = pg_catalog.to_regclass(:partition);

-- name: find_owner()$
-- The owner role that `sqlwright create` made for this database, if this session may act as it.
select pg_catalog.pg_get_userbyid(databases.datdba)
from pg_catalog.pg_database as databases
where databases.datname = pg_catalog.current_database()
    and pg_catalog.pg_get_userbyid(databases.datdba) = databases.datname || '_owner'
    and pg_catalog.pg_get_userbyid(databases.datdba) <> current_user
    and pg_catalog.pg_has_role(
        databases.datdba,
        -- Since 16 a member may be one without the right to act as the role.
        case
            when pg_catalog.current_setting('server_version_num')::int >= 160000 then 'set'
            else 'member'
        end
    );
