"""The service on threads: `uvicorn examples.iopaint.sync_app:app`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sqlwright.pool import Pool, open_pool
from sqlwright.secrets import hash_token, new_token
from sqlwright_systems.iopaint import process_records, user_sessions, users

from .bodies import ANSWERS, Change, Picture, Profile, Task, Token, answer


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, Pool], None]:
    """One pool for as long as the service runs; DATABASE_URL and DB_POOL_SIZE say which."""
    with open_pool() as pool:
        yield {"pool": pool}


async def pool_of(request: Request) -> Pool:
    """The pool, and no connection: FastAPI runs each function here in a thread of its choice.

    Requests that held a connection while they waited for a thread, and threads that waited for a
    connection, would wait for each other.
    """
    pool: Pool = request.state.pool
    return pool


Connections = Annotated[Pool, Depends(pool_of)]
OpenId = Annotated[str, Header(alias="X-WX-OPENID", min_length=1)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def who_asks(pool: Connections, bearer: Bearer) -> user_sessions.GetUserRow:
    """The person whose token it is."""
    token = hash_token(bearer.credentials)
    with pool.connection() as conn:
        user = user_sessions.get_user(conn, session_token=token)
    if user is None:
        raise HTTPException(401, "Log in again.")
    return user


User = Annotated[user_sessions.GetUserRow, Depends(who_asks)]
app = FastAPI(lifespan=lifespan, exception_handlers=dict.fromkeys(ANSWERS, answer))


@app.post("/sessions", status_code=201)
def log_in(pool: Connections, openid: OpenId) -> Token:
    """For WeChat's gateway alone, which sets the header."""
    token = new_token()
    with pool.connection() as conn, conn.transaction():
        user = users.log_in_or_create(conn, openid=openid, union_id=None)
        if user is None:
            raise HTTPException(403, "The account is closed.")
        user_sessions.create(
            conn,
            user_id=user.id,
            session_token=hash_token(token),
            device_info=None,
            ip_address=None,
            user_agent=None,
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(days=30),
        )
    return Token(token=token)


@app.get("/me", response_model=Profile)
def show_profile(user: User) -> user_sessions.GetUserRow:
    """Who asks."""
    return user


@app.patch("/me", response_model=Profile)
def change_profile(pool: Connections, user: User, change: Change) -> users.Row:
    """Changes what is given."""
    given = change.model_fields_set
    with pool.connection() as conn:
        row = users.change(
            conn,
            id=user.id,
            set_nickname="nickname" in given,
            nickname=change.nickname,
            set_avatar_url="avatar_url" in given,
            avatar_url=change.avatar_url,
            set_phone=False,
            phone=None,
            set_email=False,
            email=None,
        )
    if row is None:
        raise HTTPException(401, "Log in again.")
    return row


@app.post("/tasks", status_code=202, response_model=Task)
def enqueue(pool: Connections, user: User, picture: Picture) -> process_records.Row:
    """Takes one from the quota, and queues the picture."""
    with pool.connection() as conn:
        task = process_records.enqueue(
            conn,
            user_id=user.id,
            task_id=str(picture.task_id),
            original_image_url=picture.original_image_url,
            original_image_size=None,
            mask_data=None,
            model_name=picture.model_name,
            model_config=picture.options,
            cost=1,
        )
    if task is None:
        raise HTTPException(429, "The quota is used up.")
    return task


@app.get("/tasks", response_model=list[Task])
def list_tasks(
    pool: Connections,
    user: User,
    before_created_at: dt.datetime | None = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[process_records.PageRow]:
    """The newest first; the next page is before the last one of this."""
    with pool.connection() as conn:
        return process_records.page(
            conn,
            user_id=user.id,
            before_created_at=before_created_at,
            before_id=before_id,
            limit=limit,
        )


@app.get("/tasks/{task_id}", response_model=Task)
def show_task(pool: Connections, user: User, task_id: uuid.UUID) -> process_records.Row:
    """One task, of whoever asks."""
    with pool.connection() as conn:
        task = process_records.get_by_task_id(conn, task_id=str(task_id))
    if task is None or task.user_id != user.id:
        raise HTTPException(404, "There is no such task.")
    return task
