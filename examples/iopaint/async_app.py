"""The service on asyncio: `uvicorn examples.iopaint.async_app:app`."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg import AsyncConnection

from sqlwright.pool import AsyncPool, open_async_pool
from sqlwright.secrets import hash_token, new_token
from sqlwright_systems.iopaint import process_records, user_sessions, users

from .bodies import ANSWERS, Change, Picture, Profile, Task, Token, answer


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, AsyncPool], None]:
    """One pool for as long as the service runs; DATABASE_URL and DB_POOL_SIZE say which."""
    async with open_async_pool() as pool:
        yield {"pool": pool}


async def connection(request: Request) -> AsyncGenerator[AsyncConnection[Any], None]:
    """A connection for one request."""
    async with request.state.pool.connection() as conn:
        yield conn


# Given back before the answer is sent: a slow client keeps no connection.
Conn = Annotated[AsyncConnection[Any], Depends(connection, scope="function")]
OpenId = Annotated[str, Header(alias="X-WX-OPENID", min_length=1)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


async def who_asks(conn: Conn, bearer: Bearer) -> user_sessions.GetUserRow:
    """The person whose token it is."""
    token = hash_token(bearer.credentials)
    if user := await user_sessions.get_user(conn, session_token=token):
        return user
    raise HTTPException(401, "Log in again.")


User = Annotated[user_sessions.GetUserRow, Depends(who_asks)]
app = FastAPI(lifespan=lifespan, exception_handlers=dict.fromkeys(ANSWERS, answer))


@app.post("/sessions", status_code=201)
async def log_in(conn: Conn, openid: OpenId) -> Token:
    """For WeChat's gateway alone, which sets the header."""
    token = new_token()
    async with conn.transaction():
        user = await users.log_in_or_create(conn, openid=openid, union_id=None)
        if user is None:
            raise HTTPException(403, "The account is closed.")
        await user_sessions.create(
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
async def show_profile(user: User) -> user_sessions.GetUserRow:
    """Who asks."""
    return user


@app.patch("/me", response_model=Profile)
async def change_profile(conn: Conn, user: User, change: Change) -> users.Row:
    """Changes what is given."""
    given = change.model_fields_set
    row = await users.change(
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
async def enqueue(conn: Conn, user: User, picture: Picture) -> process_records.Row:
    """Takes one from the quota, and queues the picture."""
    task = await process_records.enqueue(
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
async def list_tasks(
    conn: Conn,
    user: User,
    before_created_at: dt.datetime | None = None,
    before_id: int | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[process_records.PageRow]:
    """The newest first; the next page is before the last one of this."""
    return await process_records.page(
        conn,
        user_id=user.id,
        before_created_at=before_created_at,
        before_id=before_id,
        limit=limit,
    )


@app.get("/tasks/{task_id}", response_model=Task)
async def show_task(conn: Conn, user: User, task_id: uuid.UUID) -> process_records.Row:
    """One task, of whoever asks."""
    task = await process_records.get_by_task_id(conn, task_id=str(task_id))
    if task is None or task.user_id != user.id:
        raise HTTPException(404, "There is no such task.")
    return task
