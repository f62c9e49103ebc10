"""The rules of schema sisyphus: each is tried, and refused by the constraint that says it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from callers import wait_until_blocked

CIPHERTEXT = "gAAAAA" + "x" * 94
BCRYPT = "$2b$12$" + "a" * 53
ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$" + "a" * 22 + "$" + "b" * 43

# The rows that a row stands on, and the columns that the document wants filled.
NEEDS = {
    "users": {"email": "猫@example.com"},
    "projects": {"created_by": "users", "name": "商城"},
    "database_configs": {
        "project_id": "projects",
        "name": "主库",
        "db_type": "PostgreSQL",
        "host": "localhost",
        "port": 5432,
        "username": "tester",
        "password": CIPHERTEXT,
    },
    "interface_folders": {"project_id": "projects", "name": "用户"},
    "interfaces": {"project_id": "projects", "name": "登录", "method": "POST", "url": "/login"},
    "environments": {"project_id": "projects", "name": "测试环境"},
    "env_variables": {"environment_id": "environments", "name": "token", "value": "x"},
    "keywords": {
        "project_id": "projects",
        "type": "custom",
        "name": "等待",
        "method_name": "wait",
        "code": "def wait(): ...",
    },
    "scenarios": {"project_id": "projects", "created_by": "users", "name": "用户登录"},
    "scenario_steps": {
        "scenario_id": "scenarios",
        "keyword_type": "request",
        "keyword_name": "发送请求",
    },
    "datasets": {"project_id": "projects", "name": "账号", "csv_data": "name\n小明\n"},
    "test_plans": {"project_id": "projects", "created_by": "users", "name": "每日回归"},
    "plan_scenarios": {"test_plan_id": "test_plans", "scenario_id": "scenarios"},
    "test_executions": {"test_plan_id": "test_plans", "created_by": "users"},
    "execution_steps": {"execution_id": "test_executions", "scenario_id": "scenarios"},
    "test_reports": {"execution_id": "test_executions", "scenario_id": "scenarios"},
    "global_params": {
        "created_by": "users",
        "class_name": "Text",
        "method_name": "random",
        "code": "def random(): ...",
    },
}


def insert(conn, table, **columns):
    """Insert a row, with all that it stands on where no parent is given, and return its id."""
    for column, value in NEEDS[table].items():
        if column not in columns:
            columns[column] = any_of(conn, value) if value in NEEDS else value
    statement = sql.SQL("insert into {} ({}) values ({}) returning id").format(
        sql.Identifier("sisyphus", table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    return conn.execute(statement, columns).fetchone()[0]


def any_of(conn, table):
    """The id of the table's first row, which is made if there is none."""
    query = f"select id from sisyphus.{table} order by created_at limit 1"
    row = conn.execute(query).fetchone()
    return row[0] if row else insert(conn, table)


def count(conn, table):
    """How many rows the table has."""
    return conn.execute(f"select count(*) from sisyphus.{table}").fetchone()[0]


def value(conn, table, column, row):
    """What the column holds in the row of that id."""
    query = f"select {column} from sisyphus.{table} where id = %s"
    return conn.execute(query, [row]).fetchone()[0]


@pytest.fixture
def other_project(db):
    """The id of a project beside the first."""
    any_of(db, "projects")
    return insert(db, "projects", name="仓库", created_at="infinity")


@pytest.mark.parametrize(
    ("table", "column", "default"),
    [
        ("users", "is_active", True),
        ("database_configs", "is_enabled", True),
        ("database_configs", "connection_status", "unknown"),
        ("interface_folders", "sort_order", 0),
        ("interfaces", "sort_order", 0),
        ("env_variables", "is_global", False),
        ("keywords", "is_builtin", False),
        ("keywords", "is_enabled", True),
        ("scenarios", "priority", "P2"),
        ("scenario_steps", "sort_order", 0),
        ("plan_scenarios", "sort_order", 0),
        ("test_executions", "status", "running"),
        ("execution_steps", "status", "pending"),
        ("test_reports", "status", None),
        ("test_reports", "deleted_at", None),
    ],
)
def test_defaults_are_the_documents(db, table, column, default):
    """A row with only what must be given holds the document's defaults."""
    assert value(db, table, column, insert(db, table)) == default


@pytest.mark.parametrize("table", NEEDS)
def test_every_table_keeps_its_times(db, table):
    """An insert sets both times, and an update sets updated_at, whatever the statement says."""
    row = insert(db, table)
    assert value(db, table, "created_at = now() and updated_at = now()", row)
    db.execute(f"update sisyphus.{table} set updated_at = '2000-01-01'")
    assert value(db, table, "updated_at = now()", row)


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("users", "oauth_provider", ["github", "google"]),
        ("users", "hashed_password", [BCRYPT, ARGON2ID]),
        ("database_configs", "db_type", ["MySQL", "PostgreSQL"]),
        ("database_configs", "port", [1, 65535]),
        ("database_configs", "connection_status", ["connected", "failed", "unknown"]),
        ("interfaces", "method", ["GET", "POST", "PUT", "DELETE", "PATCH"]),
        ("interfaces", "headers", ['{"Content-Type": "application/json"}']),
        ("interfaces", "body", ["{}", "[]", '"文本"', "1"]),
        ("interfaces", "assertions", ['[{"type": "status_code", "expected_value": 200}]']),
        ("keywords", "type", ["request", "assertion", "extract", "db", "custom"]),
        ("keywords", "parameters", ["[]", "{}"]),
        ("scenarios", "priority", ["P0", "P1", "P2", "P3"]),
        ("scenarios", "tags", ['["冒烟"]', "[]"]),
        ("scenarios", "variables", ["{}"]),
        ("scenario_steps", "parameters", ["[]", "{}"]),
        ("plan_scenarios", "variables", ["{}"]),
        (
            "test_executions",
            "status",
            ["running", "completed", "terminated", "paused", "failed"],
        ),
        ("execution_steps", "status", ["pending", "running", "passed", "failed", "skipped"]),
        ("execution_steps", "result", ['{"error": "Assertion failed", "expected": 200}']),
        ("test_reports", "status", ["passed", "failed", "skipped"]),
        ("test_reports", "duration", [0, 1234]),
        ("global_params", "parameters", ['[{"name": "length", "type": "int"}]']),
        ("global_params", "return_value", ['{"type": "str"}']),
    ],
)
def test_what_the_document_lists_is_taken(db, table, column, values):
    """Each value that the document lists or shows, and the ends of each range, are taken."""
    insert(db, table)
    for taken in values:
        db.execute(f"update sisyphus.{table} set {column} = %s", [taken])


@pytest.mark.parametrize(
    ("table", "column", "nonsense", "constraint"),
    [
        ("users", "hashed_password", "123456", "users_hashed_password_is_a_hash"),
        ("users", "oauth_provider", "gitlab", "users_oauth_provider_is_known"),
        ("database_configs", "db_type", "Oracle", "database_configs_db_type_is_known"),
        ("database_configs", "port", 0, "database_configs_port_is_a_port_number"),
        ("database_configs", "port", 65536, "database_configs_port_is_a_port_number"),
        ("database_configs", "password", "123456", "database_configs_password_is_ciphertext"),
        (
            "database_configs",
            "connection_status",
            "lost",
            "database_configs_connection_status_is_known",
        ),
        ("interfaces", "method", "get", "interfaces_method_is_known"),
        ("interfaces", "headers", "[]", "interfaces_headers_is_an_object"),
        ("interfaces", "assertions", "{}", "interfaces_assertions_is_an_array"),
        ("keywords", "type", "loop", "keywords_type_is_known"),
        ("keywords", "parameters", "null", "keywords_parameters_is_an_object_or_array"),
        ("scenarios", "priority", "P4", "scenarios_priority_is_known"),
        ("scenarios", "tags", '"冒烟"', "scenarios_tags_is_an_array"),
        ("scenarios", "variables", "[]", "scenarios_variables_is_an_object"),
        ("scenario_steps", "parameters", "1", "scenario_steps_parameters_is_an_object_or_array"),
        ("plan_scenarios", "variables", "[]", "plan_scenarios_variables_is_an_object"),
        ("test_executions", "status", "pending", "test_executions_status_is_known"),
        ("execution_steps", "status", "completed", "execution_steps_status_is_known"),
        ("execution_steps", "result", "[]", "execution_steps_result_is_an_object"),
        ("test_reports", "status", "running", "test_reports_status_is_known"),
        ("test_reports", "duration", -1, "test_reports_duration_is_not_negative"),
        ("test_reports", "result", "[]", "test_reports_result_is_an_object"),
        ("global_params", "parameters", "{}", "global_params_parameters_is_an_array"),
        ("global_params", "return_value", "[]", "global_params_return_value_is_an_object"),
    ],
)
def test_nonsense_is_refused(db, refused, table, column, nonsense, constraint):
    """Each rule of a column is held by the constraint that says it."""
    insert(db, table)
    with refused(constraint):
        db.execute(f"update sisyphus.{table} set {column} = %s", [nonsense])


@pytest.mark.parametrize(
    ("table", "columns", "constraint"),
    [
        ("users", {}, "users_email_key"),
        ("projects", {}, "projects_created_by_name_key"),
        (
            "database_configs",
            {"variable_name": "db"},
            "database_configs_project_id_variable_name_key",
        ),
        ("environments", {}, "environments_project_id_name_key"),
        ("env_variables", {}, "env_variables_environment_id_name_is_global_key"),
        ("keywords", {}, "keywords_project_id_name_key"),
        (
            "keywords",
            {"project_id": None, "is_builtin": True},
            "keywords_project_id_name_key",
        ),
        ("plan_scenarios", {}, "plan_scenarios_test_plan_id_scenario_id_key"),
        ("global_params", {}, "global_params_class_name_method_name_key"),
    ],
)
def test_a_second_of_the_kind_is_refused(db, refused, table, columns, constraint):
    """What is one of a kind can't be had twice, a built-in keyword included."""
    insert(db, table, **columns)
    with refused(constraint):
        insert(db, table, **columns)


@pytest.mark.parametrize(
    "table",
    ["database_configs", "interface_folders", "interfaces", "datasets", "test_executions"],
)
def test_a_second_alike_is_taken(db, table):
    """The document asks no more: folders share names, and a plan runs several times at once."""
    insert(db, table)
    insert(db, table)
    assert count(db, table) == 2


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("database_configs", "project_id"),
        ("plan_scenarios", "dataset_id"),
        ("plan_scenarios", "environment_id"),
        ("execution_steps", "scenario_id"),
        ("test_reports", "execution_id"),
        ("global_params", "created_by"),
    ],
)
def test_a_parent_must_exist(db, refused, table, column):
    """A row can't stand on one that isn't there."""
    insert(db, table)
    with refused(f"{table}_{column}_fkey"):
        db.execute(f"update sisyphus.{table} set {column} = gen_random_uuid()")


def test_an_oauth_identity_is_one_user(db, refused):
    """Two accounts can't share an identity, but an id at GitHub is another than at Google."""
    identity = {"oauth_id": "42", "oauth_provider": "github"}
    insert(db, "users", **identity)
    insert(db, "users", email="b@example.com", oauth_id="42", oauth_provider="google")
    with refused("users_oauth_provider_oauth_id_key"):
        insert(db, "users", email="c@example.com", **identity)


def test_a_user_may_lack_an_identity_a_password_or_both(db):
    """Accounts without an identity don't collide, and nothing forces a password on them."""
    insert(db, "users", hashed_password=BCRYPT)
    insert(db, "users", email="b@example.com", hashed_password=BCRYPT)
    insert(db, "users", email="c@example.com")


def test_project_names_are_their_creators(db):
    """Another person may give a project the same name."""
    insert(db, "projects")
    insert(db, "projects", created_by=insert(db, "users", email="b@example.com"))


def test_a_global_variable_stands_beside_one_of_its_name(db):
    """An environment may have its own variable and a global one of the same name."""
    insert(db, "env_variables")
    insert(db, "env_variables", is_global=True)


def test_a_keyword_may_bear_a_builtin_ones_name(db):
    """A project may have its own keyword of a built-in one's name."""
    insert(db, "keywords", project_id=None, is_builtin=True)
    insert(db, "keywords")


@pytest.mark.parametrize("columns", [{"project_id": None}, {"is_builtin": True}])
def test_builtin_is_what_has_no_project(db, refused, columns):
    """A keyword without a project is built in, and one with a project isn't."""
    with refused("keywords_builtin_has_no_project"):
        insert(db, "keywords", **columns)


def test_a_plan_may_span_projects(db, other_project):
    """A plan takes scenarios, data sets and environments of other projects."""
    insert(
        db,
        "plan_scenarios",
        scenario_id=insert(db, "scenarios", project_id=other_project),
        dataset_id=insert(db, "datasets", project_id=other_project),
        environment_id=insert(db, "environments", project_id=other_project),
    )


def test_a_data_set_and_its_scenario_share_a_project(db, refused, other_project):
    """A data set can't name a scenario of another project, and follows its own to a new one."""
    scenario = insert(db, "scenarios")
    dataset = insert(db, "datasets", scenario_id=scenario)
    with refused("datasets_scenario_id_project_id_fkey"):
        insert(db, "datasets", scenario_id=scenario, project_id=other_project)
    db.execute("update sisyphus.scenarios set project_id = %s", [other_project])
    assert value(db, "datasets", "project_id", dataset) == other_project


@pytest.mark.parametrize("root", ["users", "projects"])
def test_a_root_takes_its_rows_along(db, root):
    """Deleting an account or a project deletes all that stands on it and nothing else."""
    for table in NEEDS:
        insert(db, table)
    db.execute("update sisyphus.datasets set scenario_id = %s", [any_of(db, "scenarios")])
    insert(db, "keywords", project_id=None, is_builtin=True)
    db.execute(f"delete from sisyphus.{root}")
    left = {table for table in NEEDS if count(db, table)}
    assert left == {"keywords"} | ({"users", "global_params"} if root == "projects" else set())


def test_a_plan_outlives_its_data_and_environment(db):
    """Deleting a data set or an environment leaves the scenario in the plan, without them."""
    row = insert(
        db,
        "plan_scenarios",
        dataset_id=any_of(db, "datasets"),
        environment_id=any_of(db, "environments"),
    )
    db.execute("delete from sisyphus.datasets")
    db.execute("delete from sisyphus.environments")
    assert value(db, "plan_scenarios", "num_nulls(dataset_id, environment_id)", row) == 2


def test_a_scenario_takes_its_data_sets_along(db):
    """Deleting a scenario deletes the data sets made for it and leaves the others."""
    insert(db, "datasets")
    insert(db, "datasets", scenario_id=insert(db, "scenarios"))
    db.execute("delete from sisyphus.scenarios")
    assert count(db, "datasets") == 1


@pytest.fixture
def folders(db):
    """The ids of four folders, each in the one before."""
    chain = [insert(db, "interface_folders")]
    for _ in range(3):
        chain.append(insert(db, "interface_folders", parent_id=chain[-1]))
    return chain


@pytest.mark.parametrize("depth", range(4))
def test_a_folder_is_never_below_itself(db, refused, folders, depth):
    """A folder can't move into itself nor below, at any depth."""
    with refused("interface_folders_is_a_tree"):
        db.execute(
            "update sisyphus.interface_folders set parent_id = %s where id = %s",
            [folders[depth], folders[0]],
        )


def test_a_folder_moves_elsewhere(db, folders):
    """A folder may move to another branch and to the top."""
    for parent in (folders[0], None):
        db.execute(
            "update sisyphus.interface_folders set parent_id = %s where id = %s",
            [parent, folders[3]],
        )


def test_a_folder_and_its_contents_share_a_project(db, refused, folders, other_project):
    """Neither a folder nor an interface can be in a folder of another project."""
    with refused("interface_folders_parent_id_project_id_fkey"):
        insert(db, "interface_folders", parent_id=folders[0], project_id=other_project)
    with refused("interfaces_folder_id_project_id_fkey"):
        insert(db, "interfaces", folder_id=folders[0], project_id=other_project)


def test_a_folder_takes_its_contents_to_another_project(db, folders, other_project):
    """What is below a folder, at any depth, follows it to another project."""
    interface = insert(db, "interfaces", folder_id=folders[3])
    db.execute(
        "update sisyphus.interface_folders set project_id = %s, parent_id = null where id = %s",
        [other_project, folders[1]],
    )
    moved = db.execute(
        "select array_agg(id) from sisyphus.interface_folders where project_id = %s",
        [other_project],
    ).fetchone()[0]
    assert set(moved) == set(folders[1:])
    assert value(db, "interfaces", "project_id", interface) == other_project


def test_contents_outlive_their_folder(db, folders):
    """What was in a deleted folder is at the top of the same project."""
    interface = insert(db, "interfaces", folder_id=folders[1])
    db.execute("delete from sisyphus.interface_folders where id = %s", [folders[1]])
    assert value(db, "interface_folders", "parent_id", folders[2]) is None
    assert value(db, "interfaces", "folder_id", interface) is None
    assert value(db, "interfaces", "project_id", interface) == any_of(db, "projects")


@pytest.fixture
def two_sessions(migrated):
    """Two connections; what the test commits is deleted with the account that it hangs on."""
    with psycopg.connect(migrated) as one, psycopg.connect(migrated) as two:
        yield one, two
        one.rollback()
        two.rollback()
        one.execute("delete from sisyphus.users")
        one.commit()


def raced(two_sessions, first, second):
    """The constraint that refuses second, which waits for first and resumes when it commits."""
    one, two = two_sessions
    one.execute(*first)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(two.execute, *second)
        wait_until_blocked(one, two.info.backend_pid)
        one.commit()
        with pytest.raises(psycopg.errors.IntegrityError) as caught:
            waiting.result()
    return caught.value.diag.constraint_name


def test_two_sessions_close_no_loop(two_sessions):
    """Of two sessions that move each folder into the other, the second is refused."""
    one, _ = two_sessions
    a, b = insert(one, "interface_folders"), insert(one, "interface_folders")
    one.commit()
    move = "update sisyphus.interface_folders set parent_id = %s where id = %s"
    refusal = raced(two_sessions, (move, [b, a]), (move, [a, b]))
    assert refusal == "interface_folders_is_a_tree"


def test_nothing_slips_into_a_folder_that_moves_away(two_sessions):
    """An interface can't enter a folder that another session takes to another project."""
    one, _ = two_sessions
    folder = insert(one, "interface_folders")
    old, new = any_of(one, "projects"), insert(one, "projects", name="仓库")
    one.commit()
    move = "update sisyphus.interface_folders set project_id = %s"
    enter = (
        "insert into sisyphus.interfaces (project_id, folder_id, name, method, url)"
        " values (%s, %s, '登录', 'POST', '/login')"
    )
    refusal = raced(two_sessions, (move, [new]), (enter, [old, folder]))
    assert refusal == "interfaces_folder_id_project_id_fkey"


def test_two_first_logins_make_one_user(two_sessions):
    """Of two sessions that register one identity under two addresses, the second is refused."""
    register = "insert into sisyphus.users (email, oauth_provider, oauth_id) values (%s, %s, %s)"
    refusal = raced(
        two_sessions,
        (register, ["a@example.com", "github", "42"]),
        (register, ["b@example.com", "github", "42"]),
    )
    assert refusal == "users_oauth_provider_oauth_id_key"
