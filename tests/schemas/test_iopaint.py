"""The rules of schema iopaint: each is tried, and refused by the constraint that says it."""

from __future__ import annotations

import hashlib
import threading

import psycopg
import pytest

from callers import wait_until_blocked

CIPHERTEXT = "gAAAAA" + "x" * 94
TOKEN = hashlib.sha256(b"token").hexdigest()
CLAIM = (
    "update iopaint.process_records set status = 'processing', started_at = now() where id = ("
    " select id from iopaint.process_records where status = 'pending'"
    " order by created_at, id limit 1 for update skip locked"
    ") returning task_id"
)
TAKE = "update iopaint.users set usage_quota = usage_quota - %s where id = %s"


@pytest.fixture
def user(db):
    """The id of a user."""
    return db.execute(
        "insert into iopaint.users (openid) values ('openid-1') returning id"
    ).fetchone()[0]


@pytest.fixture
def rows(db, user):
    """A row in each table."""
    db.execute(
        "insert into iopaint.process_records (user_id, original_image_url, model_name)"
        " values (%s, 'https://example.com/猫.png', 'lama')",
        [user],
    )
    db.execute(
        "insert into iopaint.file_storage (user_id, file_path, file_name)"
        " values (%s, 'a/猫.png', '猫.png')",
        [user],
    )
    db.execute(
        "insert into iopaint.user_sessions (user_id, session_token, expires_at)"
        " values (%s, %s, now() + interval '1 day')",
        [user, TOKEN],
    )
    db.execute("insert into iopaint.system_configs (config_key) values ('max_image_size')")


@pytest.fixture
def committed(migrated):
    """Two connections, and a user with two tasks that both see."""
    with (
        psycopg.connect(migrated) as first,
        psycopg.connect(migrated) as second,
        psycopg.connect(migrated, autocommit=True) as owner,
    ):
        user = owner.execute(
            "insert into iopaint.users (openid) values ('openid-2') returning id"
        ).fetchone()[0]
        try:
            owner.execute(
                "insert into iopaint.process_records"
                " (user_id, task_id, original_image_url, model_name)"
                " values (%(u)s, 'task-1', 'u', 'lama'), (%(u)s, 'task-2', 'u', 'lama')",
                {"u": user},
            )
            yield first, second, user
        finally:
            first.rollback()
            second.rollback()
            owner.execute("delete from iopaint.users where id = %s", [user])


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
    ("table", "columns", "defaults"),
    [
        (
            "process_records",
            "status, progress, task_id, model_config, started_at, completed_at, processing_time",
            ("pending", 0, None, None, None, None, None),
        ),
        (
            "file_storage",
            "storage_type, is_temporary, expires_at, file_type, file_size",
            ("local", False, None, None, None),
        ),
        (
            "user_sessions",
            "is_active, last_activity_at = now(), device_info, ip_address, user_agent",
            (True, True, None, None, None),
        ),
        ("system_configs", "config_type, is_public, config_value", ("string", False, None)),
    ],
)
def test_a_row_starts_with_the_documents_defaults(db, rows, table, columns, defaults):
    """What the document gives as a default is what a new row has."""
    row = db.execute(
        f"select {columns}, created_at = now(), updated_at = now() from iopaint.{table}"
    ).fetchone()
    assert row == (*defaults, True, True)


@pytest.mark.parametrize(
    ("table", "column", "value", "constraint"),
    [
        ("users", "login_count", -1, "users_login_count_is_not_negative"),
        ("users", "usage_quota", -1, "users_usage_quota_is_not_negative"),
        ("process_records", "status", "lost", "process_records_status_is_known"),
        ("process_records", "progress", 101, "process_records_progress_is_a_percentage"),
        ("process_records", "progress", -1, "process_records_progress_is_a_percentage"),
        ("process_records", "original_image_size", -1, "process_records_sizes_are_not_negative"),
        ("process_records", "result_image_size", -1, "process_records_sizes_are_not_negative"),
        (
            "process_records",
            "processing_time",
            -1,
            "process_records_processing_time_is_not_negative",
        ),
        ("process_records", "model_config", "[1]", "process_records_model_config_is_an_object"),
        ("process_records", "user_id", 0, "process_records_user_id_fkey"),
        ("file_storage", "file_size", -1, "file_storage_file_size_is_not_negative"),
        ("file_storage", "user_id", 0, "file_storage_user_id_fkey"),
        ("user_sessions", "session_token", "token", "user_sessions_session_token_is_a_hash"),
        ("user_sessions", "device_info", '"P60"', "user_sessions_device_info_is_an_object"),
        ("user_sessions", "user_id", 0, "user_sessions_user_id_fkey"),
    ],
)
def test_a_row_refuses_nonsense(db, refused, rows, table, column, value, constraint):
    """Each rule is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update iopaint.{table} set {column} = %s", [value])


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("process_records", "status", "pending"),
        ("process_records", "status", "processing"),
        ("process_records", "status", "completed"),
        ("process_records", "status", "failed"),
        ("process_records", "status", "cancelled"),
        ("process_records", "progress", 0),
        ("process_records", "progress", 100),
        ("process_records", "original_image_size", 0),
        ("process_records", "model_config", '{"steps": 20}'),
        ("file_storage", "user_id", None),
        ("file_storage", "file_size", 0),
        ("user_sessions", "device_info", '{"brand": "HUAWEI"}'),
        ("users", "usage_quota", 0),
    ],
)
def test_a_row_takes_what_is_meant(db, rows, table, column, value):
    """The listed values and the ends of ranges are allowed."""
    db.execute(f"update iopaint.{table} set {column} = %s", [value])


@pytest.mark.parametrize(
    "column",
    [
        "users.openid",
        "users.is_active",
        "users.is_premium",
        "users.usage_quota",
        "users.login_count",
        "process_records.user_id",
        "process_records.original_image_url",
        "process_records.model_name",
        "process_records.status",
        "process_records.progress",
        "file_storage.file_path",
        "file_storage.file_name",
        "file_storage.storage_type",
        "file_storage.is_temporary",
        "user_sessions.user_id",
        "user_sessions.session_token",
        "user_sessions.is_active",
        "user_sessions.last_activity_at",
        "user_sessions.expires_at",
        "system_configs.config_key",
        "system_configs.config_type",
        "system_configs.is_public",
    ],
)
def test_what_a_row_needs_is_never_null(db, rows, column):
    """Columns for which null means nothing refuse it."""
    table, name = column.split(".")
    with pytest.raises(psycopg.errors.NotNullViolation):
        db.execute(f"update iopaint.{table} set {name} = null")


@pytest.mark.parametrize(
    ("table", "columns", "values"),
    [
        (
            "process_records",
            "task_id, user_id, original_image_url, model_name",
            "'t', {u}, 'u', 'm'",
        ),
        ("user_sessions", "session_token, user_id, expires_at", f"'{TOKEN}', {{u}}, now()"),
        ("system_configs", "config_key", "'max_image_size'"),
    ],
)
def test_a_name_is_one_row(db, refused, user, table, columns, values):
    """Task ids, tokens and keys of settings are unique."""
    insert = f"insert into iopaint.{table} ({columns}) values ({values.format(u=user)})"
    db.execute(insert)
    with refused(f"{table}_{columns.split(',')[0]}_key"):
        db.execute(insert)


def test_tasks_need_no_name(db, rows, user):
    """Any number of tasks may be without a task_id."""
    db.execute(
        "insert into iopaint.process_records (user_id, original_image_url, model_name)"
        " values (%(u)s, 'u', 'lama'), (%(u)s, 'u', 'lama')",
        {"u": user},
    )


def test_a_secret_setting_is_ciphertext_and_never_public(db, refused, rows):
    """A setting of type secret takes ciphertext, and no client may read it."""
    db.execute("update iopaint.system_configs set config_value = 'plain', is_public = true")
    secret = "update iopaint.system_configs set config_type = 'secret', config_value = %s"
    with refused("system_configs_secret_is_ciphertext"):
        db.execute(secret + ", is_public = false", ["plain"])
    with refused("system_configs_secret_is_not_public"):
        db.execute(secret, [CIPHERTEXT])
    db.execute(secret + ", is_public = false", [CIPHERTEXT])
    with refused("system_configs_secret_is_not_public"):
        db.execute("update iopaint.system_configs set is_public = true")


@pytest.mark.parametrize(
    ("index", "query"),
    [
        ("users_openid_key", "users where openid = 'x'"),
        ("users_union_id_idx", "users where union_id = 'x'"),
        ("users_created_at_idx", "users where created_at > now() order by created_at"),
        (
            "process_records_user_id_created_at_idx",
            "process_records where user_id = 1 order by created_at desc, id desc limit 20",
        ),
        (
            "process_records_status_created_at_idx",
            "process_records where status = 'pending' order by created_at, id limit 1",
        ),
        ("process_records_task_id_key", "process_records where task_id = 'x'"),
        ("process_records_created_at_idx", "process_records where created_at < now()"),
        (
            "file_storage_user_id_created_at_idx",
            "file_storage where user_id = 1 order by created_at desc, id desc limit 20",
        ),
        ("file_storage_file_path_idx", "file_storage where file_path = 'x'"),
        ("file_storage_created_at_idx", "file_storage where created_at < now()"),
        (
            "file_storage_expires_at_idx",
            "file_storage where expires_at < now() order by expires_at limit 100",
        ),
        ("user_sessions_session_token_key", "user_sessions where session_token = 'x'"),
        ("user_sessions_user_id_idx", "user_sessions where user_id = 1"),
        ("user_sessions_expires_at_idx", "user_sessions where expires_at < now()"),
        ("system_configs_config_key_key", "system_configs where config_key = 'x'"),
        ("system_configs_public_idx", "system_configs where is_public order by config_key"),
    ],
)
def test_each_index_serves_its_query(db, index, query):
    """The query that an index is there for reads that index, in its order, and no other."""
    db.execute("set local enable_seqscan = off")
    db.execute("set local enable_bitmapscan = off")
    plan = str(db.execute(f"explain (format json) select * from iopaint.{query}").fetchone()[0])
    assert f"'Index Name': '{index}'" in plan
    assert plan.count("Index Name") == 1
    assert "'Sort'" not in plan


def test_two_workers_claim_two_tasks(committed):
    """A worker skips the task that another is just claiming, and doesn't wait for it."""
    first, second, _ = committed
    second.execute("set local lock_timeout = '1s'")
    assert first.execute(CLAIM).fetchone() == ("task-1",)
    assert second.execute(CLAIM).fetchone() == ("task-2",)
    assert second.execute(CLAIM).fetchone() is None
    first.rollback()
    assert second.execute(CLAIM).fetchone() == ("task-1",)


@pytest.mark.parametrize(("each", "left"), [(5, 0), (6, 4)])
def test_quota_taken_twice_at_once_is_counted_once_each(committed, each, left):
    """The later of two sessions waits, sees what is left, and is refused what isn't there."""
    first, second, user = committed
    first.execute(TAKE, [each, user])
    caught = []

    def run():
        try:
            second.execute(TAKE, [each, user])
            second.commit()
        except psycopg.errors.CheckViolation as error:
            second.rollback()
            caught.append(error.diag.constraint_name)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until_blocked(first, second.info.backend_pid)
    first.commit()
    thread.join()
    query = "select usage_quota from iopaint.users where id = %s"
    assert first.execute(query, [user]).fetchone() == (left,)
    assert caught == ([] if left == 0 else ["users_usage_quota_is_not_negative"])


def test_a_user_takes_their_rows_along(db, rows, user):
    """Deleting a user deletes tasks, files and sessions; a file of no one stays."""
    db.execute("insert into iopaint.file_storage (file_path, file_name) values ('logo', 'logo')")
    db.execute("delete from iopaint.users where id = %s", [user])
    left = [
        db.execute(f"select count(*) from iopaint.{table}").fetchone()[0]
        for table in ("process_records", "user_sessions", "file_storage")
    ]
    assert left == [0, 0, 1]


@pytest.mark.parametrize(
    "table", ["users", "process_records", "file_storage", "user_sessions", "system_configs"]
)
def test_updated_at_follows_every_update(db, rows, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute(f"update iopaint.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from iopaint.{table}").fetchone()[0]
