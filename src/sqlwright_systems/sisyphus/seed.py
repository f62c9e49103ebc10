"""What a new database begins with: built-in keywords, and a project that tests a login."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Connection

from sqlwright.secrets import Keyring, hash_password
from sqlwright_systems.sisyphus import (
    datasets,
    env_variables,
    environments,
    global_params,
    interface_folders,
    interfaces,
    keywords,
    plan_scenarios,
    projects,
    scenarios,
    test_plans,
    users,
)

__all__ = ["fill", "seed"]

_EMAIL = "admin@example.com"
_PROJECT = "商城接口测试"


class _Keyword(NamedTuple):
    """A built-in keyword; `arguments` says in order what each means."""

    type: keywords.Type
    name: str
    arguments: dict[str, str]
    code: str


_KEYWORDS = {
    "send_request": _Keyword(
        "request",
        "发送请求",
        {"method": "请求方法", "url": "请求地址", "body": "请求体"},
        "def send_request(context, method, url, body=None):\n"
        "    context.response = context.client.request(method, url, json=body)\n",
    ),
    "assert_equal": _Keyword(
        "assertion",
        "断言相等",
        {"expression": "响应中的 JSONPath", "expected": "期望值"},
        "def assert_equal(context, expression, expected):\n"
        "    assert context.find(expression) == expected\n",
    ),
    "extract_variable": _Keyword(
        "extract",
        "提取变量",
        {"expression": "响应中的 JSONPath", "variable": "变量名"},
        "def extract_variable(context, expression, variable):\n"
        "    context.variables[variable] = context.find(expression)\n",
    ),
    "execute_sql": _Keyword(
        "db",
        "执行 SQL",
        {"connection": "数据库连接的变量名", "sql": "要执行的语句"},
        "def execute_sql(context, connection, sql):\n"
        "    context.rows = context.connect(connection).execute(sql).fetchall()\n",
    ),
    "wait": _Keyword(
        "custom",
        "等待",
        {"seconds": "秒数"},
        "def wait(context, seconds):\n    context.sleep(seconds)\n",
    ),
}
_HELPER = (
    "def random_string(length: int = 8) -> str:\n"
    "    return secrets.token_urlsafe(length)[:length]\n"
)
_VARIABLES = (
    ("username", "tester", "测试账号", False),
    ("password", "tester123456", "测试账号的密码", False),
    ("api_version", "v1", "所有环境共用的接口版本", True),
)
_LOGIN = {"username": "{{username}}", "password": "{{password}}"}
_CSV = "username,password,code\ntester,tester123456,0\ntester,wrong,40101\n,tester123456,40001\n"
_STEPS = (
    ("登录", "send_request", {"method": "POST", "url": "/{{api_version}}/login", "body": _LOGIN}),
    ("返回码为 0", "assert_equal", {"expression": "$.code", "expected": 0}),
    ("保存令牌", "extract_variable", {"expression": "$.data.token", "variable": "token"}),
    ("查询当前用户", "send_request", {"method": "GET", "url": "/{{api_version}}/users/me"}),
    ("是刚登录的用户", "assert_equal", {"expression": "$.data.name", "expected": "{{username}}"}),
)


def seed(conn: Connection[Any], _keys: Keyring) -> dict[str, int]:
    """Makes the account, the keywords, a helper and the project, where they are not there.

    What is in the project is made with it: what was deleted there later is not made again.
    """
    known = users.get_by_email(conn, email=_EMAIL)
    admin = known or users.create(conn, email=_EMAIL, hashed_password=hash_password("admin123456"))
    made = {
        "users": int(known is None),
        "keywords": _make_keywords(conn),
        "global_params": _make_helper(conn, admin.id),
        **_make_project(conn, admin.id),
    }
    return {f"sisyphus.{table}": rows for table, rows in made.items()}


def _make_keywords(conn: Connection[Any]) -> int:
    known = {row.name for row in keywords.page_builtin(conn, after_name=None, limit=1000)}
    missing = [method for method, keyword in _KEYWORDS.items() if keyword.name not in known]
    for method in missing:
        keyword = _KEYWORDS[method]
        keywords.put_builtin(
            conn,
            type=keyword.type,
            name=keyword.name,
            method_name=method,
            code=keyword.code,
            parameters=[
                {"name": name, "description": meaning}
                for name, meaning in keyword.arguments.items()
            ],
        )
    return len(missing)


def _make_helper(conn: Connection[Any], admin_id: UUID) -> int:
    place = {"class_name": "StringUtils", "method_name": "random_string"}
    if global_params.get_by_name(conn, **place):
        return 0
    global_params.create(
        conn,
        created_by=admin_id,
        **place,
        code=_HELPER,
        description="生成随机字符串",
        parameters=[{"name": "length", "type": "int", "description": "生成字符串的长度"}],
        return_value={"type": "str", "description": "随机字符串"},
    )
    return 1


def _make_project(conn: Connection[Any], admin_id: UUID) -> dict[str, int]:
    is_new = projects.get_by_name(conn, created_by=admin_id, name=_PROJECT) is None
    if is_new:
        project = projects.create(
            conn, created_by=admin_id, name=_PROJECT, description="商城后台的接口自动化测试"
        )
        environment_id = _make_environment(conn, project.id)
        _make_interfaces(conn, project.id)
        _make_plan(conn, project.id, admin_id, environment_id)
    once = (
        "projects",
        "environments",
        "interface_folders",
        "scenarios",
        "datasets",
        "test_plans",
        "plan_scenarios",
    )
    return {
        **dict.fromkeys(once, int(is_new)),
        "interfaces": 2 * is_new,
        "env_variables": len(_VARIABLES) * is_new,
        "scenario_steps": len(_STEPS) * is_new,
    }


def _make_environment(conn: Connection[Any], project_id: UUID) -> UUID:
    environment = environments.create(
        conn, project_id=project_id, name="测试环境", base_url="https://test.example.com/api"
    )
    for name, value, description, is_global in _VARIABLES:
        env_variables.create(
            conn,
            environment_id=environment.id,
            name=name,
            value=value,
            description=description,
            is_global=is_global,
        )
    return environment.id


def _make_interfaces(conn: Connection[Any], project_id: UUID) -> None:
    folder = interface_folders.create(conn, project_id=project_id, parent_id=None, name="用户")
    assertion = {"type": "json", "expression": "$.code", "operator": "==", "expected_value": 0}
    interfaces.create(
        conn,
        project_id=project_id,
        folder_id=folder.id,
        name="登录",
        method="POST",
        url="/{{api_version}}/login",
        headers={"Content-Type": "application/json"},
        body=_LOGIN,
        assertions=[assertion],
    )
    interfaces.create(
        conn,
        project_id=project_id,
        folder_id=folder.id,
        name="当前用户",
        method="GET",
        url="/{{api_version}}/users/me",
        headers={"Authorization": "Bearer {{token}}"},
        body=None,
        assertions=[assertion],
    )


def _make_plan(
    conn: Connection[Any], project_id: UUID, admin_id: UUID, environment_id: UUID
) -> None:
    scenario = scenarios.create_with_steps(
        conn,
        project_id=project_id,
        created_by=admin_id,
        name="用户登录",
        description="登录后能查询到自己的资料",
        priority="P0",
        tags=["冒烟", "登录"],
        variables={"username": "tester"},
        pre_sql=None,
        post_sql=None,
        steps=[_step(*step) for step in _STEPS],
    )
    assert scenario is not None, "what was inserted comes back"
    dataset = datasets.create(
        conn, project_id=project_id, scenario_id=scenario.id, name="登录账号", csv_data=_CSV
    )
    plan = test_plans.create(
        conn,
        project_id=project_id,
        created_by=admin_id,
        name="每日回归",
        description="每天凌晨执行一次",
    )
    plan_scenarios.create(
        conn,
        test_plan_id=plan.id,
        scenario_id=scenario.id,
        dataset_id=dataset.id,
        environment_id=environment_id,
        variables=None,
    )


def _step(description: str, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    keyword = _KEYWORDS[method]
    return {
        "description": description,
        "keyword_type": keyword.type,
        "keyword_name": keyword.name,
        "parameters": parameters,
    }


def fill() -> Path:
    """The queries that make up rows."""
    return Path(__file__).with_name("fill.sql")
