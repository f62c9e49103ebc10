-- Runs of plans: started, paused, ended, and what came of them.

-- name: create(test_plan_id, created_by)^
-- Begins a run without scenarios, for a caller who adds them one by one; start takes the plan's.
insert into sisyphus.test_executions (test_plan_id, created_by)
values (:test_plan_id, :created_by)
returning
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at;

-- name: start(test_plan_id, created_by)^
-- Begins a run of a plan: every scenario of it waits for execution_steps.claim. Nothing for a plan
-- without scenarios.
with started as (
    insert into sisyphus.test_executions (test_plan_id, created_by)
    select :test_plan_id::uuid, :created_by::uuid
    where exists (
        select from sisyphus.plan_scenarios where plan_scenarios.test_plan_id = :test_plan_id
    )
    returning
        id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
),
waiting as (
    insert into sisyphus.execution_steps (execution_id, scenario_id)
    select started.id, planned.scenario_id
    from started
    inner join sisyphus.plan_scenarios as planned on planned.test_plan_id = :test_plan_id
    returning id
)
select
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at,
    (select count(*) from waiting) as step_count
from started;

-- name: get(id)^
-- The run with this id.
select id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
from sisyphus.test_executions
where id = :id;

-- name: get_with_steps(id)^
-- A run with how each scenario went, in the order of the plan: [{"id", "scenario_id",
-- "scenario_name", "status", "result", "started_at", "completed_at"}, …].
select
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at,
    (
        select coalesce(json_agg(step), '[]')
        from (
            select
                execution_steps.id, execution_steps.scenario_id, scenarios.name as scenario_name,
                execution_steps.status, execution_steps.result, execution_steps.started_at,
                execution_steps.completed_at
            from sisyphus.execution_steps
            inner join sisyphus.scenarios on scenarios.id = execution_steps.scenario_id
            left join sisyphus.plan_scenarios as planned
                on planned.test_plan_id = test_executions.test_plan_id
                and planned.scenario_id = execution_steps.scenario_id
            where execution_steps.execution_id = test_executions.id
            order by planned.sort_order, planned.id, execution_steps.id
        ) as step
    ) as steps
from sisyphus.test_executions
where id = :id;

-- name: get_summary(id)^
-- How far a run is: its scenarios counted by status, and the seconds that it has taken so far.
select
    execution.id, execution.status,
    count(step.id) as step_count,
    count(*) filter (where step.status = 'pending') as pending_count,
    count(*) filter (where step.status = 'running') as running_count,
    count(*) filter (where step.status = 'passed') as passed_count,
    count(*) filter (where step.status = 'failed') as failed_count,
    count(*) filter (where step.status = 'skipped') as skipped_count,
    extract(epoch from coalesce(execution.completed_at, now()) - execution.started_at) as seconds
from sisyphus.test_executions as execution
left join sisyphus.execution_steps as step on step.execution_id = execution.id
where execution.id = :id
group by execution.id;

-- name: page(before_started_at, before_id, limit)
-- All runs, the one started last first; nulls for the first page.
select id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
from sisyphus.test_executions
where (started_at, id) < (
    coalesce(:before_started_at::timestamptz, 'infinity'),
    coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
)
order by started_at desc, id desc
limit :limit;

-- name: page_by_status(status, before_started_at, before_id, limit)
-- The runs in a state, the one started last first; nulls for the first page.
select id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
from sisyphus.test_executions
where status = :status
    and (started_at, id) < (
        coalesce(:before_started_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by started_at desc, id desc
limit :limit;

-- name: page_of_plan(test_plan_id, before_started_at, before_id, limit)
-- The runs of a plan, the one started last first, each with its scenarios counted by how they
-- went; nulls for the first page.
select
    execution.id, execution.test_plan_id, execution.created_by, execution.status,
    execution.started_at, execution.completed_at, execution.created_at, execution.updated_at,
    counted.step_count, counted.passed_count, counted.failed_count, counted.skipped_count
from sisyphus.test_executions as execution
cross join lateral (
    select
        count(*) as step_count,
        count(*) filter (where step.status = 'passed') as passed_count,
        count(*) filter (where step.status = 'failed') as failed_count,
        count(*) filter (where step.status = 'skipped') as skipped_count
    from sisyphus.execution_steps as step
    where step.execution_id = execution.id
) as counted
where execution.test_plan_id = :test_plan_id
    and (execution.started_at, execution.id) < (
        coalesce(:before_started_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by execution.started_at desc, execution.id desc
limit :limit;

-- name: count_by_day(project_id, since, until, time_zone)
-- The runs of a project that were started from since until before until, counted by day, as days
-- are in the time zone, and by how they ended; days without runs are left out.
-- scans: counts every run of one project in that time.
select
    (execution.started_at at time zone :time_zone::text)::date as day,
    count(*) as execution_count,
    count(*) filter (where execution.status = 'completed') as completed_count,
    count(*) filter (where execution.status = 'failed') as failed_count,
    count(*) filter (where execution.status = 'terminated') as terminated_count
from sisyphus.test_plans as plan
inner join sisyphus.test_executions as execution on execution.test_plan_id = plan.id
where plan.project_id = :project_id
    and execution.started_at >= :since
    and execution.started_at < :until
group by day
order by day;

-- name: pause(id)^
-- Keeps the scenarios of a run that wait from being claimed; nothing unless it is running.
update sisyphus.test_executions
set status = 'paused'
where id = :id
    and status = 'running'
returning
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at;

-- name: resume(id)^
-- Goes on with a run; nothing unless it is paused.
update sisyphus.test_executions
set status = 'running'
where id = :id
    and status = 'paused'
returning
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at;

-- name: finish(id)^
-- Ends a run whose scenarios are all done, failed where one of them failed; nothing while one is
-- open or when it has ended. A worker asks once what it recorded is committed: of the last two,
-- the later one then sees both.
update sisyphus.test_executions as execution
set
    status = case
        when exists (
            select
            from sisyphus.execution_steps as step
            where step.execution_id = execution.id
                and step.status = 'failed'
        )
            then 'failed'
        else 'completed'
    end,
    completed_at = now()
where id = :id
    and status in ('running', 'paused')
    and not exists (
        select
        from sisyphus.execution_steps as step
        where step.execution_id = execution.id
            and step.status in ('pending', 'running')
    )
returning
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at;

-- name: terminate(id)^
-- Stops a run by hand: what is open in it is skipped. Nothing when it has ended.
with stopped as (
    update sisyphus.test_executions
    set
        status = 'terminated',
        completed_at = now()
    where id = :id
        and status in ('running', 'paused')
    returning
        id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
),
skipped as (
    update sisyphus.execution_steps as step
    set
        status = 'skipped',
        completed_at = now()
    from stopped
    where step.execution_id = stopped.id
        and step.status in ('pending', 'running')
)
select id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
from stopped;

-- name: fail(id)^
-- Ends a run that could not go on: what is open in it is skipped. Nothing when it has ended.
with stopped as (
    update sisyphus.test_executions
    set
        status = 'failed',
        completed_at = now()
    where id = :id
        and status in ('running', 'paused')
    returning
        id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
),
skipped as (
    update sisyphus.execution_steps as step
    set
        status = 'skipped',
        completed_at = now()
    from stopped
    where step.execution_id = stopped.id
        and step.status in ('pending', 'running')
)
select id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
from stopped;

-- name: delete(id)!
-- Deletes a run with its reports; read test_reports.list_of_execution first for files to remove.
delete from sisyphus.test_executions
where id = :id;
