-- Keywords: the verbs of test steps, a project's own and those that are built in.

-- name: create(project_id, type, name, method_name, code, parameters)^
-- Adds a keyword of a project; a name that the project has used is an error.
insert into sisyphus.keywords (project_id, type, name, method_name, code, parameters)
values (:project_id::uuid, :type, :name, :method_name, :code, :parameters)
returning
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at;

-- name: put_builtin(type, name, method_name, code, parameters)^
-- Sets a built-in keyword as this release has it; one that was disabled stays so.
insert into sisyphus.keywords (type, name, method_name, code, parameters, is_builtin)
values (:type, :name, :method_name, :code, :parameters, true)
on conflict (project_id, name) do update
set
    type = excluded.type,
    method_name = excluded.method_name,
    code = excluded.code,
    parameters = excluded.parameters
returning
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at;

-- name: get(id)^
-- The keyword with this id.
select
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at
from sisyphus.keywords
where id = :id;

-- name: get_enabled(project_id, type, name)^
-- What a step of a project means by this keyword: the project's own, or else the built-in one.
select
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at
from sisyphus.keywords
where is_enabled
    and name = :name
    and type = :type
    and (project_id = :project_id or project_id is null)
order by is_builtin
limit 1;

-- name: list_of_scenario(scenario_id)
-- The keywords that the steps of a scenario mean, each once, with the code to run; a step whose
-- keyword is missing here can't run.
-- scans: sorts the steps of one scenario.
select
    keyword.id, keyword.project_id, keyword.type, keyword.name, keyword.method_name, keyword.code,
    keyword.parameters, keyword.is_builtin, keyword.is_enabled, keyword.created_at,
    keyword.updated_at
from sisyphus.scenarios as scenario
cross join lateral (
    select distinct step.keyword_type, step.keyword_name
    from sisyphus.scenario_steps as step
    where step.scenario_id = scenario.id
) as used
cross join lateral (
    select
        meant.id, meant.project_id, meant.type, meant.name, meant.method_name, meant.code,
        meant.parameters, meant.is_builtin, meant.is_enabled, meant.created_at, meant.updated_at
    from sisyphus.keywords as meant
    where meant.is_enabled
        and meant.name = used.keyword_name
        and meant.type = used.keyword_type
        and (meant.project_id = scenario.project_id or meant.project_id is null)
    order by meant.is_builtin
    limit 1
) as keyword
where scenario.id = :scenario_id
order by keyword.name, keyword.type;

-- name: page(project_id, after_name, limit)
-- A project's own keywords by name, after the one given; null for the first page.
select
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at
from sisyphus.keywords
where project_id = :project_id
    and name >= coalesce(:after_name::text, '')
    and name is distinct from :after_name
order by name
limit :limit;

-- name: page_builtin(after_name, limit)
-- The built-in keywords by name, after the one given; null for the first page.
select
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at
from sisyphus.keywords
where project_id is null
    and name >= coalesce(:after_name::text, '')
    and name is distinct from :after_name
-- The null column comes first, since the index has no order without it.
order by project_id, name
limit :limit;

-- name: page_enabled(project_id, type, after_name, limit)
-- What the editor of steps offers, by name, after the one given, null for the first page: a
-- project's enabled keywords and the built-in ones that they don't hide, of one type or with null
-- of all.
-- scans: sorts one page of each into one.
select distinct on (offered.name)
    offered.id, offered.project_id, offered.type, offered.name, offered.method_name,
    offered.parameters, offered.is_builtin
from (
    (
        select id, project_id, type, name, method_name, parameters, is_builtin
        from sisyphus.keywords
        where is_enabled
            and project_id = :project_id
            and (:type::text is null or type = :type)
            and name >= coalesce(:after_name::text, '')
            and name is distinct from :after_name
        order by name
        limit :limit
    )
    union all
    (
        select id, project_id, type, name, method_name, parameters, is_builtin
        from sisyphus.keywords
        where is_enabled
            and project_id is null
            and (:type::text is null or type = :type)
            and name >= coalesce(:after_name::text, '')
            and name is distinct from :after_name
        -- The null column comes first, since the index has no order without it.
        order by project_id, name
        limit :limit
    )
) as offered
order by offered.name, offered.is_builtin
limit :limit;

-- name: search(project_id, term, limit)
-- The keywords with the term in their name that a project has or shares, by name. A term has two
-- characters or more; less finds nothing.
-- scans: sorts what is found, which an index of parts of names can't give in order.
select
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at
from sisyphus.keywords
where (project_id = :project_id or project_id is null)
    and common.bigrams(:term) <> '{}'
    and common.bigrams(name) @> common.bigrams(:term)
    and strpos(lower(common.searchable(name)), lower(common.searchable(:term))) > 0
order by name, is_builtin
limit :limit;

-- name: update(id, type, name, method_name, code, parameters)^
-- Saves the form of a project's keyword; nothing for a built-in one.
update sisyphus.keywords
set
    type = :type,
    name = :name,
    method_name = :method_name,
    code = :code,
    parameters = :parameters
where id = :id
    and not is_builtin
returning
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at;

-- name: set_enabled(id, is_enabled)^
-- Offers a keyword in the editor of steps, or not.
update sisyphus.keywords
set is_enabled = :is_enabled
where id = :id
returning
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at;

-- name: delete(id)!
-- Deletes a project's keyword; a built-in one stays.
delete from sisyphus.keywords
where id = :id
    and not is_builtin;
