"""The queries of iopaint.user_sessions, each by its effect."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

LATER = datetime(2100, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def hashed(token):
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def sessions(systems):
    """The queries."""
    return systems.iopaint.user_sessions


@pytest.fixture
def user(systems, run):
    """A user."""
    create = systems.iopaint.users.create
    return run(create, openid="o-1", union_id=None, nickname=None, avatar_url=None)


@pytest.fixture
def new(sessions, run, user):
    """`new("token")` opens a session."""

    def create(token, **values):
        row = {"device_info": None, "ip_address": None, "user_agent": None, "expires_at": LATER}
        row |= {"user_id": user.id, "session_token": hashed(token)} | values
        return run(sessions.create, **row)

    return create


def test_a_session_is_open(sessions, run, user, new):
    """A new session is active from now on, and never shows its hash."""
    session = new("a", device_info=Jsonb({"brand": "HUAWEI"}), ip_address="::1", user_agent="wx")
    assert (session.user_id, session.device_info) == (user.id, {"brand": "HUAWEI"})
    assert (session.ip_address, session.user_agent, session.is_active) == ("::1", "wx", True)
    assert session.last_activity_at == session.created_at
    assert run(sessions.get, id=session.id) == session
    assert run(sessions.get, id=-1) is None
    assert "session_token" not in session._fields


def test_a_hash_is_one_session(new):
    """Two sessions can't have the same token."""
    new("a")
    with pytest.raises(psycopg.errors.UniqueViolation):
        new("a")


@pytest.fixture
def by_token(systems, sessions, run, user):
    """`by_token("a")` is what each query by token gives for it: all find it, or none."""

    def found(token):
        rows = [
            run(sessions.get_by_token, session_token=hashed(token)),
            run(sessions.touch, session_token=hashed(token)),
            run(sessions.extend, session_token=hashed(token), expires_at=LATER),
            run(sessions.get_user, session_token=hashed(token)),
        ]
        assert len({row is None for row in rows}) == 1
        return rows

    return found


def test_a_token_finds_its_session_and_user(systems, run, user, new, by_token):
    """The session and the user of a token are found by its hash."""
    session = new("a")
    assert [row.id for row in by_token("a")] == [session.id] * 3 + [user.id]
    assert by_token("a")[3] == run(systems.iopaint.users.get, id=user.id)


@pytest.mark.parametrize("token", ["unknown", "expired", "revoked"])
def test_what_is_over_is_not_found(sessions, run, new, by_token, token):
    """No token that is unknown, expired or revoked finds anything or is prolonged."""
    new("expired", expires_at=LONG_AGO)
    new("revoked")
    run(sessions.revoke_by_token, session_token=hashed("revoked"))
    assert by_token(token) == [None] * 4


def test_a_closed_account_asks_nothing(systems, run, user, new, by_token):
    """With the account its sessions are over."""
    new("a")
    run(systems.iopaint.users.close, id=user.id)
    assert by_token("a") == [None] * 4


def test_what_is_in_use_is_noted(sessions, run, new):
    """To touch a session moves its last activity, and nothing else."""
    session = new("a")
    run.sql("update iopaint.user_sessions set last_activity_at = '2020-01-01'")
    touched = run(sessions.touch, session_token=hashed("a"))
    assert touched == session
    assert run(sessions.get, id=session.id) == touched


def test_a_session_is_prolonged_never_cut(sessions, run, new):
    """A session lasts as long as it may, at least as long as it did."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    session = new("a", expires_at=soon)
    token = hashed("a")
    assert run(sessions.extend, session_token=token, expires_at=LATER).expires_at == LATER
    assert run(sessions.extend, session_token=token, expires_at=soon).expires_at == LATER
    assert run(sessions.get, id=session.id).expires_at == LATER


def test_devices_are_listed(sessions, run, user, new):
    """A person sees where they are logged in, the device last used first."""
    first, second = new("a"), new("b")
    new("c", expires_at=LONG_AGO)
    run.sql(
        "update iopaint.user_sessions set last_activity_at = '2100-01-01' where id = %s", first.id
    )
    assert [row.id for row in run(sessions.list_live, user_id=user.id)] == [first.id, second.id]
    run(sessions.revoke, id=first.id, user_id=user.id)
    assert run(sessions.list_live, user_id=user.id) == [second]
    assert run(sessions.list_live, user_id=-1) == []


def test_all_sessions_are_paged(sessions, run, new):
    """Each session is on one page, the newest first, also those that are over."""
    made = [new("a"), new("b", expires_at=LONG_AGO), new("c")]
    first = run(sessions.page, before_id=None, limit=2)
    assert first + run(sessions.page, before_id=first[-1].id, limit=2) == made[::-1]
    assert run(sessions.page, before_id=made[0].id, limit=2) == []


def test_a_session_is_revoked_by_its_owner(sessions, run, user, new):
    """Only its owner ends a session, and only once."""
    session = new("a")
    assert run(sessions.revoke, id=session.id, user_id=user.id + 1) == 0
    assert run(sessions.revoke, id=session.id, user_id=user.id) == 1
    assert run(sessions.revoke, id=session.id, user_id=user.id) == 0
    assert not run(sessions.get, id=session.id).is_active


def test_a_token_logs_out_once(sessions, run, new):
    """The session of the token ends, and no other."""
    session, other = new("a"), new("b")
    assert run(sessions.revoke_by_token, session_token=hashed("a")) == 1
    assert run(sessions.revoke_by_token, session_token=hashed("a")) == 0
    assert not run(sessions.get, id=session.id).is_active
    assert run(sessions.get, id=other.id).is_active


def test_a_person_logs_out_elsewhere_or_everywhere(sessions, run, user, new):
    """All but the session of the token end; without one all do."""
    kept, _, _ = new("a"), new("b"), new("c")
    assert run(sessions.revoke_others, user_id=user.id, session_token=hashed("a")) == 2
    assert [row.id for row in run(sessions.list_live, user_id=user.id)] == [kept.id]
    assert run(sessions.revoke_others, user_id=user.id, session_token=None) == 1
    assert run(sessions.revoke_others, user_id=user.id, session_token=None) == 0


def test_a_session_is_deleted(sessions, run, new):
    """A session is deleted once."""
    session = new("a")
    assert [run(sessions.delete, id=session.id) for _ in range(2)] == [1, 0]
    assert run(sessions.get, id=session.id) is None


def test_expired_sessions_go_in_batches(sessions, run, new):
    """What has expired is deleted, what lasts stays."""
    for token in "abc":
        new(token, expires_at=LONG_AGO)
    lasting = new("d")
    assert [run(sessions.delete_expired, limit=2) for _ in range(3)] == [2, 1, 0]
    assert run(sessions.page, before_id=None, limit=9) == [lasting]
