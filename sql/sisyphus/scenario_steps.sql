-- The steps of a scenario, one call of a keyword each.

-- name: create(scenario_id, description, keyword_type, keyword_name, parameters)^
-- Adds a step behind the others of its scenario.
insert into sisyphus.scenario_steps (
    scenario_id, description, keyword_type, keyword_name, parameters, sort_order
)
values (
    :scenario_id,
    :description,
    :keyword_type,
    :keyword_name,
    :parameters,
    coalesce(
        (
            select max(sort_order) + 1
            from sisyphus.scenario_steps
            where scenario_id = :scenario_id
        ),
        0
    )
)
returning
    id, scenario_id, description, keyword_type, keyword_name, parameters, sort_order, created_at,
    updated_at;

-- name: get(id)^
-- The step with this id.
select
    id, scenario_id, description, keyword_type, keyword_name, parameters, sort_order, created_at,
    updated_at
from sisyphus.scenario_steps
where id = :id;

-- name: page(scenario_id, after_sort_order, after_id, limit)
-- The steps of a scenario, in their order; nulls for the first page.
select
    id, scenario_id, description, keyword_type, keyword_name, parameters, sort_order, created_at,
    updated_at
from sisyphus.scenario_steps
where scenario_id = :scenario_id
    and (sort_order, id) > (
        coalesce(:after_sort_order::bigint, -2147483649),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by sort_order, id
limit :limit;

-- name: update(id, description, keyword_type, keyword_name, parameters)^
-- Saves the form of a step.
update sisyphus.scenario_steps
set
    description = :description,
    keyword_type = :keyword_type,
    keyword_name = :keyword_name,
    parameters = :parameters
where id = :id
returning
    id, scenario_id, description, keyword_type, keyword_name, parameters, sort_order, created_at,
    updated_at;

-- name: reorder(scenario_id, ids)!
-- Puts the steps of a scenario in the order of their ids, the first at 0. All callers lock in one
-- order, so that of two at once the second waits, and its order stands.
with locked as (
    select id
    from sisyphus.scenario_steps
    where scenario_id = :scenario_id
        and id = any(:ids::uuid[])
    order by id
    for no key update
)
update sisyphus.scenario_steps as step
set sort_order = wanted.place - 1
from locked
inner join unnest(:ids::uuid[]) with ordinality as wanted (id, place) on wanted.id = locked.id
where step.id = locked.id;

-- name: delete(id)!
-- Deletes a step.
delete from sisyphus.scenario_steps
where id = :id;
