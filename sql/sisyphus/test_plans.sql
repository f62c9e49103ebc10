-- Test plans: which scenarios run together.

-- name: create(project_id, created_by, name, description)^
-- Adds a plan without scenarios.
insert into sisyphus.test_plans (project_id, created_by, name, description)
values (:project_id, :created_by, :name, :description)
returning id, project_id, created_by, name, description, created_at, updated_at;

-- name: copy(id, name, created_by)^
-- Adds a copy of a plan, with the scenarios in it, under another name in the same project.
with copied as (
    insert into sisyphus.test_plans (project_id, created_by, name, description)
    select project_id, :created_by::uuid, :name::text, description
    from sisyphus.test_plans
    where id = :id
    returning id, project_id, created_by, name, description, created_at, updated_at
),
copied_scenarios as (
    insert into sisyphus.plan_scenarios (
        test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order
    )
    select
        copied.id, planned.scenario_id, planned.dataset_id, planned.environment_id,
        planned.variables, planned.sort_order
    from copied
    inner join sisyphus.plan_scenarios as planned on planned.test_plan_id = :id
)
select id, project_id, created_by, name, description, created_at, updated_at
from copied;

-- name: get(id)^
-- The plan with this id.
select id, project_id, created_by, name, description, created_at, updated_at
from sisyphus.test_plans
where id = :id;

-- name: get_with_scenarios(id)^
-- A plan with what it runs, in its order: [{"id", "scenario_id", "scenario_name", "priority",
-- "dataset_id", "dataset_name", "environment_id", "environment_name", "variables", "sort_order"},
-- …].
select
    id, project_id, created_by, name, description, created_at, updated_at,
    (
        select coalesce(json_agg(planned), '[]')
        from (
            select
                plan_scenarios.id, plan_scenarios.scenario_id, scenarios.name as scenario_name,
                scenarios.priority, plan_scenarios.dataset_id, datasets.name as dataset_name,
                plan_scenarios.environment_id, environments.name as environment_name,
                plan_scenarios.variables, plan_scenarios.sort_order
            from sisyphus.plan_scenarios
            inner join sisyphus.scenarios on scenarios.id = plan_scenarios.scenario_id
            left join sisyphus.datasets on datasets.id = plan_scenarios.dataset_id
            left join sisyphus.environments on environments.id = plan_scenarios.environment_id
            where plan_scenarios.test_plan_id = test_plans.id
            order by plan_scenarios.sort_order, plan_scenarios.id
        ) as planned
    ) as scenarios
from sisyphus.test_plans
where id = :id;

-- name: page(project_id, before_created_at, before_id, limit)
-- A project's plans, newest first; nulls for the first page.
select id, project_id, created_by, name, description, created_at, updated_at
from sisyphus.test_plans
where project_id = :project_id
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_with_last_run(project_id, before_created_at, before_id, limit)
-- A project's plans, newest first, each with the run that was started last, nulls where there is
-- none; nulls for the first page.
select
    plan.id, plan.project_id, plan.created_by, plan.name, plan.description, plan.created_at,
    plan.updated_at, run.id as run_id, run.status as run_status,
    run.started_at as run_started_at, run.completed_at as run_completed_at
from sisyphus.test_plans as plan
left join lateral (
    select id, status, started_at, completed_at
    from sisyphus.test_executions
    where test_executions.test_plan_id = plan.id
    order by started_at desc, id desc
    limit 1
) as run on true
where plan.project_id = :project_id
    and (plan.created_at, plan.id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by plan.created_at desc, plan.id desc
limit :limit;

-- name: search(project_id, words, limit)
-- A project's plans with all of the words in their name or description, in Chinese or English,
-- newest first.
-- scans: sorts what is found, which an index of words can't give in order.
select id, project_id, created_by, name, description, created_at, updated_at
from sisyphus.test_plans
where project_id = :project_id
    and common.search_terms(name || ' ' || coalesce(description, ''))
        @@ common.search_query(:words)
order by created_at desc, id desc
limit :limit;

-- name: update(id, name, description)^
-- Saves the form of a plan.
update sisyphus.test_plans
set
    name = :name,
    description = :description
where id = :id
returning id, project_id, created_by, name, description, created_at, updated_at;

-- name: delete(id)!
-- Deletes a plan with its runs and their reports.
delete from sisyphus.test_plans
where id = :id;
