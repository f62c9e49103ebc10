"""The rules of schema iopaint: each is tried, and refused by the constraint that says it."""

from __future__ import annotations

import hashlib

import pytest

CIPHERTEXT = "gAAAAA" + "x" * 94


@pytest.fixture
def user(db):
    """The id of a user."""
    return db.execute(
        "insert into iopaint.users (openid) values ('openid-1') returning id"
    ).fetchone()[0]


def test_a_user_starts_with_the_documents_defaults(db, user):
    """A user of whom only the openid is known is active, not premium, and has ten images."""
    row = db.execute(
        "select is_active, is_premium, usage_quota, login_count, last_login_at"
        " from iopaint.users where id = %s",
        [user],
    ).fetchone()
    assert row == (True, False, 10, 0, None)


def test_an_openid_is_one_user(db, refused, user):
    """An openid can't be registered twice."""
    with refused("users_openid_key"):
        db.execute("insert into iopaint.users (openid) values ('openid-1')")


def test_quota_never_falls_below_zero(db, refused, user):
    """Taking more than there is left is refused."""
    with refused("users_usage_quota_is_not_negative"):
        db.execute("update iopaint.users set usage_quota = usage_quota - 11")


@pytest.mark.parametrize("column", ["phone", "email"])
def test_contact_data_is_ciphertext(db, refused, user, column):
    """Phone and e-mail address take ciphertext and refuse plain text."""
    db.execute(f"update iopaint.users set {column} = %s", [CIPHERTEXT])
    with refused(f"users_{column}_is_ciphertext"):
        db.execute(f"update iopaint.users set {column} = '13800138000'")


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("status", "lost", "process_records_status_is_known"),
        ("progress", 101, "process_records_progress_is_a_percentage"),
        ("progress", -1, "process_records_progress_is_a_percentage"),
        ("original_image_size", -1, "process_records_sizes_are_not_negative"),
        ("result_image_size", -1, "process_records_sizes_are_not_negative"),
        ("processing_time", -1, "process_records_processing_time_is_not_negative"),
        ("model_config", "[1]", "process_records_model_config_is_an_object"),
        ("user_id", 0, "process_records_user_id_fkey"),
    ],
)
def test_a_process_record_refuses_nonsense(db, refused, user, column, value, constraint):
    """Each rule of a task is held by the constraint that says it."""
    db.execute(
        "insert into iopaint.process_records (user_id, original_image_url, model_name)"
        " values (%s, 'https://example.com/猫.png', 'lama')",
        [user],
    )
    with refused(constraint):
        db.execute(f"update iopaint.process_records set {column} = %s", [value])


def test_a_user_takes_their_rows_along(db, user):
    """Deleting a user deletes tasks, files and sessions."""
    token = hashlib.sha256(b"token").hexdigest()
    db.execute(
        "insert into iopaint.process_records (user_id, original_image_url, model_name)"
        " values (%s, 'u', 'lama')",
        [user],
    )
    db.execute(
        "insert into iopaint.file_storage (user_id, file_path, file_name) values (%s, 'p', 'n')",
        [user],
    )
    db.execute(
        "insert into iopaint.user_sessions (user_id, session_token, expires_at)"
        " values (%s, %s, now())",
        [user, token],
    )
    db.execute("delete from iopaint.users where id = %s", [user])
    left = db.execute(
        "select (select count(*) from iopaint.process_records)"
        " + (select count(*) from iopaint.file_storage)"
        " + (select count(*) from iopaint.user_sessions)"
    ).fetchone()[0]
    assert left == 0


def test_updated_at_follows_every_update(db, user):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute("update iopaint.users set updated_at = '2000-01-01'")
    assert db.execute("select updated_at = now() from iopaint.users").fetchone()[0]
