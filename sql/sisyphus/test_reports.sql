-- Reports: how scenarios went, for people to read, until retention removes them.

-- name: create(execution_id, scenario_id, status, duration, result, allure_report_path)^
-- Adds a report; execution_steps.record_with_report does it along with the record.
insert into sisyphus.test_reports (
    execution_id, scenario_id, status, duration, result, allure_report_path
)
values (:execution_id, :scenario_id, :status, :duration, :result, :allure_report_path)
returning
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at;

-- name: get(id)^
-- The report with this id, unless it was put away.
select
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at
from sisyphus.test_reports
where id = :id
    and deleted_at is null;

-- name: page(status, before_created_at, before_id, limit)
-- All reports but those put away, newest first, of one status or with null of all; nulls for the
-- first page.
select
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at
from sisyphus.test_reports
where deleted_at is null
    and (:status::text is null or status = :status)
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_of_scenario(scenario_id, before_created_at, before_id, limit)
-- A scenario's reports but those put away, newest first; nulls for the first page.
select
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at
from sisyphus.test_reports
where scenario_id = :scenario_id
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: list_of_execution(execution_id)
-- The reports of a run, oldest first, with those put away: deleted_at tells.
select
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at
from sisyphus.test_reports
where execution_id = :execution_id
order by created_at, id;

-- name: summarize_scenario(scenario_id, since)^
-- How a scenario has done since then: its reports counted by status, the mean of their seconds,
-- and when it failed last.
select
    count(*) as report_count,
    count(*) filter (where status = 'passed') as passed_count,
    count(*) filter (where status = 'failed') as failed_count,
    count(*) filter (where status = 'skipped') as skipped_count,
    avg(duration) as mean_duration,
    max(created_at) filter (where status = 'failed') as last_failed_at
from sisyphus.test_reports
where scenario_id = :scenario_id
    and deleted_at is null
    and created_at >= :since;

-- name: list_most_failed(project_id, since, limit)
-- The scenarios of a project that have failed most often since then, with how often each ran.
-- scans: counts every report of one project since then.
select
    scenario.id, scenario.name, counted.report_count, counted.failed_count
from sisyphus.scenarios as scenario
cross join lateral (
    select
        count(*) as report_count,
        count(*) filter (where report.status = 'failed') as failed_count
    from sisyphus.test_reports as report
    where report.scenario_id = scenario.id
        and report.deleted_at is null
        and report.created_at >= :since
) as counted
where scenario.project_id = :project_id
    and counted.failed_count > 0
order by counted.failed_count desc, scenario.id
limit :limit;

-- name: update(id, status, duration, result, allure_report_path)^
-- Corrects a report, unless it was put away.
update sisyphus.test_reports
set
    status = :status,
    duration = :duration,
    result = :result,
    allure_report_path = :allure_report_path
where id = :id
    and deleted_at is null
returning
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at;

-- name: delete(id)!
-- Puts a report away: people don't see it any more, until it is restored or retention removes it.
update sisyphus.test_reports
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes back a report that was put away; nothing for any other.
update sisyphus.test_reports
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at;

-- name: list_old(days, limit)
-- The first of the reports that are older than so many days, and how many those are in all.
select id, created_at, allure_report_path, count(*) over () as due
from sisyphus.test_reports
where created_at < now() - make_interval(days => :days::int)
order by created_at, id
limit :limit;

-- name: list_named(allure_report_paths)
-- Those of the folders, written without a slash at the end, that a report names, or that lie
-- within one that a report names, or hold one.
select named.allure_report_path
from unnest(:allure_report_paths::text[]) as named (allure_report_path)
where exists (
        select
        from sisyphus.test_reports as reports
        where rtrim(reports.allure_report_path, '/') collate "C" = any(array(
            select array_to_string(
                (string_to_array(named.allure_report_path, '/'))[:depth.depth], '/'
            )
            from generate_series(
                1, cardinality(string_to_array(named.allure_report_path, '/'))
            ) as depth (depth)
        ))
    )
    or exists (
        -- 0 follows the slash: what lies between the two is in the folder.
        select
        from sisyphus.test_reports as reports
        where rtrim(reports.allure_report_path, '/') collate "C"
                >= named.allure_report_path || '/'
            and rtrim(reports.allure_report_path, '/') collate "C"
                < named.allure_report_path || '0'
    );

-- name: purge(days, limit)
-- Removes a batch of reports that are older than so many days (30 by default), oldest first, put
-- away or not, and gives where their files lie. Call it until it gives none; two callers at once
-- remove different ones.
delete from sisyphus.test_reports
where id = any(array(
    select id
    from sisyphus.test_reports
    where created_at < now() - make_interval(days => :days::int)
    order by created_at, id
    limit :limit
    for update skip locked
))
returning id, allure_report_path;
