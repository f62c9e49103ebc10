"""Every index that the document asks schema sisyphus for, and what the others are there for."""

from __future__ import annotations

import pytest

# Sections 3, 4.2 and 4.3 of the document; GIN indexes and the partial one are below.
INDEXES = {
    "users": ["email", "oauth_provider, oauth_id"],
    "projects": ["created_by", "name", "created_by, updated_at desc"],
    "database_configs": ["project_id", "variable_name"],
    "interface_folders": ["project_id", "parent_id"],
    "interfaces": ["project_id", "folder_id", "method"],
    "environments": ["project_id"],
    "env_variables": ["environment_id", "is_global"],
    "keywords": ["project_id", "type", "is_builtin", "is_enabled"],
    "scenarios": ["project_id", "created_by", "priority"],
    "scenario_steps": ["scenario_id", "sort_order"],
    "datasets": ["project_id", "scenario_id"],
    "test_plans": ["project_id", "created_by"],
    "plan_scenarios": ["test_plan_id", "scenario_id", "sort_order"],
    "test_executions": [
        "test_plan_id",
        "status",
        "created_by",
        "started_at desc",
        "status, started_at desc",
    ],
    "execution_steps": ["execution_id", "scenario_id", "status"],
    "test_reports": ["execution_id", "scenario_id", "status", "created_at desc"],
    "global_params": ["class_name", "created_by"],
}


@pytest.mark.parametrize(
    ("table", "columns"),
    [(table, columns) for table, each in INDEXES.items() for columns in each],
)
def test_the_documents_index_is_served(db, table, columns):
    """A whole B-tree leads with the columns of each of the document's indexes."""
    keys = db.execute(
        "select array("
        " select pg_get_indexdef(indexrelid, place, false)"
        "  || case when indoption[place - 1] & 1 = 1 then ' desc' else '' end"
        " from generate_series(1, indnkeyatts) as place order by place)"
        " from pg_index join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam"
        " where indrelid = %s::regclass and amname = 'btree' and indpred is null",
        [f"sisyphus.{table}"],
    ).fetchall()
    wanted = columns.split(", ")
    assert wanted in [key[: len(wanted)] for (key,) in keys]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            'interfaces where headers @> \'{"Content-Type": "application/json"}\'',
            "interfaces_headers_gin",
        ),
        ("interfaces where headers ? 'Authorization'", "interfaces_headers_gin"),
        ('interfaces where assertions @> \'[{"type": "json"}]\'', "interfaces_assertions_gin"),
        ("scenarios where tags @> '[\"冒烟\"]'", "scenarios_tags_gin"),
        ("scenarios where tags ?| array['冒烟', '登录']", "scenarios_tags_gin"),
        (
            "scenarios where created_at > '2026-02-15 10:00:00' order by created_at limit 10",
            "scenarios_created_at_idx",
        ),
        (
            "test_reports where created_at < now() - interval '30 days'",
            "test_reports_created_at_idx",
        ),
        (
            "keywords where is_enabled and project_id = '00000000-0000-0000-0000-000000000000'",
            "keywords_enabled_idx",
        ),
    ],
)
def test_the_documents_queries_use_their_index(db, query, index):
    """What the document asks of JSONB, pages, old reports and keywords needs no scan."""
    assert index in plan(db, query)


def plan(db, query):
    """How PostgreSQL would answer, were scanning a table out of the question."""
    db.execute("set local enable_seqscan = off")
    lines = db.execute(f"explain select id from sisyphus.{query}").fetchall()
    return "\n".join(line for (line,) in lines)


@pytest.fixture
def project(db):
    """The id of project 登录中心, which holds what is searched for."""
    return db.execute(
        "with creator as (insert into sisyphus.users (email) values ('a@b') returning id)"
        " insert into sisyphus.projects (created_by, name) select id, '登录中心' from creator"
        " returning id"
    ).fetchone()[0]


def found(db, query, index):
    """How many rows match, once it is sure that the index finds them."""
    assert index in plan(db, query)
    return len(db.execute(f"select id from sisyphus.{query}").fetchall())


@pytest.mark.parametrize(("term", "rows"), [("登录", 1), ("中心", 1), ("录中", 1), ("登出", 0)])
def test_a_project_is_found_by_part_of_its_name(db, project, term, rows):
    """Any two characters next to each other in a name find the project, and no others."""
    query = f"projects where common.bigrams(name) @> common.bigrams('{term}')"
    assert found(db, query, "projects_name_gin") == rows


@pytest.mark.parametrize("builtin", [True, False])
def test_a_keyword_is_found_by_part_of_its_name(db, project, builtin):
    """Two characters of its name find a keyword, a project's or a built-in one."""
    db.execute(
        "insert into sisyphus.keywords (project_id, type, name, method_name, code, is_builtin)"
        " values (%s, 'request', '发送请求', 'send', 'def send(): ...', %s)",
        [None if builtin else project, builtin],
    )
    query = "keywords where common.bigrams(name) @> common.bigrams('请求')"
    assert found(db, query, "keywords_name_gin") == 1


@pytest.mark.parametrize(("term", "rows"), [("登录", 1), ("/api", 1), ("注册", 0)])
def test_an_interface_is_found_by_part_of_its_name_or_address(db, project, term, rows):
    """One index answers for both columns of an interface."""
    db.execute(
        "insert into sisyphus.interfaces (project_id, name, method, url)"
        " values (%s, '用户登录', 'POST', '/api/v1/login')",
        [project],
    )
    query = (
        f"interfaces where common.bigrams(name) @> common.bigrams('{term}')"
        f" or common.bigrams(url) @> common.bigrams('{term}')"
    )
    assert found(db, query, "interfaces_name_url_gin") == rows


@pytest.mark.parametrize("table", ["scenarios", "test_plans"])
@pytest.mark.parametrize(
    ("words", "rows"),
    [("登录", 1), ("密码", 1), ("登录 密码 wrong", 1), ("注册", 0)],
)
def test_scenarios_and_plans_are_found_by_their_words(db, project, table, words, rows):
    """Every word must be in the name or the description, in Chinese and in English."""
    db.execute(
        f"insert into sisyphus.{table} (project_id, created_by, name, description)"
        " select id, created_by, '用户登录', '输入错误密码 (wrong password)'"
        " from sisyphus.projects where id = %s",
        [project],
    )
    query = (
        f"{table} where common.search_terms(name || ' ' || coalesce(description, ''))"
        f" @@ common.search_query('{words}')"
    )
    assert found(db, query, f"{table}_name_description_gin") == rows
