"""The queries of emotional_chat.system_logs, each by its effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

EVENT = {"level": "info", "source": "api", "message": "GET /", "context": Jsonb({"status": 200})}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def logs(systems):
    """The queries."""
    return systems.emotional_chat.system_logs


@pytest.fixture
def new(logs, run):
    """`new(level="error")` logs an event."""
    return lambda **values: run(
        logs.create, **{"user_id": None, "session_id": None} | EVENT | values
    )


@pytest.fixture
def days(logs, run):
    """`days(4)` logs four events at once, one a day from the new year on; how many it says."""

    def create(count):
        numbers = range(count)
        return run(
            logs.create_many,
            user_ids=[number or None for number in numbers],
            session_ids=[None for _ in numbers],
            levels=["warning" if number % 2 else "info" for number in numbers],
            sources=["llm" for _ in numbers],
            messages=[f"第{number}" for number in numbers],
            contexts=[Jsonb({"day": number}) for number in numbers],
            created_ats=[NEW_YEAR + timedelta(days=number) for number in numbers],
        )

    return create


def test_an_event_is_logged(logs, run, new):
    """An event is kept as it is, also about someone who is gone."""
    event = new(user_id=12345, session_id=678)
    assert (event.user_id, event.session_id, event.context) == (12345, 678, {"status": 200})
    assert (event.level, event.source, event.message) == ("info", "api", "GET /")
    assert run(logs.get, id=event.id) == event
    assert run(logs.get, id=-1) is None


def test_many_events_are_logged_at_once(logs, run, days):
    """Every row of the arrays is an event, with its own time."""
    assert days(3) == 3
    rows = run(logs.page, before_id=None, limit=9)
    assert [(row.user_id, row.level, row.message, row.context) for row in rows] == [
        (2, "info", "第2", {"day": 2}),
        (1, "warning", "第1", {"day": 1}),
        (None, "info", "第0", {"day": 0}),
    ]
    assert rows[0].created_at == NEW_YEAR + timedelta(days=2)


def test_no_events_are_none(logs, run, days):
    """Empty arrays log nothing."""
    assert days(0) == 0
    assert run(logs.page, before_id=None, limit=9) == []


def test_arrays_of_different_lengths_are_refused(logs, run):
    """A column that is too short is not filled up."""
    columns = {
        "user_ids": [None, None],
        "session_ids": [None, None],
        "levels": ["info", "info"],
        "sources": ["api", "api"],
        "messages": ["a"],
        "contexts": [Jsonb({}), Jsonb({})],
        "created_ats": [NEW_YEAR, NEW_YEAR],
    }
    with pytest.raises(psycopg.errors.NotNullViolation):
        run(logs.create_many, **columns)


@pytest.mark.parametrize(
    ("query", "arguments", "values"),
    [
        ("page", {}, {}),
        ("page_by_level", {"level": "error"}, {"level": "error"}),
        ("page_of_user", {"user_id": 7}, {"user_id": 7}),
    ],
)
def test_the_log_is_paged(logs, run, new, query, arguments, values):
    """Each event that is asked for is on one page, the newest first."""
    made = []
    for _ in range(3):
        if values:
            new(level="debug", user_id=8)
        made.append(new(**values))
    page = getattr(logs, query)
    first = run(page, **arguments, before_id=None, limit=2)
    assert first + run(page, **arguments, before_id=first[-1].id, limit=2) == made[::-1]
    assert run(page, **arguments, before_id=made[0].id - 2, limit=2) == []


def test_levels_are_counted(logs, run, days):
    """The events of the period are counted by level."""
    days(6)
    period = {"since": NEW_YEAR, "before": NEW_YEAR + timedelta(days=3)}
    assert run(logs.count_by_level, **period) == [("info", 2), ("warning", 1)]
    assert run(logs.count_by_level, since=NEW_YEAR - timedelta(days=9), before=NEW_YEAR) == []


def test_old_events_go_in_batches(logs, run, days):
    """The old ones among the first are deleted, and the call says when there are no more."""
    days(4)
    limit = {"before": NEW_YEAR + timedelta(days=3), "limit": 2}
    assert run(logs.delete_old, before=NEW_YEAR, limit=2) == 0
    assert [run(logs.delete_old, **limit) for _ in range(3)] == [2, 1, 0]
    assert [row.message for row in run(logs.page, before_id=None, limit=9)] == ["第3"]


def test_a_person_is_forgotten(logs, run, new):
    """The events about the person are deleted, once, and no others."""
    other = new(user_id=8)
    for _ in range(2):
        new(user_id=7)
    assert [run(logs.delete_of_user, user_id=7) for _ in range(2)] == [2, 0]
    assert run(logs.page, before_id=None, limit=9) == [other]
