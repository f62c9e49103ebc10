"""What people do with their accounts, projects and global functions in schema sisyphus."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from sisyphus_rows import ARGON2ID, BCRYPT, Sisyphus, ids


@pytest.fixture
def sisyphus(systems, run):
    """The queries of the schema."""
    return Sisyphus(systems.sisyphus, run)


def hash_of(sisyphus, user):
    """The password's hash that the table holds."""
    return sisyphus.sql("select hashed_password from sisyphus.users where id = %s", user.id)[0][0]


def test_an_account_is_found_by_its_address(sisyphus):
    """The address is the one given, no other; what comes back holds no hash."""
    user = sisyphus.make("users", email="小明@example.com")
    assert sisyphus.users.get_by_email(email="小明@example.com") == user
    assert sisyphus.users.get_by_email(email="小红@example.com") is None
    assert "hashed_password" not in user._fields


def test_a_login_by_password_gets_the_hash(sisyphus):
    """Only who checks a password is given the hash to check it against."""
    user = sisyphus.make("users")
    assert sisyphus.users.get_credentials(email=user.email) == (user.id, ARGON2ID)


@pytest.mark.parametrize("why", ["unknown", "closed", "without password"])
def test_who_cannot_log_in_by_password_has_no_credentials(sisyphus, why):
    """An account that is unknown, closed or without a password gives nothing to check against."""
    user = sisyphus.make("users", hashed_password=None if why == "without password" else BCRYPT)
    if why == "closed":
        sisyphus.users.set_active(id=user.id, is_active=False)
    email = "x@y" if why == "unknown" else user.email
    assert sisyphus.users.get_credentials(email=email) is None


def test_the_first_login_of_an_identity_registers_it(sisyphus):
    """The second finds the same account, even if the provider knows another address by then."""
    identity = {"oauth_provider": "github", "oauth_id": "42"}
    first = sisyphus.users.log_in_by_oauth(**identity, email="a@b")
    assert (first.oauth_provider, first.oauth_id, first.email) == ("github", "42", "a@b")
    assert sisyphus.users.log_in_by_oauth(**identity, email="c@d") == first
    assert sisyphus.count("users") == 1


def test_an_identity_does_not_take_over_an_address(sisyphus):
    """A stranger's identity with the address of an account is refused, not logged in to it."""
    sisyphus.make("users", email="a@b")
    with pytest.raises(psycopg.errors.UniqueViolation, match="users_email_key"):
        sisyphus.users.log_in_by_oauth(oauth_provider="google", oauth_id="1", email="a@b")


def test_a_closed_account_is_not_opened_by_its_identity(sisyphus):
    """The login gives nothing, and registers nothing."""
    identity = {"oauth_provider": "github", "oauth_id": "42", "email": "a@b"}
    user = sisyphus.users.log_in_by_oauth(**identity)
    closed = sisyphus.users.set_active(id=user.id, is_active=False)
    assert closed == user._replace(is_active=False)
    assert sisyphus.users.log_in_by_oauth(**identity) is None
    assert sisyphus.count("users") == 1


def test_an_identity_is_tied_to_an_account_and_untied(sisyphus):
    """Tied, its login gives the account; untied, the account has none."""
    user = sisyphus.make("users")
    tied = sisyphus.users.set_oauth(id=user.id, oauth_provider="google", oauth_id="7")
    login = {"oauth_provider": "google", "oauth_id": "7", "email": "other@x"}
    assert sisyphus.users.log_in_by_oauth(**login) == tied
    assert sisyphus.users.set_oauth(id=user.id, oauth_provider=None, oauth_id=None) == user


def test_an_address_is_changed(sisyphus):
    """The account has the new address, and the old one is free."""
    user = sisyphus.make("users")
    changed = sisyphus.users.set_email(id=user.id, email="new@b")
    assert changed == user._replace(email="new@b") == sisyphus.users.get(id=user.id)
    assert sisyphus.users.get_by_email(email=user.email) is None


@pytest.mark.parametrize("hashed", [BCRYPT, None])
def test_a_password_is_set_or_taken_away(sisyphus, hashed):
    """The table holds the new hash, or none."""
    user = sisyphus.make("users")
    assert sisyphus.users.set_password(id=user.id, hashed_password=hashed) == 1
    assert hash_of(sisyphus, user) == hashed


@pytest.mark.parametrize(("seen", "count", "held"), [(BCRYPT, 1, ARGON2ID), (ARGON2ID, 0, BCRYPT)])
def test_a_hash_is_upgraded_if_it_is_still_the_one_that_was_verified(sisyphus, seen, count, held):
    """A password that has been changed since the login began stays."""
    user = sisyphus.make("users", hashed_password=BCRYPT)
    upgraded = sisyphus.users.upgrade_password(id=user.id, old_hash=seen, new_hash=ARGON2ID)
    assert upgraded == count
    assert hash_of(sisyphus, user) == held


@pytest.mark.parametrize(
    ("query", "given", "nothing"),
    [
        ("set_email", {"email": "a@b"}, None),
        ("set_password", {"hashed_password": BCRYPT}, 0),
        ("set_oauth", {"oauth_provider": "github", "oauth_id": "1"}, None),
        ("set_active", {"is_active": False}, None),
    ],
)
def test_an_unknown_account_is_not_changed(sisyphus, query, given, nothing):
    """Nothing comes of a change to an id that no account has."""
    user = sisyphus.make("users")
    assert getattr(sisyphus.users, query)(id=uuid4(), **given) == nothing
    assert sisyphus.users.get(id=user.id) == user


def test_a_project_is_found_by_its_creator_and_name(sisyphus):
    """The same name of somebody else is another project."""
    project = sisyphus.make("projects", name="登录中心")
    other = sisyphus.make("projects", name="登录中心", created_by=sisyphus.make("users").id)
    by_name = sisyphus.projects.get_by_name
    assert by_name(created_by=project.created_by, name="登录中心") == project
    assert by_name(created_by=other.created_by, name="登录中心") == other
    assert by_name(created_by=other.created_by, name="支付") is None


def test_an_overview_counts_what_is_in_the_project(sisyphus):
    """Each kind is counted by itself, and another project's are not."""
    project = sisyphus.first("projects")
    for number, table in enumerate(["interfaces", "environments", "scenarios", "test_plans"], 1):
        sisyphus.make_many(table, number)
    other = sisyphus.make("projects")
    sisyphus.make("interfaces", project_id=other.id)
    assert sisyphus.projects.get_overview(id=project.id)[-4:] == (1, 2, 3, 4)
    assert sisyphus.projects.get_overview(id=other.id) == (*other, 1, 0, 0, 0)
    assert sisyphus.projects.get_overview(id=uuid4()) is None


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("登录", ["登录中心", "新登录"]),
        ("录中", ["登录中心"]),
        ("中登", []),
        ("LOGIN", ["Login 100%"]),
        ("0%", ["Login 100%"]),
        ("_o", []),
        ("登", []),
        ("", []),
    ],
)
def test_projects_are_searched_by_part_of_their_name(sisyphus, term, found):
    """The part may be anywhere, in either case, and means itself; one character finds nothing."""
    creator = sisyphus.first("users")
    for name in ["登录中心", "新登录", "Login 100%"]:
        sisyphus.make("projects", name=name)
    sisyphus.make("projects", name="登录中心", created_by=sisyphus.make("users").id)
    rows = sisyphus.projects.search(created_by=creator.id, term=term, limit=9)
    assert sorted(row.name for row in rows) == sorted(found)


def test_a_project_that_is_touched_leads_the_list(sisyphus):
    """It is now the one last worked on."""
    sisyphus.first("users")
    old = sisyphus.sql(
        "insert into sisyphus.projects (created_by, name, updated_at)"
        " select id, '旧', now() - interval '1 day' from sisyphus.users returning id, created_by"
    )[0]
    new = sisyphus.sql(
        "insert into sisyphus.projects (created_by, name, updated_at)"
        " values (%s, '新', now() - interval '1 hour') returning id",
        old[1],
    )[0]
    first = {"created_by": old[1], "before_updated_at": None, "before_id": None, "limit": 9}
    assert ids(sisyphus.projects.page(**first)) == [new[0], old[0]]
    assert sisyphus.projects.touch(id=old[0]) == 1
    assert ids(sisyphus.projects.page(**first)) == [old[0], new[0]]
    assert sisyphus.projects.touch(id=uuid4()) == 0


def test_a_function_is_found_by_class_and_method(sisyphus):
    """Both must be right."""
    made = sisyphus.make("global_params", class_name="Text", method_name="random")
    by_name = sisyphus.global_params.get_by_name
    assert by_name(class_name="Text", method_name="random") == made
    assert by_name(class_name="Text", method_name="next") is None


def test_the_functions_of_a_class_come_by_method(sisyphus):
    """Those of other classes don't."""
    b, a = (sisyphus.make("global_params", method_name=name) for name in "ba")
    sisyphus.make("global_params", class_name="Number")
    assert sisyphus.global_params.list_of_class(class_name="Text") == [a, b]
    assert sisyphus.global_params.list_of_class(class_name="Date") == []
