-- The scenarios of a run: waiting, at work, done.

-- name: create(execution_id, scenario_id)^
-- Lets a scenario wait in a run, beside those that test_executions.start took from the plan.
insert into sisyphus.execution_steps (execution_id, scenario_id)
values (:execution_id, :scenario_id)
returning
    id, execution_id, scenario_id, status, result, started_at, completed_at, created_at,
    updated_at;

-- name: get(id)^
-- The scenario's run with this id.
select
    id, execution_id, scenario_id, status, result, started_at, completed_at, created_at,
    updated_at
from sisyphus.execution_steps
where id = :id;

-- name: page(execution_id, after_created_at, after_id, limit)
-- The scenarios of a run as they were added; nulls for the first page.
-- scans: sorts the scenarios of one run.
select
    id, execution_id, scenario_id, status, result, started_at, completed_at, created_at,
    updated_at
from sisyphus.execution_steps
where execution_id = :execution_id
    and (created_at, id) > (
        coalesce(:after_created_at::timestamptz, '-infinity'),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by created_at, id
limit :limit;

-- name: claim(execution_id)^
-- Takes the next scenario that waits, in the order of the plan, with what the plan runs it with;
-- nothing where none waits or the run is not running. Many workers at once each get another.
-- not null: started_at
-- scans: sorts the scenarios of one run that wait.
with next as (
    select step.id, planned.dataset_id, planned.environment_id, planned.variables
    from sisyphus.execution_steps as step
    inner join sisyphus.test_executions as execution on execution.id = step.execution_id
    left join sisyphus.plan_scenarios as planned
        on planned.test_plan_id = execution.test_plan_id
        and planned.scenario_id = step.scenario_id
    where step.execution_id = :execution_id
        and step.status = 'pending'
        and execution.status = 'running'
    order by planned.sort_order, planned.id, step.id
    limit 1
    for no key update of step skip locked
)
update sisyphus.execution_steps as step
set
    status = 'running',
    started_at = now()
from next
where step.id = next.id
returning
    step.id, step.execution_id, step.scenario_id, step.status, step.result, step.started_at,
    step.completed_at, step.created_at, step.updated_at, next.dataset_id, next.environment_id,
    next.variables;

-- name: record(id, status, result)^
-- Notes how a scenario went: passed, failed or skipped. Nothing unless it is at work, so that it
-- is judged once.
update sisyphus.execution_steps
set
    status = :status,
    result = :result,
    completed_at = now()
where id = :id
    and status = 'running'
    and :status in ('passed', 'failed', 'skipped')
returning
    id, execution_id, scenario_id, status, result, started_at, completed_at, created_at,
    updated_at;

-- name: record_with_report(id, status, result, allure_report_path)^
-- Notes how a scenario went, as record does, and adds its report, which it gives; duration is from
-- claim to now.
with recorded as (
    update sisyphus.execution_steps
    set
        status = :status,
        result = :result,
        completed_at = now()
    where id = :id
        and status = 'running'
        and :status in ('passed', 'failed', 'skipped')
    returning execution_id, scenario_id, status, result, started_at, completed_at
)
insert into sisyphus.test_reports (
    execution_id, scenario_id, status, duration, result, allure_report_path
)
select
    execution_id, scenario_id, status,
    greatest(extract(epoch from completed_at - started_at), 0)::integer,
    result, :allure_report_path::text
from recorded
returning
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at;

-- name: release(started_before, limit)
-- Lets scenarios wait again whose worker is gone, since they are at work for too long; gives
-- which.
-- scans: looks through the scenarios that are at work, which are as many as there are workers.
update sisyphus.execution_steps
set
    status = 'pending',
    started_at = null
where id = any(array(
    select id
    from sisyphus.execution_steps
    where status = 'running'
        and started_at < :started_before
    order by started_at
    limit :limit
    for no key update skip locked
))
returning id, execution_id, scenario_id;

-- name: delete(id)!
-- Takes a scenario out of a run.
delete from sisyphus.execution_steps
where id = :id;
