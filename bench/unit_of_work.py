"""A unit of work: three statements of which all succeed or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from psycopg.pq import ExecStatus
from sqlalchemy import update
from sqlalchemy.orm import Session

from bench.calls import Calls
from bench.clients import Clients
from bench.measuring import Contender, on_loop, once, pgbench
from bench.results import Goal
from bench.sqlalchemy_models import Task, User
from bench.ways import (
    ASYNC,
    ASYNCPG,
    BARE,
    CORE,
    DJANGO,
    ORM,
    OURS,
    PGBENCH,
    encoded,
    for_asyncpg,
    for_pgbench,
    for_psycopg,
    query_of,
)
from sqlwright.queries.units import unit
from sqlwright_systems.iopaint import process_records, users

__all__ = ["TABLES"]

_RAW = "psycopg, with conn.transaction()"
_USER = 7
_TASK: dict[str, Any] = {
    "user_id": _USER,
    "task_id": None,
    "original_image_url": "https://cdn.example.com/original/1.jpg",
    "original_image_size": 2_400_000,
    "mask_data": None,
    "model_name": "lama",
    "model_config": None,
}
_CALLS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (users.take_quota, {"id": _USER, "amount": 1}),
    (process_records.create, _TASK),
    (users.get, {"id": _USER}),
)


def _contenders(clients: Clients) -> list[Contender]:
    queries = _queries()
    bounds = ("begin;\n", "commit;\n")
    return [
        once(OURS, lambda: _ours(clients)),
        on_loop(ASYNC, clients.loop, lambda: _ours_async(clients)),
        once(_RAW, _by_psycopg(clients)),
        once("psycopg, its pipeline too", _by_psycopg(clients, pipelined=True)),
        on_loop(ASYNCPG, clients.loop, _by_asyncpg(clients)),
        _bare(clients),
        pgbench(PGBENCH, for_pgbench(clients, queries, around=bounds)),
        once(CORE, lambda: _by_core(clients)),
        once(ORM, lambda: _by_orm(clients)),
        once(DJANGO, _by_django),
    ]


def _ours(clients: Clients) -> Any:
    with unit(clients.ours) as work:
        work.add(users.take_quota, id=_USER, amount=1)
        work.add(process_records.create, **_TASK)
        user = work.add(users.get, id=_USER)
    return user.value


async def _ours_async(clients: Clients) -> Any:
    async with unit(clients.ours_async) as work:
        work.add(users.take_quota, id=_USER, amount=1)
        work.add(process_records.create, **_TASK)
        user = work.add(users.get, id=_USER)
    return user.value


def _by_psycopg(clients: Clients, *, pipelined: bool = False) -> Callable[[], Any]:
    conn = clients.theirs
    prepared = []
    for function, given in _CALLS:
        text, places = for_psycopg(query_of(function))
        prepared.append((text, [given[place] for place in places]))

    def run() -> Any:
        with conn.transaction():
            cursors = [conn.execute(text, values) for text, values in prepared]
            return [cursor.fetchone() for cursor in cursors][-1]

    def run_in_pipeline() -> Any:
        with conn.pipeline():
            return run()

    return run_in_pipeline if pipelined else run


def _by_asyncpg(clients: Clients) -> Callable[[], Any]:
    conn = clients.asyncpg
    prepared = [(q.statement, for_asyncpg(q, given)) for q, given in _queries()]

    async def run() -> Any:
        async with conn.transaction():
            return [await conn.fetchrow(text, *values) for text, values in prepared][-1]

    return run


def _queries() -> list[tuple[Any, dict[str, Any]]]:
    return [(query_of(function), given) for function, given in _CALLS]


def _bare(clients: Clients) -> Contender:
    """The same flight as a unit's, on libpq: what the server and the wire take."""
    bare, sent = clients.bare, []
    for number, (query, given) in enumerate(_queries()):
        name = f"unit_{number}".encode()
        bare.prepare(name, query.statement.encode())
        sent.append((name, [encoded(given[each]) for each in query.parameters]))

    def call() -> None:
        bare.enter_pipeline_mode()
        for name, values in sent:
            bare.send_query_prepared(name, values, result_format=1)
        bare.pipeline_sync()
        for _ in sent:
            result = bare.get_result()
            assert result is not None, "a statement without a result"
            assert result.status == ExecStatus.TUPLES_OK, result.error_message
            bare.get_result()  # the end of its results
        bare.get_result()  # the end of the pipeline
        bare.exit_pipeline_mode()

    return replace(once(BARE, call), answer=None)


def _by_core(clients: Clients) -> Any:
    table, tasks = User.__table__, Task.__table__
    with clients.engine.begin() as conn:
        conn.execute(
            update(table)
            .where(table.c.id == _USER, table.c.usage_quota >= 1)
            .values(usage_quota=table.c.usage_quota - 1)
            .returning(table.c.usage_quota)
        ).one()
        conn.execute(tasks.insert().values(**_TASK).returning(*tasks.c)).one()
        return conn.execute(table.select().where(table.c.id == _USER)).one()


def _by_orm(clients: Clients) -> User:
    with Session(clients.engine, expire_on_commit=False) as session, session.begin():
        user = session.get_one(User, _USER, with_for_update=True)
        assert user.usage_quota >= 1
        user.usage_quota -= 1
        task = Task(**_TASK)
        session.add(task)
        session.flush()
        session.refresh(task)
        session.refresh(user)
        return user


def _by_django() -> Any:
    from django.db import transaction
    from django.db.models import F

    from bench.django_models import Task as TaskOfDjango
    from bench.django_models import User as UserOfDjango

    with transaction.atomic():
        taken = UserOfDjango.objects.filter(id=_USER, usage_quota__gte=1).update(
            usage_quota=F("usage_quota") - 1
        )
        assert taken
        TaskOfDjango.objects.create(**_TASK)
        return UserOfDjango.objects.get(id=_USER)


TABLES = (
    Calls(
        name="unit",
        title="A unit of work of three statements",
        note="`users.take_quota`, `process_records.create` and `users.get` of iopaint, all or"
        " nothing; the ORMs do what is usual with them.",
        contenders=_contenders,
        answers=("id", "openid", "nickname", "is_premium", "created_at"),
        base=_RAW,
        goals=(
            Goal(row=OURS, limit=0.4, against=_RAW),
            Goal(row=OURS, limit=1.0, against=ASYNCPG),
            Goal(row=ASYNC, limit=1.1, against=ASYNCPG),
            Goal(row=OURS, limit=0.2, against=ORM),
        ),
    ),
)
