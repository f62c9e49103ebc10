-- The steps of workflows, one by one; a whole graph is saved by workflows.save_graph.

-- name: create(workflow_id, name, kind, config, position_x, position_y)^
-- Adds a step to a workflow.
insert into zishu.workflow_nodes (workflow_id, name, kind, config, position_x, position_y)
values (:workflow_id, :name, :kind, :config, :position_x, :position_y)
returning
    id, workflow_id, name, kind, config, position_x, position_y, created_at, updated_at;

-- name: get(id)^
-- The node with this id.
select id, workflow_id, name, kind, config, position_x, position_y, created_at, updated_at
from zishu.workflow_nodes
where id = :id;

-- name: page(workflow_id, after_name, limit)
-- The nodes of a workflow by name; null for the first page, then the last name of the page before.
select id, workflow_id, name, kind, config, position_x, position_y, created_at, updated_at
from zishu.workflow_nodes
where workflow_id = :workflow_id
    and name > coalesce(:after_name, '')
order by name
limit :limit;

-- name: order_by_steps(workflow_id)
-- The nodes that a run may come to, in an order in which each stands behind all that lead to it;
-- step counts from 1, and nodes of the same step don't wait for each other.
-- scans: the nodes of one workflow are sorted, all of which are returned.
with recursive reached (node_id, step) as (
    select workflow_nodes.id, 1
    from zishu.workflow_nodes
    where workflow_nodes.workflow_id = :workflow_id
        and workflow_nodes.kind = 'trigger'
    union
    select edges.target_node_id, reached.step + 1
    from reached
    join zishu.workflow_edges as edges
        on edges.workflow_id = :workflow_id
        and edges.source_node_id = reached.node_id
),
steps as (
    select reached.node_id, max(reached.step) as step
    from reached
    group by reached.node_id
)
select
    nodes.id, nodes.workflow_id, nodes.name, nodes.kind, nodes.config, nodes.position_x,
    nodes.position_y, nodes.created_at, nodes.updated_at, steps.step
from steps
join zishu.workflow_nodes as nodes on nodes.id = steps.node_id
order by steps.step, nodes.name;

-- name: find_unreachable(workflow_id)
-- The nodes that no trigger leads to, by name: what an editor warns of.
with recursive reached (node_id) as (
    select workflow_nodes.id
    from zishu.workflow_nodes
    where workflow_nodes.workflow_id = :workflow_id
        and workflow_nodes.kind = 'trigger'
    union
    select edges.target_node_id
    from reached
    join zishu.workflow_edges as edges
        on edges.workflow_id = :workflow_id
        and edges.source_node_id = reached.node_id
)
select
    nodes.id, nodes.workflow_id, nodes.name, nodes.kind, nodes.config, nodes.position_x,
    nodes.position_y, nodes.created_at, nodes.updated_at
from zishu.workflow_nodes as nodes
where nodes.workflow_id = :workflow_id
    and not exists (select from reached where reached.node_id = nodes.id)
order by nodes.name;

-- name: page_scheduled(after_workflow_id, after_id, limit)
-- The triggers with a schedule of active workflows: what the scheduler reads when it starts, page
-- by page; nulls for the first page.
-- scans: walks the active workflows beside their triggers, since all of them are wanted.
select
    nodes.id, nodes.workflow_id, nodes.name, nodes.config ->> 'schedule' as schedule,
    workflows.owner_id
from zishu.workflow_nodes as nodes
join zishu.workflows on workflows.id = nodes.workflow_id
where nodes.kind = 'trigger'
    and nodes.config ? 'schedule'
    and workflows.status = 'active'
    and workflows.deleted_at is null
    and (nodes.workflow_id, nodes.id) > (
        coalesce(:after_workflow_id, '00000000-0000-0000-0000-000000000000'::uuid), :after_id
    )
order by nodes.workflow_id, nodes.id
limit :limit;

-- name: update(id, kind, config)^
-- Saves the settings of a node.
update zishu.workflow_nodes
set
    kind = :kind,
    config = :config
where id = :id
returning
    id, workflow_id, name, kind, config, position_x, position_y, created_at, updated_at;

-- name: rename(id, name)^
-- Gives a node another name; its edges stay.
update zishu.workflow_nodes
set name = :name
where id = :id
returning
    id, workflow_id, name, kind, config, position_x, position_y, created_at, updated_at;

-- name: move(workflow_id, ids, xs, ys)!
-- Puts nodes of a workflow where they were dragged to, all at once: the third id to the third x
-- and y.
update zishu.workflow_nodes as nodes
set
    position_x = places.x,
    position_y = places.y
from unnest(:ids::uuid[], :xs::integer[], :ys::integer[]) as places (id, x, y)
where nodes.id = places.id
    and nodes.workflow_id = :workflow_id;

-- name: delete(id)!
-- Removes a node with the edges to and from it.
delete from zishu.workflow_nodes
where id = :id;
