"""A service of all five systems, sync and async: what a type checker must find nothing in."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Any, assert_type

from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from sqlwright.gathering import gather
from sqlwright.pool import AsyncPool, Pool, retrying
from sqlwright.queries.units import Pending, unit
from sqlwright_systems.claude_fastapi import users as accounts
from sqlwright_systems.emotional_chat import chat_messages, emotion_analysis, knowledge, system_logs
from sqlwright_systems.iopaint import process_records, users
from sqlwright_systems.sisyphus import interfaces, scenarios
from sqlwright_systems.zishu import adapters, conversations, messages


def sign_up(conn: Connection[Any], name: str, password: str) -> int:
    """A create always gives its row; a lookup may find nothing."""
    account = accounts.create(
        conn,
        username=name,
        email=f"{name}@example.com",
        hashed_password=password,
        full_name=None,
    )
    assert_type(account, accounts.Row)
    assert_type(accounts.get_by_email(conn, email=account.email), accounts.Row | None)
    assert_type(accounts.set_superuser(conn, id=account.id, is_superuser=True), accounts.Row | None)
    return account.id


def paint(conn: Connection[Any], openid: str) -> list[str]:
    """Queues a picture; one function gives a number, one rows, one a value."""
    user = users.create(conn, openid=openid, union_id=None, nickname="小雨", avatar_url=None)
    record = process_records.enqueue(
        conn,
        user_id=user.id,
        task_id=None,
        original_image_url="https://example.com/a.png",
        original_image_size=None,
        mask_data=None,
        model_name="lama",
        model_config={"steps": [1, None, "x"]},
        cost=1,
    )
    if record is None:
        return []
    assert_type(process_records.set_progress(conn, id=record.id, progress=50), int)
    assert_type(process_records.count_ahead(conn, id=record.id), int)
    assert_type(process_records.claim(conn), process_records.Row | None)
    page = users.page(conn, before_created_at=user.created_at, before_id=user.id, limit=10)
    assert_type(page, list[users.Row])
    return [row.openid for row in page]


def say(conn: Connection[Any], session_id: int) -> dt.datetime | None:
    """A number goes as a `Decimal` or an `int`, a mood as one of those that there are."""
    said = chat_messages.create_with_analysis(
        conn,
        session_id=session_id,
        content="今天很开心",
        emotion="happy",
        intensity=decimal.Decimal("0.9"),
        sentiment_score=1,
        confidence=1,
        keywords=["开心"],
        model_name="m",
    )
    for found in knowledge.search(conn, words="睡眠", limit=3):
        assert_type(found.title, str)
    now = dt.datetime.now(dt.UTC)
    emotion_analysis.list_mood_by_day(
        conn, user_id=1, since=now, before=now, time_zone="Asia/Shanghai"
    )
    system_logs.create_many(
        conn,
        user_ids=[1, None],
        session_ids=[None, None],
        levels=["info", "debug"],
        sources=["web", "web"],
        messages=["a", "b"],
        contexts=[Jsonb({}), None],
        created_ats=[now, now],
    )
    return said.created_at if said else None


def plan(conn: Connection[Any], project_id: uuid.UUID, user_id: uuid.UUID) -> uuid.UUID:
    """Ids are UUIDs; a priority is one of four."""
    for interface in interfaces.page(
        conn,
        project_id=project_id,
        method=None,
        before_created_at=None,
        before_id=None,
        limit=10,
    ):
        assert_type(interface.id, uuid.UUID)
        assert_type(interface.method, interfaces.Method)
    scenario = scenarios.create(
        conn,
        project_id=project_id,
        created_by=user_id,
        name="登录",
        description=None,
        priority="P0",
        tags=["冒烟"],
        variables=None,
        pre_sql=None,
        post_sql=None,
    )
    return scenario.id


def publish(conn: Connection[Any], author_id: uuid.UUID | None) -> uuid.UUID | None:
    """Lists and JSON go as Python has them."""
    published = adapters.publish(
        conn,
        author_id=author_id,
        category_id=None,
        slug="weather",
        name="Weather",
        description="",
        kind="soft",
        tags=["天气"],
        version="1.0.0",
        changelog="",
        manifest={},
        package_url="https://example.com/a.zip",
        package_size=1024,
        checksum="0" * 64,
        dependencies=[],
    )
    return published.id if published else None


async def sign_up_async(conn: AsyncConnection[Any], name: str, password: str) -> int:
    """The same functions, awaited, give the same types."""
    account = await accounts.create(
        conn,
        username=name,
        email=f"{name}@example.com",
        hashed_password=password,
        full_name=None,
    )
    assert_type(account, accounts.Row)
    assert_type(await accounts.get_by_email(conn, email=account.email), accounts.Row | None)
    return account.id


async def work(conn: AsyncConnection[Any]) -> str | None:
    """A worker of the queue."""
    record = await process_records.claim(conn)
    if record is None:
        return None
    await process_records.set_progress(conn, id=record.id, progress=None)
    assert_type(await process_records.count_ahead(conn, id=record.id), int)
    return record.model_name


async def history(conn: AsyncConnection[Any], session_id: int) -> list[str]:
    """A page of messages."""
    page = await chat_messages.page(conn, session_id=session_id, before_id=None, limit=20)
    return [message.content for message in page]


async def scenario_names(conn: AsyncConnection[Any], project_id: uuid.UUID) -> list[str]:
    """A page of scenarios."""
    page = await scenarios.page(
        conn, project_id=project_id, before_created_at=None, before_id=None, limit=20
    )
    return [scenario.name for scenario in page]


async def talk(conn: AsyncConnection[Any], user_id: uuid.UUID) -> messages.PostRow | None:
    """A conversation and its first message."""
    conversation = await conversations.create(
        conn, user_id=user_id, character_id=None, title="你好", settings={}
    )
    if conversation is None:
        return None
    return await messages.post(
        conn,
        conversation_id=conversation.id,
        user_id=user_id,
        reply_to=None,
        content="你好",
        metadata={},
        attachments=[],
    )


def change_hands(conn: Connection[Any], id_: int, heir: int) -> str | None:
    """What a unit gives has the types of its functions."""
    with unit(conn) as work:
        gone = work.add(accounts.delete, id=id_)
        promoted = work.add(accounts.set_superuser, id=heir, is_superuser=True)
        left = work.add(accounts.list_superusers)
    assert_type(gone, Pending[int])
    assert_type(left.value, list[accounts.Row])
    return promoted.value and promoted.value.full_name


async def change_hands_async(conn: AsyncConnection[Any], heir: int) -> accounts.Row | None:
    """On an AsyncConnection too."""
    async with unit(conn) as work:
        promoted = work.add(accounts.set_superuser, id=heir, is_superuser=True)
    return assert_type(promoted.value, accounts.Row | None)


async def look_up(pool: AsyncPool, id_: int) -> str | None:
    """What is gathered has the type of its function, and what a standby gives too."""
    async with gather(pool) as gathered:
        account = await gathered.run(accounts.get, id=id_)
    assert_type(account, accounts.Row | None)
    async with pool.reading(lag=5) as conn:
        again = await accounts.get(conn, id=id_)
    return again and again.username


def promote(pool: Pool, id_: int) -> accounts.Row | None:
    """A transaction that is run again gives what its function gives."""
    promoted = retrying(pool, lambda conn: accounts.set_superuser(conn, id=id_, is_superuser=True))
    return assert_type(promoted, accounts.Row | None)


async def dismiss(pool: AsyncPool, id_: int) -> int:
    """The same for asyncio."""

    async def work(conn: AsyncConnection[Any]) -> int:
        return await accounts.delete(conn, id=id_)

    return assert_type(await retrying(pool, work), int)
