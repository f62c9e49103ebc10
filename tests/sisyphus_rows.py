"""Rows of schema sisyphus for tests: made by its own create queries, with all they stand on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

CIPHERTEXT = "gAAAAA" + "x" * 94
BCRYPT = "$2b$12$" + "a" * 53
ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$" + "a" * 22 + "$" + "b" * 43


@dataclass(frozen=True)
class Of:
    """The id of the first row of a table, which is made if there is none."""

    table: str


# What each create query is given where a test doesn't say; # makes a value of its own each time.
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "users": {"email": "猫#@example.com", "hashed_password": ARGON2ID},
    "projects": {"created_by": Of("users"), "name": "商城 #", "description": None},
    "database_configs": {
        "project_id": Of("projects"),
        "name": "主库 #",
        "variable_name": "db_#",
        "db_type": "PostgreSQL",
        "host": "localhost",
        "port": 5432,
        "initial_database": None,
        "username": "tester",
        "password": CIPHERTEXT,
    },
    "interface_folders": {"project_id": Of("projects"), "parent_id": None, "name": "用户 #"},
    "interfaces": {
        "project_id": Of("projects"),
        "folder_id": None,
        "name": "登录 #",
        "method": "POST",
        "url": "/login",
        "headers": None,
        "body": None,
        "assertions": None,
    },
    "environments": {"project_id": Of("projects"), "name": "测试 #", "base_url": None},
    "env_variables": {
        "environment_id": Of("environments"),
        "name": "token_#",
        "value": "x",
        "description": None,
        "is_global": False,
    },
    "keywords": {
        "project_id": Of("projects"),
        "type": "custom",
        "name": "等待 #",
        "method_name": "wait",
        "code": "def wait(): ...",
        "parameters": None,
    },
    "scenarios": {
        "project_id": Of("projects"),
        "created_by": Of("users"),
        "name": "用户登录 #",
        "description": None,
        "priority": "P2",
        "tags": None,
        "variables": None,
        "pre_sql": None,
        "post_sql": None,
    },
    "scenario_steps": {
        "scenario_id": Of("scenarios"),
        "description": None,
        "keyword_type": "request",
        "keyword_name": "发送请求",
        "parameters": None,
    },
    "datasets": {
        "project_id": Of("projects"),
        "scenario_id": None,
        "name": "账号 #",
        "csv_data": "name\n小明\n",
    },
    "test_plans": {
        "project_id": Of("projects"),
        "created_by": Of("users"),
        "name": "每日回归 #",
        "description": None,
    },
    "plan_scenarios": {
        "test_plan_id": Of("test_plans"),
        "scenario_id": Of("scenarios"),
        "dataset_id": None,
        "environment_id": None,
        "variables": None,
    },
    "test_executions": {"test_plan_id": Of("test_plans"), "created_by": Of("users")},
    "execution_steps": {"execution_id": Of("test_executions"), "scenario_id": Of("scenarios")},
    "test_reports": {
        "execution_id": Of("test_executions"),
        "scenario_id": Of("scenarios"),
        "status": "passed",
        "duration": 3,
        "result": None,
        "allure_report_path": None,
    },
    "global_params": {
        "created_by": Of("users"),
        "class_name": "Text",
        "method_name": "random_#",
        "code": "def random(): ...",
        "description": None,
        "parameters": None,
        "return_value": None,
    },
}


class Sisyphus:
    """The queries of the schema on one connection: `sisyphus.users.get(id=…)`."""

    def __init__(self, queries: Any, run: Callable[..., Any]) -> None:
        self.queries = queries
        self.run = run
        self._first: dict[str, Any] = {}
        self._numbers = count(1)

    def __getattr__(self, table: str) -> Any:
        return _Table(getattr(self.queries, table), self.run)

    def make(self, table: str, **given: Any) -> Any:
        """A new row."""
        values = {
            name: given[name] if name in given else self._value(value)
            for name, value in GIVEN[table].items()
        } | given
        row = getattr(self, table).create(**values)
        self._first.setdefault(table, row)
        return row

    def make_many(self, table: str, number: int, **given: Any) -> list[Any]:
        """As many new rows."""
        return [self.make(table, **given) for _ in range(number)]

    def first(self, table: str) -> Any:
        """The first row made in the table."""
        return self._first[table] if table in self._first else self.make(table)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Runs a statement of the test's own."""
        return self.run.sql(statement, *values)

    def count(self, table: str) -> int:
        """How many rows the table has."""
        return self.sql(f"select count(*) from sisyphus.{table}")[0][0]

    def _value(self, value: Any) -> Any:
        if isinstance(value, Of):
            return self.first(value.table).id
        return value.replace("#", str(next(self._numbers))) if isinstance(value, str) else value


class _Table:
    def __init__(self, queries: Any, run: Callable[..., Any]) -> None:
        self._queries = queries
        self._run = run

    def __getattr__(self, query: str) -> Callable[..., Any]:
        return partial(self._run, getattr(self._queries, query))


def pages(page: Callable[..., Any], ends: Mapping[str, str], **given: Any) -> Iterator[list[Any]]:
    """Every page of two rows; `ends` says which column of the last row is which parameter."""
    end = dict.fromkeys(ends)
    while rows := page(limit=2, **end, **given):
        yield rows
        end = {parameter: getattr(rows[-1], column) for parameter, column in ends.items()}


def ids(rows: Any) -> list[Any]:
    """The ids of rows, in their order."""
    return [row.id for row in rows]
