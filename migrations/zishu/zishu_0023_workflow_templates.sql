-- Graphs to begin a workflow from, offered by the platform or shared by people.
--
-- A template keeps its graph in one document: it is read and copied whole, and no run refers to
-- its parts. A workflow's own graph is rows, in workflow_nodes and workflow_edges.
-- depends: zishu_0002_users common_0002_updated_at common_0005_chinese_search

create table zishu.workflow_templates (
    id uuid default gen_random_uuid(),
    author_id uuid,
    name varchar(100) not null,
    description text not null default '',
    graph jsonb not null,
    tags text[] not null default '{}',
    is_public boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workflow_templates_pkey primary key (id),
    constraint workflow_templates_author_id_fkey
        foreign key (author_id) references zishu.users (id) on delete set null,
    -- A missing key is null, which a check would let pass.
    constraint workflow_templates_graph_has_nodes_and_edges check (
        jsonb_typeof(graph -> 'nodes') is not distinct from 'array'
        and jsonb_typeof(graph -> 'edges') is not distinct from 'array'
    )
);

-- What a person made, newest first.
create index workflow_templates_author_id_created_at_idx
    on zishu.workflow_templates (author_id, created_at desc, id desc);

-- The gallery: newest first, by tag, by words.
create index workflow_templates_public_idx
    on zishu.workflow_templates (created_at desc, id desc)
    where is_public;
create index workflow_templates_tags_gin
    on zishu.workflow_templates using gin (tags)
    where is_public;
create index workflow_templates_search_gin
    on zishu.workflow_templates using gin (common.search_terms(name || ' ' || description))
    where is_public;

create trigger workflow_templates_set_updated_at
    before update on zishu.workflow_templates
    for each row execute function common.set_updated_at();

comment on table zishu.workflow_templates is
    'A graph that workflows are copied from; a copy does not change with it.';
comment on column zishu.workflow_templates.author_id is
    'Null for a template of the platform, and where the author is erased.';
comment on column zishu.workflow_templates.graph is
    '{"nodes": [{"name": "开始", "kind": "trigger", "config": {…}, "x": 0, "y": 0}, …], "edges": '
    '[{"source": "开始", "exit": "out", "target": "问候"}, …]}; edges name nodes by their names.';
comment on column zishu.workflow_templates.is_public is
    'Whether the gallery shows it; else its author alone.';
