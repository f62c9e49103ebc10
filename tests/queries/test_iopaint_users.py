"""The queries of iopaint.users, each by its effect."""

from __future__ import annotations

import psycopg
import pytest

from callers import at_once, at_once_async

UNCHANGED = {
    f"{prefix}{column}": value
    for column in ("nickname", "avatar_url", "phone", "email")
    for prefix, value in (("set_", False), ("", None))
}
CIPHERTEXT = "gAAAAA" + "A" * 94
OTHER_CIPHERTEXT = "gAAAAA" + "B" * 94


@pytest.fixture
def users(systems):
    """The queries."""
    return systems.iopaint.users


@pytest.fixture
def new(users, run):
    """`new("o-1")` registers a user."""

    def create(openid, **values):
        row = {"union_id": None, "nickname": "小明", "avatar_url": None} | values
        return run(users.create, openid=openid, **row)

    return create


@pytest.fixture
def user(new):
    """A user, with 10 images to use."""
    return new("o-1")


def test_a_new_user_has_the_defaults(users, run, user):
    """Whoever registers is active, not premium, never logged in, and may use 10 images."""
    assert run(users.get, id=user.id) == user
    assert (user.openid, user.nickname, user.phone) == ("o-1", "小明", None)
    assert (user.is_active, user.is_premium, user.usage_quota) == (True, False, 10)
    assert (user.login_count, user.last_login_at) == (0, None)


def test_an_openid_is_one_user(user, new):
    """To register a known openid again is an error."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        new("o-1")


def test_a_user_is_found_by_openid(users, run, user):
    """The openid finds the user; another one, no one."""
    assert run(users.get_by_openid, openid="o-1") == user
    assert run(users.get_by_openid, openid="o-2") is None
    assert run(users.get, id=-1) is None


def test_a_person_is_found_across_apps(users, run, new):
    """A union id finds every user that shares it, the oldest first."""
    first, _, third = new("a", union_id="u"), new("b"), new("c", union_id="u")
    assert run(users.list_by_union_id, union_id="u") == [first, third]
    assert run(users.list_by_union_id, union_id="v") == []


def test_pages_go_through_all_users(users, run, new):
    """Each user is on one page, the newest first, also of two that registered at once."""
    created = [new(f"o-{number}") for number in range(5)]
    run.sql("update iopaint.users set created_at = now() + interval '1 hour' where openid = 'o-0'")
    first = run(users.page, before_created_at=None, before_id=None, limit=3)
    last = first[-1]
    second = run(users.page, before_created_at=last.created_at, before_id=last.id, limit=3)
    assert [row.openid for row in first + second] == ["o-0", "o-4", "o-3", "o-2", "o-1"]
    last = second[-1]
    assert run(users.page, before_created_at=last.created_at, before_id=last.id, limit=3) == []
    assert {row.id for row in first + second} == {row.id for row in created}


def test_a_login_is_counted_and_timed(users, run, user):
    """One statement counts the login, notes its time and gives the user."""
    run(users.log_in, openid="o-1")
    logged_in = run(users.log_in, openid="o-1")
    assert (logged_in.id, logged_in.login_count) == (user.id, 2)
    assert logged_in.last_login_at is not None
    assert run(users.get, id=user.id) == logged_in


def test_nobody_logs_in_to_what_is_not_there(users, run, user):
    """An unknown openid and a closed account log no one in, and count nothing."""
    run(users.close, id=user.id)
    assert run(users.log_in, openid="o-2") is None
    assert run(users.log_in, openid="o-1") is None
    assert run(users.log_in_or_create, openid="o-1", union_id=None) is None
    assert run(users.get, id=user.id).login_count == 0


def test_the_first_login_registers(users, run):
    """An openid that is new is registered and logged in, one that is known logged in again."""
    first = run(users.log_in_or_create, openid="o-1", union_id=None)
    second = run(users.log_in_or_create, openid="o-1", union_id="u-1")
    third = run(users.log_in_or_create, openid="o-1", union_id=None)
    assert [row.login_count for row in (first, second, third)] == [1, 2, 3]
    assert [row.union_id for row in (first, second, third)] == [None, "u-1", "u-1"]
    assert first.id == second.id == third.id


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("nickname", "小红"),
        ("nickname", None),
        ("avatar_url", "https://example.com/a.jpg"),
        ("phone", CIPHERTEXT),
        ("email", CIPHERTEXT),
        ("email", None),
    ],
)
def test_only_what_is_set_changes(users, run, user, column, value):
    """A column whose set_… is true takes the value, also null; the others keep theirs."""
    changed = run(users.change, id=user.id, **UNCHANGED | {f"set_{column}": True, column: value})
    assert changed == user._replace(**{column: value})
    assert run(users.get, id=user.id) == changed


def test_a_change_of_nothing_changes_nothing(users, run, user):
    """What is given without set_… is not looked at; no one's change is none."""
    assert run(users.change, id=user.id, **UNCHANGED | {"nickname": "小红"}) == user
    assert run(users.change, id=-1, **UNCHANGED) is None


def test_a_user_becomes_premium_and_ordinary_again(users, run, user):
    """Premium is set and taken away."""
    assert run(users.set_premium, id=user.id, is_premium=True).is_premium
    assert not run(users.set_premium, id=user.id, is_premium=False).is_premium
    assert run(users.set_premium, id=-1, is_premium=True) is None


def test_to_close_an_account_ends_its_sessions(users, run, new, user):
    """The sessions of the account end with it, those of others don't, and stay so."""
    other = new("o-2")
    run.sql(
        "insert into iopaint.user_sessions (user_id, session_token, expires_at)"
        " select id, encode(sha256(openid::bytea), 'hex'), now() + interval '1 day'"
        " from iopaint.users"
    )
    assert not run(users.close, id=user.id).is_active
    live = "select user_id from iopaint.user_sessions where is_active"
    assert run.sql(live) == [(other.id,)]
    assert run(users.reopen, id=user.id).is_active
    assert run.sql(live) == [(other.id,)]
    assert run(users.close, id=-1) is run(users.reopen, id=-1) is None


def test_quota_is_taken_while_it_lasts(users, run, user):
    """What is left comes back; what is too little is left alone."""
    assert run(users.take_quota, id=user.id, amount=7) == 3
    assert run(users.take_quota, id=user.id, amount=4) is None
    assert run(users.take_quota, id=user.id, amount=3) == 0
    assert run(users.get, id=user.id).usage_quota == 0


@pytest.mark.parametrize("amount", [0, -5])
def test_quota_is_not_moved_backwards(users, run, user, amount):
    """Nothing and less than nothing is neither taken nor given."""
    assert run(users.take_quota, id=user.id, amount=amount) is None
    assert run(users.give_quota, id=user.id, amount=amount) is None
    assert run(users.get, id=user.id).usage_quota == 10


def test_quota_is_given(users, run, user):
    """What is bought is added; to no one, nothing."""
    assert run(users.give_quota, id=user.id, amount=5) == 15
    assert run(users.give_quota, id=-1, amount=5) is None


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_callers_take_no_more_than_there_is(systems, database, gather):
    """Of twelve who take one at once, ten get one: each another rest, and never below zero."""
    users = systems.iopaint.users
    with psycopg.connect(database, autocommit=True) as conn:
        user = users.create(conn, openid="o", union_id=None, nickname=None, avatar_url=None)
        left = gather(database, users.take_quota, [{"id": user.id, "amount": 1}] * 12)
        assert sorted(rest for rest in left if rest is not None) == list(range(10))
        assert left.count(None) == 2
        assert users.get(conn, id=user.id).usage_quota == 0


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_first_logins_are_one_user(systems, database, gather):
    """Of eight first logins at once each is counted, in one row."""
    query = systems.iopaint.users.log_in_or_create
    rows = gather(database, query, [{"openid": "o", "union_id": None}] * 8)
    assert len({row.id for row in rows}) == 1
    assert sorted(row.login_count for row in rows) == list(range(1, 9))


def test_ciphertexts_are_walked_and_replaced(users, run, new):
    """Users with a secret come in batches; a secret that has changed meanwhile is left alone."""
    with_phone, _, with_email = new("a"), new("b"), new("c")
    run(users.change, id=with_phone.id, **UNCHANGED | {"set_phone": True, "phone": CIPHERTEXT})
    run(users.change, id=with_email.id, **UNCHANGED | {"set_email": True, "email": CIPHERTEXT})
    first = run(users.page_encrypted, after_id=None, limit=1)
    assert first == [(with_phone.id, CIPHERTEXT, None)]
    second = run(users.page_encrypted, after_id=first[-1].id, limit=2)
    assert second == [(with_email.id, None, CIPHERTEXT)]
    assert run(users.page_encrypted, after_id=second[-1].id, limit=2) == []
    replacement = {
        "id": with_phone.id,
        "old_phone": CIPHERTEXT,
        "phone": OTHER_CIPHERTEXT,
        "old_email": None,
        "email": None,
    }
    assert run(users.replace_encrypted, **replacement) == 1
    assert run(users.replace_encrypted, **replacement) == 0
    assert run(users.get, id=with_phone.id).phone == OTHER_CIPHERTEXT


def test_a_user_is_deleted_with_the_names_of_their_files(systems, run, new, user):
    """The user and all of theirs is gone; what bytes are to be removed is said."""
    users, other = systems.iopaint.users, new("o-2")
    run.sql(
        "insert into iopaint.file_storage (user_id, file_path, file_name, storage_type)"
        " values (%s, 'a.png', 'a', 'local'), (%s, 'b.png', 'b', 'cos'), (%s, 'c.png', 'c', 'cos')",
        user.id,
        user.id,
        other.id,
    )
    deleted = run(users.delete, id=user.id)
    assert deleted.id == user.id
    assert sorted(file["file_path"] for file in deleted.files) == ["a.png", "b.png"]
    assert {"storage_type": "cos", "file_path": "b.png"} in deleted.files
    assert run(users.get, id=user.id) is None
    assert run.sql("select file_path from iopaint.file_storage") == [("c.png",)]


def test_a_user_without_files_leaves_none(users, run, user):
    """Where there are no files the list is empty; where there is no user, there is no row."""
    assert run(users.delete, id=user.id) == (user.id, [])
    assert run(users.delete, id=user.id) is None
