-- Runs of workflows: queued, claimed by one worker, recorded node by node, finished, kept a while.

-- name: create(workflow_id, user_id, input)^
-- Queues a run. A person runs drafts and active workflows; a trigger, which is no person, only
-- active ones.
insert into zishu.workflow_executions (workflow_id, user_id, input)
select workflows.id, :user_id::uuid, :input::jsonb
from zishu.workflows
where workflows.id = :workflow_id
    and workflows.deleted_at is null
    and (
        workflows.status = 'active'
        or workflows.status = 'draft' and :user_id is not null
    )
returning
    id, workflow_id, user_id, input, output, node_results, status, error_message, worker,
    started_at, finished_at, created_at, updated_at;

-- name: get(id)^
-- The run with this id.
select
    id, workflow_id, user_id, input, output, node_results, status, error_message, worker,
    started_at, finished_at, created_at, updated_at
from zishu.workflow_executions
where id = :id;

-- name: page(workflow_id, before_created_at, before_id, limit)
-- The history of a workflow without what went in and came out, newest first; nulls for the first
-- page, then what the last row of the page before says.
select
    id, workflow_id, user_id, status, error_message, worker, started_at, finished_at, created_at
from zishu.workflow_executions
where workflow_id = :workflow_id
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: page_by_user(user_id, before_created_at, before_id, limit)
-- What a person ran, with the names of the workflows, newest first.
with page as (
    select id, workflow_id, status, error_message, started_at, finished_at, created_at
    from zishu.workflow_executions
    where user_id = :user_id
        and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
    order by created_at desc, id desc
    limit :limit
)
select
    page.id, page.workflow_id, workflows.name as workflow_name, page.status,
    page.error_message, page.started_at, page.finished_at, page.created_at
from page
join zishu.workflows on workflows.id = page.workflow_id
order by page.created_at desc, page.id desc;

-- name: summarize(workflow_id, since)^
-- How the runs of a workflow since then have gone, and the mean time of those that succeeded.
select
    count(*) as runs,
    count(*) filter (where status = 'succeeded') as succeeded,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'cancelled') as cancelled,
    avg(finished_at - started_at) filter (where status = 'succeeded') as mean_duration
from zishu.workflow_executions
where workflow_id = :workflow_id
    and created_at >= :since;

-- name: count_queued()$
-- How many runs wait for a worker.
-- scans: counts them all, from an index of these alone.
select count(*)
from zishu.workflow_executions
where status = 'queued';

-- name: claim(worker)^
-- Gives a worker the run that has waited longest; workers at once get different ones, and none
-- waits for another.
with next as (
    select id
    from zishu.workflow_executions
    where status = 'queued'
    order by created_at, id
    limit 1
    for update skip locked
)
update zishu.workflow_executions as executions
set
    status = 'running',
    started_at = now(),
    worker = :worker
from next
where executions.id = next.id
returning
    executions.id, executions.workflow_id, executions.user_id, executions.input,
    executions.output, executions.node_results, executions.status, executions.error_message,
    executions.worker, executions.started_at, executions.finished_at, executions.created_at,
    executions.updated_at;

-- name: record_node(id, worker, node_id, result)!
-- Notes what became of a node, {"status", "output", "milliseconds"}, while the run is the
-- worker's.
update zishu.workflow_executions
set node_results = node_results || jsonb_build_object(:node_id::uuid, :result::jsonb)
where id = :id
    and status = 'running'
    and worker = :worker;

-- name: keep_alive(id, worker)!
-- Says that the worker is still at it, through a step that takes long; none if the run is no
-- longer its own, and it should stop.
update zishu.workflow_executions
set updated_at = now()
where id = :id
    and status = 'running'
    and worker = :worker;

-- name: finish(id, worker, output)^
-- Ends a run well, with what its output nodes returned, while it is the worker's.
update zishu.workflow_executions
set
    status = 'succeeded',
    output = :output,
    finished_at = now()
where id = :id
    and status = 'running'
    and worker = :worker
returning
    id, workflow_id, user_id, input, output, node_results, status, error_message, worker,
    started_at, finished_at, created_at, updated_at;

-- name: fail(id, worker, error_message)^
-- Ends a run badly, while it is the worker's.
update zishu.workflow_executions
set
    status = 'failed',
    error_message = :error_message,
    finished_at = now()
where id = :id
    and status = 'running'
    and worker = :worker
returning
    id, workflow_id, user_id, input, output, node_results, status, error_message, worker,
    started_at, finished_at, created_at, updated_at;

-- name: cancel(id)^
-- Ends a run that waits or runs; its worker learns of it at its next word.
update zishu.workflow_executions
set
    status = 'cancelled',
    finished_at = now()
where id = :id
    and status in ('queued', 'running')
returning
    id, workflow_id, user_id, input, output, node_results, status, error_message, worker,
    started_at, finished_at, created_at, updated_at;

-- name: fail_lost(silent_since, error_message, limit)
-- Fails the runs whose worker has said nothing since then; they are not tried again, since their
-- steps may have sent messages.
with lost as (
    select id
    from zishu.workflow_executions
    where status = 'running'
        and started_at < :silent_since
        and updated_at < :silent_since
    order by started_at
    limit :limit
    for update skip locked
)
update zishu.workflow_executions as executions
set
    status = 'failed',
    error_message = :error_message,
    finished_at = now()
from lost
where executions.id = lost.id
returning
    executions.id, executions.workflow_id, executions.user_id, executions.input,
    executions.output, executions.node_results, executions.status, executions.error_message,
    executions.worker, executions.started_at, executions.finished_at, executions.created_at,
    executions.updated_at;

-- name: delete(id)!
-- Removes a run that has ended.
delete from zishu.workflow_executions
where id = :id
    and finished_at is not null;

-- name: list_finished(finished_before, limit)
-- The first of the runs that ended before then, and how many those are in all.
select id, workflow_id, finished_at, count(*) over () as due
from zishu.workflow_executions
where finished_at < :finished_before
order by finished_at
limit :limit;

-- name: delete_finished(finished_before, limit)!
-- Removes the oldest runs that ended before then, so many at a time.
delete from zishu.workflow_executions
where id = any (
    array(
        select id
        from zishu.workflow_executions
        where finished_at < :finished_before
        order by finished_at
        limit :limit
        for update skip locked
    )
);
