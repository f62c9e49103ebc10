-- Environments: where a project's tests run.

-- name: create(project_id, name, base_url)^
-- Adds an environment; a name that the project has used is an error.
insert into sisyphus.environments (project_id, name, base_url)
values (:project_id, :name, :base_url)
returning id, project_id, name, base_url, created_at, updated_at;

-- name: copy(id, name)^
-- Adds a copy of an environment under another name, with its own variables: those that are global
-- hold for the copy as they are.
with copied as (
    insert into sisyphus.environments (project_id, name, base_url)
    select project_id, :name::text, base_url
    from sisyphus.environments
    where id = :id
    returning id, project_id, name, base_url, created_at, updated_at
),
copied_variables as (
    insert into sisyphus.env_variables (environment_id, name, value, description)
    select copied.id, variable.name, variable.value, variable.description
    from copied
    inner join sisyphus.env_variables as variable on variable.environment_id = :id
    where not variable.is_global
)
select id, project_id, name, base_url, created_at, updated_at
from copied;

-- name: get(id)^
-- The environment with this id.
select id, project_id, name, base_url, created_at, updated_at
from sisyphus.environments
where id = :id;

-- name: get_by_name(project_id, name)^
-- The environment that a project knows by this name.
select id, project_id, name, base_url, created_at, updated_at
from sisyphus.environments
where project_id = :project_id
    and name = :name;

-- name: page(project_id, after_name, limit)
-- A project's environments by name, after the one given; null for the first page.
select id, project_id, name, base_url, created_at, updated_at
from sisyphus.environments
where project_id = :project_id
    and name >= coalesce(:after_name::text, '')
    and name is distinct from :after_name
order by name
limit :limit;

-- name: update(id, name, base_url)^
-- Saves the form of an environment.
update sisyphus.environments
set
    name = :name,
    base_url = :base_url
where id = :id
returning id, project_id, name, base_url, created_at, updated_at;

-- name: delete(id)!
-- Deletes an environment with its variables, the global ones that it holds among them.
delete from sisyphus.environments
where id = :id;
