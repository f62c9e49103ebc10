-- The queue and the history of runs: workers claim the oldest queued run, one worker a run.
--
-- A run is never tried again by itself, since its steps may have sent messages: it fails, and
-- whoever wants another queues another.
-- depends: zishu_0024_workflows

create table zishu.workflow_executions (
    id uuid default gen_random_uuid(),
    workflow_id uuid not null,
    user_id uuid,
    input jsonb not null default '{}',
    output jsonb,
    node_results jsonb not null default '{}',
    status varchar(20) not null default 'queued',
    error_message text,
    worker varchar(100),
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint workflow_executions_pkey primary key (id),
    constraint workflow_executions_workflow_id_fkey
        foreign key (workflow_id) references zishu.workflows (id) on delete cascade,
    constraint workflow_executions_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete set null,
    constraint workflow_executions_input_is_an_object check (jsonb_typeof(input) = 'object'),
    constraint workflow_executions_node_results_is_an_object
        check (jsonb_typeof(node_results) = 'object'),
    constraint workflow_executions_status_is_known
        check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    -- A run may be cancelled before or after it was started.
    constraint workflow_executions_started_at_fits_status check (
        case
            when status = 'queued' then started_at is null
            when status in ('running', 'succeeded', 'failed') then started_at is not null
            else true
        end
    ),
    constraint workflow_executions_finished_at_fits_status check (
        (finished_at is not null) = (status in ('succeeded', 'failed', 'cancelled'))
    )
);

-- The history of a workflow, newest first; of a person; and what is old enough to remove.
create index workflow_executions_workflow_id_created_at_idx
    on zishu.workflow_executions (workflow_id, created_at desc, id desc);
create index workflow_executions_user_id_created_at_idx
    on zishu.workflow_executions (user_id, created_at desc, id desc)
    where user_id is not null;
create index workflow_executions_finished_at_idx
    on zishu.workflow_executions (finished_at)
    where finished_at is not null;

-- The next run to claim (for update skip locked), and those whose worker may have died.
create index workflow_executions_queued_idx
    on zishu.workflow_executions (created_at, id)
    where status = 'queued';
create index workflow_executions_running_idx
    on zishu.workflow_executions (started_at)
    where status = 'running';

create trigger workflow_executions_set_updated_at
    before update on zishu.workflow_executions
    for each row execute function common.set_updated_at();

comment on table zishu.workflow_executions is 'A run of a workflow.';
comment on column zishu.workflow_executions.user_id is
    'Who started it; null where a schedule did, or the person is erased.';
comment on column zishu.workflow_executions.input is
    'Variables of this run, which go before those of the workflow: {"city": "上海", …}.';
comment on column zishu.workflow_executions.output is
    'What the output nodes returned: {"node name": …, …}; null until there is a result.';
comment on column zishu.workflow_executions.node_results is
    'What became of each node so far: {"node id": {"status": "succeeded", "output": …, '
    '"milliseconds": 812}, …}.';
comment on column zishu.workflow_executions.worker is
    'Host and process that claimed it, to be found in its logs.';
