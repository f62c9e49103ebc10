-- What is to be removed once its row is gone: noted in the transaction that deletes the row, and
-- forgotten when the file is gone too. Names in braces are filled in before sending.

-- name: commit_surely()#
-- To the end of the transaction: a file must not go for a row that a crash brings back.
select pg_catalog.set_config('synchronous_commit', 'on', true)
where pg_catalog.current_setting('synchronous_commit') in ('off', 'local');

-- name: cutoff(keep)$
-- That long ago.
select pg_catalog.now() - :keep::interval;

-- name: is_there(tables)
-- Those of the tables, `schema.name` without quotes, that are in this database.
select spaces.nspname || '.' || tables.relname
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as spaces on spaces.oid = tables.relnamespace
where spaces.nspname || '.' || tables.relname = any(:tables::text[])
    and tables.relkind in ('r', 'p', 'v', 'f');

-- name: create_removals()#
create table {removals} (
    id bigint generated always as identity,
    policy text not null,
    path text not null,
    noted_at_utc timestamp not null default pg_catalog.timezone('utc', pg_catalog.now()),
    reason text,
    primary key (id)
);

-- name: note_removals(policy, paths)!
insert into {removals} (policy, path)
select :policy, paths.path
from unnest(:paths::text[]) as paths (path);

-- name: list_removals(policy, after, limit)
select id, path
from {removals}
where policy = :policy
    and id > :after
order by id
limit :limit;

-- name: forget_removals(ids)!
delete from {removals}
where id = any(:ids::bigint[]);

-- name: note_reason(id, reason)!
-- Why a file could not be removed, for who looks into the table.
update {removals}
set reason = :reason
where id = :id;
