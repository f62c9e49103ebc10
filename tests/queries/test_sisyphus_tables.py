"""What the queries of every table of schema sisyphus have in common: create, get, page, delete."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sisyphus_rows import GIVEN, Sisyphus, ids, pages

NEWEST = {"before_created_at": "created_at", "before_id": "id"}
PLACES = {"after_sort_order": "sort_order", "after_id": "id"}
# What a table's pages are pages of, which column of a page's end is which parameter, and the order.
PAGES = {
    "users": ([], {"after_email": "email"}, "email"),
    "projects": (
        ["created_by"],
        {"before_updated_at": "updated_at", "before_id": "id"},
        "updated_at desc, id desc",
    ),
    "database_configs": (["project_id"], {"after_name": "name", "after_id": "id"}, "name, id"),
    "interfaces": (["project_id"], NEWEST, "created_at desc, id desc"),
    "environments": (["project_id"], {"after_name": "name"}, "name"),
    "env_variables": (
        ["environment_id"],
        {"after_name": "name", "after_is_global": "is_global"},
        "name, is_global",
    ),
    "keywords": (["project_id"], {"after_name": "name"}, "name"),
    "scenarios": (["project_id"], NEWEST, "created_at desc, id desc"),
    "scenario_steps": (["scenario_id"], PLACES, "sort_order, id"),
    "datasets": (["project_id"], NEWEST, "created_at desc, id desc"),
    "test_plans": (["project_id"], NEWEST, "created_at desc, id desc"),
    "plan_scenarios": (["test_plan_id"], PLACES, "sort_order, id"),
    "test_executions": (
        [],
        {"before_started_at": "started_at", "before_id": "id"},
        "started_at desc, id desc",
    ),
    "execution_steps": (
        ["execution_id"],
        {"after_created_at": "created_at", "after_id": "id"},
        "created_at, id",
    ),
    "test_reports": ([], NEWEST, "created_at desc, id desc"),
    "global_params": (
        [],
        {"after_class_name": "class_name", "after_method_name": "method_name"},
        "class_name, method_name",
    ),
}
# What else their page queries take.
FILTERS = {"interfaces": {"method": None}, "test_reports": {"status": None}}


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


@pytest.mark.parametrize("table", GIVEN)
def test_a_row_is_made_as_it_was_given(sisyphus, table):
    """What was made is in the table, with what was given, and get finds it."""
    made = sisyphus.make(table)
    assert getattr(sisyphus, table).get(id=made.id) == made
    columns = ", ".join(made._fields)
    assert sisyphus.sql(f"select {columns} from sisyphus.{table} where id = %s", made.id) == [made]


@pytest.mark.parametrize("table", GIVEN)
def test_an_unknown_id_is_nothing(sisyphus, table):
    """Nothing is got and nothing deleted by an id that no row has."""
    queries = getattr(sisyphus, table)
    assert queries.get(id=uuid4()) is None
    assert queries.delete(id=uuid4()) == 0


@pytest.mark.parametrize("table", GIVEN)
def test_a_deleted_row_is_gone(sisyphus, table):
    """One row is deleted, which get finds no more; a second time there is none."""
    made, queries = sisyphus.make(table), getattr(sisyphus, table)
    assert queries.delete(id=made.id) == 1
    assert queries.get(id=made.id) is None
    assert queries.delete(id=made.id) == 0


@pytest.mark.parametrize("table", PAGES)
def test_pages_hold_every_row_once(sisyphus, table):
    """Page by page comes what one ordered query would give, though all times are the same."""
    parents, ends, order = PAGES[table]
    for _ in range(5):
        own = {"scenario_id": sisyphus.make("scenarios").id} if table == "plan_scenarios" else {}
        row = sisyphus.make(table, **own)
    of = {parent: getattr(row, parent) for parent in parents}
    read = list(pages(getattr(sisyphus, table).page, ends, **of, **FILTERS.get(table, {})))
    where = " and ".join(f"{parent} = %s" for parent in parents) or "true"
    rows = sisyphus.sql(
        f"select id from sisyphus.{table} where {where} order by {order}", *of.values()
    )
    assert [len(page) for page in read] == [2, 2, 1]
    assert [id_ for page in read for id_ in ids(page)] == [id_ for (id_,) in rows]


@pytest.mark.parametrize(
    "table", ["projects", "interfaces", "scenarios", "datasets", "test_plans", "test_reports"]
)
def test_pages_begin_with_the_newest(sisyphus, table):
    """The row of today comes before the one of yesterday."""
    parents, ends, _ = PAGES[table]
    old, new = sisyphus.make_many(table, 2)
    if table == "projects":
        sisyphus.sql("alter table sisyphus.projects disable trigger projects_set_updated_at")
    sisyphus.sql(
        f"update sisyphus.{table}"
        " set created_at = now() - interval '1 day', updated_at = now() - interval '1 day'"
        " where id = %s",
        old.id,
    )
    of = {parent: getattr(new, parent) for parent in parents}
    page = getattr(sisyphus, table).page
    read = page(**of, **dict.fromkeys(ends), **FILTERS.get(table, {}), limit=5)
    assert ids(read) == [new.id, old.id]


@pytest.mark.parametrize(
    ("table", "parent"),
    [(table, parent) for table, (parents, _, _) in PAGES.items() for parent in parents],
)
def test_pages_hold_no_stranger(sisyphus, table, parent):
    """A parent without rows has no page, whatever others have."""
    sisyphus.make(table)
    ends = PAGES[table][1]
    page = getattr(sisyphus, table).page
    given = {parent: uuid4(), **dict.fromkeys(ends), **FILTERS.get(table, {})}
    assert page(**given, limit=5) == []


@pytest.mark.parametrize(
    ("table", "name"), [("environments", "name"), ("keywords", "name"), ("users", "email")]
)
def test_an_empty_name_is_on_the_first_page(sisyphus, table, name):
    """The least of all names is not skipped."""
    parents, ends, _ = PAGES[table]
    row = sisyphus.make(table, **{name: ""})
    of = {parent: getattr(row, parent) for parent in parents}
    assert ids(getattr(sisyphus, table).page(**of, **dict.fromkeys(ends), limit=5)) == [row.id]
    assert getattr(sisyphus, table).page(**of, **dict.fromkeys(ends, ""), limit=5) == []


UPDATES = {
    "projects": {"name": "新名", "description": "说明"},
    "environments": {"name": "生产", "base_url": "https://example.com"},
    "env_variables": {"name": "n", "value": "v", "description": "d", "is_global": True},
    "keywords": {
        "type": "db",
        "name": "查询",
        "method_name": "query",
        "code": "def query(): ...",
        "parameters": None,
    },
    "interfaces": {
        "name": "注册",
        "method": "PUT",
        "url": "/register",
        "headers": None,
        "body": None,
        "assertions": None,
    },
    "scenarios": {
        "name": "注册",
        "description": "说明",
        "priority": "P0",
        "tags": None,
        "variables": None,
        "pre_sql": "select 1",
        "post_sql": "select 2",
    },
    "scenario_steps": {
        "description": "说明",
        "keyword_type": "db",
        "keyword_name": "查询",
        "parameters": None,
    },
    "test_plans": {"name": "每周", "description": "说明"},
    "test_reports": {
        "status": "failed",
        "duration": 9,
        "result": None,
        "allure_report_path": "/reports/1",
    },
    "global_params": {
        "class_name": "Number",
        "method_name": "next",
        "code": "def next(): ...",
        "description": "说明",
        "parameters": None,
        "return_value": None,
    },
}


@pytest.mark.parametrize("table", UPDATES)
def test_a_form_is_saved(sisyphus, table):
    """The row has what was given, and keeps the rest; the row is given back."""
    made = sisyphus.make(table)
    wanted = made._replace(**UPDATES[table])
    assert getattr(sisyphus, table).update(id=made.id, **UPDATES[table]) == wanted
    assert getattr(sisyphus, table).get(id=made.id) == wanted


@pytest.mark.parametrize("table", UPDATES)
def test_the_form_of_an_unknown_row_is_nothing(sisyphus, table):
    """Nothing is given back, and nothing changes."""
    made = sisyphus.make(table)
    assert getattr(sisyphus, table).update(id=uuid4(), **UPDATES[table]) is None
    assert getattr(sisyphus, table).get(id=made.id) == made
