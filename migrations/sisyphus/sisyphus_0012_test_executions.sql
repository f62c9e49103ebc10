-- Runs of test plans: who started each, how far it is, and how each scenario in it went.
--
-- Not held: one open run a plan. The document doesn't ask for it, and one that is paused would
-- keep the nightly run from starting. updated_at is added, which the document's principles promise
-- to all tables.
-- Left out: idx_test_executions_test_plan_id and idx_test_executions_status, which
-- test_executions_test_plan_id_started_at_idx and test_executions_status_started_at_idx serve.
-- depends: sisyphus_0011_test_plans

create table sisyphus.test_executions (
    id uuid default gen_random_uuid(),
    test_plan_id uuid not null,
    created_by uuid not null,
    status varchar(50) not null default 'running',
    started_at timestamptz not null default now(),
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint test_executions_pkey primary key (id),
    constraint test_executions_test_plan_id_fkey
        foreign key (test_plan_id) references sisyphus.test_plans (id) on delete cascade,
    constraint test_executions_created_by_fkey
        foreign key (created_by) references sisyphus.users (id) on delete cascade,
    constraint test_executions_status_is_known
        check (status in ('running', 'completed', 'terminated', 'paused', 'failed'))
);

-- The runs of a plan, those in a state, and all, newest first, page by page.
create index test_executions_test_plan_id_started_at_idx
    on sisyphus.test_executions (test_plan_id, started_at desc, id desc);
create index test_executions_status_started_at_idx
    on sisyphus.test_executions (status, started_at desc, id desc);
create index test_executions_started_at_idx
    on sisyphus.test_executions (started_at desc, id desc);
create index test_executions_created_by_idx on sisyphus.test_executions (created_by);

create table sisyphus.execution_steps (
    id uuid default gen_random_uuid(),
    execution_id uuid not null,
    scenario_id uuid not null,
    status varchar(50) not null default 'pending',
    result jsonb,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint execution_steps_pkey primary key (id),
    constraint execution_steps_execution_id_fkey
        foreign key (execution_id) references sisyphus.test_executions (id) on delete cascade,
    constraint execution_steps_scenario_id_fkey
        foreign key (scenario_id) references sisyphus.scenarios (id) on delete cascade,
    constraint execution_steps_status_is_known
        check (status in ('pending', 'running', 'passed', 'failed', 'skipped')),
    constraint execution_steps_result_is_an_object check (jsonb_typeof(result) = 'object')
);

create index execution_steps_execution_id_idx on sisyphus.execution_steps (execution_id);
create index execution_steps_scenario_id_idx on sisyphus.execution_steps (scenario_id);
create index execution_steps_status_idx on sisyphus.execution_steps (status);

create trigger test_executions_set_updated_at
    before update on sisyphus.test_executions
    for each row execute function common.set_updated_at();

create trigger execution_steps_set_updated_at
    before update on sisyphus.execution_steps
    for each row execute function common.set_updated_at();

comment on table sisyphus.test_executions is 'A run of a plan, from its start to its end.';
comment on column sisyphus.test_executions.status is
    'terminated: stopped by hand before its end.';
comment on column sisyphus.test_executions.completed_at is
    'When it ended, however it did; null while it is open.';
comment on table sisyphus.execution_steps is 'A scenario in a run: waiting, at work or done.';
comment on column sisyphus.execution_steps.result is
    'Passed: {"total_steps": 10, "passed_steps": 10, "failed_steps": 0, "duration": 1234, '
    '"steps": […]}; failed: {"error": "Assertion failed", "step_id": "…", "expected": 200, '
    '"actual": 500}; null before the end.';
