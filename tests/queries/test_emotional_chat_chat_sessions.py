"""The queries of emotional_chat.chat_sessions, each by its effect."""

from __future__ import annotations

import uuid
from decimal import Decimal

import psycopg
import pytest
from psycopg.types.json import Jsonb

ANXIOUS = {
    "emotion": "anxious",
    "intensity": Decimal("7.5"),
    "sentiment_score": Decimal("-0.6"),
    "confidence": Decimal("0.9"),
    "keywords": Jsonb(["压力"]),
    "model_name": "bert",
}
START = {"before_last_active_at": None, "before_id": None}


@pytest.fixture
def chat(systems):
    """The queries of the system."""
    return systems.emotional_chat


@pytest.fixture
def user(chat, run):
    """A guest."""
    return run(chat.users.create, username="小雨", nickname=None, avatar_url=None)


@pytest.fixture
def new(chat, run, user):
    """`new("工作")` opens a conversation."""
    return lambda title=None: run(chat.chat_sessions.create, user_id=user.id, title=title)


def test_a_conversation_opens_empty(chat, run, user, new):
    """A new conversation is in the list, without messages, and has a name for links."""
    session = new("工作")
    assert (session.user_id, session.title, session.is_archived) == (user.id, "工作", False)
    assert (session.message_count, session.last_active_at) == (0, session.created_at)
    assert run(chat.chat_sessions.get, id=session.id) == session
    assert run(chat.chat_sessions.get_by_public_id, public_id=session.public_id) == session
    assert run(chat.chat_sessions.get, id=-1) is None
    assert run(chat.chat_sessions.get_by_public_id, public_id=uuid.uuid4()) is None


def test_a_conversation_starts_with_a_message_and_its_analysis(chat, run, user):
    """One statement writes the three rows, and the message is counted."""
    started = run(
        chat.chat_sessions.start, user_id=user.id, title=None, content="今天压力很大", **ANXIOUS
    )
    session = run(chat.chat_sessions.get, id=started.id)
    assert (session.public_id, session.user_id) == (started.public_id, user.id)
    assert (session.message_count, session.last_active_at) == (1, started.said_at)
    message = run(chat.chat_messages.get, id=started.message_id)
    assert (message.session_id, message.role, message.content) == (
        session.id,
        "user",
        "今天压力很大",
    )
    analysis = run(chat.emotion_analysis.get, id=started.analysis_id)
    assert (analysis.message_id, analysis.user_id) == (message.id, user.id)
    assert (analysis.emotion, analysis.keywords) == ("anxious", ["压力"])


@pytest.mark.parametrize("wrong", [{"emotion": "peckish"}, {"content": ""}, {"user_id": -1}])
def test_a_start_is_all_or_nothing(chat, run, user, wrong):
    """Where the analysis, the message or the person is refused, nothing is written."""
    values = {"user_id": user.id, "title": None, "content": "…"} | ANXIOUS | wrong
    run.sql("savepoint before")
    with pytest.raises(psycopg.errors.IntegrityError):
        run(chat.chat_sessions.start, **values)
    run.sql("rollback to savepoint before")
    assert run.sql("select id from emotional_chat.chat_sessions") == []


def test_a_link_opens_a_conversation_with_its_newest_messages(chat, run, user):
    """The newest messages come with what was read from them, the newest first."""
    values = {"user_id": user.id, "title": "工作", "content": "今天压力很大"} | ANXIOUS
    started = run(chat.chat_sessions.start, **values)
    for content in ("怎么了？", "说说看。"):  # noqa: RUF001 (Chinese has marks of its own)
        run(
            chat.chat_messages.create,
            session_id=started.id,
            role="assistant",
            content=content,
            model_name="qwen",
            token_count=4,
        )
    found = run(chat.chat_sessions.get_with_messages, public_id=started.public_id, limit=9)
    assert (found.id, found.title, found.message_count) == (started.id, "工作", 3)
    assert [(row["role"], row["emotion"]) for row in found.messages] == [
        ("assistant", None),
        ("assistant", None),
        ("user", "anxious"),
    ]
    first = found.messages[-1]
    assert first.pop("created_at").startswith(str(started.said_at.date()))
    assert first == {
        "id": started.message_id,
        "role": "user",
        "content": "今天压力很大",
        "emotion": "anxious",
        "intensity": 7.5,
        "sentiment_score": -0.6,
    }
    newest = run(chat.chat_sessions.get_with_messages, public_id=started.public_id, limit=1)
    assert [row["content"] for row in newest.messages] == ["说说看。"]


def test_an_empty_conversation_has_an_empty_list(chat, run, new):
    """No messages are an empty list; no conversation is no row."""
    session = new()
    query = chat.chat_sessions.get_with_messages
    assert run(query, public_id=session.public_id, limit=9).messages == []
    assert run(query, public_id=uuid.uuid4(), limit=9) is None


def test_conversations_are_paged(chat, run, user, new):
    """Each conversation in the list is on one page, the one last used first."""
    sessions = chat.chat_sessions
    made = [new() for _ in range(4)]
    run(sessions.set_archived, id=made[1].id, is_archived=True)
    message = {"role": "user", "content": "早", "model_name": None, "token_count": None}
    run(chat.chat_messages.create, session_id=made[0].id, **message)
    page = {"user_id": user.id, "is_archived": False, "limit": 2}
    first = run(sessions.page, **page, **START)
    after = {"before_last_active_at": first[-1].last_active_at, "before_id": first[-1].id}
    second = run(sessions.page, **page, **after)
    assert [row.id for row in first + second] == [made[3].id, made[2].id, made[0].id]
    archived = run(sessions.page, **page | {"is_archived": True}, **START)
    assert [row.id for row in archived] == [made[1].id]
    assert run(sessions.page, **page | {"user_id": -1}, **START) == []


def test_the_last_used_comes_first(chat, run, user):
    """A conversation that is used moves up, whenever it was opened."""
    made = [
        run.sql(
            "insert into emotional_chat.chat_sessions (user_id, last_active_at)"
            " values (%s, %s) returning id",
            user.id,
            time,
        )[0][0]
        for time in ("2026-01-02", "2026-01-03", "2026-01-01")
    ]
    rows = run(chat.chat_sessions.page, user_id=user.id, is_archived=False, **START, limit=9)
    assert [row.id for row in rows] == [made[1], made[0], made[2]]


def test_titles_are_searched(chat, run, user, new):
    """A person's titles are found by any part of them, in any case, and literally."""
    work, _, percent = new("工作与 Stress"), new(), new("100%")
    search = chat.chat_sessions.search
    assert run(search, user_id=user.id, words="stress", limit=9) == [work]
    assert run(search, user_id=user.id, words="工作", limit=9) == [work]
    assert run(search, user_id=user.id, words="%", limit=9) == [percent]
    assert run(search, user_id=user.id, words="睡眠", limit=9) == []
    assert run(search, user_id=-1, words="工作", limit=9) == []


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("rename", {"title": "睡眠"}),
        ("rename", {"title": None}),
        ("set_archived", {"is_archived": True}),
    ],
)
def test_a_conversation_changes(chat, run, new, query, values):
    """What is named changes and the rest doesn't; no conversation, no row."""
    session, change = new("工作"), getattr(chat.chat_sessions, query)
    changed = run(change, id=session.id, **values)
    assert changed == session._replace(**values)
    assert run(chat.chat_sessions.get, id=session.id) == changed
    assert run(change, id=-1, **values) is None


def test_a_conversation_is_deleted_by_its_owner(chat, run, user):
    """Only the person deletes it, with all that was said, and only once."""
    values = {"user_id": user.id, "title": None, "content": "…"} | ANXIOUS
    started = run(chat.chat_sessions.start, **values)
    delete = chat.chat_sessions.delete
    assert run(delete, id=started.id, user_id=user.id + 1) == 0
    assert [run(delete, id=started.id, user_id=user.id) for _ in range(2)] == [1, 0]
    assert run(chat.chat_messages.get, id=started.message_id) is None
    assert run(chat.emotion_analysis.get, id=started.analysis_id) is None
