-- Test scenarios: what to check, in steps of one keyword each.
--
-- A step names its keyword and doesn't refer to it: the document has no key between them, and a
-- keyword may be disabled, replaced or not yet written. tags is an array, as the document says;
-- variables is an object, so that a plan can replace them by name. The document shows no shape for
-- a step's parameters: an object or an array will do.
-- Left out: idx_scenarios_project_id and idx_scenario_steps_scenario_id, which
-- scenarios_project_id_created_at_idx and scenario_steps_scenario_id_sort_order_idx serve.
-- depends: sisyphus_0003_projects common_0005_chinese_search

create table sisyphus.scenarios (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    created_by uuid not null,
    name varchar(255) not null,
    description text,
    priority varchar(10) not null default 'P2',
    tags jsonb,
    variables jsonb,
    pre_sql text,
    post_sql text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint scenarios_pkey primary key (id),
    constraint scenarios_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint scenarios_created_by_fkey
        foreign key (created_by) references sisyphus.users (id) on delete cascade,
    -- What data sets refer to, so that they stay in their scenario's project.
    constraint scenarios_project_id_id_key unique (project_id, id),
    constraint scenarios_priority_is_known check (priority in ('P0', 'P1', 'P2', 'P3')),
    constraint scenarios_tags_is_an_array check (jsonb_typeof(tags) = 'array'),
    constraint scenarios_variables_is_an_object check (jsonb_typeof(variables) = 'object')
);

-- A project's scenarios and everyone's, newest or oldest first, page by page.
create index scenarios_project_id_created_at_idx
    on sisyphus.scenarios (project_id, created_at desc, id desc);
create index scenarios_created_at_idx on sisyphus.scenarios (created_at, id);
create index scenarios_created_by_idx on sisyphus.scenarios (created_by);
create index scenarios_priority_idx on sisyphus.scenarios (priority);
-- Not jsonb_path_ops: any of some tags is asked with ?|.
create index scenarios_tags_gin on sisyphus.scenarios using gin (tags);
create index scenarios_name_description_gin
    on sisyphus.scenarios
    using gin (common.search_terms(name || ' ' || coalesce(description, '')));

create table sisyphus.scenario_steps (
    id uuid default gen_random_uuid(),
    scenario_id uuid not null,
    description text,
    keyword_type varchar(50) not null,
    keyword_name varchar(255) not null,
    parameters jsonb,
    sort_order integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint scenario_steps_pkey primary key (id),
    constraint scenario_steps_scenario_id_fkey
        foreign key (scenario_id) references sisyphus.scenarios (id) on delete cascade,
    constraint scenario_steps_parameters_is_an_object_or_array
        check (jsonb_typeof(parameters) in ('object', 'array'))
);

create index scenario_steps_scenario_id_sort_order_idx
    on sisyphus.scenario_steps (scenario_id, sort_order, id);
create index scenario_steps_sort_order_idx on sisyphus.scenario_steps (sort_order);

create trigger scenarios_set_updated_at
    before update on sisyphus.scenarios
    for each row execute function common.set_updated_at();

create trigger scenario_steps_set_updated_at
    before update on sisyphus.scenario_steps
    for each row execute function common.set_updated_at();

comment on table sisyphus.scenarios is 'A test case: steps between some SQL before and after.';
comment on column sisyphus.scenarios.priority is 'P0 is the most urgent.';
comment on column sisyphus.scenarios.tags is '["冒烟", "登录", …]; null for none.';
comment on column sisyphus.scenarios.variables is
    'Values that steps refer to as {{name}}, by name: {"username": "tester", …}; null for none.';
comment on column sisyphus.scenarios.pre_sql is 'SQL to run before the first step.';
comment on column sisyphus.scenarios.post_sql is 'SQL to run after the last step.';
comment on table sisyphus.scenario_steps is 'One call of a keyword within a scenario.';
comment on column sisyphus.scenario_steps.keyword_type is 'As type in keywords.';
comment on column sisyphus.scenario_steps.keyword_name is 'As name in keywords.';
comment on column sisyphus.scenario_steps.parameters is
    'The arguments, by name or in their order: {"url": "/login", "timeout": 5, …}; null for none.';
comment on column sisyphus.scenario_steps.sort_order is
    'Place among the steps of the scenario, lowest first.';
