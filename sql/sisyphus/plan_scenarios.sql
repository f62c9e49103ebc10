-- What a plan runs: its scenarios in order, each with its data, environment and variables.

-- name: create(test_plan_id, scenario_id, dataset_id, environment_id, variables)^
-- Puts a scenario behind the others of a plan; one that is in it already is an error.
insert into sisyphus.plan_scenarios (
    test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order
)
values (
    :test_plan_id,
    :scenario_id,
    :dataset_id,
    :environment_id,
    :variables,
    coalesce(
        (
            select max(sort_order) + 1
            from sisyphus.plan_scenarios
            where test_plan_id = :test_plan_id
        ),
        0
    )
)
returning
    id, test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order, created_at,
    updated_at;

-- name: add_many(test_plan_id, scenario_ids)!
-- Puts scenarios behind the others of a plan, in the order given, and gives how many were added:
-- those that are in it stay where they are.
insert into sisyphus.plan_scenarios (test_plan_id, scenario_id, sort_order)
select
    :test_plan_id::uuid,
    given.scenario_id,
    given.place - 1 + coalesce(
        (
            select max(sort_order) + 1
            from sisyphus.plan_scenarios
            where test_plan_id = :test_plan_id
        ),
        0
    )
from unnest(:scenario_ids::uuid[]) with ordinality as given (scenario_id, place)
order by given.scenario_id
on conflict (test_plan_id, scenario_id) do nothing;

-- name: get(id)^
-- The place in a plan with this id.
select
    id, test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order, created_at,
    updated_at
from sisyphus.plan_scenarios
where id = :id;

-- name: page(test_plan_id, after_sort_order, after_id, limit)
-- What a plan runs, in its order; nulls for the first page.
-- scans: sorts the scenarios of one plan.
select
    id, test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order, created_at,
    updated_at
from sisyphus.plan_scenarios
where test_plan_id = :test_plan_id
    and (sort_order, id) > (
        coalesce(:after_sort_order::bigint, -2147483649),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by sort_order, id
limit :limit;

-- name: list_plans_of_scenario(scenario_id)
-- The plans that run a scenario, by name: what its deletion would change.
select plan.id, plan.project_id, plan.name
from sisyphus.plan_scenarios as planned
inner join sisyphus.test_plans as plan on plan.id = planned.test_plan_id
where planned.scenario_id = :scenario_id
order by plan.name, plan.id;

-- name: update(id, dataset_id, environment_id, variables)^
-- Saves what a scenario is run with in a plan.
update sisyphus.plan_scenarios
set
    dataset_id = :dataset_id,
    environment_id = :environment_id,
    variables = :variables
where id = :id
returning
    id, test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order, created_at,
    updated_at;

-- name: set_environment(test_plan_id, environment_id)!
-- Runs all scenarios of a plan in one environment.
update sisyphus.plan_scenarios
set environment_id = :environment_id
where test_plan_id = :test_plan_id
    and environment_id is distinct from :environment_id;

-- name: reorder(test_plan_id, ids)!
-- Puts what a plan runs in the order of these ids, the first at 0. All callers lock in one order,
-- so that of two at once the second waits, and its order stands.
with locked as (
    select id
    from sisyphus.plan_scenarios
    where test_plan_id = :test_plan_id
        and id = any(:ids::uuid[])
    order by id
    for no key update
)
update sisyphus.plan_scenarios as planned
set sort_order = wanted.place - 1
from locked
inner join unnest(:ids::uuid[]) with ordinality as wanted (id, place) on wanted.id = locked.id
where planned.id = locked.id;

-- name: delete(id)!
-- Takes a scenario out of a plan.
delete from sisyphus.plan_scenarios
where id = :id;
