"""The tables as a user of SQLAlchemy 2 would declare them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = ["Event", "Interface", "Scenario", "Step", "Task", "User", "UserSession"]

NOW = func.now()


class Base(DeclarativeBase):
    """What Python's types are in the database."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's name and form
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB(none_as_null=True),
        list[Any]: JSONB(none_as_null=True),
    }


class User(Base):
    """A user of the mini program."""

    __tablename__ = "users"
    __table_args__ = {"schema": "iopaint"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    openid: Mapped[str] = mapped_column(String(255), unique=True)
    union_id: Mapped[str | None] = mapped_column(String(255))
    nickname: Mapped[str | None] = mapped_column(String(100))
    avatar_url: Mapped[str | None] = mapped_column(String(500))
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    is_premium: Mapped[bool] = mapped_column(server_default=text("false"))
    usage_quota: Mapped[int] = mapped_column(server_default=text("10"))
    login_count: Mapped[int] = mapped_column(server_default=text("0"))
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Task(Base):
    """A retouching task."""

    __tablename__ = "process_records"
    __table_args__ = {"schema": "iopaint"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    task_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    original_image_url: Mapped[str] = mapped_column(String(500))
    original_image_size: Mapped[int | None]
    result_image_url: Mapped[str | None] = mapped_column(String(500))
    result_image_size: Mapped[int | None]
    mask_data: Mapped[str | None] = mapped_column(Text)
    model_name: Mapped[str] = mapped_column(String(50))
    model_config: Mapped[dict[str, Any] | None]
    status: Mapped[str] = mapped_column(String(20), server_default=text("'pending'"))
    error_message: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[int] = mapped_column(server_default=text("0"))
    processing_time: Mapped[int | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class UserSession(Base):
    """A login on a device."""

    __tablename__ = "user_sessions"
    __table_args__ = {"schema": "iopaint"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    # The hash of the token is for the login alone.
    session_token: Mapped[str] = mapped_column(Text, unique=True, deferred=True)
    device_info: Mapped[dict[str, Any] | None]
    ip_address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    last_activity_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Interface(Base):
    """An HTTP request under test."""

    __tablename__ = "interfaces"
    __table_args__ = {"schema": "sisyphus"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    project_id: Mapped[UUID]
    folder_id: Mapped[UUID | None]
    name: Mapped[str] = mapped_column(String(255))
    method: Mapped[str] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    assertions: Mapped[list[Any] | None]
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Scenario(Base):
    """A test case."""

    __tablename__ = "scenarios"
    __table_args__ = {"schema": "sisyphus"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    project_id: Mapped[UUID]
    created_by: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(String(10), server_default=text("'P2'"))
    tags: Mapped[list[Any] | None]
    variables: Mapped[dict[str, Any] | None]
    pre_sql: Mapped[str | None] = mapped_column(Text)
    post_sql: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)
    steps: Mapped[list[Step]] = relationship(order_by="Step.sort_order, Step.id")


class Step(Base):
    """A step of a test case."""

    __tablename__ = "scenario_steps"
    __table_args__ = {"schema": "sisyphus"}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    scenario_id: Mapped[UUID] = mapped_column(ForeignKey(Scenario.id, ondelete="CASCADE"))
    description: Mapped[str | None] = mapped_column(Text)
    keyword_type: Mapped[str] = mapped_column(String(50))
    keyword_name: Mapped[str] = mapped_column(String(255))
    parameters: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    sort_order: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class Event(Base):
    """What happened in the system."""

    __tablename__ = "system_logs"
    __table_args__ = {"schema": "emotional_chat"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    session_id: Mapped[int | None] = mapped_column(BigInteger)
    level: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(100))
    message: Mapped[str] = mapped_column(Text)
    context: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
