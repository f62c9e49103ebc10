"""Many callers of schema sisyphus at once: each query is right, and no two end in a deadlock."""

from __future__ import annotations

from random import Random

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import at_once, at_once_async
from sisyphus_rows import GIVEN, Sisyphus, ids

CALLERS = 8


class Committed:
    """Runs queries on a connection that commits each."""

    def __init__(self, conn):
        self.conn = conn

    def __call__(self, query, **arguments):
        """Calls a named query."""
        return query(self.conn, **arguments)

    def sql(self, statement, *values):
        """Runs a statement of the test's own."""
        cursor = self.conn.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def sisyphus(systems, database):
    """The queries of the schema, on a database of the test's own; what they do is committed."""
    with psycopg.connect(database, autocommit=True) as conn:
        yield Sisyphus(systems.sisyphus, Committed(conn))


@pytest.fixture(params=[at_once, at_once_async], ids=["threads", "coroutines"])
def together(request, database, sisyphus):
    """`together("users.get", [{…}, …])` calls the query with each of the arguments at once."""

    def call(name, calls):
        table, query = name.split(".")
        return request.param(database, getattr(getattr(sisyphus.queries, table), query), calls)

    return call


@pytest.fixture
def started(sisyphus):
    """A run of ten scenarios."""
    for scenario in sisyphus.make_many("scenarios", 10):
        sisyphus.make("plan_scenarios", scenario_id=scenario.id)
    plan = sisyphus.first("test_plans")
    return sisyphus.test_executions.start(test_plan_id=plan.id, created_by=plan.created_by)


@pytest.mark.parametrize(
    ("table", "parent"),
    [
        ("interface_folders", "project_id"),
        ("interfaces", "project_id"),
        ("scenario_steps", "scenario_id"),
        ("plan_scenarios", "test_plan_id"),
    ],
)
def test_one_callers_order_stands_whole(sisyphus, together, table, parent):
    """Of many orders the last one holds, not a mixture."""
    rows = []
    for _ in range(10):
        own = {"scenario_id": sisyphus.make("scenarios").id} if table == "plan_scenarios" else {}
        rows.append(sisyphus.make(table, **own))
    orders = [Random(seed).sample(ids(rows), len(rows)) for seed in range(CALLERS)]
    of = {parent: getattr(rows[0], parent)}
    counts = together(f"{table}.reorder", [{**of, "ids": order} for order in orders])
    assert counts == [10] * CALLERS
    held = sisyphus.sql(f"select id, sort_order from sisyphus.{table} order by sort_order")
    assert [place for _, place in held] == list(range(10))
    assert [id_ for id_, _ in held] in orders


def test_each_worker_claims_another_scenario(sisyphus, together, started):
    """Ten scenarios, twelve workers: ten get one each, two get nothing."""
    claimed = together("execution_steps.claim", [{"execution_id": started.id}] * 12)
    taken = [step.id for step in claimed if step]
    assert len(taken) == len(set(taken)) == 10
    assert sisyphus.sql("select distinct status from sisyphus.execution_steps") == [("running",)]


def test_a_scenario_is_judged_by_one_caller(sisyphus, together, started):
    """The others record nothing, and there is one report."""
    step = sisyphus.execution_steps.claim(execution_id=started.id)
    given = {"id": step.id, "status": "passed", "result": None, "allure_report_path": None}
    reports = together("execution_steps.record_with_report", [given] * CALLERS)
    assert sum(report is not None for report in reports) == 1
    assert sisyphus.count("test_reports") == 1


def test_a_run_is_finished_by_one_caller(sisyphus, together, started):
    """The others find it ended."""
    while step := sisyphus.execution_steps.claim(execution_id=started.id):
        sisyphus.execution_steps.record(id=step.id, status="passed", result=None)
    finished = together("test_executions.finish", [{"id": started.id}] * CALLERS)
    assert sum(run is not None for run in finished) == 1


def test_a_scenario_is_saved_by_one_of_its_editors(sisyphus, together):
    """All have read the same version; the steps of one stand, and of nobody else."""
    scenario = sisyphus.make("scenarios")
    calls = [
        {
            "id": scenario.id,
            "seen_updated_at": scenario.updated_at,
            **{name: getattr(scenario, name) for name in GIVEN["scenarios"] if "_" not in name},
            "pre_sql": None,
            "post_sql": None,
            "steps": Jsonb([{"keyword_type": "db", "keyword_name": name}] * 3),
        }
        for name in "abcdefgh"
    ]
    saved = [row for row in together("scenarios.save_with_steps", calls) if row]
    assert len(saved) == 1
    assert sisyphus.scenarios.get_with_steps(id=scenario.id) == saved[0]
    assert len({step["keyword_name"] for step in saved[0].steps}) == 1
    assert sisyphus.count("scenario_steps") == 3


def test_first_logins_at_once_register_one_account(sisyphus, together):
    """Every caller gets it."""
    given = {"oauth_provider": "github", "oauth_id": "42", "email": "a@b"}
    users = together("users.log_in_by_oauth", [given] * CALLERS)
    assert len({user.id for user in users}) == sisyphus.count("users") == 1


def test_variables_are_put_by_callers_in_any_order(sisyphus, together):
    """The last one's values stand, all of them."""
    environment = sisyphus.make("environments")
    names = [f"v{number}" for number in range(10)]
    calls = [
        {
            "environment_id": environment.id,
            "names": Random(seed).sample(names, len(names)),
            "values": [str(seed)] * len(names),
        }
        for seed in range(CALLERS)
    ]
    assert together("env_variables.put_many", calls) == [10] * CALLERS
    held = sisyphus.sql("select count(*), count(distinct value) from sisyphus.env_variables")
    assert held == [(10, 1)]


def test_scenarios_are_added_to_a_plan_once(sisyphus, together):
    """Whoever comes first adds a scenario; the counts add up."""
    scenarios = ids(sisyphus.make_many("scenarios", 10))
    plan = sisyphus.make("test_plans")
    calls = [
        {"test_plan_id": plan.id, "scenario_ids": Random(seed).sample(scenarios, 10)}
        for seed in range(CALLERS)
    ]
    assert sum(together("plan_scenarios.add_many", calls)) == 10
    assert sisyphus.count("plan_scenarios") == 10


def test_old_reports_are_removed_by_many_at_once(sisyphus, together):
    """No report is given to two callers, who would both remove its files."""
    sisyphus.make_many("test_reports", 20)
    sisyphus.sql("update sisyphus.test_reports set created_at = now() - interval '31 days'")
    batches = together("test_reports.purge", [{"days": 30, "limit": 3}] * CALLERS)
    removed = [row.id for batch in batches for row in batch]
    assert len(removed) == len(set(removed)) == 20 - sisyphus.count("test_reports")


def test_lost_scenarios_are_released_once(sisyphus, together, started):
    """Each to one caller."""
    while sisyphus.execution_steps.claim(execution_id=started.id):
        pass
    later = sisyphus.sql("select now() + interval '1 minute'")[0][0]
    given = {"started_before": later, "limit": 3}
    batches = together("execution_steps.release", [given] * CALLERS)
    released = [row.id for batch in batches for row in batch]
    assert len(released) == len(set(released))
    held = sisyphus.sql("select id from sisyphus.execution_steps where status = 'pending'")
    assert sorted(released) == sorted(id_ for (id_,) in held)
