"""Test plans of schema sisyphus: what they run, in which order, and how it went last."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sisyphus_rows import Sisyphus, ids, pages

NEWEST = {"before_created_at": "created_at", "before_id": "id"}


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


def planned(sisyphus, plan):
    """The ids of the scenarios that a plan runs, in its order."""
    scenarios = sisyphus.test_plans.get_with_scenarios(id=plan.id).scenarios
    return [row["scenario_id"] for row in scenarios]


def text(rows):
    """The ids of rows, as JSON has them."""
    return [str(row.id) for row in rows]


def test_a_plan_comes_with_what_it_runs(sisyphus):
    """Names instead of further reads; null where there is nothing to name."""
    scenario, bare = (sisyphus.make("scenarios", name=name) for name in ["登录", "注册"])
    data = sisyphus.make("datasets", name="账号")
    environment = sisyphus.make("environments", name="测试")
    full = sisyphus.make(
        "plan_scenarios",
        scenario_id=scenario.id,
        dataset_id=data.id,
        environment_id=environment.id,
        variables=Jsonb({"username": "admin"}),
    )
    sisyphus.make("plan_scenarios", scenario_id=bare.id)
    plan = sisyphus.first("test_plans")
    row = sisyphus.test_plans.get_with_scenarios(id=plan.id)
    assert row[:-1] == plan
    first, second = row.scenarios
    assert first == {
        "id": str(full.id),
        "scenario_id": str(scenario.id),
        "scenario_name": "登录",
        "priority": "P2",
        "dataset_id": str(data.id),
        "dataset_name": "账号",
        "environment_id": str(environment.id),
        "environment_name": "测试",
        "variables": {"username": "admin"},
        "sort_order": 0,
    }
    assert (second["scenario_name"], second["dataset_name"], second["sort_order"]) == (
        "注册",
        None,
        1,
    )


def test_a_plan_without_scenarios_has_an_empty_list(sisyphus):
    """Not null; and what is unknown is nothing."""
    plan = sisyphus.make("test_plans")
    assert sisyphus.test_plans.get_with_scenarios(id=plan.id) == (*plan, [])
    assert sisyphus.test_plans.get_with_scenarios(id=uuid4()) is None


def test_a_copied_plan_runs_the_same(sisyphus):
    """In the same order, with the same variables, and can be changed by itself."""
    scenarios = sisyphus.make_many("scenarios", 2)
    for scenario in scenarios:
        sisyphus.make("plan_scenarios", scenario_id=scenario.id, variables=Jsonb({"a": 1}))
    plan, user = sisyphus.first("test_plans"), sisyphus.make("users")
    copy = sisyphus.test_plans.copy(id=plan.id, name="副本", created_by=user.id)
    assert copy == plan._replace(id=copy.id, name="副本", created_by=user.id)
    assert planned(sisyphus, copy) == planned(sisyphus, plan) == text(scenarios)
    assert sisyphus.count("plan_scenarios") == 4
    assert sisyphus.test_plans.copy(id=uuid4(), name="副本", created_by=user.id) is None


def test_plans_are_paged_with_their_last_run(sisyphus):
    """The run started last, however it goes; nulls where there is none."""
    idle, busy = sisyphus.make_many("test_plans", 2)
    old, new = sisyphus.make_many("test_executions", 2, test_plan_id=busy.id)
    sisyphus.sql(
        "update sisyphus.test_executions set started_at = now() - interval '1 day' where id = %s",
        old.id,
    )
    page = sisyphus.test_plans.page_with_last_run
    read = [row for rows in pages(page, NEWEST, project_id=busy.project_id) for row in rows]
    assert {row.id: row[7:] for row in read} == {
        idle.id: (None, None, None, None),
        busy.id: (new.id, "running", new.started_at, None),
    }
    assert ids(read) == sorted(ids(read), reverse=True)


@pytest.mark.parametrize(
    ("words", "names"), [("回归", ["每日回归"]), ("nightly runs", ["每日回归"]), ("冒烟", [])]
)
def test_plans_are_searched_by_words(sisyphus, words, names):
    """In Chinese and English, in name and description, within the project."""
    plan = sisyphus.make("test_plans", name="每日回归", description="runs nightly")
    sisyphus.make("test_plans", name="每周")
    sisyphus.make("test_plans", name="每日回归", project_id=sisyphus.make("projects").id)
    rows = sisyphus.test_plans.search(project_id=plan.project_id, words=words, limit=9)
    assert [row.name for row in rows] == names


def test_a_scenario_is_in_a_plan_once(sisyphus):
    """A second place is refused."""
    sisyphus.make("plan_scenarios")
    with pytest.raises(psycopg.errors.UniqueViolation):
        sisyphus.make("plan_scenarios")


def test_many_scenarios_are_added_behind_the_others(sisyphus):
    """In the order given; those that are in the plan stay where they are."""
    scenarios = sisyphus.make_many("scenarios", 4)
    for scenario in scenarios[:2]:
        sisyphus.make("plan_scenarios", scenario_id=scenario.id)
    plan = sisyphus.first("test_plans")
    add = sisyphus.plan_scenarios.add_many
    wanted = [scenarios[place].id for place in [3, 0, 2]]
    assert add(test_plan_id=plan.id, scenario_ids=wanted) == 2
    assert planned(sisyphus, plan) == text(scenarios[place] for place in [0, 1, 3, 2])
    assert add(test_plan_id=plan.id, scenario_ids=wanted) == 0
    assert add(test_plan_id=plan.id, scenario_ids=[]) == 0


def test_the_plans_of_a_scenario_are_known(sisyphus):
    """By name; one that is in none has none."""
    scenario, free = sisyphus.make_many("scenarios", 2)
    for name in "ba":
        plan = sisyphus.make("test_plans", name=name)
        sisyphus.make("plan_scenarios", test_plan_id=plan.id, scenario_id=scenario.id)
    plans = sisyphus.plan_scenarios.list_plans_of_scenario
    assert [row.name for row in plans(scenario_id=scenario.id)] == ["a", "b"]
    assert plans(scenario_id=free.id) == []


def test_what_a_scenario_is_run_with_is_saved(sisyphus):
    """Nulls take it away again."""
    made = sisyphus.make("plan_scenarios")
    given = {
        "dataset_id": sisyphus.make("datasets").id,
        "environment_id": sisyphus.make("environments").id,
        "variables": {"a": "b"},
    }
    places = sisyphus.plan_scenarios
    saved = places.update(id=made.id, **(given | {"variables": Jsonb(given["variables"])}))
    assert saved == made._replace(**given) == places.get(id=made.id)
    assert places.update(id=made.id, **dict.fromkeys(given)) == made
    assert places.update(id=uuid4(), **dict.fromkeys(given)) is None


def test_a_plan_is_put_into_one_environment(sisyphus):
    """Only what isn't in it yet is written."""
    for scenario in sisyphus.make_many("scenarios", 2):
        place = sisyphus.make("plan_scenarios", scenario_id=scenario.id)
    given = {"test_plan_id": place.test_plan_id}
    set_environment = sisyphus.plan_scenarios.set_environment
    environment = sisyphus.make("environments")
    assert set_environment(**given, environment_id=environment.id) == 2
    assert sisyphus.plan_scenarios.get(id=place.id).environment_id == environment.id
    assert set_environment(**given, environment_id=environment.id) == 0
    assert set_environment(**given, environment_id=None) == 2
    assert sisyphus.plan_scenarios.get(id=place.id) == place


def test_a_plan_runs_in_the_order_of_the_ids(sisyphus):
    """Places in another plan, and ids that none has, count for nothing."""
    scenarios = sisyphus.make_many("scenarios", 3)
    places = [sisyphus.make("plan_scenarios", scenario_id=row.id) for row in scenarios]
    other = sisyphus.make("plan_scenarios", test_plan_id=sisyphus.make("test_plans").id)
    plan = sisyphus.first("test_plans")
    wanted = [places[2].id, places[0].id, places[1].id, other.id, uuid4()]
    assert sisyphus.plan_scenarios.reorder(test_plan_id=plan.id, ids=wanted) == 3
    assert planned(sisyphus, plan) == text(scenarios[place] for place in [2, 0, 1])
    assert sisyphus.plan_scenarios.get(id=other.id) == other
    assert sisyphus.plan_scenarios.reorder(test_plan_id=plan.id, ids=[]) == 0
