"""Runs of plans in schema sisyphus: started, claimed, recorded, ended, and their reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from sisyphus_rows import Sisyphus, ids, pages

STARTS = {"before_started_at": "started_at", "before_id": "id"}
NEWEST = {"before_created_at": "created_at", "before_id": "id"}
FIRST = {"before_created_at": None, "before_id": None, "limit": 9}


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


@pytest.fixture
def started(sisyphus):
    """A run of a plan of three scenarios, named a, b and c in the order of the plan."""
    rows = [sisyphus.make("scenarios", name=name) for name in "cba"]
    places = [sisyphus.make("plan_scenarios", scenario_id=row.id) for row in rows]
    plan = sisyphus.first("test_plans")
    sisyphus.plan_scenarios.reorder(test_plan_id=plan.id, ids=ids(reversed(places)))
    return sisyphus.test_executions.start(test_plan_id=plan.id, created_by=plan.created_by)


def steps_of(sisyphus, run):
    """How each scenario of a run went, by name."""
    steps = sisyphus.test_executions.get_with_steps(id=run.id).steps
    return {step["scenario_name"]: step["status"] for step in steps}


def claim(sisyphus, run):
    """The next scenario of a run."""
    return sisyphus.execution_steps.claim(execution_id=run.id)


def record(sisyphus, step, status):
    """Notes how a claimed scenario went."""
    return sisyphus.execution_steps.record(id=step.id, status=status, result=None)


def test_a_run_starts_with_every_scenario_of_the_plan(sisyphus, started):
    """They wait, in the order of the plan."""
    assert (started.status, started.completed_at, started.step_count) == ("running", None, 3)
    assert sisyphus.test_executions.get(id=started.id) == started[:-1]
    assert list(steps_of(sisyphus, started).items()) == [(name, "pending") for name in "abc"]


def test_a_plan_without_scenarios_starts_no_run(sisyphus):
    """Nor does one that is unknown."""
    plan = sisyphus.make("test_plans")
    for id_ in [plan.id, uuid4()]:
        start = sisyphus.test_executions.start
        assert start(test_plan_id=id_, created_by=plan.created_by) is None
    assert sisyphus.count("test_executions") == 0


def test_a_run_is_claimed_in_the_order_of_the_plan(sisyphus, started):
    """Each scenario once, then nothing."""
    claimed = [claim(sisyphus, started) for _ in range(3)]
    names = [sisyphus.scenarios.get(id=step.scenario_id).name for step in claimed]
    assert names == ["a", "b", "c"]
    assert {step.status for step in claimed} == {"running"}
    assert claimed[0].started_at is not None
    assert sisyphus.execution_steps.get(id=claimed[0].id) == claimed[0][:-3]
    assert claim(sisyphus, started) is None


def test_what_a_scenario_is_run_with_comes_with_the_claim(sisyphus):
    """The plan's data set, environment and variables."""
    given = {
        "dataset_id": sisyphus.make("datasets").id,
        "environment_id": sisyphus.make("environments").id,
    }
    sisyphus.make("plan_scenarios", **given, variables=Jsonb({"a": 1}))
    plan = sisyphus.first("test_plans")
    run = sisyphus.test_executions.start(test_plan_id=plan.id, created_by=plan.created_by)
    assert claim(sisyphus, run)[-3:] == (*given.values(), {"a": 1})


def test_a_scenario_that_left_the_plan_is_still_run(sisyphus, started):
    """After the others, with nothing of the plan's."""
    sisyphus.sql(
        "delete from sisyphus.plan_scenarios using sisyphus.scenarios"
        " where scenarios.id = scenario_id and scenarios.name = 'a'"
    )
    claimed = [claim(sisyphus, started) for _ in range(3)]
    names = [sisyphus.scenarios.get(id=step.scenario_id).name for step in claimed]
    assert names == ["b", "c", "a"]
    assert list(steps_of(sisyphus, started)) == names


def test_a_paused_run_is_not_claimed(sisyphus, started):
    """Until it is resumed; neither happens twice."""
    runs = sisyphus.test_executions
    assert runs.resume(id=started.id) is None
    assert runs.pause(id=started.id).status == "paused"
    assert runs.pause(id=started.id) is None
    assert claim(sisyphus, started) is None
    assert runs.resume(id=started.id) == started[:-1]
    assert claim(sisyphus, started) is not None


@pytest.mark.parametrize("status", ["passed", "failed", "skipped"])
def test_a_scenario_is_judged_once(sisyphus, started, status):
    """What was recorded is not recorded again."""
    step = claim(sisyphus, started)
    result = {"total_steps": 10, "duration": 1234}
    given = {"id": step.id, "status": status, "result": Jsonb(result)}
    recorded = sisyphus.execution_steps.record(**given)
    assert (recorded.status, recorded.result) == (status, result)
    assert recorded.completed_at is not None
    assert sisyphus.execution_steps.record(**given | {"status": "passed"}) is None
    assert sisyphus.execution_steps.get(id=step.id) == recorded


@pytest.mark.parametrize("status", ["pending", "running"])
def test_open_is_no_judgement(sisyphus, started, status):
    """Nothing is recorded."""
    step = claim(sisyphus, started)
    assert record(sisyphus, step, status) is None
    assert sisyphus.execution_steps.get(id=step.id) == step[:-3]


def test_a_scenario_that_waits_is_not_recorded(sisyphus):
    """Nobody has run it."""
    step = sisyphus.make("execution_steps")
    assert step.status == "pending"
    assert record(sisyphus, step, "passed") is None


def test_a_record_brings_its_report(sisyphus, started):
    """Both in one statement; the seconds are from the claim."""
    step = claim(sisyphus, started)
    sisyphus.sql(
        "update sisyphus.execution_steps set started_at = now() - interval '90 seconds'"
        " where id = %s",
        step.id,
    )
    result = {"error": "Assertion failed", "expected": 200, "actual": 500}
    given = {"id": step.id, "status": "failed", "allure_report_path": "/reports/1"}
    report = sisyphus.execution_steps.record_with_report(**given, result=Jsonb(result))
    assert (report.execution_id, report.scenario_id) == (started.id, step.scenario_id)
    assert (report.status, report.duration, report.result) == ("failed", 90, result)
    assert report.allure_report_path == "/reports/1"
    assert sisyphus.test_reports.get(id=report.id) == report
    assert sisyphus.execution_steps.get(id=step.id).status == "failed"
    assert sisyphus.execution_steps.record_with_report(**given, result=None) is None
    assert sisyphus.count("test_reports") == 1


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        (["passed", "passed", "passed"], "completed"),
        (["passed", "skipped", "passed"], "completed"),
        (["passed", "failed", "passed"], "failed"),
    ],
)
def test_a_run_is_finished_when_all_is_done(sisyphus, started, outcomes, status):
    """Not before, and once; it failed where one scenario did."""
    for outcome in outcomes:
        step = claim(sisyphus, started)
        assert sisyphus.test_executions.finish(id=started.id) is None
        record(sisyphus, step, outcome)
    finished = sisyphus.test_executions.finish(id=started.id)
    assert (finished.status, finished.completed_at is not None) == (status, True)
    assert sisyphus.test_executions.get(id=started.id) == finished
    assert sisyphus.test_executions.finish(id=started.id) is None


@pytest.mark.parametrize(("end", "status"), [("terminate", "terminated"), ("fail", "failed")])
@pytest.mark.parametrize("paused", [True, False])
def test_what_is_open_in_a_run_that_is_stopped_is_skipped(sisyphus, started, end, status, paused):
    """What is done stays; a run that has ended does not end again."""
    record(sisyphus, claim(sisyphus, started), "passed")
    claim(sisyphus, started)
    if paused:
        sisyphus.test_executions.pause(id=started.id)
    stop = getattr(sisyphus.test_executions, end)
    stopped = stop(id=started.id)
    assert (stopped.status, stopped.completed_at is not None) == (status, True)
    assert sisyphus.test_executions.get(id=started.id) == stopped
    assert steps_of(sisyphus, started) == {"a": "passed", "b": "skipped", "c": "skipped"}
    assert stop(id=started.id) is None
    assert claim(sisyphus, started) is None


@pytest.mark.parametrize("query", ["finish", "pause", "resume", "terminate", "fail"])
def test_an_unknown_run_changes_in_no_way(sisyphus, started, query):
    """Nothing comes of it."""
    assert getattr(sisyphus.test_executions, query)(id=uuid4()) is None
    assert sisyphus.test_executions.get_with_steps(id=uuid4()) is None
    assert set(steps_of(sisyphus, started).values()) == {"pending"}


def test_a_summary_counts_by_status(sisyphus, started):
    """As far as the run is; one without scenarios counts none, and an unknown one is nothing."""
    record(sisyphus, claim(sisyphus, started), "failed")
    claim(sisyphus, started)
    sisyphus.sql("update sisyphus.test_executions set started_at = now() - interval '1 minute'")
    summary = sisyphus.test_executions.get_summary
    assert summary(id=started.id) == (started.id, "running", 3, 1, 1, 0, 1, 0, 60)
    empty = sisyphus.make("test_executions")
    assert summary(id=empty.id) == (empty.id, "running", 0, 0, 0, 0, 0, 0, 0)
    assert summary(id=uuid4()) is None


def test_the_runs_of_a_plan_are_paged_with_their_counts(sisyphus, started):
    """The one started last first; those of other plans are left out."""
    for outcome in ["passed", "failed", "skipped"]:
        record(sisyphus, claim(sisyphus, started), outcome)
    old = sisyphus.make("test_executions")
    sisyphus.sql(
        "update sisyphus.test_executions set started_at = now() - interval '1 day' where id = %s",
        old.id,
    )
    sisyphus.make("test_executions", test_plan_id=sisyphus.make("test_plans").id)
    page = sisyphus.test_executions.page_of_plan
    read = [row for rows in pages(page, STARTS, test_plan_id=old.test_plan_id) for row in rows]
    assert [(row.id, *row[-4:]) for row in read] == [(started.id, 3, 1, 1, 1), (old.id, 0, 0, 0, 0)]


def test_the_runs_in_a_state_are_paged(sisyphus):
    """The one started last first."""
    runs = sisyphus.make_many("test_executions", 3)
    sisyphus.test_executions.pause(id=runs[0].id)
    page = sisyphus.test_executions.page_by_status
    read = [row for rows in pages(page, STARTS, status="running") for row in rows]
    assert ids(read) == sorted(ids(runs[1:]), reverse=True)
    given = dict.fromkeys(STARTS) | {"limit": 9}
    assert ids(page(status="paused", **given)) == [runs[0].id]
    assert page(status="failed", **given) == []


@pytest.mark.parametrize(
    ("time_zone", "days"),
    [
        ("UTC", [(date(2026, 2, 14), 1, 1, 0, 0), (date(2026, 2, 15), 2, 0, 1, 1)]),
        ("Asia/Shanghai", [(date(2026, 2, 15), 2, 1, 1, 0), (date(2026, 2, 16), 1, 0, 0, 1)]),
    ],
)
def test_runs_are_counted_by_day(sisyphus, time_zone, days):
    """As days are in the time zone; from the first moment, before the last, of one project."""
    times = ["14T20:00", "15T10:00", "15T18:00", "13T23:59", "16T00:00"]
    for time, status in zip(
        times, ["completed", "failed", "terminated", "paused", "running"], strict=True
    ):
        run = sisyphus.make("test_executions")
        sisyphus.sql(
            "update sisyphus.test_executions set status = %s, started_at = %s where id = %s",
            status,
            f"2026-02-{time}:00Z",
            run.id,
        )
    given = {
        "since": datetime(2026, 2, 14, tzinfo=UTC),
        "until": datetime(2026, 2, 16, tzinfo=UTC),
        "time_zone": time_zone,
    }
    count = sisyphus.test_executions.count_by_day
    assert count(project_id=sisyphus.first("projects").id, **given) == days
    assert count(project_id=uuid4(), **given) == []


def test_what_a_lost_worker_held_waits_again(sisyphus, started):
    """What began too long ago, no more than asked for, the oldest first."""
    old, older, new = (claim(sisyphus, started) for _ in range(3))
    for step, minutes in [(old, 20), (older, 30), (new, 1)]:
        sisyphus.sql(
            "update sisyphus.execution_steps set started_at = now() - make_interval(mins => %s)"
            " where id = %s",
            minutes,
            step.id,
        )
    before = old.started_at - timedelta(minutes=10)
    release = sisyphus.execution_steps.release
    released = release(started_before=before, limit=1)
    assert released == [(older.id, started.id, older.scenario_id)]
    assert ids(release(started_before=before, limit=9)) == [old.id]
    assert release(started_before=before, limit=9) == []
    assert steps_of(sisyphus, started) == {"a": "pending", "b": "pending", "c": "running"}
    assert sisyphus.execution_steps.get(id=old.id).started_at is None


def test_a_report_that_is_put_away_is_not_seen(sisyphus):
    """It is still in the table, and in the list of its run, which tells when it was put away."""
    kept, gone = sisyphus.make_many("test_reports", 2)
    reports = sisyphus.test_reports
    assert reports.delete(id=gone.id) == 1
    assert reports.get(id=gone.id) is None
    assert reports.page(status=None, **FIRST) == [kept]
    assert reports.page_of_scenario(scenario_id=kept.scenario_id, **FIRST) == [kept]
    listed = {row.id: row for row in reports.list_of_execution(execution_id=kept.execution_id)}
    assert listed[gone.id].deleted_at is not None
    assert listed[kept.id] == kept
    form = {"status": None, "duration": None, "result": None, "allure_report_path": None}
    assert reports.update(id=gone.id, **form) is None
    assert reports.delete(id=gone.id) == 0


def test_a_report_is_restored(sisyphus):
    """People see it as before; one that was not put away has nothing to restore."""
    report = sisyphus.make("test_reports")
    assert sisyphus.test_reports.restore(id=report.id) is None
    sisyphus.test_reports.delete(id=report.id)
    assert sisyphus.test_reports.restore(id=report.id) == report
    assert sisyphus.test_reports.get(id=report.id) == report


def test_reports_are_paged_by_status_and_by_scenario(sisyphus):
    """Each page has what was asked for, newest first."""
    passed = sisyphus.make_many("test_reports", 2)
    failed = sisyphus.make("test_reports", status="failed")
    other = sisyphus.make("test_reports", scenario_id=sisyphus.make("scenarios").id)
    reports = sisyphus.test_reports
    assert reports.page(status="failed", **FIRST) == [failed]
    assert reports.page(status="skipped", **FIRST) == []
    pages_of = pages(reports.page_of_scenario, NEWEST, scenario_id=failed.scenario_id)
    read = [row for rows in pages_of for row in rows]
    assert ids(read) == sorted(ids([*passed, failed]), reverse=True)
    assert reports.page_of_scenario(scenario_id=other.scenario_id, **FIRST) == [other]
    assert reports.list_of_execution(execution_id=uuid4()) == []


def test_a_scenario_is_summed_up(sisyphus):
    """Since then, without what was put away; one without reports counts none."""
    for status, duration in [("passed", 1), ("failed", 2), ("skipped", None), ("passed", 6)]:
        report = sisyphus.make("test_reports", status=status, duration=duration)
    away, old = sisyphus.make_many("test_reports", 2)
    sisyphus.test_reports.delete(id=away.id)
    sisyphus.sql(
        "update sisyphus.test_reports set created_at = now() - interval '9 days' where id = %s",
        old.id,
    )
    since = report.created_at - timedelta(days=1)
    summary = sisyphus.test_reports.summarize_scenario
    summed = summary(scenario_id=report.scenario_id, since=since)
    assert summed == (4, 2, 1, 1, 3, report.created_at)
    assert summary(scenario_id=uuid4(), since=since) == (0, 0, 0, 0, None, None)


def test_the_scenarios_that_fail_most_lead(sisyphus):
    """Those that never failed are left out, and what was put away isn't counted."""
    names = {"a": ["failed"], "b": ["failed", "failed", "passed"], "c": ["passed"]}
    for name, outcomes in names.items():
        scenario = sisyphus.make("scenarios", name=name)
        for status in outcomes:
            sisyphus.make("test_reports", scenario_id=scenario.id, status=status)
    away = sisyphus.make("test_reports", scenario_id=scenario.id, status="failed")
    sisyphus.test_reports.delete(id=away.id)
    given = {"project_id": scenario.project_id, "since": away.created_at}
    most = sisyphus.test_reports.list_most_failed
    assert [row[1:] for row in most(**given, limit=9)] == [("b", 3, 2), ("a", 1, 1)]
    assert [row.name for row in most(**given, limit=1)] == ["b"]
    assert most(project_id=uuid4(), since=away.created_at, limit=9) == []


def test_old_reports_are_removed_in_batches(sisyphus):
    """Older than 30 days, oldest first, put away or not; each says where its files lie."""
    reports = [
        sisyphus.make("test_reports", allure_report_path=f"/reports/{days}")
        for days in [29, 31, 33, 32]
    ]
    for report in reports:
        sisyphus.sql(
            "update sisyphus.test_reports"
            " set created_at = now() - make_interval(days => %s) where id = %s",
            int(report.allure_report_path.rpartition("/")[2]),
            report.id,
        )
    sisyphus.test_reports.delete(id=reports[1].id)
    purge = sisyphus.test_reports.purge
    assert sorted(purge(days=30, limit=2)) == sorted(row[::6] for row in reports[2:])
    assert purge(days=30, limit=2) == [(reports[1].id, "/reports/31")]
    assert purge(days=30, limit=2) == []
    assert sisyphus.sql("select id from sisyphus.test_reports") == [(reports[0].id,)]
