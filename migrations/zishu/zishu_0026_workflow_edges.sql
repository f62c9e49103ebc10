-- Which step follows which; a workflow never comes back to a step, so every run ends.
--
-- An edge has no key to workflows of its own: its nodes have one.
-- depends: zishu_0025_workflow_nodes

create table zishu.workflow_edges (
    id uuid default gen_random_uuid(),
    workflow_id uuid not null,
    source_node_id uuid not null,
    source_exit varchar(50) not null default 'out',
    target_node_id uuid not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workflow_edges_pkey primary key (id),
    constraint workflow_edges_source_node_id_fkey
        foreign key (workflow_id, source_node_id)
        references zishu.workflow_nodes (workflow_id, id) on delete cascade,
    constraint workflow_edges_target_node_id_fkey
        foreign key (workflow_id, target_node_id)
        references zishu.workflow_nodes (workflow_id, id) on delete cascade,
    constraint workflow_edges_source_target_exit_key
        unique (workflow_id, source_node_id, target_node_id, source_exit),
    constraint workflow_edges_joins_two_nodes check (source_node_id <> target_node_id)
);

create index workflow_edges_workflow_id_target_node_id_idx
    on zishu.workflow_edges (workflow_id, target_node_id);

-- Of two sessions that would close a cycle together, the second waits for the workflow's row and
-- then sees the edge of the first. After the row is written, so that all edges of one statement
-- are seen.
create function zishu.refuse_workflow_cycle()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    perform from zishu.workflows where id = new.workflow_id for no key update;
    if exists (
        with recursive reached (node_id) as (
            select new.target_node_id
            union
            select edges.target_node_id
            from reached
            join zishu.workflow_edges as edges
                on edges.workflow_id = new.workflow_id
                and edges.source_node_id = reached.node_id
        )
        select from reached where reached.node_id = new.source_node_id
    ) then
        raise exception 'workflow %: an edge from node % to node % would close a cycle',
            new.workflow_id, new.source_node_id, new.target_node_id
            using errcode = 'check_violation',
                schema = tg_table_schema,
                table = tg_table_name,
                constraint = tg_name;
    end if;
    return null;
end
$$;

comment on function zishu.refuse_workflow_cycle() is
    'After insert or update of an edge, for each row: refuses one whose source can be reached '
    'from its target.';

create trigger workflow_edges_make_no_cycle
    after insert or update of workflow_id, source_node_id, target_node_id
    on zishu.workflow_edges
    for each row execute function zishu.refuse_workflow_cycle();
create trigger workflow_edges_set_updated_at
    before update on zishu.workflow_edges
    for each row execute function common.set_updated_at();

comment on table zishu.workflow_edges is
    'The step from one node to a next one of the same workflow.';
comment on column zishu.workflow_edges.source_exit is
    'By which way out of the source: true or false of a condition, out of all other kinds.';
