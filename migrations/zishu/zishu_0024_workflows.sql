-- Automations that people build for their companions; the graph of each is in the next two files.
--
-- Deleting is soft, so that a workflow can be taken back and its runs still be read.
-- depends: zishu_0023_workflow_templates

create table zishu.workflows (
    id uuid default gen_random_uuid(),
    owner_id uuid not null,
    template_id uuid,
    name varchar(100) not null,
    description text not null default '',
    variables jsonb not null default '{}',
    status varchar(20) not null default 'draft',
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workflows_pkey primary key (id),
    constraint workflows_owner_id_fkey
        foreign key (owner_id) references zishu.users (id) on delete cascade,
    constraint workflows_template_id_fkey
        foreign key (template_id) references zishu.workflow_templates (id) on delete set null,
    constraint workflows_variables_is_an_object check (jsonb_typeof(variables) = 'object'),
    constraint workflows_status_is_known check (status in ('draft', 'active', 'archived'))
);

create index workflows_owner_id_created_at_idx
    on zishu.workflows (owner_id, created_at desc, id desc);
create index workflows_template_id_idx
    on zishu.workflows (template_id)
    where template_id is not null;

create trigger workflows_set_updated_at
    before update on zishu.workflows
    for each row execute function common.set_updated_at();

comment on table zishu.workflows is 'An automation: nodes joined by edges, run as a whole.';
comment on column zishu.workflows.template_id is
    'What it was copied from; null where it was begun empty or the template is gone.';
comment on column zishu.workflows.variables is
    'What every run starts with, by name: {"city": "北京", "hour": 8, …}.';
comment on column zishu.workflows.status is 'Only an active workflow is run by its triggers.';
comment on column zishu.workflows.deleted_at is 'Null while the workflow exists.';
