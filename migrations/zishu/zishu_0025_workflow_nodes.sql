-- The steps of a workflow: what each does, with which settings, and where the editor draws it.
-- depends: zishu_0024_workflows

create table zishu.workflow_nodes (
    id uuid default gen_random_uuid(),
    workflow_id uuid not null,
    name varchar(100) not null,
    kind varchar(20) not null,
    config jsonb not null default '{}',
    position_x integer not null default 0,
    position_y integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workflow_nodes_pkey primary key (id),
    constraint workflow_nodes_workflow_id_fkey
        foreign key (workflow_id) references zishu.workflows (id) on delete cascade,
    constraint workflow_nodes_workflow_id_name_key unique (workflow_id, name),
    -- What edges refer to, so that both ends of one lie in the same workflow.
    constraint workflow_nodes_workflow_id_id_key unique (workflow_id, id),
    constraint workflow_nodes_kind_is_known check (
        kind in (
            'trigger',
            'model',
            'character',
            'adapter',
            'request',
            'condition',
            'transform',
            'wait',
            'output'
        )
    ),
    constraint workflow_nodes_config_is_an_object check (jsonb_typeof(config) = 'object')
);

-- What the scheduler reads when it starts.
create index workflow_nodes_trigger_idx
    on zishu.workflow_nodes (workflow_id, id)
    where kind = 'trigger';

create trigger workflow_nodes_set_updated_at
    before update on zishu.workflow_nodes
    for each row execute function common.set_updated_at();

comment on table zishu.workflow_nodes is 'A step of a workflow.';
comment on column zishu.workflow_nodes.name is
    'What the configs of later nodes know it by: {{name.output}}.';
comment on column zishu.workflow_nodes.kind is
    'trigger: where a run begins; model, character: asks a language model, bare or in a role; '
    'adapter, request: calls an adapter or a web address; condition: goes on by one of two exits; '
    'transform, wait: changes data, lets time pass; output: what the run returns.';
comment on column zishu.workflow_nodes.config is
    'Settings by kind. trigger: {"schedule": "0 8 * * *"}; model: {"model": "…", "prompt": "…"}; '
    'condition: {"expression": "…"}; request: {"method": "GET", "url": "…"}; wait: '
    '{"seconds": 60}; …';
comment on column zishu.workflow_nodes.position_x is
    'Pixels from the left of the canvas, before zoom; below zero is to the left of it.';
comment on column zishu.workflow_nodes.position_y is 'Pixels from the top, likewise.';
