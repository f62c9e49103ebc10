"""Workflows of schema zishu: graphs that end, templates that are found, runs claimed once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import psycopg
import pytest

from callers import wait_until_blocked

GRAPH = """{
    "nodes": [
        {"name": "开始", "kind": "trigger", "config": {"schedule": "0 8 * * *"}, "x": 0, "y": 0},
        {"name": "问候", "kind": "model", "config": {"prompt": "早上好"}, "x": 200, "y": 0}
    ],
    "edges": [{"source": "开始", "exit": "out", "target": "问候"}]
}"""

COPY_OF_A_TEMPLATE = """
    with template as (
        select id, name, graph from zishu.workflow_templates where id = %(template)s
    ),
    workflow as (
        insert into zishu.workflows (owner_id, template_id, name)
        select %(owner)s, id, name from template
        returning id
    ),
    nodes as (
        insert into zishu.workflow_nodes
            (workflow_id, name, kind, config, position_x, position_y)
        select workflow.id, node.name, node.kind, node.config, node.x, node.y
        from workflow
        cross join template
        cross join jsonb_to_recordset(template.graph -> 'nodes')
            as node (name text, kind text, config jsonb, x integer, y integer)
        returning workflow_id, id, name
    )
    insert into zishu.workflow_edges (workflow_id, source_node_id, source_exit, target_node_id)
    select source.workflow_id, source.id, edge.exit, target.id
    from template
    cross join jsonb_to_recordset(template.graph -> 'edges')
        as edge (source text, exit text, target text)
    join nodes as source on source.name = edge.source
    join nodes as target on target.name = edge.target
    returning workflow_id
"""

CLAIM = """
    update zishu.workflow_executions
    set status = 'running', started_at = now(), worker = 'test'
    where id = (
        select id
        from zishu.workflow_executions
        where status = 'queued'
        order by created_at, id
        limit 1
        for update skip locked
    )
    returning id
"""


def add_user(conn, name="小紫"):
    """The id of a new user."""
    return conn.execute(
        "insert into zishu.users (username, email) values (%s, %s || '@example.com') returning id",
        [name, name],
    ).fetchone()[0]


def add_workflow(conn, owner):
    """The id of a new workflow."""
    return conn.execute(
        "insert into zishu.workflows (owner_id, name) values (%s, '早安') returning id", [owner]
    ).fetchone()[0]


def add_node(conn, workflow, name):
    """The id of a new node."""
    return conn.execute(
        "insert into zishu.workflow_nodes (workflow_id, name, kind) values (%s, %s, 'model')"
        " returning id",
        [workflow, name],
    ).fetchone()[0]


def add_edge(conn, workflow, source, target, way_out="out"):
    """Joins two nodes."""
    conn.execute(
        "insert into zishu.workflow_edges"
        " (workflow_id, source_node_id, source_exit, target_node_id) values (%s, %s, %s, %s)",
        [workflow, source, way_out, target],
    )


def add_run(conn, workflow):
    """The id of a new run in the queue."""
    return conn.execute(
        "insert into zishu.workflow_executions (workflow_id) values (%s) returning id", [workflow]
    ).fetchone()[0]


@pytest.fixture
def user(db):
    """The id of a user."""
    return add_user(db)


@pytest.fixture
def workflow(db, user):
    """The id of a workflow."""
    return add_workflow(db, user)


@pytest.fixture
def nodes(db, workflow):
    """The ids of three nodes of the workflow."""
    return [add_node(db, workflow, name) for name in "甲乙丙"]


@pytest.fixture
def committed(migrated):
    """A workflow and its three nodes that other sessions see too."""
    with psycopg.connect(migrated) as conn:
        owner = add_user(conn, "committed")
        workflow = add_workflow(conn, owner)
        nodes = [add_node(conn, workflow, name) for name in "甲乙丙"]
    yield workflow, nodes
    with psycopg.connect(migrated) as conn:
        conn.execute("delete from zishu.users where id = %s", [owner])


def add_template(conn, name, description="", **columns):
    """The id of a new template in the gallery."""
    values = {"name": name, "description": description, "graph": GRAPH, "is_public": True}
    values |= columns
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    return conn.execute(
        f"insert into zishu.workflow_templates ({names}) values ({places}) returning id", values
    ).fetchone()[0]


@pytest.mark.parametrize(
    "graph",
    ["[]", "null", "{}", '{"nodes": []}', '{"nodes": {}, "edges": []}', '{"edges": []}'],
)
def test_a_template_has_nodes_and_edges(db, refused, graph):
    """A graph without a list of nodes and a list of edges is refused."""
    with refused("workflow_templates_graph_has_nodes_and_edges"):
        add_template(db, "空", graph=graph)


@pytest.mark.parametrize(
    ("words", "found"), [("天气", True), ("提醒", True), ("weather", True), ("股票", False)]
)
def test_templates_are_found_by_words(db, words, found):
    """The gallery is searched in Chinese and English, over name and description, by index."""
    add_template(db, "每日天气播报", "早上提醒我带伞. Weather reports every morning.")
    add_template(db, "股票天气", "私人的", is_public=False)
    search = (
        "select name from zishu.workflow_templates where is_public"
        " and common.search_terms(name || ' ' || description) @@ common.search_query(%s)"
    )
    assert bool(db.execute(search, [words]).fetchall()) is found
    db.execute("set local enable_seqscan = off")
    plan = "\n".join(row[0] for row in db.execute("explain " + search, [words]))
    assert "workflow_templates_search_gin" in plan


def test_a_template_is_copied_in_one_statement(db, user):
    """Nodes and edges of a template become rows of a new workflow."""
    template = add_template(db, "早安")
    workflow = db.execute(COPY_OF_A_TEMPLATE, {"template": template, "owner": user}).fetchone()[0]
    assert db.execute(
        "select source.name, target.name from zishu.workflow_edges as edges"
        " join zishu.workflow_nodes as source on source.id = edges.source_node_id"
        " join zishu.workflow_nodes as target on target.id = edges.target_node_id"
        " where edges.workflow_id = %s",
        [workflow],
    ).fetchall() == [("开始", "问候")]


def test_a_workflow_outlives_its_template(db, user):
    """Deleting a template leaves what was copied from it."""
    template = add_template(db, "早安")
    db.execute(COPY_OF_A_TEMPLATE, {"template": template, "owner": user})
    db.execute("delete from zishu.workflow_templates")
    assert db.execute("select template_id from zishu.workflows").fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("table", "column", "value", "constraint"),
    [
        ("workflows", "status", "running", "workflows_status_is_known"),
        ("workflows", "variables", "[]", "workflows_variables_is_an_object"),
        ("workflow_nodes", "kind", "magic", "workflow_nodes_kind_is_known"),
        ("workflow_nodes", "config", '"x"', "workflow_nodes_config_is_an_object"),
        ("workflow_nodes", "name", "甲", "workflow_nodes_workflow_id_name_key"),
        ("workflow_executions", "status", "lost", "workflow_executions_status_is_known"),
        ("workflow_executions", "input", "[]", "workflow_executions_input_is_an_object"),
        (
            "workflow_executions",
            "node_results",
            "[]",
            "workflow_executions_node_results_is_an_object",
        ),
    ],
)
def test_nonsense_is_refused(db, refused, workflow, nodes, table, column, value, constraint):
    """Each rule is held by the constraint that says it."""
    add_run(db, workflow)
    with refused(constraint):
        db.execute(f"update zishu.{table} set {column} = %s", [value])


def test_a_node_is_not_its_own_successor(db, refused, workflow, nodes):
    """An edge from a node to itself is refused."""
    with refused("workflow_edges_joins_two_nodes"):
        add_edge(db, workflow, nodes[0], nodes[0])


def test_an_edge_is_drawn_once(db, refused, workflow, nodes):
    """The same edge twice is refused; another exit to the same node is another edge."""
    add_edge(db, workflow, nodes[0], nodes[1], "true")
    add_edge(db, workflow, nodes[0], nodes[1], "false")
    with refused("workflow_edges_source_target_exit_key"):
        add_edge(db, workflow, nodes[0], nodes[1], "true")


def test_an_edge_stays_in_its_workflow(db, refused, user, workflow, nodes):
    """Neither end of an edge may be a node of another workflow."""
    stranger = add_node(db, add_workflow(db, user), "外")
    with refused("workflow_edges_target_node_id_fkey"):
        add_edge(db, workflow, nodes[0], stranger)
    with refused("workflow_edges_source_node_id_fkey"):
        add_edge(db, workflow, stranger, nodes[0])


def test_branches_may_meet_again(db, workflow, nodes):
    """Two ways to the same node are no cycle."""
    for source, target in [(0, 1), (1, 2), (0, 2)]:
        add_edge(db, workflow, nodes[source], nodes[target])


@pytest.mark.parametrize("path", [[0, 1, 0], [0, 1, 2, 0]])
def test_a_cycle_is_refused(db, refused, workflow, nodes, path):
    """The edge that would close a cycle of two or three nodes is refused."""
    *steps, last = pairwise(path)
    for source, target in steps:
        add_edge(db, workflow, nodes[source], nodes[target])
    with refused("workflow_edges_make_no_cycle"):
        add_edge(db, workflow, nodes[last[0]], nodes[last[1]])


def test_a_cycle_in_one_statement_is_refused(db, refused, workflow, nodes):
    """Edges that are added together close no cycle either."""
    with refused("workflow_edges_make_no_cycle"):
        db.execute(
            "insert into zishu.workflow_edges (workflow_id, source_node_id, target_node_id)"
            " values (%(w)s, %(a)s, %(b)s), (%(w)s, %(b)s, %(a)s)",
            {"w": workflow, "a": nodes[0], "b": nodes[1]},
        )


def test_an_edge_is_not_moved_into_a_cycle(db, refused, workflow, nodes):
    """An update can't close a cycle."""
    add_edge(db, workflow, nodes[0], nodes[1])
    add_edge(db, workflow, nodes[1], nodes[2])
    with refused("workflow_edges_make_no_cycle"):
        db.execute(
            "update zishu.workflow_edges set target_node_id = %s where source_node_id = %s",
            [nodes[0], nodes[1]],
        )


def test_edges_are_turned_round_together(db, workflow, nodes):
    """A statement that turns all edges round is no cycle, though half of it would be."""
    add_edge(db, workflow, nodes[0], nodes[1], "true")
    add_edge(db, workflow, nodes[0], nodes[1], "false")
    db.execute(
        "update zishu.workflow_edges"
        " set source_node_id = target_node_id, target_node_id = source_node_id"
    )


def test_two_sessions_close_no_cycle_together(migrated, committed):
    """The second session waits for the first, sees its edge, and is refused."""
    workflow, (a, b, _) = committed
    with (
        ThreadPoolExecutor() as threads,
        psycopg.connect(migrated) as one,
        psycopg.connect(migrated) as two,
    ):
        add_edge(one, workflow, a, b)
        other = threads.submit(add_edge, two, workflow, b, a)
        wait_until_blocked(one, two.info.backend_pid)
        one.commit()
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            other.result()
        assert caught.value.diag.constraint_name == "workflow_edges_make_no_cycle"
        two.rollback()


def test_a_node_takes_its_edges_along(db, workflow, nodes):
    """Deleting a node deletes the edges to and from it."""
    add_edge(db, workflow, nodes[0], nodes[1])
    add_edge(db, workflow, nodes[1], nodes[2])
    db.execute("delete from zishu.workflow_nodes where id = %s", [nodes[1]])
    assert db.execute("select count(*) from zishu.workflow_edges").fetchone()[0] == 0


def test_a_user_takes_workflows_along_and_leaves_templates(db, user, workflow, nodes):
    """Erasing a person erases what they automated; a template stays without an author."""
    add_edge(db, workflow, nodes[0], nodes[1])
    add_run(db, workflow)
    add_template(db, "早安", author_id=user)
    db.execute("delete from zishu.users where id = %s", [user])
    for table in ["workflows", "workflow_nodes", "workflow_edges", "workflow_executions"]:
        assert db.execute(f"select count(*) from zishu.{table}").fetchone()[0] == 0
    assert db.execute("select author_id from zishu.workflow_templates").fetchall() == [(None,)]


STARTED = "workflow_executions_started_at_fits_status"
FINISHED = "workflow_executions_finished_at_fits_status"


@pytest.mark.parametrize(
    ("status", "started", "finished", "constraint"),
    [
        ("queued", False, False, None),
        ("queued", True, False, STARTED),
        ("queued", False, True, FINISHED),
        ("running", True, False, None),
        ("running", False, False, STARTED),
        ("running", True, True, FINISHED),
        ("succeeded", True, True, None),
        ("succeeded", True, False, FINISHED),
        ("failed", True, True, None),
        ("failed", False, True, STARTED),
        ("cancelled", False, True, None),
        ("cancelled", True, True, None),
        ("cancelled", True, False, FINISHED),
    ],
)
def test_the_times_of_a_run_fit_its_status(
    db, refused, workflow, status, started, finished, constraint
):
    """A run has started and finished when its status says so, and only then."""
    add_run(db, workflow)
    change = (
        "update zishu.workflow_executions set status = %s,"
        " started_at = case when %s then now() end, finished_at = case when %s then now() end"
    )
    if constraint is None:
        db.execute(change, [status, started, finished])
    else:
        with refused(constraint):
            db.execute(change, [status, started, finished])


def test_a_run_is_claimed_once(migrated, committed):
    """Two workers at once claim two runs, oldest first; a third finds none and doesn't wait."""
    workflow, _ = committed
    with psycopg.connect(migrated) as conn:
        first = add_run(conn, workflow)
        conn.commit()
        second = add_run(conn, workflow)
    with (
        psycopg.connect(migrated) as one,
        psycopg.connect(migrated) as two,
        psycopg.connect(migrated) as three,
    ):
        claims = [worker.execute(CLAIM).fetchone() for worker in (one, two, three)]
    assert claims == [(first,), (second,), None]


def test_the_next_run_is_found_by_index(db):
    """The claim reads the queued runs in their order and sorts nothing."""
    db.execute("set local enable_seqscan = off")
    plan = "\n".join(row[0] for row in db.execute("explain " + CLAIM))
    assert "workflow_executions_queued_idx" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    "table",
    [
        "workflow_templates",
        "workflows",
        "workflow_nodes",
        "workflow_edges",
        "workflow_executions",
    ],
)
def test_updated_at_follows_every_update(db, workflow, nodes, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    add_template(db, "早安")
    add_edge(db, workflow, nodes[0], nodes[1])
    add_run(db, workflow)
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select bool_and(updated_at = now()) from zishu.{table}").fetchone()[0]
