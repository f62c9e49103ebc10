"""Eight worker processes that take jobs from one queue: how many a second they claim.

The processes are started once and take the contenders one after the other. Afterwards as many jobs
must have been taken as were claimed, or one of them was claimed twice.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

import psycopg

from bench.place import Place
from bench.results import Column, Goal, Row, Table
from bench.ways import ASYNCPG, DJANGO, ORM, OURS, query_of
from sqlwright_systems.iopaint import process_records

__all__ = ["measure"]

PROCESSES = 8
JOBS = 60_000
_FILL = """
insert into iopaint.process_records (user_id, original_image_url, model_name)
select 1, 'https://cdn.example.com/original/' || n || '.jpg', 'lama' from generate_series(1, %s) n
"""
_OLDEST = """
select id from iopaint.process_records where status = 'pending'
order by created_at, id limit 1 for update skip locked
"""
_TAKEN = "select count(*) from iopaint.process_records where status = 'processing'"
_TAKE = """
update iopaint.process_records set status = 'processing', progress = 0, started_at = now()
where id = %s returning *
"""

# What opens a way to claim: it yields a function that gives how many jobs it got.
Claim = Callable[[], int]


@contextmanager
def _ours(url: str, *, batch: int | None = None) -> Iterator[Claim]:
    with psycopg.connect(url, autocommit=True) as conn:
        if batch is None:
            yield lambda: int(process_records.claim(conn) is not None)
        else:
            yield lambda: len(process_records.claim_batch(conn, limit=batch))


@contextmanager
def _one_statement(url: str) -> Iterator[Claim]:
    statement = query_of(process_records.claim).statement
    with psycopg.connect(url, autocommit=True) as conn:
        yield lambda: int(conn.execute(statement).fetchone() is not None)


@contextmanager
def _two_statements(url: str) -> Iterator[Claim]:
    with psycopg.connect(url, autocommit=True) as conn:

        def claim() -> int:
            with conn.transaction():
                found = conn.execute(_OLDEST).fetchone()
                return 0 if found is None else conn.execute(_TAKE, found).rowcount

        yield claim


@contextmanager
def _by_asyncpg(url: str) -> Iterator[Claim]:
    import uvloop

    from bench.clients import connect_asyncpg

    statement = query_of(process_records.claim).statement
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    conn = loop.run_until_complete(connect_asyncpg(url))
    yield lambda: int(loop.run_until_complete(conn.fetchrow(statement)) is not None)
    loop.run_until_complete(conn.close())
    loop.close()


@contextmanager
def _by_orm(url: str) -> Iterator[Claim]:
    from sqlalchemy import create_engine, func, select
    from sqlalchemy.orm import Session

    from bench.sqlalchemy_models import Task

    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    oldest = (
        select(Task)
        .where(Task.status == "pending")
        .order_by(Task.created_at, Task.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )

    def claim() -> int:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            task = session.scalars(oldest).first()
            if task is None:
                return 0
            task.status, task.progress, task.started_at = "processing", 0, func.now()
            session.flush()
            return 1

    yield claim
    engine.dispose()


@contextmanager
def _by_django(url: str) -> Iterator[Claim]:
    from bench.django_settings import configure

    configure(url)
    from django.db import connection, transaction
    from django.db.models.functions import Now

    from bench.django_models import Task

    def claim() -> int:
        with transaction.atomic():
            waiting = Task.objects.select_for_update(skip_locked=True).filter(status="pending")
            task = waiting.order_by("created_at", "id").first()
            if task is None:
                return 0
            task.status, task.progress, task.started_at = "processing", 0, Now()
            task.save(update_fields=["status", "progress", "started_at"])
            return 1

    yield claim
    connection.close()


_WAYS: dict[str, Any] = {
    OURS: _ours,
    f"{OURS}, ten at once": partial(_ours, batch=10),
    "psycopg, the same statement": _one_statement,
    "psycopg, two statements": _two_statements,
    ASYNCPG: _by_asyncpg,
    ORM: _by_orm,
    DJANGO: _by_django,
}


def _work(url: str, seconds: float, rounds: int, barrier: Any, counted: Any) -> None:
    """What each process does: of each way, claim until the time is over or nothing waits."""
    for _ in range(rounds):
        for way in _WAYS.values():
            with way(url) as claim:
                claim()  # what is done once, as connecting, is done now
                barrier.wait()  # all are ready: the queue is filled
                barrier.wait()
                began, jobs = time.perf_counter(), 0
                while (passed := time.perf_counter() - began) < seconds and (got := claim()):
                    jobs += got
                counted.put((jobs, passed))
                barrier.wait()


def measure(place: Place, *, seconds: float, rounds: int, jobs: int = JOBS) -> Table:
    """The table of claims a second."""
    spawn = multiprocessing.get_context("spawn")
    barrier, counted = spawn.Barrier(PROCESSES + 1, timeout=120), spawn.SimpleQueue()
    given = (place.url, seconds, rounds, barrier, counted)
    workers = [spawn.Process(target=_work, args=given, daemon=True) for _ in range(PROCESSES)]
    rates: dict[str, list[float]] = {name: [] for name in _WAYS}
    listening = signal.signal(signal.SIGINT, signal.SIG_IGN)  # for them: we end them on Ctrl-C
    for worker in workers:
        worker.start()
    signal.signal(signal.SIGINT, listening)
    try:
        with psycopg.connect(place.url, autocommit=True) as conn:
            for _ in range(rounds):
                for name in _WAYS:
                    rates[name].append(_round(conn, name, jobs, barrier, counted))
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.kill()
    return Table(
        name="claims",
        title="Jobs claimed by 8 processes",
        note="`iopaint.process_records`: each takes the oldest job that waits and that no other"
        " has, until the time is over. Not pinned.",
        columns=[Column(name="claims", heading="claims a second", digits=0)],
        rows=[Row(name=name, figures={"claims": median(each)}) for name, each in rates.items()],
        base="psycopg, the same statement",
        goals=[
            Goal(row=OURS, limit=5, against=ORM, at_least=True),
            Goal(row=OURS, limit=1, against=ASYNCPG, at_least=True),
        ],
    )


def _round(conn: Any, name: str, jobs: int, barrier: Any, counted: Any) -> float:
    """Lets one way claim from a full queue, and gives how many a second."""
    barrier.wait()
    conn.execute("truncate iopaint.process_records restart identity")
    conn.execute(_FILL, [jobs])
    conn.execute("vacuum analyze iopaint.process_records")
    barrier.wait()
    found = [counted.get() for _ in range(PROCESSES)]
    claimed = sum(number for number, _ in found)
    taken = conn.execute(_TAKEN).fetchone()[0]
    barrier.wait()  # now they go on, and the next claim jobs
    assert claimed == taken, f"{name}: {claimed} jobs were claimed, and {taken} taken."
    return claimed / max(passed for _, passed in found)
