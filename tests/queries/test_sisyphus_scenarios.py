"""Scenarios of schema sisyphus with their steps: saved whole, copied, ordered and found."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from sisyphus_rows import GIVEN, Sisyphus, ids, pages

NEWEST = {"before_created_at": "created_at", "before_id": "id"}
STEPS = [
    {"keyword_type": "request", "keyword_name": "发送请求", "parameters": {"url": "/login"}},
    {"keyword_type": "assertion", "keyword_name": "状态码", "description": "成功", "id": None},
]
FORM = {
    name: GIVEN["scenarios"][name]
    for name in ["description", "priority", "tags", "variables", "pre_sql", "post_sql"]
}


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


def steps_of(sisyphus, scenario):
    """The names of a scenario's keywords, in its order."""
    steps = sisyphus.scenarios.get_with_steps(id=scenario.id).steps
    return [step["keyword_name"] for step in steps]


def made_with_steps(sisyphus, steps, **given):
    """A new scenario with steps."""
    values = {
        "project_id": sisyphus.first("projects").id,
        "created_by": sisyphus.first("users").id,
        "name": "用户登录",
        **FORM,
        **given,
    }
    return sisyphus.scenarios.create_with_steps(**values, steps=Jsonb(steps))


def test_a_scenario_is_made_with_its_steps(sisyphus):
    """One statement adds both; what a step lacks is null."""
    made = made_with_steps(sisyphus, STEPS)
    assert sisyphus.scenarios.get(id=made.id) == made
    first, second = sisyphus.scenarios.get_with_steps(id=made.id).steps
    assert first == STEPS[0] | {"id": first["id"], "description": None, "sort_order": 0}
    assert second == STEPS[1] | {"id": second["id"], "parameters": None, "sort_order": 1}


def test_a_scenario_without_steps_has_an_empty_list(sisyphus):
    """Not null; and what is unknown is nothing."""
    made = made_with_steps(sisyphus, [])
    assert sisyphus.scenarios.get_with_steps(id=made.id) == (*made, [])
    assert sisyphus.scenarios.get_with_steps(id=uuid4()) is None


def test_a_copy_has_steps_of_its_own(sisyphus):
    """The same, in the same order; the original keeps its own."""
    made = made_with_steps(sisyphus, STEPS, tags=Jsonb(["冒烟"]))
    user = sisyphus.make("users")
    copy = sisyphus.scenarios.copy(id=made.id, name="副本", created_by=user.id)
    assert copy == made._replace(id=copy.id, name="副本", created_by=user.id)
    assert steps_of(sisyphus, copy) == steps_of(sisyphus, made) == ["发送请求", "状态码"]
    assert sisyphus.count("scenario_steps") == 4
    assert sisyphus.scenarios.copy(id=uuid4(), name="副本", created_by=user.id) is None


def test_everyones_scenarios_are_paged_from_the_oldest(sisyphus):
    """Whatever their project, each once."""
    rows = sisyphus.make_many("scenarios", 2)
    rows.append(sisyphus.make("scenarios", project_id=sisyphus.make("projects").id))
    sisyphus.sql(
        "update sisyphus.scenarios set created_at = now() - interval '1 day' where id = %s",
        rows[2].id,
    )
    ends = {"after_created_at": "created_at", "after_id": "id"}
    read = [row for page in pages(sisyphus.scenarios.page_all, ends) for row in page]
    assert ids(read) == [rows[2].id, *sorted(ids(rows[:2]))]


@pytest.fixture
def tagged(sisyphus):
    """The id of a project with scenarios of some tags and priorities, with a step each."""
    for name, tags, priority in [
        ("a", ["冒烟", "登录"], "P0"),
        ("b", ["冒烟"], "P1"),
        ("c", ["登录"], "P1"),
        ("d", [], "P1"),
        ("e", None, "P2"),
    ]:
        given = {"name": name, "tags": None if tags is None else Jsonb(tags)}
        step = {"keyword_type": "request", "keyword_name": name}
        made_with_steps(sisyphus, [step], **given, priority=priority)
    other = sisyphus.make("projects")
    sisyphus.make("scenarios", project_id=other.id, tags=Jsonb(["冒烟"]), priority="P0")
    return sisyphus.first("projects").id


@pytest.mark.parametrize(
    ("tags", "priority", "names"),
    [
        (None, None, ["a", "b", "c", "d", "e"]),
        ([], None, ["a", "b", "c", "d"]),
        (["冒烟"], None, ["a", "b"]),
        (["冒烟", "登录"], None, ["a"]),
        (None, "P1", ["b", "c", "d"]),
        (["登录"], "P1", ["c"]),
        (["登录"], "P3", []),
    ],
)
def test_scenarios_of_tags_and_priority_come_with_their_steps(
    sisyphus, tagged, tags, priority, names
):
    """All of the tags must be there; each page is one statement."""
    given = {"project_id": tagged, "priority": priority}
    given["tags"] = None if tags is None else Jsonb(tags)
    read = pages(sisyphus.scenarios.page_with_steps, NEWEST, **given)
    rows = [row for page in read for row in page]
    assert sorted(row.name for row in rows) == names
    assert ids(rows) == sorted(ids(rows), reverse=True)
    assert all([step["keyword_name"] for step in row.steps] == [row.name] for row in rows)


@pytest.mark.parametrize(
    ("tags", "names"),
    [(["冒烟"], ["a", "b"]), (["冒烟", "登录"], ["a", "b", "c"]), (["支付"], []), ([], [])],
)
def test_scenarios_are_found_by_any_of_some_tags(sisyphus, tagged, tags, names):
    """One of them will do."""
    find = sisyphus.scenarios.find_by_any_tag
    rows = [row for page in pages(find, NEWEST, project_id=tagged, tags=tags) for row in page]
    assert sorted(row.name for row in rows) == names


def test_tags_are_counted(sisyphus, tagged):
    """The most used first, then by name."""
    made_with_steps(sisyphus, [], tags=Jsonb(["登录"]))
    counted = sisyphus.scenarios.count_tags(project_id=tagged)
    assert counted == [("登录", 3), ("冒烟", 2)]
    assert sisyphus.scenarios.count_tags(project_id=uuid4()) == []


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("登录", ["用户登录"]),
        ("密码 wrong", ["用户登录"]),
        ("passwords", ["用户登录"]),
        ("支付", []),
    ],
)
def test_scenarios_are_searched_by_words(sisyphus, words, names):
    """In Chinese and English, in name and description, within the project."""
    given = {"name": "用户登录", "description": "输入错误密码 (wrong password)"}
    made = sisyphus.make("scenarios", **given)
    sisyphus.make("scenarios", name="注册")
    sisyphus.make("scenarios", project_id=sisyphus.make("projects").id, **given)
    rows = sisyphus.scenarios.search(project_id=made.project_id, words=words, limit=9)
    assert [row.name for row in rows] == names


def saved(sisyphus, scenario, steps, *, seen=None, **given):
    """What saving a scenario with these steps gives."""
    return sisyphus.scenarios.save_with_steps(
        id=scenario.id,
        seen_updated_at=seen or scenario.updated_at,
        **{"name": scenario.name, **FORM, **given},
        steps=Jsonb(steps),
    )


def test_a_scenario_is_saved_whole(sisyphus):
    """Kept steps stay themselves, new ones are added, others are deleted, all in their order."""
    made = made_with_steps(sisyphus, STEPS)
    kept = sisyphus.scenarios.get_with_steps(id=made.id).steps[1]
    new = {"keyword_type": "db", "keyword_name": "查询", "parameters": ["select 1"]}
    row = saved(sisyphus, made, [new, kept | {"description": "改"}], name="新名")
    assert row[:-1] == made._replace(name="新名")
    first, second = row.steps
    assert first == new | {"id": first["id"], "description": None, "sort_order": 0}
    assert second == kept | {"description": "改", "sort_order": 1}
    assert sisyphus.scenarios.get_with_steps(id=made.id) == row
    assert sisyphus.count("scenario_steps") == 2


def test_all_steps_may_go(sisyphus):
    """An empty list is a scenario without steps."""
    made = made_with_steps(sisyphus, STEPS)
    assert saved(sisyphus, made, []).steps == []
    assert sisyphus.count("scenario_steps") == 0


def test_what_was_saved_since_is_not_overwritten(sisyphus):
    """Whoever read an older version saves nothing: neither the form nor the steps."""
    made = made_with_steps(sisyphus, STEPS)
    seen = made.updated_at - timedelta(seconds=1)
    assert saved(sisyphus, made, [], seen=seen, name="新名") is None
    assert sisyphus.scenarios.get(id=made.id) == made
    assert steps_of(sisyphus, made) == ["发送请求", "状态码"]


def test_a_step_of_another_scenario_is_not_taken(sisyphus):
    """Its id is known, but it isn't this scenario's to save."""
    other = made_with_steps(sisyphus, STEPS)
    stolen = sisyphus.scenarios.get_with_steps(id=other.id).steps[0]
    made = made_with_steps(sisyphus, [])
    assert saved(sisyphus, made, [stolen | {"keyword_name": "x"}]).steps == []
    assert steps_of(sisyphus, other) == ["发送请求", "状态码"]


def test_a_new_step_stands_behind_the_others(sisyphus):
    """Of its scenario; each counts for itself."""
    scenario, other = sisyphus.make_many("scenarios", 2)
    orders = [
        sisyphus.make("scenario_steps", scenario_id=id_).sort_order
        for id_ in [scenario.id, scenario.id, other.id]
    ]
    assert orders == [0, 1, 0]


def test_steps_are_put_in_the_order_of_their_ids(sisyphus):
    """Those of another scenario, and ids that no step has, count for nothing."""
    scenario, other = sisyphus.make_many("scenarios", 2)
    steps = [sisyphus.make("scenario_steps", keyword_name=name) for name in "abc"]
    stranger = sisyphus.make("scenario_steps", scenario_id=other.id)
    wanted = [steps[2].id, steps[0].id, steps[1].id, stranger.id, uuid4()]
    assert sisyphus.scenario_steps.reorder(scenario_id=scenario.id, ids=wanted) == 3
    assert steps_of(sisyphus, scenario) == ["c", "a", "b"]
    assert sisyphus.scenario_steps.get(id=stranger.id) == stranger
    assert sisyphus.scenario_steps.reorder(scenario_id=scenario.id, ids=[]) == 0
