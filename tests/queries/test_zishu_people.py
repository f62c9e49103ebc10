"""The queries of zishu's accounts, pages, sessions, preferences and permissions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from zishu_rows import FUTURE, LATER, NOBODY, OTHER_PASSWORD, PASSWORD, add_session, add_user


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def user(run, zishu):
    """An account that can log in."""
    return add_user(run, zishu)


def wide(text):
    """The text in full-width letters."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def aged(run, table, **ages):
    """Makes the rows older: `id_column` and a map of ids to minutes."""
    ((column, minutes),) = ages.items()
    for key, age in minutes.items():
        run.sql(
            f"update zishu.{table} set created_at = created_at - %s where {column} = %s",
            timedelta(minutes=age),
            key,
        )


# Accounts


def test_an_account_is_created_and_found(zishu, run, user):
    """The row that comes back is the row that is there, without the hash."""
    assert (user.username, user.email, user.status) == ("xiaolin", "xiaolin@example.com", "active")
    assert run(zishu.users.get, id=user.id) == user
    assert not hasattr(user, "password_hash")
    assert run(zishu.users.get, id=NOBODY) is None


def test_registering_adds_account_and_page(zishu, run):
    """One statement makes a person whom others can see."""
    user = run(
        zishu.users.register,
        username="lin",
        email="lin@example.com",
        password_hash=PASSWORD,
        display_name="小林",
    )
    assert run(zishu.user_profiles.get, user_id=user.id).display_name == "小林"
    assert run(zishu.users.get, id=user.id) == user


@pytest.mark.parametrize("login", ["xiaolin", "XiaoLin", wide("xiaolin"), "XIAOLIN@example.com"])
def test_an_account_is_found_by_what_is_typed_into_the_form(zishu, run, user, login):
    """Username or address, in any case and in full-width letters, with the hash to check."""
    found = run(zishu.users.get_by_login, login=login)
    assert (found.id, found.password_hash) == (user.id, PASSWORD)


@pytest.mark.parametrize("login", ["", "xiao", "lin@example.com", "xiaolin' or true --"])
def test_nobody_is_found_by_another_login(zishu, run, user, login):
    """A part of a name is no name."""
    assert run(zishu.users.get_by_login, login=login) is None


def test_accounts_are_paged_newest_first(zishu, run):
    """Each page begins where the one before ended, and ends with nothing."""
    users = [add_user(run, zishu, name) for name in ("one", "two", "three")]
    aged(run, "users", id={users[0].id: 30, users[1].id: 20, users[2].id: 10})
    first = run(zishu.users.page, before_created_at=None, before_id=None, limit=2)
    assert [row.username for row in first] == ["three", "two"]
    rest = run(
        zishu.users.page,
        before_created_at=first[-1].created_at,
        before_id=first[-1].id,
        limit=2,
    )
    assert [row.username for row in rest] == ["one"]
    last = rest[-1]
    assert not run(zishu.users.page, before_created_at=last.created_at, before_id=last.id, limit=2)


def test_accounts_of_the_same_instant_are_paged_without_loss(zishu, run):
    """The id decides among equals."""
    users = [add_user(run, zishu, f"user{number}") for number in range(5)]
    seen, key = [], (None, None)
    while rows := run(zishu.users.page, before_created_at=key[0], before_id=key[1], limit=2):
        seen += [row.id for row in rows]
        key = (rows[-1].created_at, rows[-1].id)
    assert seen == sorted((user.id for user in users), reverse=True)


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("ao", ["xiaoli", "xiaolin"]),
        ("LIN", ["xiaolin"]),
        (wide("lin"), ["xiaolin"]),
        ("%%", []),
        ("l", []),
        ("", []),
    ],
)
def test_accounts_are_found_by_a_part_of_their_name(zishu, run, user, term, found):
    """From two characters on, in any case; wildcards are characters like others."""
    add_user(run, zishu, "xiaoli")
    rows = run(zishu.users.search, term=term, limit=10)
    assert [row.username for row in rows] == found


def test_a_name_changes(zishu, run, user):
    """The account is found by the new name alone."""
    assert run(zishu.users.rename, id=user.id, username="dalin").username == "dalin"
    assert run(zishu.users.get_by_login, login="xiaolin") is None
    assert run(zishu.users.rename, id=NOBODY, username="dalin") is None


def test_a_new_address_is_to_be_verified_again(zishu, run, user):
    """The link to the old address does nothing any more."""
    verified = run(zishu.users.verify_email, id=user.id, email="Xiaolin@example.com")
    assert verified.email_verified_at is not None
    changed = run(zishu.users.change_email, id=user.id, email="new@example.com")
    assert (changed.email, changed.email_verified_at) == ("new@example.com", None)
    assert run(zishu.users.verify_email, id=user.id, email="xiaolin@example.com") is None
    assert run(zishu.users.change_email, id=NOBODY, email="other@example.com") is None


def test_a_new_password_ends_the_other_sessions(zishu, run, user):
    """The session that it was changed in goes on."""
    kept, ended = (add_session(run, zishu, user, token) for token in "ab")
    run(
        zishu.users.set_password,
        id=user.id,
        password_hash=OTHER_PASSWORD,
        kept_session_id=kept.id,
    )
    assert run(zishu.users.get_by_login, login="xiaolin").password_hash == OTHER_PASSWORD
    assert run(zishu.user_sessions.get, id=kept.id).revoked_at is None
    assert run(zishu.user_sessions.get, id=ended.id).revoked_at is not None


def test_a_new_password_may_end_every_session(zishu, run, user):
    """Null keeps none; and of nobody nothing comes back."""
    session = add_session(run, zishu, user, "a")
    values = {"password_hash": OTHER_PASSWORD, "kept_session_id": None}
    assert run(zishu.users.set_password, id=user.id, **values).id == user.id
    assert run(zishu.user_sessions.get, id=session.id).revoked_at is not None
    assert run(zishu.users.set_password, id=NOBODY, **values) is None


def test_a_hash_is_upgraded_only_where_it_is_still_the_same(zishu, run, user):
    """A password that was changed meanwhile wins."""
    upgrade = {"id": user.id, "old_hash": PASSWORD, "new_hash": OTHER_PASSWORD}
    assert run(zishu.users.upgrade_password, **upgrade) == 1
    assert run(zishu.users.upgrade_password, **upgrade) == 0
    assert run(zishu.users.get_by_login, login="xiaolin").password_hash == OTHER_PASSWORD


def test_a_suspended_person_is_out_and_stays_out(zishu, run, user):
    """Sessions end, and none begins until the person is reinstated."""
    session = add_session(run, zishu, user, "a")
    assert run(zishu.users.suspend, id=user.id).status == "suspended"
    assert run(zishu.user_sessions.get, id=session.id).revoked_at is not None
    assert add_session(run, zishu, user, "b") is None
    assert run(zishu.users.reinstate, id=user.id).status == "active"
    assert add_session(run, zishu, user, "b") is not None
    assert run(zishu.users.suspend, id=NOBODY) is None
    assert run(zishu.users.reinstate, id=NOBODY) is None


def test_a_deleted_account_frees_its_name_and_can_come_back(zishu, run, user):
    """It is not found, its sessions end, and whoever comes first has the name."""
    session = add_session(run, zishu, user, "a")
    assert run(zishu.users.delete, id=user.id) == 1
    assert run(zishu.users.delete, id=user.id) == 0
    assert run(zishu.users.get, id=user.id) is None
    assert run(zishu.users.get_by_login, login="xiaolin") is None
    assert run(zishu.user_sessions.get, id=session.id).revoked_at is not None
    assert run(zishu.users.restore, id=user.id).deleted_at is None
    assert run(zishu.users.restore, id=user.id) is None
    run(zishu.users.delete, id=user.id)
    add_user(run, zishu)
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(zishu.users.restore, id=user.id)


def test_only_a_deleted_account_is_removed(zishu, run, user):
    """With the account goes what is the person's own."""
    add_session(run, zishu, user, "a")
    assert run(zishu.users.remove, id=user.id) == 0
    run(zishu.users.delete, id=user.id)
    assert run(zishu.users.remove, id=user.id) == 1
    assert run.sql("select count(*) from zishu.user_sessions") == [(0,)]


# Pages


def profile(user, **changes):
    """The form of a person's page."""
    values = {
        "display_name": "小林",
        "avatar_url": None,
        "bio": "爱猫",
        "birthday": None,
        "location": None,
        "links": Jsonb({"bilibili": "https://space.bilibili.com/1"}),
        "is_public": True,
    }
    return {"user_id": user.id} | values | changes


def test_a_page_is_created_and_edited(zishu, run, user):
    """The form sets every field, and a null empties one."""
    created = run(zishu.user_profiles.create, **profile(user))
    assert run(zishu.user_profiles.get, user_id=user.id) == created
    edited = run(zishu.user_profiles.edit, **profile(user, bio=None, location="北京"))
    assert (edited.bio, edited.location) == (None, "北京")
    assert run(zishu.user_profiles.edit, **profile(user) | {"user_id": NOBODY}) is None
    assert run(zishu.user_profiles.get, user_id=NOBODY) is None


def test_a_picture_is_shown_or_none(zishu, run, user):
    """Only the picture changes."""
    run(zishu.user_profiles.create, **profile(user))
    shown = run(zishu.user_profiles.set_avatar, user_id=user.id, avatar_url="a.png")
    assert (shown.avatar_url, shown.bio) == ("a.png", "爱猫")
    taken = run(zishu.user_profiles.set_avatar, user_id=user.id, avatar_url=None)
    assert taken.avatar_url is None
    assert run(zishu.user_profiles.set_avatar, user_id=NOBODY, avatar_url=None) is None


def test_a_hidden_page_is_its_owners(zishu, run, user):
    """Others see it while it is public, and never a birthday."""
    run(zishu.user_profiles.create, **profile(user))
    shown = run(zishu.user_profiles.get_visible, user_id=user.id, viewer_id=None)
    assert (shown.username, shown.display_name) == ("xiaolin", "小林")
    assert not hasattr(shown, "birthday")
    run(zishu.user_profiles.edit, **profile(user, is_public=False))
    for viewer in (None, NOBODY):
        assert run(zishu.user_profiles.get_visible, user_id=user.id, viewer_id=viewer) is None
    own = run(zishu.user_profiles.get_visible, user_id=user.id, viewer_id=user.id)
    assert own.username == "xiaolin"


def test_names_are_read_for_many_people_at_once(zishu, run, user):
    """Who has no page is there by username."""
    other = add_user(run, zishu, "other")
    run(zishu.user_profiles.create, **profile(user))
    rows = run(zishu.user_profiles.list_names, user_ids=[user.id, other.id, NOBODY])
    assert {(row.username, row.display_name) for row in rows} == {
        ("xiaolin", "小林"),
        ("other", None),
    }
    assert run(zishu.user_profiles.list_names, user_ids=[]) == []


def test_pages_are_paged_by_key(zishu, run):
    """Every page once, in the order of the key."""
    users = [add_user(run, zishu, f"user{number}") for number in range(3)]
    for user in users:
        run(zishu.user_profiles.create, **profile(user))
    keys = sorted(user.id for user in users)
    first = run(zishu.user_profiles.page, after_user_id=None, limit=2)
    rest = run(zishu.user_profiles.page, after_user_id=first[-1].user_id, limit=2)
    assert [row.user_id for row in [*first, *rest]] == keys
    assert run(zishu.user_profiles.page, after_user_id=keys[-1], limit=2) == []


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("小林", ["小林"]),
        ("ann", ["Anna", "Joanne"]),
        ("nn_", []),
        ("林", []),
        (wide("ANNA"), ["Anna"]),
    ],
)
def test_people_are_found_by_the_name_that_they_show(zishu, run, term, names):
    """From two characters on, in any case; hidden pages and deleted people are not found."""
    shown = {"lin": "小林", "anna": "Anna", "joanne": "Joanne", "gone": "Annabel"}
    for username, name in shown.items():
        user = add_user(run, zishu, username)
        run(zishu.user_profiles.create, **profile(user, display_name=name))
        if username == "gone":
            run(zishu.users.delete, id=user.id)
    hidden = add_user(run, zishu, "hidden")
    run(zishu.user_profiles.create, **profile(hidden, display_name="Anne", is_public=False))
    rows = run(zishu.user_profiles.search, term=term, limit=10)
    assert [row.display_name for row in rows] == names


def test_a_page_is_deleted_and_the_account_stays(zishu, run, user):
    """A second time there is nothing to delete."""
    run(zishu.user_profiles.create, **profile(user))
    assert run(zishu.user_profiles.delete, user_id=user.id) == 1
    assert run(zishu.user_profiles.delete, user_id=user.id) == 0
    assert run(zishu.users.get, id=user.id) is not None


# Sessions


def test_a_session_begins_with_a_login(zishu, run, user):
    """One statement begins it and notes the time with the account."""
    session = add_session(run, zishu, user, "a")
    assert run(zishu.users.get, id=user.id).last_login_at is not None
    assert run(zishu.user_sessions.get, id=session.id) == session
    assert session.device_info == {"platform": "windows"}
    assert not hasattr(session, "token_hash")
    assert run(zishu.user_sessions.get, id=NOBODY) is None


def test_a_session_is_found_by_its_token_while_it_is_good(zishu, run, user):
    """With who it is; another token, and a token that was revoked, find nothing."""
    session = add_session(run, zishu, user, "a")
    found = run(zishu.user_sessions.get_by_token, token_hash="a" * 64)
    assert (found.id, found.username) == (session.id, "xiaolin")
    assert run(zishu.user_sessions.get_by_token, token_hash="b" * 64) is None
    assert run(zishu.user_sessions.revoke, user_id=user.id, id=session.id) == 1
    assert run(zishu.user_sessions.revoke, user_id=user.id, id=session.id) == 0
    assert run(zishu.user_sessions.get_by_token, token_hash="a" * 64) is None


@pytest.mark.parametrize(
    "change",
    [
        "update zishu.user_sessions set created_at = '2020-01-01', expires_at = '2020-01-02'",
        "update zishu.users set status = 'suspended'",
        "update zishu.users set deleted_at = now()",
    ],
    ids=["expired", "suspended", "deleted"],
)
def test_a_token_that_is_no_longer_good_finds_nothing(zishu, run, user, change):
    """Neither when it has expired nor when its user may not be here."""
    add_session(run, zishu, user, "a")
    run.sql(change)
    assert run(zishu.user_sessions.get_by_token, token_hash="a" * 64) is None


def test_nobody_revokes_the_session_of_somebody_else(zishu, run, user):
    """The owner is part of the question."""
    session = add_session(run, zishu, user, "a")
    assert run(zishu.user_sessions.revoke, user_id=NOBODY, id=session.id) == 0


def test_devices_are_paged_last_used_first(zishu, run, user):
    """Revoked ones are not among them."""
    sessions = [add_session(run, zishu, user, token) for token in "abcd"]
    for number, session in enumerate(sessions):
        run.sql(
            "update zishu.user_sessions set last_activity_at = now() + %s where id = %s",
            timedelta(minutes=number),
            session.id,
        )
    run(zishu.user_sessions.revoke, user_id=user.id, id=sessions[3].id)
    first = run(
        zishu.user_sessions.page,
        user_id=user.id,
        before_last_activity_at=None,
        before_id=None,
        limit=2,
    )
    rest = run(
        zishu.user_sessions.page,
        user_id=user.id,
        before_last_activity_at=first[-1].last_activity_at,
        before_id=first[-1].id,
        limit=2,
    )
    expected = [sessions[2].id, sessions[1].id, sessions[0].id]
    assert [row.id for row in [*first, *rest]] == expected


def test_use_is_noted_once_a_minute(zishu, run, user):
    """A second touch in the same minute writes nothing."""
    session = add_session(run, zishu, user, "a")
    assert run(zishu.user_sessions.touch, id=session.id) == 0
    run.sql("update zishu.user_sessions set last_activity_at = now() - interval '2 minutes'")
    assert run(zishu.user_sessions.touch, id=session.id) == 1
    assert run(zishu.user_sessions.get, id=session.id).last_activity_at > datetime.now(
        UTC
    ) - timedelta(minutes=1)


def test_a_good_session_is_extended(zishu, run, user):
    """A revoked one is over."""
    session = add_session(run, zishu, user, "a")
    extended = run(zishu.user_sessions.extend, id=session.id, expires_at=LATER)
    assert extended.expires_at == LATER
    run(zishu.user_sessions.revoke, user_id=user.id, id=session.id)
    assert run(zishu.user_sessions.extend, id=session.id, expires_at=FUTURE) is None


def test_every_device_but_one_is_logged_out(zishu, run, user):
    """Null logs out the last one too; sessions of others go on."""
    first, *_ = (add_session(run, zishu, user, token) for token in "abc")
    other = add_session(run, zishu, add_user(run, zishu, "other"), "d")
    assert run(zishu.user_sessions.revoke_all, user_id=user.id, kept_id=first.id) == 2
    assert run(zishu.user_sessions.get, id=first.id).revoked_at is None
    assert run(zishu.user_sessions.revoke_all, user_id=user.id, kept_id=None) == 1
    assert run(zishu.user_sessions.revoke_all, user_id=user.id, kept_id=None) == 0
    assert run(zishu.user_sessions.get, id=other.id).revoked_at is None


def test_a_session_is_deleted(zishu, run, user):
    """A second time there is nothing to delete."""
    session = add_session(run, zishu, user, "a")
    assert run(zishu.user_sessions.delete, id=session.id) == 1
    assert run(zishu.user_sessions.delete, id=session.id) == 0
    assert run(zishu.user_sessions.get, id=session.id) is None


def test_expired_sessions_are_removed_in_batches(zishu, run, user):
    """The oldest first, until none is left; good ones stay."""
    for number, token in enumerate("abc"):
        session = add_session(run, zishu, user, token)
        run.sql(
            "update zishu.user_sessions set created_at = %s - interval '1 day', expires_at = %s"
            " where id = %s",
            *[datetime(2020, 1, 1 + number, tzinfo=UTC)] * 2,
            session.id,
        )
    good = add_session(run, zishu, user, "d")
    assert run(zishu.user_sessions.delete_expired, limit=2) == 2
    left = run.sql("select expires_at from zishu.user_sessions order by expires_at")
    assert left == [(datetime(2020, 1, 3, tzinfo=UTC),), (good.expires_at,)]
    assert run(zishu.user_sessions.delete_expired, limit=2) == 1
    assert run(zishu.user_sessions.delete_expired, limit=2) == 0


# Preferences


def test_settings_begin_with_the_defaults(zishu, run, user):
    """Until then there are none, and the app's own hold."""
    assert run(zishu.user_preferences.get, user_id=user.id) is None
    created = run(zishu.user_preferences.create, user_id=user.id)
    assert (created.language, created.theme) == ("zh-CN", "system")
    assert run(zishu.user_preferences.get, user_id=user.id) == created


def test_the_form_of_settings_is_saved_the_first_time_and_later(zishu, run, user):
    """Each time it replaces all that was there."""
    form = {
        "language": "en",
        "time_zone": "Europe/Berlin",
        "theme": "dark",
        "notifications": Jsonb({"email": {"digest": True}}),
        "conversation": Jsonb({"model": "qwen-max"}),
        "desktop": Jsonb({"scale": 1.2}),
    }
    first = run(zishu.user_preferences.save, user_id=user.id, **form)
    assert (first.theme, first.conversation) == ("dark", {"model": "qwen-max"})
    second = run(zishu.user_preferences.save, user_id=user.id, **form | {"conversation": Jsonb({})})
    assert (second.theme, second.conversation) == ("dark", {})
    assert run(zishu.user_preferences.get, user_id=user.id) == second


def test_language_and_theme_change_by_themselves(zishu, run, user):
    """The first change makes the row, the next leaves the others alone."""
    run(zishu.user_preferences.set_theme, user_id=user.id, theme="dark")
    spoken = run(
        zishu.user_preferences.set_language,
        user_id=user.id,
        language="ja",
        time_zone="Asia/Tokyo",
    )
    assert (spoken.language, spoken.time_zone, spoken.theme) == ("ja", "Asia/Tokyo", "dark")
    assert run(zishu.user_preferences.set_theme, user_id=user.id, theme="light").language == "ja"


@pytest.mark.parametrize("column", ["notifications", "conversation", "desktop"])
def test_settings_are_merged_key_by_key(zishu, run, user, column):
    """The first merge makes the row; a null takes a key away."""
    merge = getattr(zishu.user_preferences, f"merge_{column}")
    first = run(merge, user_id=user.id, changes=Jsonb({"a": 1, "b": None}))
    assert getattr(first, column) == {"a": 1}
    second = run(merge, user_id=user.id, changes=Jsonb({"a": None, "c": {"d": True}}))
    assert getattr(second, column) == {"c": {"d": True}}


def test_settings_are_paged_by_key(zishu, run):
    """Every row once, in the order of the key."""
    users = [add_user(run, zishu, f"user{number}") for number in range(3)]
    for user in users:
        run(zishu.user_preferences.create, user_id=user.id)
    keys = sorted(user.id for user in users)
    first = run(zishu.user_preferences.page, after_user_id=None, limit=2)
    rest = run(zishu.user_preferences.page, after_user_id=first[-1].user_id, limit=2)
    assert [row.user_id for row in [*first, *rest]] == keys


def test_who_wants_to_be_told_is_paged(zishu, run):
    """With the address; neither who does not want it nor who is gone."""
    wanted, users = {"email": {"digest": True}}, []
    for name in ("one", "two", "three", "gone"):
        users.append(add_user(run, zishu, name))
        run(
            zishu.user_preferences.merge_notifications,
            user_id=users[-1].id,
            changes=Jsonb(wanted | {"push": {}} if name != "two" else {}),
        )
    run(zishu.users.delete, id=users[3].id)
    page = {"wanted": Jsonb(wanted), "limit": 1}
    first = run(zishu.user_preferences.page_notified, after_user_id=None, **page)
    rest = run(zishu.user_preferences.page_notified, after_user_id=first[0].user_id, **page)
    assert {row.email for row in [*first, *rest]} == {"one@example.com", "three@example.com"}
    assert run(zishu.user_preferences.page_notified, after_user_id=rest[0].user_id, **page) == []


def test_settings_go_back_to_the_defaults(zishu, run, user):
    """A second time there is nothing to delete."""
    run(zishu.user_preferences.create, user_id=user.id)
    assert run(zishu.user_preferences.delete, user_id=user.id) == 1
    assert run(zishu.user_preferences.delete, user_id=user.id) == 0


# Permissions


def grant(run, zishu, user, **changes):
    """Lets the user moderate every topic, for good."""
    values = {
        "granted_by": None,
        "resource": "topic",
        "resource_id": None,
        "action": "moderate",
        "expires_at": None,
    }
    return run(zishu.user_permissions.grant, user_id=user.id, **(values | changes))


def test_a_second_grant_of_the_same_prolongs_the_first(zishu, run, user):
    """There is one open grant, whose end and giver are the last that were said."""
    first = grant(run, zishu, user, expires_at=FUTURE)
    second = grant(run, zishu, user, expires_at=LATER, granted_by=user.id)
    assert (second.id, second.expires_at, second.granted_by) == (first.id, LATER, user.id)
    assert run(zishu.user_permissions.get, id=first.id) == second
    assert run(zishu.user_permissions.get, id=NOBODY) is None


@pytest.mark.parametrize(
    ("granted", "asked", "allowed"),
    [
        ({}, {}, True),
        ({}, {"resource_id": NOBODY}, True),
        ({"resource_id": NOBODY}, {"resource_id": NOBODY}, True),
        ({"resource_id": NOBODY}, {"resource_id": None}, False),
        ({"action": "manage"}, {}, True),
        ({"action": "read"}, {}, False),
        ({"resource": "adapter"}, {}, False),
    ],
)
def test_what_is_granted_is_allowed(zishu, run, user, granted, asked, allowed):
    """Every thing of the kind or this one, this action or manage."""
    grant(run, zishu, user, **granted)
    question = {"resource": "topic", "resource_id": None, "action": "moderate"} | asked
    assert run(zishu.user_permissions.is_allowed, user_id=user.id, **question) is allowed


@pytest.mark.parametrize("what", ["revoked", "expired", "suspended"])
def test_what_is_over_is_not_allowed(zishu, run, user, what):
    """A grant that ended, or a person who is out."""
    granted = grant(run, zishu, user)
    if what == "revoked":
        run(zishu.user_permissions.revoke, id=granted.id)
    elif what == "expired":
        run.sql(
            "update zishu.user_permissions set created_at = now() - interval '2 days',"
            " expires_at = now() - interval '1 day'"
        )
    else:
        run(zishu.users.suspend, id=user.id)
    question = {"resource": "topic", "resource_id": None, "action": "moderate"}
    assert run(zishu.user_permissions.is_allowed, user_id=user.id, **question) is False


def test_grants_are_listed_for_a_person_and_for_a_thing(zishu, run, user):
    """Only those in force; who may touch every thing of the kind is not listed for one."""
    everywhere = grant(run, zishu, user)
    here = grant(run, zishu, user, resource_id=NOBODY)
    ended = grant(run, zishu, user, resource_id=NOBODY, action="read")
    run(zishu.user_permissions.revoke, id=ended.id)
    mine = run(zishu.user_permissions.list_in_force, user_id=user.id)
    assert [row.id for row in mine] == [here.id, everywhere.id]
    on_it = {"resource": "topic", "resource_id": NOBODY}
    rows = run(zishu.user_permissions.list_by_resource, **on_it)
    assert [(row.id, row.username) for row in rows] == [(here.id, "xiaolin")]
    on_it["resource"] = "adapter"
    assert run(zishu.user_permissions.list_by_resource, **on_it) == []


def test_every_grant_is_paged_newest_first(zishu, run, user):
    """Ended ones included: the table is its own audit."""
    actions = ("read", "create", "update")
    grants = [grant(run, zishu, user, action=action) for action in actions]
    aged(run, "user_permissions", id={row.id: 30 - n for n, row in enumerate(grants)})
    run(zishu.user_permissions.revoke, id=grants[0].id)
    key = {"before_created_at": None, "before_id": None}
    first = run(zishu.user_permissions.page, user_id=user.id, limit=2, **key)
    key = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    rest = run(zishu.user_permissions.page, user_id=user.id, limit=2, **key)
    assert [row.action for row in [*first, *rest]] == ["update", "create", "read"]


def test_the_end_of_a_grant_is_moved(zishu, run, user):
    """Null for never; a revoked grant stays as it is."""
    granted = grant(run, zishu, user)
    moved = run(zishu.user_permissions.set_expiry, id=granted.id, expires_at=FUTURE)
    assert moved.expires_at == FUTURE
    moved = run(zishu.user_permissions.set_expiry, id=granted.id, expires_at=None)
    assert moved.expires_at is None
    run(zishu.user_permissions.revoke, id=granted.id)
    assert run(zishu.user_permissions.set_expiry, id=granted.id, expires_at=FUTURE) is None


def test_grants_are_taken_back_one_by_one_or_all(zishu, run, user):
    """What was taken back once is not taken again, and may be granted anew."""
    first = grant(run, zishu, user)
    assert run(zishu.user_permissions.revoke, id=first.id).revoked_at is not None
    assert run(zishu.user_permissions.revoke, id=first.id) is None
    assert grant(run, zishu, user).id != first.id
    grant(run, zishu, user, action="read")
    assert run(zishu.user_permissions.revoke_all, user_id=user.id) == 2
    assert run(zishu.user_permissions.revoke_all, user_id=user.id) == 0
