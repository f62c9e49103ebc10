"""The queries of emotional_chat.user_feedback, each by its effect."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from callers import at_once, at_once_async

MESSAGE = {"role": "assistant", "content": "说说看。", "model_name": "qwen", "token_count": None}
NEWEST = {"before_created_at": None, "before_id": None}
OLDEST = {"after_created_at": None, "after_id": None}


@pytest.fixture
def chat(systems):
    """The queries of the system."""
    return systems.emotional_chat


@pytest.fixture
def feedback(chat):
    """The queries."""
    return chat.user_feedback


@pytest.fixture
def session(chat, run):
    """A conversation."""
    user = run(chat.users.create, username="小雨", nickname=None, avatar_url=None)
    return run(chat.chat_sessions.create, user_id=user.id, title=None)


@pytest.fixture
def say(chat, run, session):
    """`say()` is a message of the assistant."""
    return lambda: run(chat.chat_messages.create, session_id=session.id, **MESSAGE)


@pytest.fixture
def rate(feedback, run, session):
    """`rate(5)` rates the conversation, `rate(5, message)` the message."""

    def upsert(rating, message=None, comment=None):
        what = {"session_id": session.id, "message_id": message and message.id}
        return run(feedback.upsert, **what, rating=rating, comment=comment)

    return upsert


@pytest.mark.parametrize("of_message", [False, True])
def test_a_rating_is_given_once(feedback, run, session, say, of_message):
    """A conversation and a message are rated by create once; nobody has looked at it yet."""
    message = say().id if of_message else None
    values = {"session_id": session.id, "message_id": message, "rating": 4, "comment": "好"}
    row = run(feedback.create, **values)
    assert {name: getattr(row, name) for name in values} == values
    assert not row.is_resolved
    assert run(feedback.get, id=row.id) == row
    assert run(feedback.get, id=-1) is None
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(feedback.create, **values)


def test_rating_again_changes_the_rating(feedback, run, say, rate):
    """The same row takes the new rating, also of a whole conversation, and is looked at again."""
    for message in (None, say()):
        first = rate(2, message, "慢")
        run(feedback.set_resolved, id=first.id, is_resolved=True)
        second = rate(5, message)
        assert second == first._replace(rating=5, comment=None)
        assert run(feedback.get, id=first.id) == second


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_clicks_are_one_rating(chat, database, gather):
    """Of eight clicks at once on a conversation none fails, and one rating is there."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = chat.users.create(conn, username="小雨", nickname=None, avatar_url=None)
        session = chat.chat_sessions.create(conn, user_id=user.id, title=None)
    click = {"session_id": session.id, "message_id": None, "rating": 5, "comment": None}
    rows = gather(database, chat.user_feedback.upsert, [click] * 8)
    assert len({row.id for row in rows}) == 1


def test_the_ratings_of_a_conversation_are_listed(feedback, run, session, say, rate):
    """Those of its messages come in their order, that of the whole last."""
    first, second = say(), say()
    made = [rate(5), rate(4, second), rate(3, first)]
    assert run(feedback.list_of_session, session_id=session.id) == made[::-1]
    assert run(feedback.list_of_session, session_id=-1) == []


def test_ratings_are_paged(feedback, run, say, rate):
    """Each rating is on one page, the newest first."""
    made = [rate(5), rate(4, say()), rate(3, say())]
    first = run(feedback.page, **NEWEST, limit=2)
    after = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    assert first + run(feedback.page, **after, limit=2) == made[::-1]
    after = {"before_created_at": made[0].created_at, "before_id": made[0].id}
    assert run(feedback.page, **after, limit=2) == []


def test_what_is_to_be_looked_at_is_paged(feedback, run, session, say, rate):
    """What nobody has dealt with comes the oldest first, with whose it is and what was said."""
    made = [rate(1), rate(2, say()), rate(3, say()), rate(4, say())]
    run(feedback.set_resolved, id=made[2].id, is_resolved=True)
    first = run(feedback.page_unresolved, **OLDEST, limit=2)
    after = {"after_created_at": first[-1].created_at, "after_id": first[-1].id}
    rows = first + run(feedback.page_unresolved, **after, limit=2)
    assert [(row.id, row.rating, row.content) for row in rows] == [
        (made[0].id, 1, None),
        (made[1].id, 2, "说说看。"),
        (made[3].id, 4, "说说看。"),
    ]
    assert {(row.user_id, row.public_id) for row in rows} == {(session.user_id, session.public_id)}
    after = {"after_created_at": made[3].created_at, "after_id": made[3].id}
    assert run(feedback.page_unresolved, **after, limit=2) == []


def test_a_period_is_summarized(feedback, run, say, rate):
    """Each rating that was given is counted, and what is open of it."""
    resolved = rate(5)
    run(feedback.set_resolved, id=resolved.id, is_resolved=True)
    rate(5, say())
    rate(1, say())
    now, hour = resolved.created_at, timedelta(hours=1)
    assert run(feedback.summarize, since=now, before=now + hour) == [(1, 1, 1), (5, 2, 1)]
    assert run(feedback.summarize, since=now - hour, before=now) == []


def test_a_rating_is_dealt_with(feedback, run, rate):
    """It is resolved, and opened again; no rating, no row."""
    row = rate(1)
    assert run(feedback.set_resolved, id=row.id, is_resolved=True) == row._replace(is_resolved=True)
    assert run(feedback.page_unresolved, **OLDEST, limit=9) == []
    assert run(feedback.set_resolved, id=row.id, is_resolved=False) == row
    assert run(feedback.set_resolved, id=-1, is_resolved=True) is None


def test_a_rating_is_taken_back(feedback, run, rate):
    """A rating is deleted once."""
    row = rate(1)
    assert [run(feedback.delete, id=row.id) for _ in range(2)] == [1, 0]
    assert run(feedback.get, id=row.id) is None
