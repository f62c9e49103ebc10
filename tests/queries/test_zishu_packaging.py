"""The queries of zishu's packaging: recipes, a queue that tries again, artifacts, the log."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import at_once, at_once_async
from pages import turn_pages

NEW_USER = "insert into zishu.users (username, email) values (%s, %s || '@x.cn') returning id"
NEWEST = {"before_created_at": "created_at", "before_id": "id"}
DIGEST = hashlib.sha256(b"").hexdigest()
RECIPE = {
    "name": "桌面伙伴",
    "description": "",
    "platforms": ["windows", "macos"],
    "config": Jsonb({"engine": "electron", "sign": True}),
}
ORDER = {
    "version": "1.0.0",
    "platforms": ["windows"],
    "options": Jsonb({"sign": False, "icon": "猫"}),
    "priority": 0,
}
INSTALLER = {
    "platform": "windows",
    "kind": "installer",
    "file_name": "紫舒-1.0.0.exe",
    "storage_key": "a",
    "size_bytes": 1,
    "checksum": DIGEST,
}


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def tasks(zishu):
    """The queries of tasks."""
    return zishu.packaging_tasks


@pytest.fixture
def user(run):
    """The id of a user."""
    return run.sql(NEW_USER, "小紫", "小紫")[0][0]


@pytest.fixture
def recipe(run, zishu):
    """A recipe for windows and macos."""
    return run(zishu.package_templates.create, **RECIPE)


@pytest.fixture
def queue(run, tasks, user, recipe):
    """`queue(priority=9)` is a task that waits."""
    return lambda **columns: run(
        tasks.create, **{"user_id": user, "template_id": recipe.id} | ORDER | columns
    )


@pytest.fixture
def claim(run, tasks):
    """`claim("w")` is the task that the worker gets."""
    return lambda worker="w": run(tasks.claim, worker=worker)


@pytest.fixture
def running(queue, claim):
    """A task that the worker w has."""
    queue()
    return claim()


@pytest.fixture
def store(run, zishu, running):
    """`store(storage_key="b")` notes an artifact of the running task."""
    return lambda **columns: run(
        zishu.build_artifacts.create,
        **{"task_id": running.id, "worker": "w"} | INSTALLER | columns,
    )


# Recipes


def test_a_recipe_is_kept(run, zishu, recipe):
    """It is got by id and by name, and none by others."""
    queries = zishu.package_templates
    assert (recipe.platforms, recipe.is_active) == (["windows", "macos"], True)
    assert run(queries.get, id=recipe.id) == recipe
    assert run(queries.get_by_name, name="桌面伙伴") == recipe
    assert run(queries.get, id=uuid4()) is None
    assert run(queries.get_by_name, name="网页") is None


def test_recipes_are_paged(run, zishu):
    """Operators see all by name, people the active ones, for a platform if they say so."""
    queries = zishu.package_templates
    for name in "ecabd":
        platforms = ["web"] if name in "ab" else ["windows"]
        made = run(queries.create, **RECIPE | {"name": name, "platforms": platforms})
        if name == "a":
            inactive = run(queries.set_active, id=made.id, is_active=False)
            assert not inactive.is_active
    place = {"after_name": "name"}

    def names(query, **arguments):
        return "".join(row.name for row in turn_pages(run, query, place, **arguments))

    assert names(queries.page) == "abcde"
    assert names(queries.page_active, platform=None) == "bcde"
    assert names(queries.page_active, platform="web") == "b"
    assert names(queries.page_active, platform="ios") == ""


def test_a_recipe_is_saved_and_deleted(run, zishu, recipe):
    """Its form is saved whole; what nothing was built by may go."""
    queries = zishu.package_templates
    form = RECIPE | {"name": "新", "platforms": ["web"]}
    saved = run(queries.update, id=recipe.id, **form)
    assert (saved.name, saved.platforms) == ("新", ["web"])
    assert run(queries.get, id=recipe.id) == saved
    assert run(queries.delete, id=recipe.id) == 1
    assert run(queries.delete, id=recipe.id) == 0
    assert run(queries.update, id=recipe.id, **form) is None
    assert run(queries.set_active, id=recipe.id, is_active=True) is None


def test_a_recipe_in_use_stays(run, zishu, recipe, queue):
    """One that a task was ordered by is not deleted."""
    queue()
    with pytest.raises(psycopg.errors.IntegrityError) as caught:
        run(zishu.package_templates.delete, id=recipe.id)
    assert caught.value.diag.constraint_name == "packaging_tasks_template_id_fkey"


# The queue


def test_a_task_waits(run, tasks, user, queue):
    """A new task is queued with no attempt made."""
    task = queue(priority=3)
    assert (task.user_id, task.status, task.priority, task.attempts) == (user, "queued", 3, 0)
    assert run(tasks.get, id=task.id) == task
    assert run(tasks.get, id=uuid4()) is None


def test_only_what_a_recipe_can_build_is_queued(run, zishu, recipe, queue):
    """Another platform, an inactive recipe and an unknown one give no task."""
    assert queue(platforms=["windows", "ios"]) is None
    assert queue(template_id=uuid4()) is None
    run(zishu.package_templates.set_active, id=recipe.id, is_active=False)
    assert queue() is None


def test_tasks_are_claimed_by_urgency(run, tasks, queue, claim):
    """Urgent ones first, then the oldest; each knows how many are before it."""
    old, new, urgent = queue(), queue(), queue(priority=9)
    run.sql(
        "update zishu.packaging_tasks set created_at = now() - interval '1 hour' where id = %s",
        old.id,
    )
    waiting = [run(tasks.count_before, id=task.id) for task in (old, new, urgent)]
    assert waiting == [1, 2, 0]
    assert [claim().id for _ in range(3)] == [urgent.id, old.id, new.id]
    assert claim() is None
    assert run(tasks.count_before, id=old.id) is None


def test_a_claim_brings_the_settings(queue, claim):
    """The task's options go before the recipe's config."""
    queue()
    task = claim()
    assert (task.status, task.attempts, task.worker) == ("running", 1, "w")
    assert task.settings == {"engine": "electron", "sign": False, "icon": "猫"}


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_each_task_is_claimed_once(zishu, tasks, database, call):
    """Eight workers at once who want five tasks get five different ones, and three get none."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = conn.execute(NEW_USER, ["小紫", "小紫"]).fetchone()[0]
        recipe = zishu.package_templates.create(conn, **RECIPE)
        queued = [
            tasks.create(conn, user_id=user, template_id=recipe.id, **ORDER).id for _ in range(5)
        ]
    workers = [{"worker": f"w{number}"} for number in range(8)]
    claimed = [row for row in call(database, tasks.claim, workers) if row]
    assert sorted(row.id for row in claimed) == sorted(queued)
    assert len({row.worker for row in claimed}) == 5


def test_a_task_is_finished(run, tasks, running):
    """The worker that has it ends it."""
    assert run(tasks.keep_alive, id=running.id, worker="w") == 1
    done = run(tasks.finish, id=running.id, worker="w")
    assert (done.status, done.error_message) == ("succeeded", None)
    assert done.finished_at is not None


def test_a_task_is_its_workers(run, tasks, running):
    """Another worker, or one whose task was cancelled, ends nothing."""
    words = [
        (tasks.keep_alive, {}, 0),
        (tasks.finish, {}, None),
        (tasks.fail, {"error_message": "x"}, None),
    ]
    for query, arguments, nothing in words:
        assert run(query, id=running.id, worker="v", **arguments) == nothing
    assert run(tasks.cancel, id=running.id).status == "cancelled"
    for query, arguments, nothing in words:
        assert run(query, id=running.id, worker="w", **arguments) == nothing
    assert run(tasks.cancel, id=running.id) is None


def test_a_task_is_tried_three_times(run, tasks, queue, claim):
    """It waits again after each attempt but the last, after which it has failed."""
    task = queue()
    seen = []
    while claim():
        failed = run(tasks.fail, id=task.id, worker="w", error_message="签名失败")
        seen.append((failed.status, failed.attempts, failed.claimed_at is None))
    assert seen == [("queued", 1, True), ("queued", 2, True), ("failed", 3, False)]
    assert failed.error_message == "签名失败"
    assert failed.finished_at is not None


def test_lost_tasks_wait_again(run, tasks, running, queue, claim):
    """A task whose worker is silent is queued again, and after the last attempt it has failed."""
    lost = {"error_message": "worker lost", "limit": 9}
    then = running.updated_at + timedelta(hours=1)
    assert run(tasks.fail_lost, silent_since=running.updated_at, **lost) == []
    for status in ("queued", "queued", "failed"):
        rows = run(tasks.fail_lost, silent_since=then, **lost)
        assert [(row.id, row.status, row.error_message) for row in rows] == [
            (running.id, status, "worker lost")
        ]
        assert run(tasks.fail_lost, silent_since=then, **lost) == []
        claim()


def test_a_task_is_tried_anew(run, tasks, queue, claim):
    """Cancelled or failed, it waits with all attempts before it; one that waits is left alone."""
    task = queue()
    assert run(tasks.retry, id=task.id) is None
    claim()
    run(tasks.cancel, id=task.id)
    again = run(tasks.retry, id=task.id)
    assert (again.status, again.attempts, again.finished_at) == ("queued", 0, None)
    assert claim().id == task.id


def test_a_waiting_task_is_made_urgent(run, tasks, queue, claim):
    """Its priority changes while it waits, and not afterwards."""
    task = queue()
    assert run(tasks.set_priority, id=task.id, priority=5).priority == 5
    claim()
    assert run(tasks.set_priority, id=task.id, priority=6) is None


def test_tasks_are_paged(run, tasks, user, queue):
    """Each of a person's tasks is on one page, newest first."""
    made = sorted((queue().id for _ in range(5)), reverse=True)
    assert [row.id for row in turn_pages(run, tasks.page, NEWEST, user_id=user)] == made
    assert turn_pages(run, tasks.page, NEWEST, user_id=uuid4()) == []


def test_a_task_that_has_ended_is_removed(run, zishu, tasks, running):
    """It takes its log along; one that goes on stays."""
    run(zishu.build_logs.create, task_id=running.id, sequence=1, level="info", message="开始")
    assert run(tasks.delete, id=running.id) == 0
    run(tasks.finish, id=running.id, worker="w")
    assert run(tasks.delete, id=running.id) == 1
    assert run(tasks.delete, id=running.id) == 0
    assert run.sql("select * from zishu.build_logs") == []


def test_a_task_with_artifacts_stays(run, tasks, running, store):
    """The rows that say which bytes to remove are not lost with it."""
    store()
    run(tasks.finish, id=running.id, worker="w")
    with pytest.raises(psycopg.errors.IntegrityError) as caught:
        run(tasks.delete, id=running.id)
    assert caught.value.diag.constraint_name == "build_artifacts_task_id_fkey"


# Artifacts


def test_an_artifact_is_stored(run, zishu, running, store):
    """It is got by id and by what it is; others are none."""
    artifact = store()
    assert artifact.replaced_storage_key is None
    queries, what = zishu.build_artifacts, {"platform": "windows", "kind": "installer"}
    row = run(queries.get, id=artifact.id)
    assert row == artifact[:-1]
    assert run(queries.get_by_kind, task_id=running.id, **what) == row
    assert run(queries.get, id=uuid4()) is None
    assert run(queries.get_by_kind, task_id=running.id, **what | {"kind": "update"}) is None


def test_a_second_attempt_replaces_an_artifact(run, running, store):
    """The key of what it replaces is given; the same bytes sent again replace nothing."""
    first = store()
    assert store().replaced_storage_key is None
    second = store(storage_key="b", size_bytes=2)
    assert (second.id, second.storage_key, second.size_bytes) == (first.id, "b", 2)
    assert second.replaced_storage_key == "a"
    assert run.sql("select storage_key from zishu.build_artifacts") == [("b",)]


def test_only_the_worker_of_a_task_stores(run, tasks, running, store):
    """Another worker, and one that has ended the task, adds nothing."""
    assert store(worker="v") is None
    run(tasks.finish, id=running.id, worker="w")
    assert store() is None
    assert run.sql("select * from zishu.build_artifacts") == []


def test_a_task_shows_its_artifacts(run, tasks, running, store):
    """Task, recipe and artifacts come in one statement; without artifacts the list is empty."""
    assert run(tasks.get_with_artifacts, id=running.id).artifacts == []
    for kind, key in [("update", "a"), ("installer", "b")]:
        store(kind=kind, storage_key=key)
    row = run(tasks.get_with_artifacts, id=running.id)
    assert (row.template_name, row.status) == ("桌面伙伴", "running")
    assert [artifact["kind"] for artifact in row.artifacts] == ["installer", "update"]
    assert row.artifacts[0].keys() == {
        "id",
        "platform",
        "kind",
        "file_name",
        "size_bytes",
        "checksum",
        "created_at",
    }
    assert run(tasks.get_with_artifacts, id=uuid4()) is None


def test_artifacts_are_paged(run, zishu, running, store):
    """Each artifact of a task is on one page, by platform and kind."""
    made = [("linux", "portable"), ("macos", "installer"), ("macos", "update"), ("web", "portable")]
    for platform, kind in reversed(made):
        store(platform=platform, kind=kind, storage_key=platform + kind)
    place = {"after_platform": "platform", "after_kind": "kind"}
    rows = turn_pages(run, zishu.build_artifacts.page, place, task_id=running.id)
    assert [(row.platform, row.kind) for row in rows] == made


def test_an_artifact_is_renamed_and_removed(run, zishu, store):
    """Removing it gives the key of its bytes."""
    queries, artifact = zishu.build_artifacts, store()
    assert run(queries.set_file_name, id=artifact.id, file_name="b.exe").file_name == "b.exe"
    assert run(queries.delete, id=artifact.id) == "a"
    assert run(queries.delete, id=artifact.id) is None
    assert run(queries.set_file_name, id=artifact.id, file_name="b.exe") is None


def test_old_artifacts_are_removed_in_batches(run, zishu, store):
    """So many from before then go at a time, the oldest first, and their keys are given."""
    old = zishu.build_artifacts.delete_old
    for kind, key in [("installer", "a"), ("portable", "b"), ("update", "c")]:
        store(kind=kind, storage_key=key)
    run.sql(
        "update zishu.build_artifacts set created_at = created_at - interval '1 day'"
        " where storage_key = 'b'"
    )
    then = run.sql("select now() + interval '1 second'")[0][0]
    assert [row.storage_key for row in run(old, created_before=then, limit=1)] == ["b"]
    rows = run(old, created_before=then, limit=9)
    assert {row.storage_key for row in rows} == {"a", "c"}
    assert run(old, created_before=then, limit=9) == []


# The log


def test_a_line_is_logged_once(run, zishu, running):
    """A line that is sent again adds nothing, alone or among others."""
    queries, task = zishu.build_logs, {"task_id": running.id}
    assert run(queries.get_last_sequence, **task) == 0
    assert run(queries.create, **task, sequence=1, level="info", message="开始") == 1
    assert run(queries.create, **task, sequence=1, level="info", message="重来") == 0
    lines = {"sequences": [1, 2, 3], "levels": ["info", "error", "info"], "messages": ["a"] * 3}
    assert run(queries.create_many, **task, **lines) == 2
    assert run(queries.get_last_sequence, **task) == 3
    line = run(queries.get, **task, sequence=1)
    assert (line.level, line.message) == ("info", "开始")
    assert run(queries.get, **task, sequence=4) is None


@pytest.fixture
def log(run, zishu, running):
    """A log of 6 lines, every third a problem."""
    levels = ["info", "debug", "warning", "info", "debug", "error"]
    lines = {"sequences": list(range(1, 7)), "levels": levels, "messages": list("abcdef")}
    run(zishu.build_logs.create_many, task_id=running.id, **lines)
    return {"task_id": running.id}


def test_a_log_is_followed(run, zishu, log):
    """Each line is on one page, in order; problems alone too; and what comes after the last."""
    place = {"after_sequence": "sequence"}
    rows = turn_pages(run, zishu.build_logs.page, place, **log)
    assert "".join(row.message for row in rows) == "abcdef"
    rows = turn_pages(run, zishu.build_logs.page_problems, place, **log)
    assert "".join(row.message for row in rows) == "cf"
    assert run(zishu.build_logs.page, **log, after_sequence=6, limit=9) == []


def test_the_end_of_a_log_is_shown(run, zishu, log):
    """The last lines come in their order."""
    tail = run(zishu.build_logs.get_tail, **log, limit=2)
    assert [row.message for row in tail] == ["e", "f"]
    assert run(zishu.build_logs.get_tail, task_id=uuid4(), limit=2) == []


def test_old_lines_are_removed_in_batches(run, zishu, log):
    """So many of the first lines go at a time, while they are old; then a task's lines go."""
    queries = zishu.build_logs
    then = run(queries.get, **log, sequence=4).created_at
    long_ago = then - timedelta(days=1)
    assert run(queries.delete_old, created_before=long_ago, limit=9) == 0
    assert run(queries.delete_old, created_before=then, limit=2) == 2
    assert run(queries.get, **log, sequence=2) is None
    later = then + timedelta(days=1)
    assert run(queries.delete_old, created_before=later, limit=1) == 1
    assert run(queries.delete, **log) == 3
    assert run(queries.delete, **log) == 0
