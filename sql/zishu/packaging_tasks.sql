-- The packaging queue: ordered by people, claimed by one worker, tried again while attempts last.

-- name: create(user_id, template_id, version, platforms, options, priority)^
-- Queues a task; no row where the recipe is not active or can't build for all the platforms.
insert into zishu.packaging_tasks (user_id, template_id, version, platforms, options, priority)
select
    :user_id::uuid, templates.id, :version, :platforms::text[], :options::jsonb,
    :priority::smallint
from zishu.package_templates as templates
where templates.id = :template_id
    and templates.is_active
    and templates.platforms @> :platforms
returning
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at;

-- name: get(id)^
-- The task with this id.
select
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at
from zishu.packaging_tasks
where id = :id;

-- name: get_with_artifacts(id)^
-- A task, the name of its recipe and what it made: artifacts [{"id", "platform", "kind",
-- "file_name", "size_bytes", "checksum", "created_at"}, …] by platform and kind.
select
    tasks.id, tasks.user_id, tasks.template_id, templates.name as template_name, tasks.version,
    tasks.platforms, tasks.options, tasks.status, tasks.priority, tasks.attempts,
    tasks.max_attempts, tasks.worker, tasks.error_message, tasks.claimed_at,
    tasks.finished_at, tasks.created_at, tasks.updated_at,
    (
        select coalesce(json_agg(artifacts), '[]')
        from (
            select id, platform, kind, file_name, size_bytes, checksum, created_at
            from zishu.build_artifacts
            where build_artifacts.task_id = tasks.id
            order by platform, kind
        ) as artifacts
    ) as artifacts
from zishu.packaging_tasks as tasks
join zishu.package_templates as templates on templates.id = tasks.template_id
where tasks.id = :id;

-- name: page(user_id, before_created_at, before_id, limit)
-- A person's tasks, newest first; nulls for the first page, then what the last row of the page
-- before says.
select
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at
from zishu.packaging_tasks
where user_id = :user_id
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: count_before(id)$
-- How many tasks will be built before one that waits; nothing where it waits no more.
select (
    select count(*)
    from zishu.packaging_tasks as earlier
    where earlier.status = 'queued'
        and earlier.priority >= tasks.priority
        and (
            earlier.priority > tasks.priority
            or (earlier.created_at, earlier.id) < (tasks.created_at, tasks.id)
        )
) as earlier
from zishu.packaging_tasks as tasks
where tasks.id = :id
    and tasks.status = 'queued';

-- name: claim(worker)^
-- Gives a worker the most urgent task, among these the one that has waited longest, with its
-- settings: the recipe's config below the task's options. Workers at once get different tasks, and
-- none waits for another.
with next as (
    select id
    from zishu.packaging_tasks
    where status = 'queued'
        and attempts < max_attempts
    order by priority desc, created_at, id
    limit 1
    for update skip locked
)
update zishu.packaging_tasks as tasks
set
    status = 'running',
    attempts = tasks.attempts + 1,
    worker = :worker,
    error_message = null,
    claimed_at = now()
from next, zishu.package_templates as templates
where tasks.id = next.id
    and templates.id = tasks.template_id
returning
    tasks.id, tasks.user_id, tasks.template_id, tasks.version, tasks.platforms, tasks.options,
    tasks.status, tasks.priority, tasks.attempts, tasks.max_attempts, tasks.worker,
    tasks.error_message, tasks.claimed_at, tasks.finished_at, tasks.created_at,
    tasks.updated_at, templates.config || tasks.options as settings;

-- name: keep_alive(id, worker)!
-- Says that the worker is still at it; none if the task is no longer its own, and it should stop.
update zishu.packaging_tasks
set updated_at = now()
where id = :id
    and status = 'running'
    and worker = :worker;

-- name: finish(id, worker)^
-- Ends a task well, while it is the worker's.
update zishu.packaging_tasks
set
    status = 'succeeded',
    finished_at = now()
where id = :id
    and status = 'running'
    and worker = :worker
returning
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at;

-- name: fail(id, worker, error_message)^
-- Queues a task again after an attempt that failed, while it is the worker's; after the last
-- attempt it has failed.
update zishu.packaging_tasks
set
    status = case when attempts < max_attempts then 'queued' else 'failed' end,
    error_message = :error_message,
    claimed_at = case when attempts < max_attempts then null else claimed_at end,
    finished_at = case when attempts < max_attempts then null else now() end
where id = :id
    and status = 'running'
    and worker = :worker
returning
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at;

-- name: fail_lost(silent_since, error_message, limit)
-- Queues again the tasks whose worker has said nothing since then; after the last attempt they
-- have failed.
with lost as (
    select id
    from zishu.packaging_tasks
    where status = 'running'
        and claimed_at < :silent_since
        and updated_at < :silent_since
    order by claimed_at
    limit :limit
    for update skip locked
)
update zishu.packaging_tasks as tasks
set
    status = case when tasks.attempts < tasks.max_attempts then 'queued' else 'failed' end,
    error_message = :error_message,
    claimed_at = case when tasks.attempts < tasks.max_attempts then null else tasks.claimed_at end,
    finished_at = case when tasks.attempts < tasks.max_attempts then null else now() end
from lost
where tasks.id = lost.id
returning
    tasks.id, tasks.user_id, tasks.template_id, tasks.version, tasks.platforms, tasks.options,
    tasks.status, tasks.priority, tasks.attempts, tasks.max_attempts, tasks.worker,
    tasks.error_message, tasks.claimed_at, tasks.finished_at, tasks.created_at,
    tasks.updated_at;

-- name: cancel(id)^
-- Ends a task that waits or runs; its worker learns of it at its next word.
update zishu.packaging_tasks
set
    status = 'cancelled',
    finished_at = now()
where id = :id
    and status in ('queued', 'running')
returning
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at;

-- name: retry(id)^
-- Queues a task that failed or was cancelled anew, with all its attempts before it.
update zishu.packaging_tasks
set
    status = 'queued',
    attempts = 0,
    error_message = null,
    claimed_at = null,
    finished_at = null
where id = :id
    and status in ('failed', 'cancelled')
returning
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at;

-- name: set_priority(id, priority)^
-- Makes a task that waits more urgent or less.
update zishu.packaging_tasks
set priority = :priority
where id = :id
    and status = 'queued'
returning
    id, user_id, template_id, version, platforms, options, status, priority, attempts,
    max_attempts, worker, error_message, claimed_at, finished_at, created_at, updated_at;

-- name: delete(id)!
-- Removes a task that has ended, and its log; one that still has artifacts is an error.
delete from zishu.packaging_tasks
where id = :id
    and finished_at is not null;
