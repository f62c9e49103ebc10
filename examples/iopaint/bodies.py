"""What clients send and get; and what they are told when the database refuses what they sent."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import psycopg
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from sqlwright_systems.iopaint.process_records import Status

__all__ = ["ANSWERS", "Change", "Picture", "Profile", "Task", "Token", "answer"]


class Token(BaseModel):
    """What a client shows with each request."""

    token: str


class Change(BaseModel):
    """New values of a profile: null takes one away, and what is left out stays."""

    nickname: str | None = None
    avatar_url: str | None = None


class Profile(Change):
    """What a person sees of themselves."""

    usage_quota: int


class Picture(BaseModel):
    """A picture to be retouched; its name is the client's own, so that sent twice it costs once."""

    task_id: uuid.UUID
    original_image_url: str
    model_name: str = "lama"
    options: dict[str, Any] = {}


class Task(BaseModel):
    """How far a picture is."""

    id: int
    task_id: str | None
    status: Status
    progress: int
    result_image_url: str | None
    created_at: dt.datetime


# The service answers for the rest with 500: a wrong query or call is a fault of its own.
ANSWERS: dict[type[Exception], tuple[int, str]] = {
    psycopg.DataError: (422, "A value is too long, out of range or malformed."),
    psycopg.errors.CheckViolation: (422, "A value is not allowed."),
    psycopg.errors.UniqueViolation: (409, "It is there already."),
    psycopg.OperationalError: (503, "The database is busy or away: try again."),
}


async def answer(_: Request, error: Exception) -> JSONResponse:
    """The answer to an error of one of these kinds, or of a kind of them."""
    status, detail = next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
    return JSONResponse({"detail": detail}, status)
