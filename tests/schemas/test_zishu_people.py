"""The rules of accounts in schema zishu: profiles, sessions, preferences, permissions."""

from __future__ import annotations

import hashlib

import pytest

TOKEN = hashlib.sha256(b"token").hexdigest()
ARGON2 = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzYWx0$" + "x" * 43


@pytest.fixture
def add_user(db):
    """Adds a user of that name, and gives the id."""

    def add(name, email=None):
        return db.execute(
            "insert into zishu.users (username, email) values (%s, %s) returning id",
            [name, email or f"{name}@example.com"],
        ).fetchone()[0]

    return add


@pytest.fixture
def user(add_user):
    """The id of a user."""
    return add_user("xiaolin")


@pytest.mark.parametrize(
    ("username", "email", "constraint"),
    [
        ("XiaoLin", "other@example.com", "users_username_key"),
        ("other", "XIAOLIN@Example.com", "users_email_key"),
    ],
)
def test_names_and_addresses_are_one_persons_in_any_case(
    add_user, refused, user, username, email, constraint
):
    """A second account can't take a username or address by writing it in other letters."""
    with refused(constraint):
        add_user(username, email)


def test_a_deleted_account_gives_its_name_free(db, add_user, refused, user):
    """Who left may come back under the old name, but not twice at once."""
    db.execute("update zishu.users set deleted_at = now()")
    assert add_user("xiaolin") != user
    with refused("users_username_key"):
        db.execute("update zishu.users set deleted_at = null where id = %s", [user])


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("username", "a", "users_username_is_one_word"),
        ("username", "two words", "users_username_is_one_word"),
        ("username", "a@b", "users_username_is_one_word"),
        ("username", "\uff21dmin", "users_username_is_in_one_form"),
        ("email", "nobody", "users_email_is_an_address"),
        ("password_hash", "123456", "users_password_hash_is_a_hash"),
        ("status", "lost", "users_status_is_known"),
    ],
)
def test_a_user_refuses_nonsense(db, refused, user, column, value, constraint):
    """Each rule of an account is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.users set {column} = %s", [value])


def test_a_user_may_be_chinese_and_have_a_password(db, user):
    """A Chinese username and an Argon2id hash fit."""
    db.execute("update zishu.users set username = '紫舒', password_hash = %s", [ARGON2])


@pytest.mark.parametrize(
    ("table", "column", "value", "constraint"),
    [
        ("user_profiles", "display_name", " ", "user_profiles_display_name_is_not_blank"),
        ("user_profiles", "links", "[]", "user_profiles_links_is_an_object"),
        ("user_preferences", "theme", "pink", "user_preferences_theme_is_known"),
        (
            "user_preferences",
            "notifications",
            "[]",
            "user_preferences_notifications_is_an_object",
        ),
        ("user_preferences", "conversation", "1", "user_preferences_conversation_is_an_object"),
        ("user_preferences", "desktop", "null", "user_preferences_desktop_is_an_object"),
        ("user_sessions", "token_hash", "token", "user_sessions_token_hash_is_a_hash"),
        ("user_sessions", "device_info", "[]", "user_sessions_device_info_is_an_object"),
        ("user_sessions", "expires_at", "2000-01-01", "user_sessions_expires_after_it_began"),
        ("user_permissions", "resource", "Adapter", "user_permissions_resource_is_a_word"),
        ("user_permissions", "action", "fly", "user_permissions_action_is_known"),
        (
            "user_permissions",
            "expires_at",
            "2000-01-01",
            "user_permissions_expires_after_it_began",
        ),
        (
            "user_permissions",
            "revoked_at",
            "2000-01-01",
            "user_permissions_is_revoked_after_it_began",
        ),
    ],
)
def test_the_rows_of_a_person_refuse_nonsense(
    db, refused, with_rows, table, column, value, constraint
):
    """Each rule is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.{table} set {column} = %s", [value])


@pytest.fixture
def with_rows(db, user):
    """The id of a user who has one row in each table."""
    db.execute(
        "insert into zishu.user_profiles (user_id, display_name) values (%s, '小林')", [user]
    )
    db.execute("insert into zishu.user_preferences (user_id) values (%s)", [user])
    db.execute(
        "insert into zishu.user_sessions (user_id, token_hash, expires_at)"
        " values (%s, %s, now() + interval '1 day')",
        [user, TOKEN],
    )
    db.execute(
        "insert into zishu.user_permissions (user_id, resource, action)"
        " values (%s, 'adapter', 'moderate')",
        [user],
    )
    return user


def test_a_user_takes_their_rows_along(db, with_rows):
    """Deleting an account for good deletes profile, preferences, sessions and permissions."""
    db.execute("delete from zishu.users")
    for table in ("user_profiles", "user_preferences", "user_sessions", "user_permissions"):
        assert db.execute(f"select count(*) from zishu.{table}").fetchone() == (0,)


def test_a_token_opens_one_session(db, refused, with_rows):
    """The same hash can't stand for two sessions."""
    with refused("user_sessions_token_hash_key"):
        db.execute(
            "insert into zishu.user_sessions (user_id, token_hash, expires_at)"
            " values (%s, %s, now() + interval '1 day')",
            [with_rows, TOKEN],
        )


@pytest.mark.parametrize("thing", [None, "00000000-0000-4000-8000-000000000000"])
def test_a_grant_is_open_once(db, refused, user, thing):
    """The same grant is given again only when the first is revoked; one thing or all alike."""

    def grant(resource_id):
        db.execute(
            "insert into zishu.user_permissions (user_id, resource, resource_id, action)"
            " values (%s, 'topic', %s, 'moderate')",
            [user, resource_id],
        )

    grant(thing)
    with refused("user_permissions_open_grant_key"):
        grant(thing)
    db.execute("update zishu.user_permissions set revoked_at = now()")
    grant(thing)


def test_a_grant_outlives_who_gave_it(db, add_user, with_rows):
    """When the account that granted is gone, the grant stays without a name."""
    operator = add_user("operator")
    db.execute("update zishu.user_permissions set granted_by = %s", [operator])
    db.execute("delete from zishu.users where id = %s", [operator])
    assert db.execute("select granted_by from zishu.user_permissions").fetchone() == (None,)


@pytest.mark.parametrize(
    ("index", "condition"),
    [
        (
            "users_username_gin",
            "users where deleted_at is null and common.bigrams(username) @> common.bigrams('林子')",
        ),
        (
            "user_profiles_display_name_gin",
            "user_profiles where is_public and common.bigrams(display_name) @> array['紫舒']",
        ),
        (
            "user_preferences_notifications_gin",
            """user_preferences where notifications @> '{"email": {"digest": true}}'""",
        ),
    ],
)
def test_people_are_found_by_index(db, index, condition):
    """Two characters of a name, or a setting, find one of five hundred without a scan."""
    db.execute(
        "insert into zishu.users (username, email)"
        " select 'user' || n || case n when 7 then '林子' else '' end, n || '@example.com'"
        " from generate_series(1, 500) as n"
    )
    db.execute(
        "insert into zishu.user_profiles (user_id, display_name)"
        " select id, case when username like '%林子' then '我是紫舒' else username end"
        " from zishu.users"
    )
    db.execute(
        "insert into zishu.user_preferences (user_id, notifications)"
        """ select id, case when username like '%林子' then '{"email": {"digest": true}}'"""
        " else '{}' end::jsonb from zishu.users"
    )
    db.execute("analyze zishu.users, zishu.user_profiles, zishu.user_preferences")
    db.execute("set local enable_seqscan = off")
    assert db.execute(f"select count(*) from zishu.{condition}").fetchone() == (1,)
    plan = db.execute(f"explain select * from zishu.{condition}").fetchall()
    assert any(index in line for (line,) in plan)


@pytest.mark.parametrize(
    "table", ["users", "user_profiles", "user_preferences", "user_sessions", "user_permissions"]
)
def test_updated_at_follows_every_update(db, with_rows, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from zishu.{table}").fetchone() == (True,)
