"""The queries of claude_fastapi.users, each by its effect."""

from __future__ import annotations

import psycopg
import pytest

from callers import at_once, at_once_async

ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$" + "h" * 43
OTHER_ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$" + "i" * 43
BCRYPT = "$2b$12$" + "b" * 53
HASH = "select hashed_password from claude_fastapi.users where id = %s"


@pytest.fixture
def users(systems):
    """The queries."""
    return systems.claude_fastapi.users


@pytest.fixture
def new(users, run):
    """`new("admin")` registers an account with a bcrypt hash."""

    def create(username, **values):
        row = {"email": f"{username}@example.com", "hashed_password": BCRYPT, "full_name": None}
        return run(users.create, username=username, **row | values)

    return create


@pytest.fixture
def user(new):
    """An account."""
    return new("testuser1", full_name="测试用户")


def test_a_registered_account_is_to_be_verified(users, run, user):
    """A new account may log in, is no superuser, unverified, and never shows its hash."""
    assert (user.username, user.email) == ("testuser1", "testuser1@example.com")
    assert (user.full_name, user.bio, user.last_login_at) == ("测试用户", None, None)
    assert (user.is_active, user.is_superuser, user.is_verified) == (True, False, False)
    assert "hashed_password" not in user._fields
    assert run(users.get, id=user.id) == user
    assert run(users.get, id=-1) is None


@pytest.mark.parametrize(
    "values", [{"email": "other@example.com"}, {"username": "other", "email": None}]
)
def test_names_and_addresses_are_one_account(users, run, user, values):
    """To register with a name or an address that is taken is an error."""
    row = {"username": user.username, "hashed_password": BCRYPT, "full_name": None} | values
    row["email"] = row["email"] or user.email
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(users.create, **row)


def test_a_superuser_needs_no_verification(users, run):
    """A superuser is registered as one, verified."""
    values = {"email": "admin@example.com", "hashed_password": ARGON2ID, "full_name": None}
    admin = run(users.create_superuser, username="admin", **values)
    assert (admin.is_active, admin.is_superuser, admin.is_verified) == (True, True, True)
    assert run(users.get, id=admin.id) == admin


def test_an_account_is_found_by_name_and_address(users, run, user):
    """The name and the address find the account; others don't."""
    assert run(users.get_by_username, username="testuser1") == user
    assert run(users.get_by_username, username="testuser2") is None
    assert run(users.get_by_email, email="testuser1@example.com") == user
    assert run(users.get_by_email, email="testuser2@example.com") is None


@pytest.mark.parametrize("login", ["testuser1", "testuser1@example.com"])
def test_a_login_form_takes_either(users, run, user, login):
    """The account and the hash to verify are found by name or by address."""
    found = run(users.get_for_login, login=login)
    assert found == (user.id, "testuser1", BCRYPT, True, False, False)


@pytest.mark.parametrize("login", ["nobody", "nobody@example.com", "", "@"])
def test_a_login_form_finds_no_one_else(users, run, user, login):
    """What is neither a name nor an address finds no one."""
    assert run(users.get_for_login, login=login) is None


def test_no_name_stands_in_the_way_of_an_address(users, run, user, new):
    """Whoever takes another's address for a name is not found by it."""
    new("testuser1@example.com")
    assert run(users.get_for_login, login="testuser1@example.com").id == user.id


def test_accounts_are_paged(users, run, new):
    """Each account is on one page, the newest first."""
    made = [new(name) for name in "abc"]
    first = run(users.page, before_id=None, limit=2)
    assert first + run(users.page, before_id=first[-1].id, limit=2) == made[::-1]
    assert run(users.page, before_id=made[0].id, limit=2) == []


def test_superusers_are_listed(users, run, new):
    """Those who administer are listed, the first of them first."""
    accounts = [new(name) for name in "abc"]
    assert run(users.list_superusers) == []
    for account in (accounts[2], accounts[0]):
        assert run(users.set_superuser, id=account.id, is_superuser=True).is_superuser
    assert [row.username for row in run(users.list_superusers)] == ["a", "c"]
    assert not run(users.set_superuser, id=accounts[0].id, is_superuser=False).is_superuser
    assert [row.username for row in run(users.list_superusers)] == ["c"]
    assert run(users.set_superuser, id=-1, is_superuser=True) is None


def test_a_login_is_noted(users, run, user):
    """The time of the login is kept, and the hash as it was."""
    logged_in = run(users.log_in, id=user.id, verified_hash=BCRYPT, upgraded_hash=None)
    assert logged_in.last_login_at is not None
    assert run(users.get, id=user.id) == logged_in
    assert run.sql(HASH, user.id) == [(BCRYPT,)]


def test_a_login_upgrades_the_hash(users, run, user):
    """A better hash of the same password takes the place of the old one, once."""
    upgrade = {"id": user.id, "verified_hash": BCRYPT, "upgraded_hash": ARGON2ID}
    assert run(users.log_in, **upgrade) is not None
    assert run.sql(HASH, user.id) == [(ARGON2ID,)]
    assert run(users.log_in, **upgrade) is None


def test_a_barred_account_does_not_log_in(users, run, user):
    """Whoever is barred is not logged in until they are let again."""
    login = {"id": user.id, "verified_hash": BCRYPT, "upgraded_hash": ARGON2ID}
    assert not run(users.set_active, id=user.id, is_active=False).is_active
    assert run(users.log_in, **login) is None
    assert run.sql(HASH, user.id) == [(BCRYPT,)]
    assert run(users.set_active, id=user.id, is_active=True).is_active
    assert run(users.log_in, **login) is not None
    assert run(users.set_active, id=-1, is_active=True) is None


FORM = {"full_name": "王芳", "avatar": "https://example.com/a.png", "phone": "139", "bio": "…"}


@pytest.mark.parametrize("form", [FORM, dict.fromkeys(FORM)])
def test_a_profile_is_what_the_form_says(users, run, user, form):
    """Every field takes the form's value, also null; no account, no row."""
    changed = run(users.change, id=user.id, **form)
    assert changed == user._replace(**form)
    assert run(users.get, id=user.id) == changed
    assert run(users.change, id=-1, **form) is None


def test_an_account_is_renamed(users, run, user, new):
    """A free name is taken, one that is not is an error."""
    assert run(users.rename, id=user.id, username="developer") == user._replace(
        username="developer"
    )
    assert run(users.rename, id=-1, username="nobody") is None
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(users.rename, id=new("testuser2").id, username="developer")


def test_an_address_is_verified(users, run, user):
    """The link that went to the address verifies it."""
    verified = run(users.verify, id=user.id, email=user.email)
    assert verified == user._replace(is_verified=True)
    assert run(users.verify, id=-1, email=user.email) is None


def test_a_new_address_is_to_be_verified(users, run, user):
    """Another address is unverified, and the link to the old one is void; the same one stays."""
    run(users.verify, id=user.id, email=user.email)
    assert run(users.change_email, id=user.id, email=user.email).is_verified
    changed = run(users.change_email, id=user.id, email="new@example.com")
    assert (changed.email, changed.is_verified) == ("new@example.com", False)
    assert run(users.verify, id=user.id, email=user.email) is None
    assert run(users.get, id=user.id) == changed
    assert run(users.change_email, id=-1, email="x@example.com") is None


def test_a_password_is_changed_by_who_knows_it(users, run, user):
    """The hash changes while the one that was verified stands, and not after."""
    change = {"id": user.id, "verified_hash": BCRYPT, "hashed_password": ARGON2ID}
    assert [run(users.change_password, **change) for _ in range(2)] == [1, 0]
    assert run.sql(HASH, user.id) == [(ARGON2ID,)]


def test_a_forgotten_password_is_reset(users, run, user):
    """The hash changes whatever it was; without an account, nothing does."""
    assert run(users.reset_password, id=user.id, hashed_password=ARGON2ID) == 1
    assert run.sql(HASH, user.id) == [(ARGON2ID,)]
    assert run(users.reset_password, id=-1, hashed_password=ARGON2ID) == 0


def test_an_account_is_deleted(users, run, user):
    """An account is deleted once."""
    assert [run(users.delete, id=user.id) for _ in range(2)] == [1, 0]
    assert run(users.get, id=user.id) is None


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_one_of_two_changes_of_a_password_counts(users, database, gather):
    """Of two at once that show the old password the first changes it."""
    with psycopg.connect(database, autocommit=True) as conn:
        row = {"email": "a@example.com", "hashed_password": BCRYPT, "full_name": None}
        user = users.create(conn, username="a", **row)
    calls = [
        {"id": user.id, "verified_hash": BCRYPT, "hashed_password": new}
        for new in (ARGON2ID, OTHER_ARGON2ID)
    ]
    assert sorted(gather(database, users.change_password, calls)) == [0, 1]
