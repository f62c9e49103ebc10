"""One row at a time: read, inserted, and updated, each with what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from bench.calls import Calls
from bench.clients import Clients
from bench.measuring import Contender, once
from bench.results import Goal
from bench.sqlalchemy_models import User, UserSession
from bench.ways import ASYNC, ASYNCPG, CORE, DJANGO, ORM, OURS, PGBENCH, RAW, ways
from sqlwright_systems.iopaint import user_sessions, users

__all__ = ["TABLES", "ahead"]

_SESSION = 7
_NUMBERS = count()
_PREFIX = f"bench-{time.time_ns():x}"
_ORM_BEGINS = f"{ORM}, session.begin()"


def ahead(*, of_psycopg: float) -> tuple[Goal, ...]:
    """What is promised of calls: so much of psycopg's time, and never behind the others."""
    return (
        Goal(row=OURS, limit=of_psycopg, against=RAW),
        Goal(row=OURS, limit=1.0, against=ASYNCPG),
        Goal(row=ASYNC, limit=1.1, against=ASYNCPG),
        Goal(row=OURS, limit=0.2, against=ORM),
    )


def _selects(clients: Clients) -> list[Contender]:
    from bench.django_models import UserSession as OfDjango

    columns = [UserSession.__table__.c[name] for name in user_sessions.Row._fields]
    statement = select(*columns).where(UserSession.id == _SESSION)

    def by_session() -> Any:
        with Session(clients.core) as session:
            return session.get(UserSession, _SESSION)

    def in_transaction() -> Any:
        with Session(clients.engine, expire_on_commit=False) as session, session.begin():
            return session.get(UserSession, _SESSION)

    return [
        *ways(clients, user_sessions.get, {"id": _SESSION}),
        once(CORE, lambda: clients.core.execute(statement).one()),
        once(ORM, by_session),
        once(_ORM_BEGINS, in_transaction),
        once(DJANGO, lambda: OfDjango.objects.defer("session_token").get(id=_SESSION)),
    ]


def _accounts() -> Callable[[], dict[str, Any]]:
    """People who are not there yet."""
    return lambda: {
        "openid": f"{_PREFIX}-{next(_NUMBERS)}",
        "union_id": None,
        "nickname": "小雨",
        "avatar_url": "https://example.com/avatar.jpg",
    }


def _inserts(clients: Clients) -> list[Contender]:
    from bench.django_models import User as OfDjango

    new = _accounts()
    table = User.__table__
    statement = insert(table).returning(*table.c)

    def by_session() -> User:
        with Session(clients.core, expire_on_commit=False) as session:
            user = User(**new())
            session.add(user)
            session.commit()
            session.refresh(user)
            return user

    def in_transaction() -> User:
        with Session(clients.engine, expire_on_commit=False) as session, session.begin():
            user = User(**new())
            session.add(user)
            session.flush()
            session.refresh(user)
            return user

    def by_django() -> Any:
        user = OfDjango.objects.create(**new())
        user.refresh_from_db()
        return user

    return [
        *ways(clients, users.create, new, varying={"openid": "'pgbench-' || :n::text"}),
        once(CORE, lambda: clients.core.execute(statement, new()).one()),
        once(ORM, by_session),
        once(_ORM_BEGINS, in_transaction),
        once(DJANGO, by_django),
    ]


def _updates(clients: Clients) -> list[Contender]:
    from django.db.models import F
    from django.db.models.functions import Now

    from bench.django_models import User as OfDjango

    with clients.theirs.cursor() as cursor:
        found = cursor.execute("select openid from iopaint.users where id = 7").fetchone()
    assert found is not None
    openid = found[0]
    table = User.__table__
    known = (table.c.openid == openid, table.c.is_active)
    statement = (
        update(table)
        .where(*known)
        .values(login_count=table.c.login_count + 1, last_login_at=func.now())
        .returning(*table.c)
    )

    def log_in(session: Session) -> User:
        user = session.scalars(select(User).where(User.openid == openid, User.is_active)).one()
        user.login_count += 1
        user.last_login_at = func.now()
        session.flush()
        session.refresh(user)
        return user

    def by_session() -> User:
        with Session(clients.core, expire_on_commit=False) as session:
            user = log_in(session)
            session.commit()
            return user

    def in_transaction() -> User:
        with Session(clients.engine, expire_on_commit=False) as session, session.begin():
            return log_in(session)

    def by_django() -> Any:
        user = OfDjango.objects.get(openid=openid, is_active=True)
        user.login_count = F("login_count") + 1
        user.last_login_at = Now()
        user.save(update_fields=["login_count", "last_login_at"])
        user.refresh_from_db()
        return user

    return [
        *ways(clients, users.log_in, {"openid": openid}),
        once(CORE, lambda: clients.core.execute(statement).one()),
        once(ORM, by_session),
        once(_ORM_BEGINS, in_transaction),
        once(DJANGO, by_django),
    ]


_SELECT = Calls(
    name="select",
    title="Point select, 10 columns",
    note="`iopaint.user_sessions.get`: a login by its key, with four times and one JSONB.",
    contenders=_selects,
    answers=user_sessions.Row._fields,
    goals=(*ahead(of_psycopg=0.65), Goal(row=OURS, limit=1.05, against=PGBENCH)),
)
_INSERT = Calls(
    name="insert",
    title="Insert returning",
    note="`iopaint.users.create`: 4 columns given, 14 come back, four indexes are kept.",
    contenders=_inserts,
    answers=("nickname", "avatar_url", "usage_quota", "login_count", "is_premium", "phone"),
    goals=ahead(of_psycopg=0.75),
)
_UPDATE = Calls(
    name="update",
    title="Update returning",
    note="`iopaint.users.log_in`: counts a login by a unique key, and 14 columns come back. The"
    " ORMs load, change and save.",
    contenders=_updates,
    answers=("id", "openid", "nickname", "is_premium", "usage_quota", "created_at"),
    goals=ahead(of_psycopg=0.75),
)
TABLES = (_SELECT, _INSERT, _UPDATE)
