-- Test plans: which scenarios run together, in which order, where, and with which data.
--
-- Not held: that a plan's scenarios, data sets and environments are of its own project. The
-- document binds none of them to it, and a test from end to end may span projects. The foreign
-- keys on data sets and environments get the indexes that the document forgot.
-- Left out: idx_test_plans_project_id and idx_plan_scenarios_test_plan_id, which
-- test_plans_project_id_created_at_idx and plan_scenarios_test_plan_id_scenario_id_key serve.
-- depends: sisyphus_0007_environments sisyphus_0010_datasets

create table sisyphus.test_plans (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    created_by uuid not null,
    name varchar(255) not null,
    description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint test_plans_pkey primary key (id),
    constraint test_plans_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint test_plans_created_by_fkey
        foreign key (created_by) references sisyphus.users (id) on delete cascade
);

-- A project's plans, newest first, page by page.
create index test_plans_project_id_created_at_idx
    on sisyphus.test_plans (project_id, created_at desc, id desc);
create index test_plans_created_by_idx on sisyphus.test_plans (created_by);
create index test_plans_name_description_gin
    on sisyphus.test_plans
    using gin (common.search_terms(name || ' ' || coalesce(description, '')));

create table sisyphus.plan_scenarios (
    id uuid default gen_random_uuid(),
    test_plan_id uuid not null,
    scenario_id uuid not null,
    dataset_id uuid,
    environment_id uuid,
    variables jsonb,
    sort_order integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint plan_scenarios_pkey primary key (id),
    constraint plan_scenarios_test_plan_id_fkey
        foreign key (test_plan_id) references sisyphus.test_plans (id) on delete cascade,
    constraint plan_scenarios_scenario_id_fkey
        foreign key (scenario_id) references sisyphus.scenarios (id) on delete cascade,
    constraint plan_scenarios_dataset_id_fkey
        foreign key (dataset_id) references sisyphus.datasets (id) on delete set null,
    constraint plan_scenarios_environment_id_fkey
        foreign key (environment_id) references sisyphus.environments (id) on delete set null,
    constraint plan_scenarios_test_plan_id_scenario_id_key unique (test_plan_id, scenario_id),
    constraint plan_scenarios_variables_is_an_object check (jsonb_typeof(variables) = 'object')
);

create index plan_scenarios_scenario_id_idx on sisyphus.plan_scenarios (scenario_id);
create index plan_scenarios_dataset_id_idx on sisyphus.plan_scenarios (dataset_id);
create index plan_scenarios_environment_id_idx on sisyphus.plan_scenarios (environment_id);
create index plan_scenarios_sort_order_idx on sisyphus.plan_scenarios (sort_order);

create trigger test_plans_set_updated_at
    before update on sisyphus.test_plans
    for each row execute function common.set_updated_at();

create trigger plan_scenarios_set_updated_at
    before update on sisyphus.plan_scenarios
    for each row execute function common.set_updated_at();

comment on table sisyphus.test_plans is 'Scenarios that are executed together.';
comment on table sisyphus.plan_scenarios is 'A scenario''s place in a plan; once in each.';
comment on column sisyphus.plan_scenarios.dataset_id is
    'Null to run the scenario once, without a data set.';
comment on column sisyphus.plan_scenarios.environment_id is
    'Null to leave it to whoever starts the plan.';
comment on column sisyphus.plan_scenarios.variables is
    'What replaces the scenario''s own variables, by name: {"username": "admin", …}; null for '
    'nothing.';
comment on column sisyphus.plan_scenarios.sort_order is
    'Place among the scenarios of the plan, lowest first.';
