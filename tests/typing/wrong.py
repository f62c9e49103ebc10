# ruff: noqa: B018, D103, E501, F841, ICN001
# fmt: off
"""Calls that are wrong, one a line, with what mypy must call it; never run."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from psycopg import AsyncConnection, Connection

from sqlwright.gathering import gather
from sqlwright.pool import AsyncPool, Pool, retrying
from sqlwright.queries.units import unit
from sqlwright_systems.claude_fastapi import users as accounts
from sqlwright_systems.emotional_chat import chat_sessions, emotion_analysis, system_logs
from sqlwright_systems.iopaint import process_records, users
from sqlwright_systems.sisyphus import interfaces, scenarios
from sqlwright_systems.zishu import adapters, conversations, messages


def sync(conn: Connection[Any], key: uuid.UUID, now: datetime.datetime) -> None:
    users.get(conn, id="1")  # a text for a number: call-overload
    users.get(conn, id=1.5)  # a fraction for a number: call-overload
    users.get(conn, id=None)  # None for a key: call-overload
    users.get(conn, ident=1)  # a parameter that is misspelt: call-overload
    users.get(conn)  # an argument that is missing: call-overload
    users.get(conn, 1)  # an argument without its name: call-overload
    users.get(conn, id=1, limit=1)  # an argument too many: call-overload
    users.get(id=1)  # no connection: call-overload
    users.get("postgresql://", id=1)  # a URL for a connection: call-overload
    users.get_by_name(conn, name="a")  # a function that is not there: attr-defined
    users.get(conn, id=1).openid  # a row that may not be there: union-attr
    users.page(conn, before_created_at="2026-01-01", before_id=1, limit=1)  # a text for a time: call-overload
    users.page(conn, before_created_at=now.date(), before_id=1, limit=1)  # a date for a time: call-overload
    users.page(conn, before_created_at=now, before_id=1, limit=None)  # None for a limit: call-overload
    users.page(conn, before_created_at=now, before_id=1, limit=1).openid  # a list used as a row: attr-defined
    users.page(conn, before_created_at=now, before_id=1, limit=1)[0].opened  # a column that is not there: attr-defined
    first: str = users.page(conn, before_created_at=now, before_id=1, limit=1)[0].id  # a number kept as text: assignment
    users.page(conn, before_created_at=now, before_id=1, limit=1)[0].id = 2  # a row that is written to: misc
    done: bool = process_records.get_progress(conn, task_id="t")  # a row kept as a bool: assignment
    process_records.set_progress(conn, id=1, progress=1).id  # a count used as a row: attr-defined
    process_records.claim(conn, limit=1)  # an argument where there is none: call-overload
    accounts.set_superuser(conn, id=1, is_superuser="yes")  # a text for a bool: call-overload
    accounts.create(conn, username="a", email=None, hashed_password="h", full_name=None)  # None for a text: call-overload
    accounts.get_by_email(conn, email=b"a@example.com")  # bytes for a text: call-overload
    system_logs.create(conn, user_id=None, session_id=None, level="loud", source="a", message="b", context={})  # a level that is none: call-overload
    system_logs.delete_old(conn, before=datetime.timedelta(30), limit=1)  # a duration for a time: call-overload
    emotion_analysis.create(conn, message_id=1, emotion="bored", intensity=1, sentiment_score=1, confidence=1, keywords=[], model_name="m")  # an emotion that is none: call-overload
    emotion_analysis.create(conn, message_id=1, emotion="happy", intensity=0.5, sentiment_score=1, confidence=1, keywords=[], model_name="m")  # a float for a numeric: call-overload
    interfaces.get(conn, id=7)  # a number for a UUID: call-overload
    interfaces.get(conn, id=str(key))  # a text for a UUID: call-overload
    interfaces.create(conn, project_id=key, folder_id=None, name="a", method="FETCH", url="/", headers=None, body=None, assertions=None)  # a method that is none: call-overload
    interfaces.create(conn, project_id=None, folder_id=None, name="a", method="GET", url="/", headers=None, body=None, assertions=None)  # None for a parent: call-overload
    scenario: scenarios.Row = scenarios.get(conn, id=key)  # None left out of account: assignment
    adapters.page_by_tags(conn, tags="weather", before_created_at=None, before_id=None, limit=1)  # a text for a list: call-overload


async def asynchronous(conn: AsyncConnection[Any], key: uuid.UUID) -> messages.PostRow | None:
    conversations.get(conn, id=key)  # an await that is forgotten: unused-coroutine
    conversations.get(conn, id=key).title  # a coroutine used as a row: attr-defined
    conversation: conversations.CreateRow | None = conversations.get(conn, id=key)  # a coroutine kept as a row: assignment
    for _ in messages.page(conn, conversation_id=key, before_sequence=None, limit=1):  # a coroutine looped over: attr-defined
        pass
    (await conversations.get(conn, id=key)).title  # a row that may not be there: union-attr
    await conversations.get(conn, id=1)  # a number for a UUID: call-overload
    await conversations.get(conn)  # an argument that is missing: call-overload
    await chat_sessions.rename(conn, id=1, title=7)  # a number for a text: call-overload
    return messages.post(conn, conversation_id=key, user_id=key, reply_to=None, content="a", metadata={}, attachments=[])  # a coroutine returned as a row: return-value


async def mixed(conn: Connection[Any]) -> None:
    await users.get(conn, id=1)  # an await of a row: misc


def units(conn: Connection[Any], waiting: AsyncConnection[Any]) -> None:
    with unit(conn) as work:
        work.add(accounts.get, id="1")  # a text for a number, in a unit: arg-type
        work.add(accounts.get)  # an argument that is missing, in a unit: arg-type
        work.add(accounts.get, ident=1)  # a parameter that is misspelt, in a unit: arg-type
        work.add(len)  # what is no query, in a unit: arg-type
        gone: str = work.add(accounts.delete, id=1).value  # a count kept as text, in a unit: assignment
        work.add(accounts.get, id=1).value.email  # a row that may not be there, in a unit: union-attr
        work.add(accounts.delete, id=1).email  # a value that is not asked for: attr-defined
    with unit(waiting) as work: ...  # a unit that is not awaited: attr-defined


async def gathered(pool: AsyncPool, threads: Pool, conn: Connection[Any]) -> None:
    async with gather(pool) as work:
        work.run(accounts.get, id=1)  # an await of what is gathered that is forgotten: unused-coroutine
        await work.run(accounts.get, id="1")  # a text for a number, gathered: arg-type
        await work.run(accounts.get)  # an argument that is missing, gathered: arg-type
        (await work.run(accounts.get, id=1)).email  # a row that may not be there, gathered: union-attr
    gather(threads)  # a pool of threads to gather on: arg-type
    with pool.reading(lag=1): ...  # a connection to read that is not awaited: attr-defined
    threads.reading()  # a standby without a lag: call-arg
    retrying(conn, accounts.list_superusers)  # a connection for a pool: call-overload
