-- Workflows of people: begun empty or from a template, saved with their graph, put away softly.

-- name: create(owner_id, name, description, variables)^
-- Begins an empty workflow.
insert into zishu.workflows (owner_id, name, description, variables)
values (:owner_id, :name, :description, :variables)
returning
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at;

-- name: create_from_template(template_id, owner_id, name)^
-- Copies a public template, or one of the owner's, with its graph; without a name it takes the
-- template's. An edge that names no node of the template is an error.
with template as (
    select id, name, description, graph
    from zishu.workflow_templates
    where id = :template_id
        and (is_public or author_id = :owner_id)
),
workflow as (
    insert into zishu.workflows (owner_id, template_id, name, description)
    select :owner_id::uuid, template.id, coalesce(:name, template.name), template.description
    from template
    returning
        id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
        updated_at
),
nodes as (
    insert into zishu.workflow_nodes
        (workflow_id, name, kind, config, position_x, position_y)
    select
        workflow.id, wanted.name, wanted.kind, coalesce(wanted.config, '{}'),
        coalesce(wanted.x, 0), coalesce(wanted.y, 0)
    from workflow
    cross join template
    cross join jsonb_to_recordset(template.graph -> 'nodes')
        as wanted (name text, kind text, config jsonb, x integer, y integer)
    returning id, name
),
edges as (
    insert into zishu.workflow_edges (workflow_id, source_node_id, source_exit, target_node_id)
    select workflow.id, sources.id, coalesce(wanted.exit, 'out'), targets.id
    from workflow
    cross join template
    cross join jsonb_to_recordset(template.graph -> 'edges')
        as wanted (source text, exit text, target text)
    -- What names no node gives null, which the column refuses.
    left join nodes as sources on sources.name = wanted.source
    left join nodes as targets on targets.name = wanted.target
)
select
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at
from workflow;

-- name: get(id)^
-- The workflow with this id, unless it is deleted.
select
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at
from zishu.workflows
where id = :id
    and deleted_at is null;

-- name: get_with_graph(id)^
-- A workflow and its graph: nodes [{"id", "name", "kind", "config", "x", "y"}, …] by name, edges
-- [{"id", "source_node_id", "source", "exit", "target_node_id", "target"}, …] by their names.
select
    workflows.id, workflows.owner_id, workflows.template_id, workflows.name,
    workflows.description, workflows.variables, workflows.status, workflows.created_at,
    workflows.updated_at,
    (
        select coalesce(json_agg(nodes), '[]')
        from (
            select id, name, kind, config, position_x as x, position_y as y
            from zishu.workflow_nodes
            where workflow_nodes.workflow_id = workflows.id
            order by workflow_nodes.name
        ) as nodes
    ) as nodes,
    (
        select coalesce(json_agg(edges), '[]')
        from (
            select
                edges.id, edges.source_node_id, sources.name as source,
                edges.source_exit as exit, edges.target_node_id, targets.name as target
            from zishu.workflow_edges as edges
            join zishu.workflow_nodes as sources on sources.id = edges.source_node_id
            join zishu.workflow_nodes as targets on targets.id = edges.target_node_id
            where edges.workflow_id = workflows.id
            order by sources.name, edges.source_exit, targets.name
        ) as edges
    ) as edges
from zishu.workflows
where workflows.id = :id
    and workflows.deleted_at is null;

-- name: page(owner_id, before_created_at, before_id, limit)
-- A person's workflows, newest first; nulls for the first page, then what the last row of the page
-- before says.
select
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at
from zishu.workflows
where owner_id = :owner_id
    and deleted_at is null
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: page_deleted(owner_id, before_created_at, before_id, limit)
-- What a person has deleted and may take back, newest first.
select
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at
from zishu.workflows
where owner_id = :owner_id
    and deleted_at is not null
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: count_by_template(template_id)$
-- How many workflows were copied from a template and still exist.
select count(*)
from zishu.workflows
where template_id = :template_id
    and deleted_at is null;

-- name: update(id, name, description, variables)^
-- Saves the form of a workflow.
update zishu.workflows
set
    name = :name,
    description = :description,
    variables = :variables
where id = :id
    and deleted_at is null
returning
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at;

-- name: save_graph(id, seen_updated_at, nodes, edges)^
-- Makes the graph what the editor shows, nodes [{"name", "kind", "config", "x", "y"}, …] and edges
-- [{"source", "exit", "target"}, …] by the names of nodes; a node keeps its id while it keeps its
-- name. Nothing is changed where the workflow was saved since the editor read it: the second of
-- two who save at once gets no row. An edge that names no node, or closes a cycle, is an error.
with workflow as (
    -- updated_at is set by a trigger. Whoever waits here for another's save then sees it.
    update zishu.workflows
    set updated_at = now()
    where id = :id
        and updated_at = :seen_updated_at
        and deleted_at is null
    returning
        id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
        updated_at
),
nodes as (
    insert into zishu.workflow_nodes
        (workflow_id, name, kind, config, position_x, position_y)
    select
        workflow.id, wanted.name, wanted.kind, coalesce(wanted.config, '{}'),
        coalesce(wanted.x, 0), coalesce(wanted.y, 0)
    from workflow
    cross join jsonb_to_recordset(:nodes::jsonb)
        as wanted (name text, kind text, config jsonb, x integer, y integer)
    on conflict (workflow_id, name) do update
    set
        kind = excluded.kind,
        config = excluded.config,
        position_x = excluded.position_x,
        position_y = excluded.position_y
    returning id, name
),
wanted_edges as (
    select
        workflow.id as workflow_id, sources.id as source_node_id,
        coalesce(wanted.exit, 'out') as source_exit, targets.id as target_node_id
    from workflow
    cross join jsonb_to_recordset(:edges::jsonb)
        as wanted (source text, exit text, target text)
    -- What names no node gives null, which the column refuses.
    left join nodes as sources on sources.name = wanted.source
    left join nodes as targets on targets.name = wanted.target
),
gone_edges as (
    delete from zishu.workflow_edges as edges
    using workflow
    where edges.workflow_id = workflow.id
        and not exists (
            select
            from wanted_edges
            where wanted_edges.source_node_id = edges.source_node_id
                and wanted_edges.source_exit = edges.source_exit
                and wanted_edges.target_node_id = edges.target_node_id
        )
),
gone_nodes as (
    delete from zishu.workflow_nodes
    using workflow
    where workflow_nodes.workflow_id = workflow.id
        and not exists (select from nodes where nodes.name = workflow_nodes.name)
),
new_edges as (
    insert into zishu.workflow_edges (workflow_id, source_node_id, source_exit, target_node_id)
    select workflow_id, source_node_id, source_exit, target_node_id
    from wanted_edges
    on conflict (workflow_id, source_node_id, target_node_id, source_exit) do nothing
)
select
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at
from workflow;

-- name: activate(id)^
-- Lets the triggers of a workflow run it; no row where it has none.
update zishu.workflows
set status = 'active'
where id = :id
    and deleted_at is null
    and exists (
        select
        from zishu.workflow_nodes
        where workflow_nodes.workflow_id = workflows.id
            and workflow_nodes.kind = 'trigger'
    )
returning
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at;

-- name: deactivate(id, status)^
-- Makes a workflow a draft again, or archives it: its triggers run it no more.
update zishu.workflows
set status = :status
where id = :id
    and deleted_at is null
    and :status <> 'active'
returning
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at;

-- name: delete(id)!
-- Puts a workflow away and cancels its runs that no worker has begun.
with cancelled as (
    update zishu.workflow_executions
    set
        status = 'cancelled',
        finished_at = now()
    where workflow_id = :id
        and status = 'queued'
)
update zishu.workflows
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes a deleted workflow back, as a draft: nothing runs before somebody says so.
update zishu.workflows
set
    deleted_at = null,
    status = 'draft'
where id = :id
    and deleted_at is not null
returning
    id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
    updated_at;
