"""The queries of emotional_chat.chat_messages, each by its effect."""

# ruff: noqa: RUF001 (Chinese has commas of its own)

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import at_once, at_once_async

SAD = {
    "emotion": "sad",
    "intensity": Decimal("7.5"),
    "sentiment_score": Decimal("-0.6"),
    "confidence": Decimal("0.9"),
    "keywords": Jsonb([]),
    "model_name": "bert",
}
MESSAGE = {"role": "user", "content": "早", "model_name": None, "token_count": None}


@pytest.fixture
def chat(systems):
    """The queries of the system."""
    return systems.emotional_chat


@pytest.fixture
def user(chat, run):
    """A guest."""
    return run(chat.users.create, username="小雨", nickname=None, avatar_url=None)


@pytest.fixture
def session(chat, run, user):
    """A conversation."""
    return run(chat.chat_sessions.create, user_id=user.id, title=None)


@pytest.fixture
def say(chat, run, session):
    """`say("早")` adds a message."""

    def create(content="早", **values):
        row = MESSAGE | {"session_id": session.id, "content": content} | values
        return run(chat.chat_messages.create, **row)

    return create


def test_a_message_is_said(chat, run, session, say):
    """A message is kept as it is and counted in its conversation."""
    values = {"role": "assistant", "model_name": "qwen", "token_count": 7}
    message = say("你好！", **values)
    assert (message.session_id, message.content) == (session.id, "你好！")
    assert {name: getattr(message, name) for name in values} == values
    assert run(chat.chat_messages.get, id=message.id) == message
    assert run(chat.chat_messages.get, id=-1) is None
    assert run(chat.chat_sessions.get, id=session.id).message_count == 1


def test_a_message_comes_with_its_analysis(chat, run, user, session):
    """One statement writes both, and says whose they are."""
    query = chat.chat_messages.create_with_analysis
    said = run(query, session_id=session.id, content="今天很难过", **SAD)
    message = run(chat.chat_messages.get, id=said.id)
    assert (message.role, message.content, message.created_at) == (
        "user",
        "今天很难过",
        said.created_at,
    )
    analysis = run(chat.emotion_analysis.get_by_message, message_id=said.id)
    assert (said.analysis_id, said.user_id, said.session_id) == (analysis.id, user.id, session.id)
    assert (analysis.emotion, analysis.said_at) == ("sad", message.created_at)


@pytest.mark.parametrize("wrong", [{"emotion": "peckish"}, {"content": ""}, {"session_id": -1}])
def test_a_message_and_its_analysis_are_both_or_neither(chat, run, session, wrong):
    """Where one is refused the other is not written either."""
    run.sql("savepoint before")
    values = {"session_id": session.id, "content": "…"} | SAD | wrong
    with pytest.raises(psycopg.errors.IntegrityError):
        run(chat.chat_messages.create_with_analysis, **values)
    run.sql("rollback to savepoint before")
    assert run(chat.chat_messages.page, session_id=session.id, before_id=None, limit=9) == []


def test_a_conversation_is_paged(chat, run, session, say):
    """Each message is on one page, the newest first, with what was read from it."""
    first = run(
        chat.chat_messages.create_with_analysis, session_id=session.id, content="难过", **SAD
    )
    made = [first.id, say().id, say().id]
    newest = run(chat.chat_messages.page, session_id=session.id, before_id=None, limit=2)
    rest = run(chat.chat_messages.page, session_id=session.id, before_id=newest[-1].id, limit=2)
    assert [row.id for row in newest + rest] == made[::-1]
    assert [row.emotion for row in newest + rest] == [None, None, "sad"]
    assert (rest[0].intensity, rest[0].sentiment_score) == (Decimal("7.5"), Decimal("-0.600"))
    assert run(chat.chat_messages.page, session_id=session.id, before_id=first.id, limit=2) == []


def test_the_last_messages_come_in_order(chat, run, session, say):
    """The model is told the last messages in the order in which they were said."""
    for content in ("一", "二", "三"):
        say(content)
    query = chat.chat_messages.list_latest
    assert [row.content for row in run(query, session_id=session.id, limit=2)] == ["二", "三"]
    assert run(query, session_id=-1, limit=2) == []


def test_messages_are_searched(chat, run, user, say):
    """A person's messages with all the words, Chinese or English, are found, the newest first."""
    made = [
        say(content)
        for content in ("工作压力很大", "I am worried about work", "今天工作顺利", "睡得很好")
    ]
    stranger = run(chat.users.create, username="小雪", nickname=None, avatar_url=None)
    theirs = run(chat.chat_sessions.create, user_id=stranger.id, title=None)
    say("工作", session_id=theirs.id)

    def found(words, before_id=None, limit=9):
        arguments = {"words": words, "before_id": before_id, "limit": limit}
        return run(chat.chat_messages.search, user_id=user.id, **arguments)

    assert found("工作") == [made[2], made[0]]
    assert found("工作", limit=1) == [made[2]]
    assert found("工作", before_id=made[2].id) == [made[0]]
    assert found("工作 压力") == [made[0]]
    assert found("worrying") == [made[1]]
    assert found("加班") == found("the") == []


def test_a_message_is_deleted(chat, run, session, say):
    """A message of the conversation is deleted once, with its analysis, and no longer counted."""
    said = run(
        chat.chat_messages.create_with_analysis, session_id=session.id, content="难过", **SAD
    )
    delete = chat.chat_messages.delete
    assert run(delete, id=said.id, session_id=session.id + 1) == 0
    assert [run(delete, id=said.id, session_id=session.id) for _ in range(2)] == [1, 0]
    assert run(chat.emotion_analysis.get, id=said.analysis_id) is None
    assert run(chat.chat_sessions.get, id=session.id).message_count == 0


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_messages_at_once_are_all_counted(chat, database, gather):
    """Of eight messages at once, each with its analysis, none is lost or miscounted."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = chat.users.create(conn, username="小雨", nickname=None, avatar_url=None)
        session = chat.chat_sessions.create(conn, user_id=user.id, title=None)
        call = {"session_id": session.id, "content": "…"} | SAD
        said = gather(database, chat.chat_messages.create_with_analysis, [call] * 8)
        assert len({row.analysis_id for row in said}) == 8
        assert chat.chat_sessions.get(conn, id=session.id).message_count == 8
