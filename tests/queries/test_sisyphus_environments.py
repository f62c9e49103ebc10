"""What tests of schema sisyphus run with: environments, variables, databases, keywords, data."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sisyphus_rows import CIPHERTEXT, Sisyphus, ids, pages

OTHER_CIPHERTEXT = "gAAAAA" + "y" * 94
NEWER_CIPHERTEXT = "gAAAAA" + "z" * 94


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


def test_an_environment_is_found_by_its_name(sisyphus):
    """Within its project."""
    made = sisyphus.make("environments", name="测试")
    by_name = sisyphus.environments.get_by_name
    assert by_name(project_id=made.project_id, name="测试") == made
    assert by_name(project_id=made.project_id, name="生产") is None
    assert by_name(project_id=uuid4(), name="测试") is None


def test_a_copied_environment_has_variables_of_its_own(sisyphus):
    """Global ones are not doubled: they hold for the copy already."""
    made = sisyphus.make("environments", base_url="https://test")
    own = sisyphus.make("env_variables", name="token", description="d")
    sisyphus.make("env_variables", name="host", is_global=True)
    copy = sisyphus.environments.copy(id=made.id, name="副本")
    assert copy == made._replace(id=copy.id, name="副本")
    given = {"after_name": None, "after_is_global": None, "limit": 9}
    (copied,) = sisyphus.env_variables.page(environment_id=copy.id, **given)
    assert copied == own._replace(id=copied.id, environment_id=copy.id)
    names = [row.name for row in sisyphus.env_variables.list_effective(environment_id=copy.id)]
    assert names == ["host", "token"]
    assert sisyphus.environments.copy(id=uuid4(), name="副本2") is None


@pytest.fixture
def variables(sisyphus):
    """Variables of a project's environments, each with its environment's name for its value."""
    for environment in ["here", "there"]:
        id_ = sisyphus.make("environments", name=environment).id
        for name in ["both", f"only_{environment}"]:
            for is_global in [True, False]:
                value = f"{environment} {is_global}"
                given = {"environment_id": id_, "name": name, "value": value}
                sisyphus.make("env_variables", is_global=is_global, **given)
    there = {"environment_id": id_, "value": "there True", "is_global": True}
    sisyphus.make("env_variables", name="shared", **there)
    alien = sisyphus.make("environments", project_id=sisyphus.make("projects").id)
    sisyphus.make("env_variables", environment_id=alien.id, name="alien", is_global=True)
    return sisyphus.env_variables


def test_an_environments_own_variables_hide_global_ones(sisyphus, variables):
    """Each name once: its own variable, or else a global one of its project."""
    environment = sisyphus.first("environments")
    rows = variables.list_effective(environment_id=environment.id)
    assert {row.name: row.value for row in rows} == {
        "both": "here False",
        "only_here": "here False",
        "only_there": "there True",
        "shared": "there True",
    }
    assert [row.name for row in rows] == sorted(row.name for row in rows)
    assert variables.list_effective(environment_id=uuid4()) == []


@pytest.mark.parametrize("name", ["both", "only_here", "only_there", "shared", "alien", "nobody"])
def test_one_name_means_what_it_means_among_all(sisyphus, variables, name):
    """A lookup by name and the list agree."""
    environment = sisyphus.first("environments")
    rows = variables.list_effective(environment_id=environment.id)
    wanted = next((row for row in rows if row.name == name), None)
    assert variables.get_effective(environment_id=environment.id, name=name) == wanted


def test_of_two_global_variables_the_environments_own_counts(sisyphus, variables):
    """Though the other one is newer."""
    environment = sisyphus.first("environments")
    own = variables.get_effective(environment_id=environment.id, name="both")
    variables.delete(id=own.id)
    effective = variables.get_effective(environment_id=environment.id, name="both")
    assert effective.value == "here True"


@pytest.mark.parametrize("is_global", [True, False])
def test_a_variable_is_put_whether_it_is_there_or_not(sisyphus, is_global):
    """Its description stays; the other variable of the same name too."""
    other = sisyphus.make("env_variables", name="n", value="other", is_global=not is_global)
    given = {"environment_id": other.environment_id, "name": "n", "is_global": is_global}
    made = sisyphus.env_variables.put(**given, value="1")
    sisyphus.sql("update sisyphus.env_variables set description = 'd' where id = %s", made.id)
    put = sisyphus.env_variables.put(**given, value="2")
    assert put == made._replace(value="2", description="d")
    assert sisyphus.env_variables.get(id=other.id) == other


def test_many_variables_are_put_at_once(sisyphus):
    """New ones are added, known ones set, none at all is nothing."""
    made = sisyphus.make("env_variables", name="b", value="old")
    put = sisyphus.env_variables.put_many
    names, values = ["c", "b", "a"], ["3", "2", "1"]
    assert put(environment_id=made.environment_id, names=names, values=values) == 3
    held = sisyphus.sql("select name, value, is_global from sisyphus.env_variables order by name")
    assert held == [("a", "1", False), ("b", "2", False), ("c", "3", False)]
    assert put(environment_id=made.environment_id, names=[], values=[]) == 0


def test_the_password_is_for_connecting_only(sisyphus):
    """No other row holds it."""
    made = sisyphus.make("database_configs", variable_name="main")
    assert "password" not in made._fields
    found = sisyphus.database_configs.get_for_connecting(
        project_id=made.project_id, variable_name="main"
    )
    assert found == (made.id, "PostgreSQL", "localhost", 5432, None, "tester", CIPHERTEXT)


@pytest.mark.parametrize("why", ["unknown", "disabled"])
def test_steps_do_not_connect(sisyphus, why):
    """To a connection that nobody named so or that is disabled."""
    made = sisyphus.make("database_configs", variable_name="main")
    if why == "disabled":
        disabled = sisyphus.database_configs.set_enabled(id=made.id, is_enabled=False)
        assert disabled == made._replace(is_enabled=False)
    name = "main" if why == "disabled" else "replica"
    given = {"project_id": made.project_id, "variable_name": name}
    assert sisyphus.database_configs.get_for_connecting(**given) is None


FORM = {
    "name": "n",
    "variable_name": None,
    "db_type": "PostgreSQL",
    "host": "localhost",
    "port": 5432,
    "initial_database": None,
    "username": "tester",
}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "connected"),
        ({"variable_name": "x"}, "connected"),
        ({"db_type": "MySQL"}, "unknown"),
        ({"host": "10.0.0.1"}, "unknown"),
        ({"port": 5433}, "unknown"),
        ({"initial_database": "shop"}, "unknown"),
        ({"username": "root"}, "unknown"),
    ],
)
def test_a_try_counts_until_the_connection_leads_elsewhere(sisyphus, changed, status):
    """What was tried is not what would be connected to now."""
    made = sisyphus.make("database_configs", **FORM)
    tried = sisyphus.database_configs.record_try(id=made.id, connection_status="connected")
    assert tried == made._replace(
        connection_status="connected", last_tested_at=tried.last_tested_at
    )
    assert tried.last_tested_at is not None
    saved = sisyphus.database_configs.update(id=made.id, **(FORM | changed))
    last = tried.last_tested_at if status == "connected" else None
    wanted = tried._replace(**changed, connection_status=status, last_tested_at=last)
    assert saved == wanted == sisyphus.database_configs.get(id=made.id)


def test_a_new_password_is_not_tried_yet(sisyphus):
    """The status of the old one is forgotten."""
    made = sisyphus.make("database_configs")
    sisyphus.database_configs.record_try(id=made.id, connection_status="failed")
    assert sisyphus.database_configs.set_password(id=made.id, password=OTHER_CIPHERTEXT) == 1
    assert sisyphus.database_configs.get(id=made.id) == made
    assert sisyphus.sql("select password from sisyphus.database_configs") == [(OTHER_CIPHERTEXT,)]


def test_an_unknown_connection_is_not_changed(sisyphus):
    """Nothing comes of it."""
    sisyphus.make("database_configs")
    configs = sisyphus.database_configs
    assert configs.update(id=uuid4(), **FORM) is None
    assert configs.set_enabled(id=uuid4(), is_enabled=False) is None
    assert configs.record_try(id=uuid4(), connection_status="failed") is None
    assert configs.set_password(id=uuid4(), password=CIPHERTEXT) == 0


def test_passwords_are_put_under_a_new_key(sisyphus):
    """Page by page; one that changed since it was read stays as it is."""
    rows = sisyphus.make_many("database_configs", 3)
    configs = sisyphus.database_configs
    read = [row for page in pages(configs.page_passwords, {"after_id": "id"}) for row in page]
    assert read == [(id_, CIPHERTEXT) for id_ in sorted(ids(rows))]
    configs.set_password(id=rows[1].id, password=NEWER_CIPHERTEXT)
    rotated = configs.rotate_passwords(
        ids=ids(read),
        old_passwords=[row.password for row in read],
        new_passwords=[OTHER_CIPHERTEXT] * 3,
    )
    assert rotated == 2
    held = dict(sisyphus.sql("select id, password from sisyphus.database_configs"))
    assert held == dict.fromkeys(ids(rows), OTHER_CIPHERTEXT) | {rows[1].id: NEWER_CIPHERTEXT}
    assert configs.rotate_passwords(ids=[], old_passwords=[], new_passwords=[]) == 0


BUILTIN = {"type": "request", "method_name": "send", "code": "1", "parameters": None}


def test_a_builtin_keyword_is_put_as_the_release_has_it(sisyphus):
    """There is one of a name; disabling it lasts."""
    keywords = sisyphus.keywords
    made = keywords.put_builtin(name="发送请求", **BUILTIN)
    assert (made.project_id, made.is_builtin, made.is_enabled) == (None, True, True)
    keywords.set_enabled(id=made.id, is_enabled=False)
    newer = BUILTIN | {"code": "2", "parameters": Jsonb([{"name": "url"}])}
    put = keywords.put_builtin(name="发送请求", **newer)
    assert put == made._replace(code="2", parameters=[{"name": "url"}], is_enabled=False)


def test_builtin_keywords_are_paged_by_name(sisyphus):
    """A project's own are left out."""
    sisyphus.make("keywords", name="b")
    made = [sisyphus.keywords.put_builtin(name=name, **BUILTIN) for name in ["", "a", "b"]]
    read = list(pages(sisyphus.keywords.page_builtin, {"after_name": "name"}))
    assert read == [made[:2], made[2:]]


def test_a_builtin_keyword_is_neither_edited_nor_deleted(sisyphus):
    """It comes with the release."""
    made = sisyphus.keywords.put_builtin(name="发送请求", **BUILTIN)
    assert sisyphus.keywords.update(id=made.id, name="x", **BUILTIN) is None
    assert sisyphus.keywords.delete(id=made.id) == 0
    assert sisyphus.keywords.get(id=made.id) == made


def test_a_keyword_is_offered_or_not(sisyphus):
    """Disabled, it is no more in the editor of steps."""
    made = sisyphus.make("keywords")
    assert offered(sisyphus) == [made.name]
    disabled = sisyphus.keywords.set_enabled(id=made.id, is_enabled=False)
    assert disabled == made._replace(is_enabled=False)
    assert offered(sisyphus) == []
    assert sisyphus.keywords.set_enabled(id=uuid4(), is_enabled=False) is None


def offered(sisyphus, type_=None):
    """The names that the editor offers in the first project, those that are built in with a +."""
    project_id = sisyphus.first("projects").id
    given = {"project_id": project_id, "type": type_}
    read = pages(sisyphus.keywords.page_enabled, {"after_name": "name"}, **given)
    return [row.name + "+" * row.is_builtin for page in read for row in page]


@pytest.fixture
def keywords(sisyphus):
    """Keywords of a project, built in, disabled, and of another project."""
    for name in ["a", "c", "d"]:
        sisyphus.keywords.put_builtin(name=name, **BUILTIN)
    for name in ["b", "c", "e"]:
        sisyphus.make("keywords", name=name, type="db" if name == "e" else "request")
    disabled = sisyphus.make("keywords", name="d", type="request")
    sisyphus.keywords.set_enabled(id=disabled.id, is_enabled=False)
    sisyphus.make("keywords", name="f", project_id=sisyphus.make("projects").id)
    return sisyphus.keywords


@pytest.mark.parametrize(
    ("type_", "names"),
    [(None, ["a+", "b", "c", "d+", "e"]), ("db", ["e"]), ("assertion", [])],
)
def test_enabled_keywords_come_with_the_builtin_ones(sisyphus, keywords, type_, names):
    """A project's own hides a built-in one of its name while it is enabled."""
    assert offered(sisyphus, type_) == names


@pytest.mark.parametrize(
    ("name", "type_", "builtin"),
    [
        ("a", "request", True),
        ("b", "request", False),
        ("c", "request", False),
        ("d", "request", True),
        ("e", "db", False),
        ("e", "request", None),
        ("f", "custom", None),
    ],
)
def test_a_step_means_the_projects_keyword_or_the_builtin_one(
    sisyphus, keywords, name, type_, builtin
):
    """One lookup by name, and all of a scenario's steps at once, agree."""
    project_id = sisyphus.first("projects").id
    one = keywords.get_enabled(project_id=project_id, type=type_, name=name)
    assert (one.is_builtin if one else None) is builtin
    scenario = sisyphus.make("scenarios")
    for _ in range(2):
        sisyphus.make("scenario_steps", keyword_type=type_, keyword_name=name)
    assert keywords.list_of_scenario(scenario_id=scenario.id) == ([one] if one else [])


def test_the_keywords_of_a_scenario_come_by_name(sisyphus, keywords):
    """Each once, however often it is called."""
    scenario = sisyphus.make("scenarios")
    for name in ["c", "a", "c"]:
        sisyphus.make("scenario_steps", keyword_name=name)
    assert [row.name for row in keywords.list_of_scenario(scenario_id=scenario.id)] == ["a", "c"]


def test_keywords_are_searched_by_part_of_their_name(sisyphus):
    """A project's own and the built-in ones, not those of another project."""
    sisyphus.keywords.put_builtin(name="发送请求", **BUILTIN)
    made = sisyphus.make("keywords", name="请求头")
    sisyphus.make("keywords", name="请求体", project_id=sisyphus.make("projects").id)
    search = sisyphus.keywords.search
    rows = search(project_id=made.project_id, term="请求", limit=9)
    assert [row.name for row in rows] == ["发送请求", "请求头"]
    assert search(project_id=made.project_id, term="求请", limit=9) == []


def test_a_scenario_may_be_run_with_its_own_data_and_the_projects(sisyphus):
    """Data made for another scenario is not offered; the CSV is not read for the list."""
    scenario, other = sisyphus.make_many("scenarios", 2)
    own = sisyphus.make("datasets", name="a", scenario_id=scenario.id)
    shared = sisyphus.make("datasets", name="b")
    sisyphus.make("datasets", name="c", scenario_id=other.id)
    stranger = sisyphus.make("projects")
    sisyphus.make("datasets", name="d", project_id=stranger.id)
    rows = sisyphus.datasets.list_for_scenario(scenario_id=scenario.id)
    assert ids(rows) == [own.id, shared.id]
    assert rows[0].csv_length == len(own.csv_data)
    assert sisyphus.datasets.list_for_scenario(scenario_id=uuid4()) == []


def test_a_data_set_is_given_to_a_scenario_or_to_all(sisyphus):
    """And never to one of another project."""
    made = sisyphus.make("datasets")
    scenario = sisyphus.make("scenarios")
    form = {"name": "n", "csv_data": "a\n1\n"}
    saved = sisyphus.datasets.update(id=made.id, scenario_id=scenario.id, **form)
    assert saved == made._replace(scenario_id=scenario.id, **form)
    assert sisyphus.datasets.update(id=made.id, scenario_id=None, **form).scenario_id is None
    assert sisyphus.datasets.update(id=uuid4(), scenario_id=None, **form) is None
    alien = sisyphus.make("scenarios", project_id=sisyphus.make("projects").id)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sisyphus.datasets.update(id=made.id, scenario_id=alien.id, **form)
