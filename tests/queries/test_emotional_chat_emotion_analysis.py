"""The queries of emotional_chat.emotion_analysis, each by its effect."""

from __future__ import annotations

from datetime import UTC, date, datetime
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
    "keywords": Jsonb(["难过"]),
    "model_name": "bert",
}
HAPPY = SAD | {"emotion": "happy", "intensity": Decimal("2.5"), "sentiment_score": Decimal("0.8")}
PERIOD = {"since": datetime(2026, 1, 1, tzinfo=UTC), "before": datetime(2026, 2, 1, tzinfo=UTC)}
START = {"before_said_at": None, "before_id": None}


@pytest.fixture
def analyses(systems):
    """The queries."""
    return systems.emotional_chat.emotion_analysis


@pytest.fixture
def user(systems, run):
    """A guest."""
    create = systems.emotional_chat.users.create
    return run(create, username="小雨", nickname=None, avatar_url=None)


@pytest.fixture
def say(systems, run, user):
    """`say("2026-01-01 12:00+00")` is the id of a message of that time."""
    session = run(systems.emotional_chat.chat_sessions.create, user_id=user.id, title=None)
    return lambda time="2026-01-01 12:00+00": run.sql(
        "insert into emotional_chat.chat_messages (session_id, role, content, created_at)"
        " values (%s, 'user', '…', %s) returning id",
        session.id,
        time,
    )[0][0]


def test_an_analysis_is_noted_once(analyses, run, user, say):
    """Who wrote the message and when is copied; a second analysis of it is an error."""
    message = say()
    analysis = run(analyses.create, message_id=message, **SAD)
    assert (analysis.user_id, analysis.keywords) == (user.id, ["难过"])
    assert analysis.said_at == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert run(analyses.get, id=analysis.id) == analysis
    assert run(analyses.get_by_message, message_id=message) == analysis
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(analyses.create, message_id=message, **HAPPY)


def test_what_is_not_there_is_none(analyses, run, say):
    """An unknown id and a message that wasn't analysed give none."""
    assert run(analyses.get, id=-1) is None
    assert run(analyses.get_by_message, message_id=say()) is None


def test_a_better_model_overwrites(analyses, run, say):
    """The first upsert adds the row, the second makes the same row what it says."""
    message = say()
    first = run(analyses.upsert, message_id=message, **SAD)
    second = run(analyses.upsert, message_id=message, **HAPPY | {"model_name": "better"})
    assert (second.id, second.emotion, second.model_name) == (first.id, "happy", "better")
    assert run(analyses.get, id=first.id) == second


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_models_write_one_row(systems, analyses, database, gather):
    """Of eight that analyse a message at once none fails, and one row is there."""
    chat = systems.emotional_chat
    with psycopg.connect(database, autocommit=True) as conn:
        user = chat.users.create(conn, username="小雨", nickname=None, avatar_url=None)
        session = chat.chat_sessions.create(conn, user_id=user.id, title=None)
        row = {"role": "user", "content": "…", "model_name": None, "token_count": None}
        message = chat.chat_messages.create(conn, session_id=session.id, **row)
    rows = gather(database, analyses.upsert, [SAD | {"message_id": message.id}] * 8)
    assert len({row.id for row in rows}) == 1


def test_feelings_are_paged(analyses, run, user, say):
    """Each analysis of the person is on one page, the newest first, also of one moment."""
    times = ("2026-01-02 12:00+00", "2026-01-03 12:00+00", "2026-01-03 12:00+00")
    made = [run(analyses.create, message_id=say(time), **SAD) for time in times]
    first = run(analyses.page, user_id=user.id, **START, limit=2)
    after = {"before_said_at": first[-1].said_at, "before_id": first[-1].id}
    assert first + run(analyses.page, user_id=user.id, **after, limit=2) == made[::-1]
    assert run(analyses.page, user_id=-1, **START, limit=2) == []


def test_moods_come_by_day(analyses, run, user, say):
    """Each day of the period has the means and the most frequent emotion; others have no row."""
    for time, feeling in [
        ("2025-12-31 23:59+00", SAD),
        ("2026-01-05 01:00+00", SAD),
        ("2026-01-05 15:00+00", SAD),
        ("2026-01-05 17:00+00", HAPPY),
        ("2026-01-07 12:00+00", HAPPY),
        ("2026-02-01 00:00+00", SAD),
    ]:
        run(analyses.create, message_id=say(time), **feeling)
    query = {"user_id": user.id} | PERIOD
    rows = run(analyses.list_mood_by_day, **query, time_zone="UTC")
    assert [(row.day, row.messages, row.emotion) for row in rows] == [
        (date(2026, 1, 5), 3, "sad"),
        (date(2026, 1, 7), 1, "happy"),
    ]
    assert (rows[0].sentiment_score, rows[0].intensity) == pytest.approx((-0.4 / 3, 17.5 / 3))
    chinese = run(analyses.list_mood_by_day, **query, time_zone="Asia/Shanghai")
    assert [(row.day.day, row.messages, row.emotion) for row in chinese] == [
        (5, 2, "sad"),
        (6, 1, "happy"),
        (7, 1, "happy"),
    ]
    assert run(analyses.list_mood_by_day, **query | {"user_id": -1}, time_zone="UTC") == []


def test_feelings_are_counted(analyses, run, user, say):
    """What was felt in the period is counted, the most frequent first."""
    for feeling in (HAPPY, SAD, SAD):
        run(analyses.create, message_id=say(), **feeling)
    run(analyses.create, message_id=say("2026-02-01 00:00+00"), **HAPPY)
    rows = run(analyses.count_by_emotion, user_id=user.id, **PERIOD)
    assert rows == [("sad", 2, 7.5), ("happy", 1, 2.5)]
    assert run(analyses.count_by_emotion, user_id=-1, **PERIOD) == []


def test_an_analysis_is_taken_away(systems, analyses, run, say):
    """The analysis goes, once; the message stays."""
    message = say()
    analysis = run(analyses.create, message_id=message, **SAD)
    assert [run(analyses.delete, id=analysis.id) for _ in range(2)] == [1, 0]
    assert run(analyses.get, id=analysis.id) is None
    assert run(systems.emotional_chat.chat_messages.get, id=message) is not None
