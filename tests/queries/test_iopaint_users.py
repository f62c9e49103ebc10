"""The queries of iopaint.users, each by its effect."""

from __future__ import annotations


def test_a_login_is_counted_and_timed(systems, run):
    """One statement counts the login, notes its time and gives the user."""
    users = systems.iopaint.users
    created = run(users.create, openid="o-1", union_id=None, nickname="小明", avatar_url=None)
    logged_in = run(users.log_in, openid="o-1")
    assert (logged_in.id, logged_in.login_count) == (created.id, 1)
    assert logged_in.last_login_at is not None


def test_quota_is_taken_while_it_lasts(systems, run):
    """What is left comes back; what is too little is left alone."""
    users = systems.iopaint.users
    user = run(users.create, openid="o-1", union_id=None, nickname=None, avatar_url=None)
    assert run(users.take_quota, id=user.id, amount=7) == 3
    assert run(users.take_quota, id=user.id, amount=7) is None
    assert run(users.get, id=user.id).usage_quota == 3
