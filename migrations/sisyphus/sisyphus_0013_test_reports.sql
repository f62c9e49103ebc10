-- Reports of scenarios that ran: what people read afterwards, kept for 30 days by default.
--
-- updated_at and deleted_at are added, which the document's principles promise. Retention finds
-- what is old by test_reports_created_at_idx, whether it was put away or not; what was put away
-- stays few by that, and deleted_at needs no index.
-- Left out: idx_test_reports_scenario_id, which test_reports_scenario_id_created_at_idx serves.
-- depends: sisyphus_0012_test_executions

create table sisyphus.test_reports (
    id uuid default gen_random_uuid(),
    execution_id uuid not null,
    scenario_id uuid not null,
    status varchar(50),
    duration integer,
    result jsonb,
    allure_report_path text,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint test_reports_pkey primary key (id),
    constraint test_reports_execution_id_fkey
        foreign key (execution_id) references sisyphus.test_executions (id) on delete cascade,
    constraint test_reports_scenario_id_fkey
        foreign key (scenario_id) references sisyphus.scenarios (id) on delete cascade,
    constraint test_reports_status_is_known check (status in ('passed', 'failed', 'skipped')),
    constraint test_reports_duration_is_not_negative check (duration >= 0),
    constraint test_reports_result_is_an_object check (jsonb_typeof(result) = 'object')
);

-- A scenario's reports and all, newest first, page by page.
create index test_reports_scenario_id_created_at_idx
    on sisyphus.test_reports (scenario_id, created_at desc, id desc);
create index test_reports_created_at_idx on sisyphus.test_reports (created_at desc, id desc);
create index test_reports_execution_id_idx on sisyphus.test_reports (execution_id);
create index test_reports_status_idx on sisyphus.test_reports (status);

create trigger test_reports_set_updated_at
    before update on sisyphus.test_reports
    for each row execute function common.set_updated_at();

comment on table sisyphus.test_reports is 'How a scenario went in a run.';
comment on column sisyphus.test_reports.status is 'Null until the scenario is judged.';
comment on column sisyphus.test_reports.duration is 'Seconds.';
comment on column sisyphus.test_reports.result is
    'The details, as result in execution_steps; null until there are any.';
comment on column sisyphus.test_reports.allure_report_path is
    'Where the files of the Allure report lie, which retention removes too; null without one.';
comment on column sisyphus.test_reports.deleted_at is 'Null while people see the report.';
