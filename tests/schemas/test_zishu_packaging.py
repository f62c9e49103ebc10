"""Packaging in schema zishu: a queue that is claimed once a task, artifacts, and the log."""

from __future__ import annotations

import hashlib

import psycopg
import pytest

DIGEST = hashlib.sha256(b"").hexdigest()

CLAIM = """
    update zishu.packaging_tasks
    set status = 'running', attempts = attempts + 1, claimed_at = now(), worker = 'test'
    where id = (
        select id
        from zishu.packaging_tasks
        where status = 'queued'
        order by priority desc, created_at, id
        limit 1
        for update skip locked
    )
    returning id
"""


def add_user(conn, name="小紫"):
    """The id of a new user."""
    return conn.execute(
        "insert into zishu.users (username, email) values (%s, %s || '@example.com') returning id",
        [name, name],
    ).fetchone()[0]


def add_template(conn, name="桌面伙伴"):
    """The id of a new template."""
    return conn.execute(
        "insert into zishu.package_templates (name, platforms)"
        " values (%s, '{windows,macos}') returning id",
        [name],
    ).fetchone()[0]


def add_task(conn, user, template, priority=0):
    """The id of a new task in the queue."""
    return conn.execute(
        "insert into zishu.packaging_tasks (user_id, template_id, version, platforms, priority)"
        " values (%s, %s, '1.0.0', '{windows}', %s) returning id",
        [user, template, priority],
    ).fetchone()[0]


def add_artifact(conn, task, **columns):
    """Stores an installer for Windows, or what the columns say."""
    values = {
        "task_id": task,
        "platform": "windows",
        "kind": "installer",
        "file_name": "紫舒-1.0.0.exe",
        "storage_key": "a",
        "size_bytes": 1,
        "checksum": DIGEST,
    } | columns
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    conn.execute(f"insert into zishu.build_artifacts ({names}) values ({places})", values)


def add_line(conn, task, sequence, level="info"):
    """Writes a line of the log."""
    conn.execute(
        "insert into zishu.build_logs (task_id, sequence, level, message)"
        " values (%s, %s, %s, '正在打包')",
        [task, sequence, level],
    )


@pytest.fixture
def user(db):
    """The id of a user."""
    return add_user(db)


@pytest.fixture
def recipe(db):
    """The id of a template."""
    return add_template(db)


@pytest.fixture
def task(db, user, recipe):
    """The id of a task in the queue."""
    return add_task(db, user, recipe)


@pytest.fixture
def committed(migrated):
    """A user and a template that other sessions see too."""
    with psycopg.connect(migrated) as conn:
        user, template = add_user(conn, "committed"), add_template(conn, "committed")
    yield user, template
    with psycopg.connect(migrated) as conn:
        conn.execute("delete from zishu.users where id = %s", [user])
        conn.execute("delete from zishu.package_templates where id = %s", [template])


@pytest.mark.parametrize(
    ("table", "column", "value", "constraint"),
    [
        ("package_templates", "platforms", "{}", "package_templates_platforms_are_known"),
        ("package_templates", "platforms", "{dos}", "package_templates_platforms_are_known"),
        ("package_templates", "config", "[]", "package_templates_config_is_an_object"),
        ("packaging_tasks", "platforms", "{}", "packaging_tasks_platforms_are_known"),
        ("packaging_tasks", "platforms", "{web,dos}", "packaging_tasks_platforms_are_known"),
        ("packaging_tasks", "options", "[]", "packaging_tasks_options_is_an_object"),
        ("packaging_tasks", "status", "lost", "packaging_tasks_status_is_known"),
        ("packaging_tasks", "priority", 10, "packaging_tasks_priority_is_one_digit"),
        ("packaging_tasks", "priority", -1, "packaging_tasks_priority_is_one_digit"),
        ("packaging_tasks", "attempts", 4, "packaging_tasks_attempts_are_within_the_limit"),
        ("packaging_tasks", "max_attempts", -1, "packaging_tasks_attempts_are_within_the_limit"),
    ],
)
def test_nonsense_is_refused(db, refused, task, table, column, value, constraint):
    """Each rule is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.{table} set {column} = %s", [value])


def test_a_template_is_known_by_one_name(db, refused, recipe):
    """Two templates of one name are refused."""
    with refused("package_templates_name_key"):
        add_template(db)


def test_a_template_in_use_stays(db, refused, task):
    """A template that a task was built from can't be deleted."""
    with refused("packaging_tasks_template_id_fkey"):
        db.execute("delete from zishu.package_templates")


CLAIMED = "packaging_tasks_claimed_at_fits_status"
FINISHED = "packaging_tasks_finished_at_fits_status"


@pytest.mark.parametrize(
    ("status", "attempts", "claimed", "finished", "constraint"),
    [
        ("queued", 1, False, False, None),
        ("queued", 1, True, False, CLAIMED),
        ("queued", 0, False, True, FINISHED),
        ("running", 1, True, False, None),
        ("running", 1, False, False, CLAIMED),
        ("running", 0, True, False, CLAIMED),
        ("running", 1, True, True, FINISHED),
        ("succeeded", 1, True, True, None),
        ("succeeded", 1, True, False, FINISHED),
        ("failed", 3, True, True, None),
        ("failed", 3, False, True, CLAIMED),
        ("cancelled", 0, False, True, None),
        ("cancelled", 1, True, True, None),
        ("cancelled", 0, False, False, FINISHED),
    ],
)
def test_the_times_of_a_task_fit_its_status(
    db, refused, task, status, attempts, claimed, finished, constraint
):
    """A task is claimed and finished when its status says so, and only then."""
    change = (
        "update zishu.packaging_tasks set status = %s, attempts = %s,"
        " claimed_at = case when %s then now() end, finished_at = case when %s then now() end"
    )
    if constraint is None:
        db.execute(change, [status, attempts, claimed, finished])
    else:
        with refused(constraint):
            db.execute(change, [status, attempts, claimed, finished])


def test_a_task_is_claimed_no_more_often_than_it_may_be(db, refused, task):
    """The claim after the last attempt is refused."""
    for _ in range(3):
        assert db.execute(CLAIM).fetchone() == (task,)
        db.execute("update zishu.packaging_tasks set status = 'queued', claimed_at = null")
    with refused("packaging_tasks_attempts_are_within_the_limit"):
        db.execute(CLAIM)


def test_a_task_is_claimed_once(migrated, committed):
    """Workers at once claim different tasks, urgent ones first, then the oldest."""
    with psycopg.connect(migrated) as conn:
        old = add_task(conn, *committed)
        conn.commit()
        new = add_task(conn, *committed)
        urgent = add_task(conn, *committed, priority=9)
    with (
        psycopg.connect(migrated) as one,
        psycopg.connect(migrated) as two,
        psycopg.connect(migrated) as three,
        psycopg.connect(migrated) as four,
    ):
        claims = [worker.execute(CLAIM).fetchone() for worker in (one, two, three, four)]
    assert claims == [(urgent,), (old,), (new,), None]


def test_the_next_task_is_found_by_index(db):
    """The claim reads the queued tasks in their order and sorts nothing."""
    db.execute("set local enable_seqscan = off")
    plan = "\n".join(row[0] for row in db.execute("explain " + CLAIM))
    assert "packaging_tasks_queued_idx" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({}, "build_artifacts_task_id_platform_kind_key"),
        ({"kind": "portable", "storage_key": "a"}, "build_artifacts_storage_key_key"),
        ({"kind": "rumour"}, "build_artifacts_kind_is_known"),
        ({"platform": "dos"}, "build_artifacts_platform_is_known"),
        ({"kind": "portable", "size_bytes": 0}, "build_artifacts_size_bytes_is_positive"),
        ({"kind": "portable", "checksum": "md5"}, "build_artifacts_checksum_is_a_digest"),
    ],
)
def test_an_artifact_refuses_nonsense(db, refused, task, columns, constraint):
    """Each rule of an artifact is held by the constraint that says it."""
    add_artifact(db, task)
    with refused(constraint):
        add_artifact(db, task, **{"storage_key": "b"} | columns)


def test_a_task_makes_one_artifact_of_a_kind_for_each_platform(db, task):
    """Another platform or another kind is another artifact."""
    add_artifact(db, task)
    add_artifact(db, task, storage_key="b", platform="macos")
    add_artifact(db, task, storage_key="c", kind="symbols")


@pytest.mark.parametrize("table", ["packaging_tasks", "users"])
def test_a_task_stays_while_it_has_artifacts(db, refused, task, table):
    """The rows that say which bytes to remove are not lost with the task or the person."""
    add_artifact(db, task)
    with refused("build_artifacts_task_id_fkey"):
        db.execute(f"delete from zishu.{table}")


def test_a_user_takes_tasks_and_logs_along(db, user, task):
    """Once the artifacts are removed, erasing a person erases their tasks and their logs."""
    add_line(db, task, 1)
    db.execute("delete from zishu.users where id = %s", [user])
    left = db.execute(
        "select (select count(*) from zishu.packaging_tasks)"
        " + (select count(*) from zishu.build_logs)"
    ).fetchone()[0]
    assert left == 0


def test_a_line_is_logged_once(db, refused, task):
    """A line that is sent again is refused by its number, or skipped."""
    add_line(db, task, 1)
    with refused("build_logs_task_id_sequence_key"):
        add_line(db, task, 1)


@pytest.mark.parametrize(
    ("sequence", "level", "constraint"),
    [
        (0, "info", "build_logs_sequence_is_positive"),
        (1, "loud", "build_logs_level_is_known"),
    ],
)
def test_a_line_refuses_nonsense(db, refused, task, sequence, level, constraint):
    """Each rule of a line is held by the constraint that says it."""
    with refused(constraint):
        add_line(db, task, sequence, level)


def test_the_log_is_not_rewritten(db, refused, task):
    """A line can't be changed; retention may delete it."""
    add_line(db, task, 1)
    with refused("build_logs_are_append_only"):
        db.execute("update zishu.build_logs set message = '一切正常'")
    db.execute("delete from zishu.build_logs")


def test_lines_of_one_transaction_have_their_own_times(db, task):
    """A line's time is when it was written, not when its transaction began."""
    add_line(db, task, 1)
    add_line(db, task, 2)
    assert db.execute(
        "select count(distinct created_at), min(created_at) > now() from zishu.build_logs"
    ).fetchone() == (2, True)


@pytest.mark.parametrize("table", ["package_templates", "packaging_tasks"])
def test_updated_at_follows_every_update(db, task, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from zishu.{table}").fetchone()[0]
