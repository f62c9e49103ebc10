-- What packaging tasks made: stored by the worker that has the task, downloaded, removed in time.

-- name: create(task_id, worker, platform, kind, file_name, storage_key, size_bytes, checksum)^
-- Notes a file whose bytes are stored, while the task is the worker's. What an earlier attempt
-- left for the platform and kind is replaced, and the key of its bytes, to be removed once this is
-- committed, is in replaced_storage_key.
with task as (
    select id
    from zishu.packaging_tasks
    where id = :task_id
        and status = 'running'
        and worker = :worker
),
replaced as (
    select artifacts.storage_key
    from task
    join zishu.build_artifacts as artifacts on artifacts.task_id = task.id
    where artifacts.platform = :platform
        and artifacts.kind = :kind
        and artifacts.storage_key <> :storage_key
),
artifact as (
    insert into zishu.build_artifacts
        (task_id, platform, kind, file_name, storage_key, size_bytes, checksum)
    select
        task.id, :platform, :kind, :file_name, :storage_key, :size_bytes::bigint, :checksum
    from task
    on conflict (task_id, platform, kind) do update
    set
        file_name = excluded.file_name,
        storage_key = excluded.storage_key,
        size_bytes = excluded.size_bytes,
        checksum = excluded.checksum,
        created_at = excluded.created_at
    returning
        id, task_id, platform, kind, file_name, storage_key, size_bytes, checksum, created_at
)
select
    artifact.id, artifact.task_id, artifact.platform, artifact.kind, artifact.file_name,
    artifact.storage_key, artifact.size_bytes, artifact.checksum, artifact.created_at,
    replaced.storage_key as replaced_storage_key
from artifact
left join replaced on true;

-- name: get(id)^
-- The artifact with this id.
select id, task_id, platform, kind, file_name, storage_key, size_bytes, checksum, created_at
from zishu.build_artifacts
where id = :id;

-- name: get_by_kind(task_id, platform, kind)^
-- What a task made of this kind for a platform.
select id, task_id, platform, kind, file_name, storage_key, size_bytes, checksum, created_at
from zishu.build_artifacts
where task_id = :task_id
    and platform = :platform
    and kind = :kind;

-- name: page(task_id, after_platform, after_kind, limit)
-- What a task made, by platform and kind; nulls for the first page, then what the last row of the
-- page before says.
select id, task_id, platform, kind, file_name, storage_key, size_bytes, checksum, created_at
from zishu.build_artifacts
where task_id = :task_id
    and (platform, kind) > (coalesce(:after_platform, ''), :after_kind)
order by platform, kind
limit :limit;

-- name: set_file_name(id, file_name)^
-- Changes the name under which an artifact is downloaded.
update zishu.build_artifacts
set file_name = :file_name
where id = :id
returning
    id, task_id, platform, kind, file_name, storage_key, size_bytes, checksum, created_at;

-- name: delete(id)$
-- Removes an artifact and gives the key of the bytes that are to be removed once this is
-- committed.
delete from zishu.build_artifacts
where id = :id
returning storage_key;

-- name: list_old(created_before, limit)
-- The first of the artifacts from before then, and how many those are in all.
select id, storage_key, created_at, count(*) over () as due
from zishu.build_artifacts
where created_at < :created_before
order by created_at
limit :limit;

-- name: delete_old(created_before, limit)
-- Removes the oldest artifacts from before then, so many at a time, and gives what bytes are to be
-- removed once this is committed.
delete from zishu.build_artifacts
where id = any (
    array(
        select id
        from zishu.build_artifacts
        where created_at < :created_before
        order by created_at
        limit :limit
        for update skip locked
    )
)
returning id, storage_key, size_bytes;
