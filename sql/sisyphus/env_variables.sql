-- Variables: an environment's own, and the global ones that all environments of a project share.

-- name: create(environment_id, name, value, description, is_global)^
-- Adds a variable; one that the environment has is an error.
insert into sisyphus.env_variables (environment_id, name, value, description, is_global)
values (:environment_id, :name, :value, :description, :is_global)
returning
    id, environment_id, name, value, description, is_global, created_at, updated_at;

-- name: put(environment_id, name, value, is_global)^
-- Sets a variable, which is added if there is none.
insert into sisyphus.env_variables (environment_id, name, value, is_global)
values (:environment_id, :name, :value, :is_global)
on conflict (environment_id, name, is_global) do update
set value = excluded.value
returning
    id, environment_id, name, value, description, is_global, created_at, updated_at;

-- name: put_many(environment_id, names, values)!
-- Sets an environment's own variables, as an import brings them; a name twice is an error. All
-- callers write in the order of names, so that of two at once the second waits.
insert into sisyphus.env_variables (environment_id, name, value)
select :environment_id::uuid, given.name, given.value
from unnest(:names::text[], :values::text[]) as given (name, value)
order by given.name
on conflict (environment_id, name, is_global) do update
set value = excluded.value;

-- name: get(id)^
-- The variable with this id.
select id, environment_id, name, value, description, is_global, created_at, updated_at
from sisyphus.env_variables
where id = :id;

-- name: get_effective(environment_id, name)^
-- What a name stands for when tests run in an environment: its own variable, or else a global one
-- of the project: its own first, then the one changed last.
-- scans: sorts the variables of one name in one project, which are few.
select
    variable.id, variable.environment_id, variable.name, variable.value, variable.description,
    variable.is_global, variable.created_at, variable.updated_at
from sisyphus.environments as environment
inner join sisyphus.environments as sibling on sibling.project_id = environment.project_id
inner join sisyphus.env_variables as variable on variable.environment_id = sibling.id
where environment.id = :environment_id
    and variable.name = :name
    and (variable.is_global or sibling.id = environment.id)
order by
    variable.is_global,
    sibling.id = environment.id desc,
    variable.updated_at desc,
    variable.id
limit 1;

-- name: list_effective(environment_id)
-- Every name that tests know in an environment, by name, each with the variable it stands for: the
-- environment's own, or else a global one of the project: its own first, then the one changed
-- last.
-- scans: sorts the variables of one project, where only some hide others.
select distinct on (variable.name)
    variable.id, variable.environment_id, variable.name, variable.value, variable.description,
    variable.is_global, variable.created_at, variable.updated_at
from sisyphus.environments as environment
inner join sisyphus.environments as sibling on sibling.project_id = environment.project_id
inner join sisyphus.env_variables as variable on variable.environment_id = sibling.id
where environment.id = :environment_id
    and (variable.is_global or sibling.id = environment.id)
order by
    variable.name,
    variable.is_global,
    sibling.id = environment.id desc,
    variable.updated_at desc,
    variable.id;

-- name: page(environment_id, after_name, after_is_global, limit)
-- The variables that an environment holds, by name, its own before a global one; nulls for the
-- first page.
select id, environment_id, name, value, description, is_global, created_at, updated_at
from sisyphus.env_variables
where environment_id = :environment_id
    and (name, is_global) >= (coalesce(:after_name::text, ''), coalesce(:after_is_global, false))
    and (name, is_global) is distinct from (:after_name, :after_is_global)
order by name, is_global
limit :limit;

-- name: update(id, name, value, description, is_global)^
-- Saves the form of a variable.
update sisyphus.env_variables
set
    name = :name,
    value = :value,
    description = :description,
    is_global = :is_global
where id = :id
returning
    id, environment_id, name, value, description, is_global, created_at, updated_at;

-- name: delete(id)!
-- Deletes a variable.
delete from sisyphus.env_variables
where id = :id;
