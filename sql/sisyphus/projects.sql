-- Projects: what a person tests, found again by when they last worked on it or by its name.

-- name: create(created_by, name, description)^
-- Adds a project; a name that its creator has used is an error.
insert into sisyphus.projects (created_by, name, description)
values (:created_by, :name, :description)
returning id, created_by, name, description, created_at, updated_at;

-- name: get(id)^
-- The project with this id.
select id, created_by, name, description, created_at, updated_at
from sisyphus.projects
where id = :id;

-- name: get_by_name(created_by, name)^
-- The project that a person knows by this name.
select id, created_by, name, description, created_at, updated_at
from sisyphus.projects
where created_by = :created_by
    and name = :name;

-- name: get_overview(id)^
-- A project with how much there is in it, for the top of its page.
select
    id, created_by, name, description, created_at, updated_at,
    (
        select count(*) from sisyphus.interfaces where interfaces.project_id = projects.id
    ) as interface_count,
    (
        select count(*) from sisyphus.environments where environments.project_id = projects.id
    ) as environment_count,
    (
        select count(*) from sisyphus.scenarios where scenarios.project_id = projects.id
    ) as scenario_count,
    (
        select count(*) from sisyphus.test_plans where test_plans.project_id = projects.id
    ) as plan_count
from sisyphus.projects
where id = :id;

-- name: page(created_by, before_updated_at, before_id, limit)
-- A person's projects, the one last worked on first; nulls for the first page.
select id, created_by, name, description, created_at, updated_at
from sisyphus.projects
where created_by = :created_by
    and (updated_at, id) < (
        coalesce(:before_updated_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by updated_at desc, id desc
limit :limit;

-- name: search(created_by, term, limit)
-- A person's projects with the term in their name, the one last worked on first. A term has two
-- characters or more; less finds nothing.
-- scans: sorts what is found, which an index of parts of names can't give in order.
select id, created_by, name, description, created_at, updated_at
from sisyphus.projects
where created_by = :created_by
    and common.bigrams(:term) <> '{}'
    and common.bigrams(name) @> common.bigrams(:term)
    and strpos(lower(common.searchable(name)), lower(common.searchable(:term))) > 0
order by updated_at desc, id desc
limit :limit;

-- name: update(id, name, description)^
-- Saves the form of a project.
update sisyphus.projects
set
    name = :name,
    description = :description
where id = :id
returning id, created_by, name, description, created_at, updated_at;

-- name: touch(id)!
-- Brings a project to the top of its creator's list, since something in it was worked on.
update sisyphus.projects
set updated_at = now()
where id = :id;

-- name: delete(id)!
-- Deletes a project with all that is in it.
delete from sisyphus.projects
where id = :id;
