-- Data sets: the rows that a data-driven scenario is run with, once each.
--
-- Beyond the document: a data set and its scenario belong to the same project, since a row that
-- names its project twice must not contradict itself. On update cascade lets a scenario that goes
-- to another project take its data sets along.
-- Left out: idx_datasets_project_id and idx_datasets_scenario_id, which
-- datasets_project_id_created_at_idx and datasets_scenario_id_project_id_idx serve.
-- depends: sisyphus_0009_scenarios

create table sisyphus.datasets (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    scenario_id uuid,
    name varchar(255) not null,
    csv_data text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint datasets_pkey primary key (id),
    constraint datasets_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint datasets_scenario_id_project_id_fkey
        foreign key (scenario_id, project_id) references sisyphus.scenarios (id, project_id)
        on update cascade
        on delete cascade
);

-- A project's data sets, newest first, page by page.
create index datasets_project_id_created_at_idx
    on sisyphus.datasets (project_id, created_at desc, id desc);
create index datasets_scenario_id_project_id_idx on sisyphus.datasets (scenario_id, project_id);

create trigger datasets_set_updated_at
    before update on sisyphus.datasets
    for each row execute function common.set_updated_at();

comment on table sisyphus.datasets is 'A table of test data; a scenario runs once for each row.';
comment on column sisyphus.datasets.scenario_id is
    'The scenario that it was made for; null for one that any scenario may use.';
comment on column sisyphus.datasets.csv_data is
    'CSV with a header line, whose names are the variables.';
