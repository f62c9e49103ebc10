"""The queries of zishu's workflows: templates, graphs saved whole, runs claimed once."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import at_once, at_once_async
from pages import turn_pages

NEW_USER = "insert into zishu.users (username, email) values (%s, %s || '@x.cn') returning id"
NEWEST = {"before_created_at": "created_at", "before_id": "id"}
NODES = [
    {"name": "开始", "kind": "trigger", "config": {"schedule": "0 8 * * *"}, "x": 0, "y": 0},
    {"name": "问候", "kind": "model", "config": {"prompt": "早上好"}, "x": 200, "y": -10},
]
EDGES = [{"source": "开始", "exit": "out", "target": "问候"}]
GRAPH = {"nodes": NODES, "edges": EDGES}


def add_user(conn):
    """The id of a new user."""
    return conn.execute(NEW_USER, ["小紫", "小紫"]).fetchone()[0]


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def add_person(run):
    """`add_person("小紫")` is the id of a new user."""
    return lambda name: run.sql(NEW_USER, name, name)[0][0]


@pytest.fixture
def owner(add_person):
    """The id of a user."""
    return add_person("小紫")


@pytest.fixture
def add_template(run, zishu, owner):
    """`add_template(name="早安")` is a template of the owner."""

    def add(**columns):
        values = {
            "author_id": owner,
            "name": "早安",
            "description": "",
            "graph": Jsonb(GRAPH),
            "tags": [],
            "is_public": True,
        }
        return run(zishu.workflow_templates.create, **values | columns)

    return add


@pytest.fixture
def add_workflow(run, zishu, owner):
    """`add_workflow(name="早安")` is an empty workflow of the owner."""

    def add(**columns):
        values = {"owner_id": owner, "name": "早安", "description": "", "variables": Jsonb({})}
        return run(zishu.workflows.create, **values | columns)

    return add


@pytest.fixture
def workflow(add_workflow):
    """An empty workflow."""
    return add_workflow()


@pytest.fixture
def copied(run, zishu, owner, add_template):
    """A workflow with two nodes and an edge, copied from a template."""
    template = add_template()
    return run(
        zishu.workflows.create_from_template, template_id=template.id, owner_id=owner, name=None
    )


@pytest.fixture
def nodes(run, zishu, copied):
    """The nodes of the copied workflow, 开始 and 问候."""
    found = run(zishu.workflow_nodes.page, workflow_id=copied.id, after_name=None, limit=9)
    return SimpleNamespace(start=found[0], greet=found[1])


@pytest.fixture
def save(run, zishu):
    """`save(workflow, nodes, edges)` saves a graph as the editor would that has just read it."""

    def save(workflow, nodes, edges):
        return run(
            zishu.workflows.save_graph,
            id=workflow.id,
            seen_updated_at=workflow.updated_at,
            nodes=Jsonb(nodes),
            edges=Jsonb(edges),
        )

    return save


@pytest.fixture
def draw(run, zishu, workflow, save):
    """`draw("开始 > b", …)` saves a graph of models, and triggers where a name begins so."""

    def draw(*edges, alone=()):
        pairs = [edge.split(" > ") for edge in edges]
        names = {name for pair in pairs for name in pair} | set(alone)
        save(
            workflow,
            [
                {"name": name, "kind": "trigger" if name.startswith("开始") else "model"}
                for name in names
            ],
            [{"source": source, "target": target} for source, target in pairs],
        )

    return draw


def graph_of(row):
    """The graph without ids, as a template has it."""
    nodes = [{key: node[key] for key in ("name", "kind", "config", "x", "y")} for node in row.nodes]
    edges = [{key: edge[key] for key in ("source", "exit", "target")} for edge in row.edges]
    return {"nodes": nodes, "edges": edges}


# Templates


def test_a_template_is_kept(run, zishu, owner, add_template):
    """What is created is what is got, and an unknown id is none."""
    template = add_template(tags=["天气"])
    assert (template.author_id, template.graph, template.tags) == (owner, GRAPH, ["天气"])
    assert run(zishu.workflow_templates.get, id=template.id) == template
    assert run(zishu.workflow_templates.get, id=uuid4()) is None


def test_a_workflow_becomes_a_template(run, zishu, owner, copied):
    """The graph of a workflow is kept as it was copied, for the author alone."""
    values = {"author_id": owner, "name": "再来", "description": "我的", "tags": ["早"]}
    create = zishu.workflow_templates.create_from_workflow
    template = run(create, workflow_id=copied.id, **values)
    assert (template.graph, template.tags, template.is_public) == (GRAPH, ["早"], False)
    run(zishu.workflows.delete, id=copied.id)
    assert run(create, workflow_id=copied.id, **values) is None


def test_the_gallery_is_paged(run, zishu, add_template):
    """Every public template is on one page, newest first, and no other is on any."""
    made = [add_template(name=f"第{number}") for number in range(5)]
    add_template(name="私人的", is_public=False)
    rows = turn_pages(run, zishu.workflow_templates.page, NEWEST)
    assert [row.id for row in rows] == sorted((row.id for row in made), reverse=True)


def test_templates_have_tags(run, zishu, add_template):
    """A tag finds the public templates that have it."""
    made = add_template(tags=["天气", "早"])
    add_template(tags=["早"])
    add_template(tags=["天气"], is_public=False)
    page = zishu.workflow_templates.page_by_tag
    assert [row.id for row in turn_pages(run, page, NEWEST, tag="天气")] == [made.id]
    assert turn_pages(run, page, NEWEST, tag="股票") == []


def test_an_author_sees_everything_of_theirs(run, zishu, owner, add_person, add_template):
    """The author's page has what is not published too."""
    made = {add_template(is_public=public).id for public in (True, False, True)}
    add_template(author_id=None)
    page = zishu.workflow_templates.page_by_author
    assert {row.id for row in turn_pages(run, page, NEWEST, author_id=owner)} == made
    assert turn_pages(run, page, NEWEST, author_id=add_person("别人")) == []


@pytest.mark.parametrize(("words", "found"), [("天气", 1), ("weather 播报", 1), ("股票", 0)])
def test_templates_are_found_by_words(run, zishu, add_template, words, found):
    """Every word, in Chinese or English, must be in name or description."""
    add_template(name="每日天气播报", description="Weather every morning.")
    add_template(name="天气", is_public=False)
    add_template(name="早安")
    rows = turn_pages(run, zishu.workflow_templates.search, NEWEST, words=words)
    assert [row.name for row in rows] == ["每日天气播报"] * found


def test_a_template_is_saved_published_and_deleted(run, zishu, add_template):
    """Its form is saved, it comes and goes in the gallery, and is gone once deleted."""
    template = add_template(is_public=False)
    form = {"name": "新", "description": "说明", "graph": Jsonb(GRAPH), "tags": ["a"]}
    saved = run(zishu.workflow_templates.update, id=template.id, **form)
    assert (saved.name, saved.description, saved.tags) == ("新", "说明", ["a"])
    public = run(zishu.workflow_templates.set_public, id=template.id, is_public=True)
    assert public.is_public
    assert public == run(zishu.workflow_templates.get, id=template.id)
    assert run(zishu.workflow_templates.delete, id=template.id) == 1
    assert run(zishu.workflow_templates.delete, id=template.id) == 0
    assert run(zishu.workflow_templates.update, id=template.id, **form) is None
    assert run(zishu.workflow_templates.set_public, id=template.id, is_public=True) is None


# Workflows


def test_a_workflow_begins_empty(run, zishu, owner, add_workflow):
    """A new workflow is a draft without a graph."""
    workflow = add_workflow(variables=Jsonb({"city": "北京"}))
    assert (workflow.owner_id, workflow.status, workflow.template_id) == (owner, "draft", None)
    assert workflow.variables == {"city": "北京"}
    assert run(zishu.workflows.get, id=workflow.id) == workflow
    row = run(zishu.workflows.get_with_graph, id=workflow.id)
    assert (row.id, row.nodes, row.edges) == (workflow.id, [], [])


def test_a_template_is_copied_with_its_graph(run, zishu, copied):
    """Nodes and edges of the template become the workflow's own."""
    assert copied.name == "早安"
    row = run(zishu.workflows.get_with_graph, id=copied.id)
    assert graph_of(row) == GRAPH
    assert row.edges[0]["source_node_id"] == row.nodes[0]["id"]
    assert run(zishu.workflows.count_by_template, template_id=copied.template_id) == 1
    run(zishu.workflows.delete, id=copied.id)
    assert run(zishu.workflows.count_by_template, template_id=copied.template_id) == 0


def test_a_template_may_be_brief(run, zishu, owner, add_template):
    """What a template leaves out has the defaults of the tables; a name of one's own goes first."""
    graph = {
        "nodes": [{"name": "a", "kind": "trigger"}, {"name": "b", "kind": "wait"}],
        "edges": [{"source": "a", "target": "b"}],
    }
    template = add_template(graph=Jsonb(graph))
    workflow = run(
        zishu.workflows.create_from_template, template_id=template.id, owner_id=owner, name="我的"
    )
    row = run(zishu.workflows.get_with_graph, id=workflow.id)
    assert (row.name, row.nodes[0]["config"], row.nodes[0]["x"]) == ("我的", {}, 0)
    assert row.edges[0]["exit"] == "out"


def test_only_a_visible_template_is_copied(run, zishu, owner, add_person, add_template):
    """Another's template that is not public, and none at all, give no workflow."""
    template = add_template(is_public=False)
    copy = zishu.workflows.create_from_template
    stranger = add_person("别人")
    assert run(copy, template_id=template.id, owner_id=stranger, name=None) is None
    assert run(copy, template_id=uuid4(), owner_id=owner, name=None) is None
    assert run(copy, template_id=template.id, owner_id=owner, name=None).name == "早安"


def test_a_template_of_loose_ends_is_not_copied(run, zishu, owner, add_template):
    """An edge that names no node is an error."""
    template = add_template(graph=Jsonb({"nodes": NODES, "edges": [{"source": "开始"}]}))
    copy = zishu.workflows.create_from_template
    with pytest.raises(psycopg.errors.NotNullViolation) as caught:
        run(copy, template_id=template.id, owner_id=owner, name=None)
    assert caught.value.diag.column_name == "target_node_id"


def test_workflows_are_paged_until_deleted(run, zishu, owner, add_workflow):
    """A person's list has what exists, the other list what was deleted, each newest first."""
    made = sorted((add_workflow(name=str(number)).id for number in range(5)), reverse=True)
    assert run(zishu.workflows.delete, id=made[1]) == 1
    assert run(zishu.workflows.delete, id=made[1]) == 0
    rows = turn_pages(run, zishu.workflows.page, NEWEST, owner_id=owner)
    assert [row.id for row in rows] == made[:1] + made[2:]
    rows = turn_pages(run, zishu.workflows.page_deleted, NEWEST, owner_id=owner)
    assert [row.id for row in rows] == made[1:2]


def test_a_workflow_is_saved(run, zishu, workflow):
    """Its form is saved whole."""
    form = {"name": "晚安", "description": "睡前", "variables": Jsonb({"hour": 22})}
    saved = run(zishu.workflows.update, id=workflow.id, **form)
    assert (saved.name, saved.description, saved.variables) == ("晚安", "睡前", {"hour": 22})
    assert run(zishu.workflows.get, id=workflow.id) == saved


def test_a_deleted_workflow_is_not_there(run, zishu, workflow):
    """Nothing reads or changes it until it is restored, which makes it a draft."""
    workflows = zishu.workflows
    assert run(workflows.restore, id=workflow.id) is None
    run(workflows.delete, id=workflow.id)
    assert run(workflows.get, id=workflow.id) is None
    assert run(workflows.get_with_graph, id=workflow.id) is None
    form = {"name": "晚安", "description": "", "variables": Jsonb({})}
    assert run(workflows.update, id=workflow.id, **form) is None
    assert run(workflows.activate, id=workflow.id) is None
    assert run(workflows.deactivate, id=workflow.id, status="draft") is None
    restored = run(workflows.restore, id=workflow.id)
    assert (restored.status, restored.deleted_at) == ("draft", None)
    assert run(workflows.get, id=workflow.id) == restored


def test_a_workflow_is_activated_by_its_triggers(run, zishu, workflow, copied):
    """One without a trigger stays a draft; deactivating takes any status but active."""
    assert run(zishu.workflows.activate, id=workflow.id) is None
    assert run(zishu.workflows.activate, id=copied.id).status == "active"
    assert run(zishu.workflows.deactivate, id=copied.id, status="active") is None
    assert run(zishu.workflows.deactivate, id=copied.id, status="archived").status == "archived"


def test_a_graph_is_saved_whole(run, zishu, copied, nodes, save):
    """Nodes and edges come, change and go; a node keeps its id while it keeps its name."""
    wanted = {
        "nodes": [
            {"name": "再见", "kind": "output", "config": {}, "x": 5, "y": 6},
            {"name": "开始", "kind": "trigger", "config": {}, "x": 1, "y": 2},
            {"name": "问候", "kind": "character", "config": {"a": 1}, "x": 3, "y": 4},
        ],
        "edges": [
            {"source": "开始", "exit": "out", "target": "再见"},
            {"source": "问候", "exit": "out", "target": "再见"},
        ],
    }
    saved = save(copied, wanted["nodes"], wanted["edges"])
    assert saved.id == copied.id
    row = run(zishu.workflows.get_with_graph, id=copied.id)
    assert graph_of(row) == wanted
    assert {node["name"]: node["id"] for node in row.nodes}["问候"] == str(nodes.greet.id)
    assert save(saved, [], []) is not None
    row = run(zishu.workflows.get_with_graph, id=copied.id)
    assert (row.nodes, row.edges) == ([], [])


def test_an_edge_that_stays_is_not_written_again(run, zishu, copied, save):
    """Saving what is there keeps the edges."""
    before = run(zishu.workflows.get_with_graph, id=copied.id)
    save(copied, NODES, EDGES)
    after = run(zishu.workflows.get_with_graph, id=copied.id)
    assert (after.nodes, after.edges) == (before.nodes, before.edges)


def test_an_edge_is_turned_round(run, zishu, copied, save):
    """An edge may be replaced by its opposite in one save: the old one is no cycle with it."""
    save(copied, NODES, [{"source": "问候", "exit": "out", "target": "开始"}])
    row = run(zishu.workflows.get_with_graph, id=copied.id)
    assert [(edge["source"], edge["target"]) for edge in row.edges] == [("问候", "开始")]


@pytest.mark.parametrize(
    ("edges", "error"),
    [
        ([{"source": "开始", "target": "问侯"}], psycopg.errors.NotNullViolation),
        ([*EDGES, {"source": "问候", "target": "开始"}], psycopg.errors.CheckViolation),
    ],
)
def test_a_graph_is_checked(copied, save, edges, error):
    """An edge to a node that isn't there, or one that closes a cycle, is an error."""
    with pytest.raises(error):
        save(copied, NODES, edges)


def test_a_graph_that_was_saved_meanwhile_is_left_alone(run, zishu, copied, save):
    """Who has read an older graph, or one of a deleted workflow, saves nothing."""
    stale = SimpleNamespace(id=copied.id, updated_at=copied.updated_at - timedelta(seconds=1))
    assert save(stale, [], []) is None
    assert graph_of(run(zishu.workflows.get_with_graph, id=copied.id)) == GRAPH
    run(zishu.workflows.delete, id=copied.id)
    assert save(copied, [], []) is None


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_of_many_who_save_at_once_one_does(zishu, database, call):
    """The graph is that of the one who saved, whole."""
    with psycopg.connect(database, autocommit=True) as conn:
        workflow = zishu.workflows.create(
            conn, owner_id=add_user(conn), name="早安", description="", variables=Jsonb({})
        )
        graphs = [
            Jsonb([{"name": f"{number}-{place}", "kind": "model"} for place in range(3)])
            for number in range(6)
        ]
        seen = {"id": workflow.id, "seen_updated_at": workflow.updated_at, "edges": Jsonb([])}
        saves = call(database, zishu.workflows.save_graph, [seen | {"nodes": g} for g in graphs])
        assert sum(save is not None for save in saves) == 1
        row = zishu.workflows.get_with_graph(conn, id=workflow.id)
    winner = next(number for number, save in enumerate(saves) if save is not None)
    assert [node["name"] for node in row.nodes] == [f"{winner}-{place}" for place in range(3)]


def test_deleting_cancels_what_waits(run, zishu, owner, workflow):
    """A run that no worker has begun is cancelled with its workflow, a running one goes on."""
    create = zishu.workflow_executions.create
    begun = run(create, workflow_id=workflow.id, user_id=owner, input=Jsonb({}))
    assert run(zishu.workflow_executions.claim, worker="w").id == begun.id
    waiting = run(create, workflow_id=workflow.id, user_id=owner, input=Jsonb({}))
    run(zishu.workflows.delete, id=workflow.id)
    get = zishu.workflow_executions.get
    assert [run(get, id=row.id).status for row in (begun, waiting)] == ["running", "cancelled"]


# Nodes and edges


def test_a_node_is_added_changed_and_removed(run, zishu, workflow):
    """Its settings and its name change each for itself."""
    queries = zishu.workflow_nodes
    values = {"kind": "wait", "config": Jsonb({"seconds": 60}), "position_x": 1, "position_y": 2}
    node = run(queries.create, workflow_id=workflow.id, name="等", **values)
    assert (node.name, node.kind, node.config, node.position_y) == (
        "等",
        "wait",
        {"seconds": 60},
        2,
    )
    assert run(queries.get, id=node.id) == node
    changed = run(queries.update, id=node.id, kind="model", config=Jsonb({}))
    assert (changed.kind, changed.config) == ("model", {})
    assert run(queries.rename, id=node.id, name="想").name == "想"
    assert run(queries.delete, id=node.id) == 1
    assert run(queries.delete, id=node.id) == 0
    assert run(queries.get, id=node.id) is None
    assert run(queries.update, id=node.id, kind="model", config=Jsonb({})) is None
    assert run(queries.rename, id=node.id, name="想") is None


def test_nodes_are_paged_by_name(run, zishu, workflow, draw):
    """Each node of the workflow is on one page."""
    draw(alone="edcba")
    by_name = {"after_name": "name"}
    rows = turn_pages(run, zishu.workflow_nodes.page, by_name, workflow_id=workflow.id)
    assert [row.name for row in rows] == ["a", "b", "c", "d", "e"]


def test_nodes_are_moved_together(run, zishu, workflow, nodes):
    """Each goes to its own place; those of another workflow stay."""
    move = zishu.workflow_nodes.move
    places = {"ids": [nodes.greet.id, nodes.start.id], "xs": [10, 20], "ys": [-1, -2]}
    assert run(move, workflow_id=nodes.start.workflow_id, **places) == 2
    assert run(move, workflow_id=workflow.id, **places | {"xs": [0, 0]}) == 0
    moved = [run(zishu.workflow_nodes.get, id=node.id) for node in (nodes.start, nodes.greet)]
    assert [(node.position_x, node.position_y) for node in moved] == [(20, -2), (10, -1)]


def test_steps_follow_the_longest_way(run, zishu, workflow, draw):
    """A node stands behind all that lead to it, however short another way to it is."""
    draw("开始 > b", "b > c", "开始 > c", "c > d", "开始2 > d", "x > y")
    rows = run(zishu.workflow_nodes.order_by_steps, workflow_id=workflow.id)
    assert [(row.name, row.step) for row in rows] == [
        ("开始", 1),
        ("开始2", 1),
        ("b", 2),
        ("c", 3),
        ("d", 4),
    ]


def test_what_no_trigger_leads_to_is_found(run, zishu, workflow, draw):
    """Nodes that no run can come to are named; an empty workflow has none."""
    find = zishu.workflow_nodes.find_unreachable
    assert run(find, workflow_id=workflow.id) == []
    assert run(zishu.workflow_nodes.order_by_steps, workflow_id=workflow.id) == []
    draw("开始 > b", "x > b", "x > y", alone=["z"])
    assert [row.name for row in run(find, workflow_id=workflow.id)] == ["x", "y", "z"]


def test_the_scheduler_reads_active_schedules(run, zishu, owner, add_template):
    """Only active workflows that exist are run by their schedules."""
    template = add_template()
    copies = [
        run(zishu.workflows.create_from_template, template_id=template.id, owner_id=owner, name="a")
        for _ in range(5)
    ]
    for copy in copies[:4]:
        run(zishu.workflows.activate, id=copy.id)
    run(zishu.workflows.delete, id=copies[0].id)
    place = {"after_workflow_id": "workflow_id", "after_id": "id"}
    rows = turn_pages(run, zishu.workflow_nodes.page_scheduled, place)
    assert [row.workflow_id for row in rows] == sorted(copy.id for copy in copies[1:4])
    assert {(row.schedule, row.owner_id) for row in rows} == {("0 8 * * *", owner)}


def test_an_edge_is_drawn_followed_and_removed(run, zishu, copied, nodes):
    """A run follows the edges of an exit; an edge is reconnected, and taken away."""
    queries = zishu.workflow_edges
    values = {"workflow_id": copied.id, "source_node_id": nodes.start.id}
    edge = run(queries.create, **values, source_exit="true", target_node_id=nodes.greet.id)
    assert run(queries.get, id=edge.id) == edge
    assert run(queries.follow, **values, source_exit="true") == [nodes.greet]
    assert run(queries.follow, **values, source_exit="false") == []
    turned = {"source_node_id": nodes.start.id, "target_node_id": nodes.greet.id}
    changed = run(queries.reconnect, id=edge.id, source_exit="false", **turned)
    assert changed.source_exit == "false"
    assert run(queries.delete, id=edge.id) == 1
    assert run(queries.delete, id=edge.id) == 0
    assert run(queries.get, id=edge.id) is None
    assert run(queries.reconnect, id=edge.id, source_exit="false", **turned) is None


def test_edges_are_paged(run, zishu, workflow, draw):
    """Each edge of the workflow is on one page."""
    draw("a > b", "a > c", "b > c", "c > d", "d > e")
    place = {
        "after_source_node_id": "source_node_id",
        "after_target_node_id": "target_node_id",
        "after_source_exit": "source_exit",
    }
    rows = turn_pages(run, zishu.workflow_edges.page, place, workflow_id=workflow.id)
    keys = [(row.source_node_id, row.target_node_id) for row in rows]
    assert len(set(keys)) == 5
    assert keys == sorted(keys)


# Runs


@pytest.fixture
def executions(zishu):
    """The queries of runs."""
    return zishu.workflow_executions


@pytest.fixture
def queue(run, executions, owner, workflow):
    """`queue()` is a run of the workflow that waits."""

    def queue(**columns):
        values = {"workflow_id": workflow.id, "user_id": owner, "input": Jsonb({"city": "上海"})}
        return run(executions.create, **values | columns)

    return queue


@pytest.fixture
def running(run, executions, queue):
    """A run that the worker w has."""
    queue()
    return run(executions.claim, worker="w")


def test_a_run_waits(run, executions, queue):
    """A new run has an input and nothing else."""
    execution = queue()
    assert (execution.status, execution.input, execution.output) == (
        "queued",
        {"city": "上海"},
        None,
    )
    assert run(executions.get, id=execution.id) == execution
    assert run(executions.get, id=uuid4()) is None
    assert run(executions.count_queued) == 1


@pytest.mark.parametrize(
    ("status", "by_person", "by_trigger"),
    [("draft", True, False), ("active", True, True), ("archived", False, False)],
)
def test_who_may_run_what(run, queue, workflow, status, by_person, by_trigger):
    """A person runs what is not archived, a trigger only what is active."""
    run.sql("update zishu.workflows set status = %s", status)
    assert (queue() is not None) is by_person
    assert (queue(user_id=None) is not None) is by_trigger


def test_a_deleted_workflow_is_not_run(run, zishu, queue, workflow):
    """Neither it nor one that never was gives a run."""
    run(zishu.workflows.delete, id=workflow.id)
    assert queue() is None
    assert queue(workflow_id=uuid4()) is None


def test_the_oldest_run_is_claimed(run, executions, queue):
    """The one that has waited longest is given to the worker, and none when there is none."""
    waiting = [queue(), queue()]
    run.sql(
        "update zishu.workflow_executions set created_at = now() - interval '1 hour' where id = %s",
        waiting[1].id,
    )
    claimed = [run(executions.claim, worker="w"), run(executions.claim, worker="v")]
    assert [row.id for row in claimed] == [waiting[1].id, waiting[0].id]
    assert [(row.status, row.worker) for row in claimed] == [("running", "w"), ("running", "v")]
    assert claimed[0].started_at is not None
    assert run(executions.claim, worker="w") is None


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_each_run_is_claimed_once(zishu, executions, database, call):
    """Eight workers at once who want five runs get five different ones, and three get none."""
    with psycopg.connect(database, autocommit=True) as conn:
        owner = add_user(conn)
        workflow = zishu.workflows.create(
            conn, owner_id=owner, name="早安", description="", variables=Jsonb({})
        )
        queued = {
            executions.create(conn, workflow_id=workflow.id, user_id=owner, input=Jsonb({})).id
            for _ in range(5)
        }
    workers = [{"worker": f"w{number}"} for number in range(8)]
    claimed = [row for row in call(database, executions.claim, workers) if row]
    assert sorted(row.id for row in claimed) == sorted(queued)
    assert len({row.worker for row in claimed}) == 5


def test_a_run_is_recorded_and_finished(run, executions, running):
    """What becomes of nodes is kept by their ids, and the output ends the run."""
    node, other = uuid4(), uuid4()
    worker = {"id": running.id, "worker": "w"}
    for key, result in [(node, {"status": "running"}), (other, {}), (node, {"status": "failed"})]:
        assert run(executions.record_node, **worker, node_id=key, result=Jsonb(result)) == 1
    assert run(executions.keep_alive, **worker) == 1
    done = run(executions.finish, **worker, output=Jsonb({"答": "早"}))
    assert done.node_results == {str(node): {"status": "failed"}, str(other): {}}
    assert (done.status, done.output, done.error_message) == ("succeeded", {"答": "早"}, None)
    assert done.finished_at is not None


def test_a_run_fails(run, executions, running):
    """It ends with its error."""
    failed = run(executions.fail, id=running.id, worker="w", error_message="超时")
    assert (failed.status, failed.error_message) == ("failed", "超时")
    assert failed.finished_at is not None


def test_a_run_is_its_workers(run, executions, running):
    """Another worker, or one whose run was cancelled, writes nothing."""
    words = [
        (executions.record_node, {"node_id": uuid4(), "result": Jsonb({})}, 0),
        (executions.keep_alive, {}, 0),
        (executions.finish, {"output": Jsonb({})}, None),
        (executions.fail, {"error_message": "x"}, None),
    ]
    for query, arguments, nothing in words:
        assert run(query, id=running.id, worker="v", **arguments) == nothing
    assert run(executions.cancel, id=running.id).status == "cancelled"
    for query, arguments, nothing in words:
        assert run(query, id=running.id, worker="w", **arguments) == nothing
    assert run(executions.cancel, id=running.id) is None


def test_a_waiting_run_is_cancelled(run, executions, queue):
    """It is claimed no more."""
    execution = run(executions.cancel, id=queue().id)
    assert (execution.status, execution.started_at) == ("cancelled", None)
    assert run(executions.claim, worker="w") is None


def test_lost_runs_fail(run, executions, running, queue):
    """Runs whose worker is silent fail; those that wait, or are heard of, don't."""
    queue()
    later = running.updated_at + timedelta(hours=1)
    lost = {"error_message": "worker lost", "limit": 9}
    assert run(executions.fail_lost, silent_since=running.updated_at, **lost) == []
    failed = run(executions.fail_lost, silent_since=later, **lost)
    assert [(row.id, row.status, row.error_message) for row in failed] == [
        (running.id, "failed", "worker lost")
    ]
    assert run(executions.fail_lost, silent_since=later, **lost) == []


def test_a_history_is_paged(run, executions, queue, owner, workflow, add_person):
    """The workflow's and the person's runs are each on one page, newest first."""
    made = sorted((queue().id for _ in range(5)), reverse=True)
    rows = turn_pages(run, executions.page, NEWEST, workflow_id=workflow.id)
    assert [row.id for row in rows] == made
    rows = turn_pages(run, executions.page_by_user, NEWEST, user_id=owner)
    assert [(row.id, row.workflow_name) for row in rows] == [(row_id, "早安") for row_id in made]
    assert turn_pages(run, executions.page_by_user, NEWEST, user_id=add_person("别人")) == []


def test_runs_are_summed_up(run, executions, queue, workflow):
    """Runs since a time are counted by what became of them; none give zeros."""
    since = run.sql("select now() - interval '1 hour'")[0][0]
    for _ in range(4):
        queue()
    first = run(executions.claim, worker="w")
    run(executions.finish, id=first.id, worker="w", output=Jsonb({}))
    second = run(executions.claim, worker="w")
    run(executions.fail, id=second.id, worker="w", error_message="x")
    third = run(executions.claim, worker="w")
    run(executions.cancel, id=third.id)
    summary = run(executions.summarize, workflow_id=workflow.id, since=since)
    assert summary == (4, 1, 1, 1, timedelta(0))
    later = since + timedelta(days=1)
    assert run(executions.summarize, workflow_id=workflow.id, since=later) == (0, 0, 0, 0, None)


def test_only_what_has_ended_is_removed(run, executions, running):
    """A run that goes on is not deleted, one that has ended is."""
    assert run(executions.delete, id=running.id) == 0
    run(executions.cancel, id=running.id)
    assert run(executions.delete, id=running.id) == 1
    assert run(executions.get, id=running.id) is None


def test_old_runs_are_removed_in_batches(run, executions, queue):
    """So many of those that ended before then go at a time, the oldest first."""
    rows = [run(executions.cancel, id=queue().id) for _ in range(3)]
    queue()
    run.sql(
        "update zishu.workflow_executions set finished_at = now() - interval '1 day' where id = %s",
        rows[2].id,
    )
    then = rows[0].finished_at + timedelta(seconds=1)
    assert run(executions.delete_finished, finished_before=then, limit=1) == 1
    assert run(executions.get, id=rows[2].id) is None
    assert run(executions.delete_finished, finished_before=then, limit=5) == 2
    assert run(executions.delete_finished, finished_before=then, limit=5) == 0
    assert run.sql("select count(*) from zishu.workflow_executions")[0][0] == 1
