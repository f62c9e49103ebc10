"""The queries of emotional_chat.users, each by its effect."""

from __future__ import annotations

import psycopg
import pytest

ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$" + "h" * 43
BCRYPT = "$2b$12$" + "b" * 53
HASH = "select hashed_password from emotional_chat.users where id = %s"


@pytest.fixture
def users(systems):
    """The queries."""
    return systems.emotional_chat.users


@pytest.fixture
def guest(users, run):
    """A guest."""
    return run(users.create, username="小雨", nickname="雨", avatar_url=None)


@pytest.fixture
def owner(users, run):
    """The owner of an account, with a bcrypt hash."""
    values = {"email": "Xue@Example.com", "hashed_password": BCRYPT, "nickname": None}
    return run(users.create_account, username="小雪", **values)


def test_a_guest_has_a_name(users, run, guest):
    """A guest has no address, may chat, and is found by id and by name."""
    assert (guest.username, guest.nickname, guest.email) == ("小雨", "雨", None)
    assert (guest.is_active, guest.last_login_at) == (True, None)
    assert "hashed_password" not in guest._fields
    assert run(users.get, id=guest.id) == run(users.get_by_username, username="小雨") == guest
    assert run(users.get, id=-1) is None
    assert run(users.get_by_username, username="小雷") is None


@pytest.mark.parametrize("email", ["xue@example.com", "XUE@example.com"])
def test_an_address_is_found_in_any_case(users, run, owner, email):
    """An address is kept in lower case and found as it is typed."""
    assert owner.email == "xue@example.com"
    assert run(users.get_by_email, email=email) == owner
    assert run(users.get_by_email, email="yu@example.com") is None


@pytest.mark.parametrize(
    ("username", "email"), [("小雪", "new@example.com"), ("小雷", "XUE@example.com")]
)
def test_names_and_addresses_are_one_persons(users, run, owner, username, email):
    """To register with a name or an address that is taken is an error."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(
            users.create_account,
            username=username,
            email=email,
            hashed_password=BCRYPT,
            nickname=None,
        )


def test_a_guest_registers_once(users, run, guest, owner):
    """Registration adds address and hash to the guest's row; an owner has registered."""
    account = {"email": "Yu@example.com", "hashed_password": ARGON2ID}
    registered = run(users.register, id=guest.id, **account)
    assert registered == guest._replace(email="yu@example.com")
    assert run.sql(HASH, guest.id) == [(ARGON2ID,)]
    assert run(users.register, id=guest.id, **account) is None
    assert run(users.register, id=-1, **account) is None


@pytest.mark.parametrize("login", ["小雪", "xue@example.com", "XUE@Example.COM"])
def test_a_login_form_takes_either(users, run, owner, login):
    """The person and the hash to verify are found by name or by address."""
    assert run(users.get_for_login, login=login) == (owner.id, "小雪", BCRYPT, True)


@pytest.mark.parametrize("login", ["小雨", "nobody", "nobody@example.com", "@"])
def test_a_login_form_finds_no_one_else(users, run, guest, owner, login):
    """No guest, and no one unknown, has anything to log in with."""
    assert run(users.get_for_login, login=login) is None


def test_no_name_stands_in_the_way_of_an_address(users, run, owner):
    """Whoever takes another's address for a name is not found by it."""
    values = {"email": "a@example.com", "hashed_password": ARGON2ID, "nickname": None}
    run(users.create_account, username="xue@example.com", **values)
    assert run(users.get_for_login, login="xue@example.com").id == owner.id


def test_people_are_paged(users, run, guest, owner):
    """Each person is on one page, the newest first."""
    assert run(users.page, before_id=None, limit=1) == [owner]
    assert run(users.page, before_id=owner.id, limit=1) == [guest]
    assert run(users.page, before_id=guest.id, limit=1) == []


def test_a_login_is_noted(users, run, owner):
    """The time of the login is kept, and the hash as it was."""
    logged_in = run(users.log_in, id=owner.id, verified_hash=BCRYPT, upgraded_hash=None)
    assert logged_in.last_login_at is not None
    assert run(users.get, id=owner.id) == logged_in
    assert run.sql(HASH, owner.id) == [(BCRYPT,)]


def test_a_login_upgrades_the_hash(users, run, owner):
    """A better hash of the same password takes the place of the old one, once."""
    upgrade = {"id": owner.id, "verified_hash": BCRYPT, "upgraded_hash": ARGON2ID}
    assert run(users.log_in, **upgrade) is not None
    assert run.sql(HASH, owner.id) == [(ARGON2ID,)]
    assert run(users.log_in, **upgrade) is None


def test_who_is_barred_does_not_log_in(users, run, owner):
    """Whoever is barred is not logged in until they are let again."""
    login = {"id": owner.id, "verified_hash": BCRYPT, "upgraded_hash": None}
    assert not run(users.set_active, id=owner.id, is_active=False).is_active
    assert run(users.log_in, **login) is None
    assert run(users.set_active, id=owner.id, is_active=True).is_active
    assert run(users.log_in, **login) is not None
    assert run(users.set_active, id=-1, is_active=True) is None


@pytest.mark.parametrize(
    "form",
    [
        {"nickname": "大雨", "avatar_url": "https://example.com/a.png"},
        {"nickname": None, "avatar_url": None},
    ],
)
def test_a_profile_is_what_the_form_says(users, run, guest, form):
    """Every field takes the form's value, also null; no person, no row."""
    changed = run(users.change, id=guest.id, **form)
    assert changed == guest._replace(**form)
    assert run(users.get, id=guest.id) == changed
    assert run(users.change, id=-1, **form) is None


def test_a_person_is_renamed(users, run, guest, owner):
    """A free name is taken, one that is not is an error."""
    assert run(users.rename, id=guest.id, username="小雷") == guest._replace(username="小雷")
    assert run(users.rename, id=-1, username="小雾") is None
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(users.rename, id=guest.id, username="小雪")


def test_an_address_changes(users, run, guest, owner):
    """An account's address changes, to lower case; a guest registers instead."""
    changed = run(users.change_email, id=owner.id, email="New@example.com")
    assert changed == owner._replace(email="new@example.com")
    assert run(users.get_by_email, email="xue@example.com") is None
    assert run(users.change_email, id=guest.id, email="yu@example.com") is None


def test_a_password_is_changed_by_who_knows_it(users, run, guest, owner):
    """The hash changes while the one that was verified stands, and not after."""
    change = {"id": owner.id, "verified_hash": BCRYPT, "hashed_password": ARGON2ID}
    assert [run(users.change_password, **change) for _ in range(2)] == [1, 0]
    assert run.sql(HASH, owner.id) == [(ARGON2ID,)]
    assert run(users.change_password, **change | {"id": guest.id}) == 0


def test_a_forgotten_password_is_reset(users, run, guest, owner):
    """An account's hash changes whatever it was; a guest gets none."""
    assert run(users.reset_password, id=owner.id, hashed_password=ARGON2ID) == 1
    assert run(users.reset_password, id=guest.id, hashed_password=ARGON2ID) == 0
    assert run.sql(HASH, owner.id) + run.sql(HASH, guest.id) == [(ARGON2ID,), (None,)]


def test_a_person_is_deleted_with_what_they_said(systems, users, run, guest):
    """The person and their conversations are gone, once."""
    session = run(systems.emotional_chat.chat_sessions.create, user_id=guest.id, title=None)
    assert [run(users.delete, id=guest.id) for _ in range(2)] == [1, 0]
    assert run(users.get, id=guest.id) is None
    assert run(systems.emotional_chat.chat_sessions.get, id=session.id) is None
