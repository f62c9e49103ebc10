-- Scenarios: test cases with their steps, found by project, tag, priority and words.

-- name: create(project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql)^
-- Adds a scenario without steps.
insert into sisyphus.scenarios (
    project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql
)
values (
    :project_id, :created_by, :name, :description, :priority, :tags, :variables, :pre_sql,
    :post_sql
)
returning
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at;

-- name: create_with_steps(project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql, steps)^
-- Adds a scenario with its steps, in their order: [{"keyword_type": "request", "keyword_name":
-- "发送请求", "description": "…", "parameters": {…}}, …].
with created as (
    insert into sisyphus.scenarios (
        project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql
    )
    values (
        :project_id, :created_by, :name, :description, :priority, :tags, :variables, :pre_sql,
        :post_sql
    )
    returning
        id, project_id, created_by, name, description, priority, tags, variables, pre_sql,
        post_sql, created_at, updated_at
),
created_steps as (
    insert into sisyphus.scenario_steps (
        scenario_id, description, keyword_type, keyword_name, parameters, sort_order
    )
    select
        created.id, step.description, step.keyword_type, step.keyword_name, step.parameters,
        step.place - 1
    from created
    cross join rows from (
        jsonb_to_recordset(:steps::jsonb) as (
            description text, keyword_type text, keyword_name text, parameters jsonb
        )
    ) with ordinality as step (description, keyword_type, keyword_name, parameters, place)
)
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from created;

-- name: copy(id, name, created_by)^
-- Adds a copy of a scenario, with its steps, under another name in the same project.
with copied as (
    insert into sisyphus.scenarios (
        project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql
    )
    select
        project_id, :created_by::uuid, :name::text, description, priority, tags, variables,
        pre_sql, post_sql
    from sisyphus.scenarios
    where id = :id
    returning
        id, project_id, created_by, name, description, priority, tags, variables, pre_sql,
        post_sql, created_at, updated_at
),
copied_steps as (
    insert into sisyphus.scenario_steps (
        scenario_id, description, keyword_type, keyword_name, parameters, sort_order
    )
    select
        copied.id, step.description, step.keyword_type, step.keyword_name, step.parameters,
        step.sort_order
    from copied
    inner join sisyphus.scenario_steps as step on step.scenario_id = :id
)
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from copied;

-- name: get(id)^
-- The scenario with this id.
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from sisyphus.scenarios
where id = :id;

-- name: get_with_steps(id)^
-- A scenario with its steps, in their order: [{"id", "description", "keyword_type",
-- "keyword_name", "parameters", "sort_order"}, …].
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at,
    (
        select coalesce(json_agg(step), '[]')
        from (
            select id, description, keyword_type, keyword_name, parameters, sort_order
            from sisyphus.scenario_steps
            where scenario_steps.scenario_id = scenarios.id
            order by sort_order, id
        ) as step
    ) as steps
from sisyphus.scenarios
where id = :id;

-- name: page(project_id, before_created_at, before_id, limit)
-- A project's scenarios, newest first; nulls for the first page.
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from sisyphus.scenarios
where project_id = :project_id
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_all(after_created_at, after_id, limit)
-- Everyone's scenarios, oldest first, as an export reads them; nulls for the first page.
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from sisyphus.scenarios
where (created_at, id) > (
    coalesce(:after_created_at::timestamptz, '-infinity'),
    coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
)
order by created_at, id
limit :limit;

-- name: page_with_steps(project_id, tags, priority, before_created_at, before_id, limit)
-- A project's scenarios, newest first, each with its steps as get_with_steps has them: those that
-- have all of the tags, ["冒烟", …], and the priority, or any where that is null; nulls for the
-- first page.
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at,
    (
        select coalesce(json_agg(step), '[]')
        from (
            select id, description, keyword_type, keyword_name, parameters, sort_order
            from sisyphus.scenario_steps
            where scenario_steps.scenario_id = scenarios.id
            order by sort_order, id
        ) as step
    ) as steps
from sisyphus.scenarios
where project_id = :project_id
    -- So written, since PostgreSQL takes an `or` for rare, and would sort the whole project.
    and coalesce(tags @> :tags, :tags::jsonb is null)
    and (:priority::text is null or priority = :priority)
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: find_by_any_tag(project_id, tags, before_created_at, before_id, limit)
-- A project's scenarios that have at least one of the tags, newest first; nulls for the first
-- page.
-- scans: sorts what is found, which an index of JSON can't give in order.
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from sisyphus.scenarios
where project_id = :project_id
    and tags ?| :tags::text[]
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: search(project_id, words, limit)
-- A project's scenarios with all of the words in their name or description, in Chinese or English,
-- newest first.
-- scans: sorts what is found, which an index of words can't give in order.
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
from sisyphus.scenarios
where project_id = :project_id
    and common.search_terms(name || ' ' || coalesce(description, ''))
        @@ common.search_query(:words)
order by created_at desc, id desc
limit :limit;

-- name: count_tags(project_id)
-- The tags of a project with how many scenarios have each, the most used first.
-- scans: counts every tag of one project.
select tag.name, count(*) as scenario_count
from sisyphus.scenarios
cross join lateral jsonb_array_elements_text(scenarios.tags) as tag (name)
where scenarios.project_id = :project_id
group by tag.name
order by scenario_count desc, tag.name;

-- name: update(id, name, description, priority, tags, variables, pre_sql, post_sql)^
-- Saves the form of a scenario, without its steps.
update sisyphus.scenarios
set
    name = :name,
    description = :description,
    priority = :priority,
    tags = :tags,
    variables = :variables,
    pre_sql = :pre_sql,
    post_sql = :post_sql
where id = :id
returning
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at;

-- name: save_with_steps(id, seen_updated_at, name, description, priority, tags, variables, pre_sql, post_sql, steps)^
-- Saves a scenario with all of its steps, in their order, and gives it as get_with_steps does;
-- nothing if somebody has saved it since it was read at seen_updated_at. A step that has an id
-- stays the same step, one without is added, and one that is not given is deleted.
with saved as (
    update sisyphus.scenarios
    set
        name = :name,
        description = :description,
        priority = :priority,
        tags = :tags,
        variables = :variables,
        pre_sql = :pre_sql,
        post_sql = :post_sql
    where id = :id
        and updated_at = :seen_updated_at
    returning
        id, project_id, created_by, name, description, priority, tags, variables, pre_sql,
        post_sql, created_at, updated_at
),
given as (
    select
        coalesce(step.id, gen_random_uuid()) as id, step.description, step.keyword_type,
        step.keyword_name, step.parameters, step.place - 1 as sort_order
    from rows from (
        jsonb_to_recordset(:steps::jsonb) as (
            id uuid, description text, keyword_type text, keyword_name text, parameters jsonb
        )
    ) with ordinality as step (id, description, keyword_type, keyword_name, parameters, place)
),
gone as (
    delete from sisyphus.scenario_steps as step
    using saved
    where step.scenario_id = saved.id
        and not exists (select from given where given.id = step.id)
),
put as (
    insert into sisyphus.scenario_steps as step (
        id, scenario_id, description, keyword_type, keyword_name, parameters, sort_order
    )
    select
        given.id, saved.id, given.description, given.keyword_type, given.keyword_name,
        given.parameters, given.sort_order
    from given
    cross join saved
    on conflict (id) do update
    set
        description = excluded.description,
        keyword_type = excluded.keyword_type,
        keyword_name = excluded.keyword_name,
        parameters = excluded.parameters,
        sort_order = excluded.sort_order
    where step.scenario_id = excluded.scenario_id
    returning id, description, keyword_type, keyword_name, parameters, sort_order
)
select
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at,
    (
        select coalesce(json_agg(step), '[]')
        from (
            select id, description, keyword_type, keyword_name, parameters, sort_order
            from put
            order by sort_order
        ) as step
    ) as steps
from saved;

-- name: delete(id)!
-- Deletes a scenario with its steps, data sets, places in plans, and what came of its runs.
delete from sisyphus.scenarios
where id = :id;
