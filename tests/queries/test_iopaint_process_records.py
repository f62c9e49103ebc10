"""The queries of iopaint.process_records, each by its effect."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import at_once, at_once_async

TASK = {
    "task_id": None,
    "original_image_url": "https://example.com/a.png",
    "original_image_size": 1000,
    "mask_data": "iVBORw0KGgo=",
    "model_name": "lama",
    "model_config": None,
}


def register(systems, conn, openid="o-1"):
    """A user with 10 images to use."""
    users = systems.iopaint.users
    return users.create(conn, openid=openid, union_id=None, nickname=None, avatar_url=None)


@pytest.fixture
def records(systems):
    """The queries."""
    return systems.iopaint.process_records


@pytest.fixture
def user(systems, run):
    """A user with 10 images to use."""
    create = systems.iopaint.users.create
    return run(create, openid="o-1", union_id=None, nickname=None, avatar_url=None)


@pytest.fixture
def new(records, run, user):
    """`new(task_id="t-1")` queues a task that costs nothing."""
    return lambda **values: run(records.create, **TASK | {"user_id": user.id} | values)


@pytest.fixture
def quota(systems, run, user):
    """`quota()` is what the user may still use."""
    return lambda: run(systems.iopaint.users.get, id=user.id).usage_quota


@pytest.fixture
def claimed(records, run, new):
    """A task that a worker has."""
    new(task_id="t-1")
    return run(records.claim)


def test_a_task_waits(records, run, user, new, quota):
    """A new task waits with nothing done, and costs nothing unless it is enqueued."""
    task = new(task_id="t-1", model_config=Jsonb({"steps": 20}))
    assert (task.status, task.progress, task.model_config) == ("pending", 0, {"steps": 20})
    assert (task.user_id, task.started_at, task.completed_at) == (user.id, None, None)
    assert run(records.get, id=task.id) == task
    assert run(records.get_by_task_id, task_id="t-1") == task
    assert quota() == 10


def test_what_is_not_there_is_none(records, run):
    """An unknown id or name gives no task and no progress."""
    assert run(records.get, id=-1) is None
    assert run(records.get_by_task_id, task_id="t-9") is None
    assert run(records.get_progress, task_id="t-9") is None


def test_a_task_id_is_one_task(new):
    """To queue a known task_id again is an error; without one it is not."""
    new()
    new()
    new(task_id="t-1")
    with pytest.raises(psycopg.errors.UniqueViolation):
        new(task_id="t-1")


def test_to_enqueue_costs(records, run, user, quota):
    """The cost is taken with the task."""
    task = run(records.enqueue, **TASK, user_id=user.id, cost=4)
    assert run(records.get, id=task.id) == task
    assert (task.status, task.original_image_size, quota()) == ("pending", 1000, 6)


@pytest.mark.parametrize("cost", [11, -1])
def test_what_is_not_paid_is_not_queued(records, run, user, quota, cost):
    """Where the quota is too little, or the cost less than nothing, neither happens."""
    assert run(records.enqueue, **TASK, user_id=user.id, cost=cost) is None
    assert run(records.page, user_id=user.id, limit=9, before_created_at=None, before_id=None) == []
    assert quota() == 10


def test_a_closed_account_queues_nothing(systems, records, run, user, quota):
    """Whoever is barred can't enqueue."""
    run(systems.iopaint.users.close, id=user.id)
    assert run(records.enqueue, **TASK, user_id=user.id, cost=1) is None
    assert quota() == 10


def test_the_history_is_paged(records, run, user, new):
    """Each task of the person is on one page, the newest first, without its mask."""
    made = [new(task_id=f"t-{number}") for number in range(5)]
    run.sql(
        "update iopaint.process_records set created_at = now() + interval '1 hour'"
        " where task_id = 't-0'"
    )
    first = run(records.page, user_id=user.id, before_created_at=None, before_id=None, limit=3)
    after = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    second = run(records.page, user_id=user.id, **after, limit=3)
    assert [row.task_id for row in first + second] == ["t-0", "t-4", "t-3", "t-2", "t-1"]
    assert {row.id for row in first + second} == {row.id for row in made}
    assert "mask_data" not in first[0]._fields
    assert run(records.page, user_id=-1, before_created_at=None, before_id=None, limit=3) == []


def test_a_state_is_paged(records, run, new):
    """Each task in a state is on one page, the oldest first."""
    tasks = [new() for _ in range(4)]
    run(records.claim)
    start = {"after_created_at": None, "after_id": None}
    first = run(records.page_by_status, status="pending", **start, limit=2)
    after = {"after_created_at": first[-1].created_at, "after_id": first[-1].id}
    second = run(records.page_by_status, status="pending", **after, limit=2)
    assert [row.id for row in first + second] == [task.id for task in tasks[1:]]
    assert run(records.page_by_status, status="failed", **start, limit=2) == []


def test_the_oldest_waiting_task_is_claimed(records, run, new):
    """A claim takes one task, the oldest, and starts it; then the next; then there is none."""
    first, second = new(), new()
    task = run(records.claim)
    assert (task.id, task.status, task.progress) == (first.id, "processing", 0)
    assert task.started_at is not None
    assert run(records.get, id=first.id) == task
    assert run(records.get, id=second.id).status == "pending"
    assert run(records.claim).id == second.id
    assert run(records.claim) is None


def test_a_batch_is_claimed(records, run, new):
    """A batch is of the oldest, and of no more than there are."""
    tasks = [new() for _ in range(3)]
    batch = run(records.claim_batch, limit=2)
    assert {task.id for task in batch} == {task.id for task in tasks[:2]}
    assert {task.status for task in batch} == {"processing"}
    assert [task.id for task in run(records.claim_batch, limit=2)] == [tasks[2].id]
    assert run(records.claim_batch, limit=2) == []


def test_those_ahead_are_counted(records, run, new):
    """A waiting task knows its place in the queue, any other has none ahead."""
    tasks = [new() for _ in range(3)]
    assert [run(records.count_ahead, id=task.id) for task in tasks] == [0, 1, 2]
    run(records.claim)
    assert [run(records.count_ahead, id=task.id) for task in tasks] == [0, 0, 1]
    assert run(records.count_ahead, id=-1) == 0


def test_progress_goes_forward(records, run, claimed):
    """The worker's progress is kept and never goes back; the client sees it."""
    assert run(records.set_progress, id=claimed.id, progress=60) == 1
    assert run(records.set_progress, id=claimed.id, progress=40) == 1
    seen = run(records.get_progress, task_id="t-1")
    assert seen == (claimed.id, "processing", 60, None, None)


def test_a_worker_learns_that_its_task_was_stopped(records, run, user, claimed):
    """Nothing is written to a task that is no longer being processed."""
    assert run(records.cancel, id=claimed.id, user_id=user.id, refund=0).status == "cancelled"
    assert run(records.set_progress, id=claimed.id, progress=60) == 0
    result = {"result_image_url": "r", "result_image_size": 1, "processing_time": 1}
    assert run(records.finish, id=claimed.id, **result) is None
    assert run(records.fail, id=claimed.id, error_message="x", refund=1) is None
    assert run(records.get, id=claimed.id).progress == 0


def test_a_task_is_finished(records, run, claimed):
    """The result, its size and the time that it took are noted."""
    result = {"result_image_url": "r.png", "result_image_size": 900, "processing_time": 1200}
    task = run(records.finish, id=claimed.id, **result)
    assert (task.status, task.progress) == ("completed", 100)
    assert {name: getattr(task, name) for name in result} == result
    assert task.completed_at is not None
    assert run(records.get, id=claimed.id) == task


def test_a_task_fails_and_is_refunded_once(records, run, claimed, quota):
    """Why it failed is noted and the quota given back, but not a second time."""
    task = run(records.fail, id=claimed.id, error_message="out of memory", refund=2)
    assert (task.status, task.error_message) == ("failed", "out of memory")
    assert task.completed_at is not None
    assert run(records.fail, id=claimed.id, error_message="again", refund=2) is None
    assert run(records.get, id=claimed.id) == task
    assert quota() == 12


@pytest.mark.parametrize("refund", [0, -3])
def test_no_refund_takes(records, run, claimed, quota, refund):
    """A refund of nothing or less moves no quota."""
    assert run(records.fail, id=claimed.id, error_message="x", refund=refund) is not None
    assert quota() == 10


def test_a_waiting_task_is_cancelled_by_its_owner(records, run, user, new, quota):
    """Only its owner stops a task, and only once; it is refunded and never claimed."""
    task = new()
    assert run(records.cancel, id=task.id, user_id=user.id + 1, refund=1) is None
    assert run(records.cancel, id=task.id, user_id=user.id, refund=1).status == "cancelled"
    assert run(records.cancel, id=task.id, user_id=user.id, refund=1) is None
    assert quota() == 11
    assert run(records.claim) is None


def test_what_a_dead_worker_had_waits_again(records, run, new):
    """What wasn't heard of since then goes back into the queue, and nothing else."""
    task, other = new(), new()
    started = run(records.claim)
    early, late = started.updated_at - timedelta(hours=1), started.updated_at + timedelta(hours=1)
    assert run(records.requeue_silent, silent_since=early) == []
    assert run(records.requeue_silent, silent_since=late) == [(task.id,)]
    again = run(records.get, id=task.id)
    assert (again.status, again.progress, again.started_at) == ("pending", 0, None)
    assert run(records.get, id=other.id) == other


def test_a_period_is_summarized(records, run, new):
    """Each model's tasks of the period are counted by how they ended."""
    now = new(model_name="lama").created_at
    new(model_name="mat")
    new(model_name="lama")
    for time in (100, 300):
        result = {"result_image_url": "r", "result_image_size": 1, "processing_time": time}
        run(records.finish, id=run(records.claim).id, **result)
    run(records.fail, id=run(records.claim).id, error_message="x", refund=0)
    hour = timedelta(hours=1)
    assert run(records.summarize, since=now, before=now + hour) == [
        ("lama", 2, 1, 1, 100.0),
        ("mat", 1, 1, 0, 300.0),
    ]
    assert run(records.summarize, since=now - hour, before=now) == []


def test_a_task_is_deleted_by_its_owner(records, run, user, new):
    """Only its owner deletes a task from the history, and only once."""
    task = new()
    assert run(records.delete, id=task.id, user_id=user.id + 1) == 0
    assert run(records.delete, id=task.id, user_id=user.id) == 1
    assert run(records.delete, id=task.id, user_id=user.id) == 0
    assert run(records.get, id=task.id) is None


def test_old_tasks_go_in_batches(records, run, user, new):
    """What is over and old is deleted, the oldest first; what still waits stays."""
    tasks = [new() for _ in range(4)]
    later = tasks[0].created_at + timedelta(hours=1)
    for task in tasks[:3]:
        run(records.cancel, id=task.id, user_id=user.id, refund=0)
    assert run(records.delete_old, before=tasks[0].created_at, limit=2) == 0
    assert [run(records.delete_old, before=later, limit=2) for _ in range(3)] == [2, 1, 0]
    assert run.sql("select id from iopaint.process_records") == [(tasks[3].id,)]


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_workers_never_share_a_task(systems, records, database, gather):
    """Eight workers who claim at once have eight tasks, or none where there are six."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = register(systems, conn)
        made = [records.create(conn, **TASK, user_id=user.id).id for _ in range(6)]
    claimed = gather(database, records.claim, [{}] * 8)
    assert sorted(task.id for task in claimed if task) == made


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_batches_never_overlap(systems, records, database, gather):
    """Four workers who take three of ten at once have each task once."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = register(systems, conn)
        made = [records.create(conn, **TASK, user_id=user.id).id for _ in range(10)]
        batches = gather(database, records.claim_batch, [{"limit": 3}] * 4)
        rest = records.claim_batch(conn, limit=10)
    claimed = [task.id for batch in [*batches, rest] for task in batch]
    assert sorted(claimed) == made
    assert max(len(batch) for batch in batches) == 3


def test_a_claim_waits_for_no_other(systems, records, database):
    """While one worker's claim isn't committed, another gets the next task at once."""
    with psycopg.connect(database, autocommit=True) as conn, psycopg.connect(database) as slow:
        user = register(systems, conn)
        first, second = (records.create(conn, **TASK, user_id=user.id).id for _ in range(2))
        assert records.claim(slow).id == first
        conn.execute("set lock_timeout = '5s'")
        assert records.claim(conn).id == second
        assert records.claim(conn) is None
        slow.rollback()
        assert records.claim(conn).id == first


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_tasks_are_paid_while_the_quota_lasts(systems, records, database, gather):
    """Of twelve enqueued at once ten are paid for and queued, and no more."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = register(systems, conn)
        calls = [TASK | {"user_id": user.id, "cost": 1}] * 12
        tasks = [task for task in gather(database, records.enqueue, calls) if task]
        assert len({task.id for task in tasks}) == len(tasks) == 10
        assert systems.iopaint.users.get(conn, id=user.id).usage_quota == 0


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_a_task_that_fails_many_times_is_refunded_once(systems, records, database, gather):
    """Of six reports at once that a task failed one counts."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = register(systems, conn)
        records.create(conn, **TASK, user_id=user.id)
        call = {"id": records.claim(conn).id, "error_message": "x", "refund": 1}
        failed = gather(database, records.fail, [call] * 6)
        assert failed.count(None) == 5
        assert systems.iopaint.users.get(conn, id=user.id).usage_quota == 11
