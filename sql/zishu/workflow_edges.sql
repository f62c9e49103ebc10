-- Which step follows which, edge by edge; a whole graph is saved by workflows.save_graph.

-- name: create(workflow_id, source_node_id, source_exit, target_node_id)^
-- Joins two nodes of a workflow; an edge that would close a cycle is an error.
insert into zishu.workflow_edges (workflow_id, source_node_id, source_exit, target_node_id)
values (:workflow_id, :source_node_id, :source_exit, :target_node_id)
returning
    id, workflow_id, source_node_id, source_exit, target_node_id, created_at, updated_at;

-- name: get(id)^
-- The edge with this id.
select id, workflow_id, source_node_id, source_exit, target_node_id, created_at, updated_at
from zishu.workflow_edges
where id = :id;

-- name: page(workflow_id, after_source_node_id, after_target_node_id, after_source_exit, limit)
-- The edges of a workflow by source, target and exit; nulls for the first page, then what the last
-- row of the page before says.
select id, workflow_id, source_node_id, source_exit, target_node_id, created_at, updated_at
from zishu.workflow_edges
where workflow_id = :workflow_id
    and (source_node_id, target_node_id, source_exit) > (
        coalesce(:after_source_node_id, '00000000-0000-0000-0000-000000000000'::uuid),
        :after_target_node_id,
        :after_source_exit
    )
order by source_node_id, target_node_id, source_exit
limit :limit;

-- name: follow(workflow_id, source_node_id, source_exit)
-- The nodes that come after a node where it is left by this exit.
select
    nodes.id, nodes.workflow_id, nodes.name, nodes.kind, nodes.config, nodes.position_x,
    nodes.position_y, nodes.created_at, nodes.updated_at
from zishu.workflow_edges as edges
join zishu.workflow_nodes as nodes on nodes.id = edges.target_node_id
where edges.workflow_id = :workflow_id
    and edges.source_node_id = :source_node_id
    and edges.source_exit = :source_exit
order by edges.target_node_id;

-- name: reconnect(id, source_node_id, source_exit, target_node_id)^
-- Draws an edge anew between other nodes of its workflow; one that would close a cycle is an
-- error.
update zishu.workflow_edges
set
    source_node_id = :source_node_id,
    source_exit = :source_exit,
    target_node_id = :target_node_id
where id = :id
returning
    id, workflow_id, source_node_id, source_exit, target_node_id, created_at, updated_at;

-- name: delete(id)!
-- Takes an edge away.
delete from zishu.workflow_edges
where id = :id;
