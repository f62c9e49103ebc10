"""A few rows in every system, each made by its own create query."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

import zishu_rows
from sisyphus_rows import GIVEN, Sisyphus
from zishu_rows import CHECKSUM, FUTURE, PASSWORD


def add_rows(systems: Any, run: Any, schema: str) -> None:
    """Makes them; `run(query, id=1)` calls a query."""
    {
        "claude_fastapi": _claude_fastapi,
        "emotional_chat": _emotional_chat,
        "iopaint": _iopaint,
        "sisyphus": _sisyphus,
        "zishu": _zishu,
    }[schema](systems, run)


def _claude_fastapi(systems: Any, run: Any) -> None:
    for name in ("xiaoyu", "xiaolin"):
        run(
            systems.claude_fastapi.users.create,
            username=name,
            email=f"{name}@example.com",
            hashed_password=PASSWORD,
            full_name=None,
        )


def _emotional_chat(systems: Any, run: Any) -> None:
    chat = systems.emotional_chat
    mood = {
        "emotion": "happy",
        "intensity": 1,
        "sentiment_score": 0,
        "confidence": 1,
        "keywords": ["猫"],
        "model_name": "m",
    }
    user = run(chat.users.create, username="xiaoyu", nickname=None, avatar_url=None)
    session = run(chat.chat_sessions.create, user_id=user.id, title="今天")
    run(chat.chat_sessions.start, user_id=user.id, title="昨天", content="下雨", **mood)
    run(chat.chat_messages.create_with_analysis, session_id=session.id, content="你好", **mood)
    message = run(
        chat.chat_messages.create,
        session_id=session.id,
        role="assistant",
        content="你好",
        model_name="m",
        token_count=3,
    )
    run(
        chat.knowledge.create,
        category="sleep",
        title="睡眠",
        content="早睡",
        tags=["睡"],
        is_active=True,
    )
    run(
        chat.system_logs.create,
        user_id=user.id,
        session_id=session.id,
        level="info",
        source="web",
        message="hello",
        context=Jsonb({}),
    )
    run(
        chat.user_feedback.create,
        session_id=session.id,
        message_id=message.id,
        rating=5,
        comment="好",
    )


def _iopaint(systems: Any, run: Any) -> None:
    iopaint = systems.iopaint
    user = run(iopaint.users.create, openid="o-1", union_id="u-1", nickname="小雨", avatar_url=None)
    run(
        iopaint.user_sessions.create,
        user_id=user.id,
        session_token=CHECKSUM,
        device_info=None,
        ip_address=None,
        user_agent=None,
        expires_at=FUTURE,
    )
    for task in ("t-1", "t-2"):
        run(
            iopaint.process_records.create,
            user_id=user.id,
            task_id=task,
            original_image_url="https://example.com/a.png",
            original_image_size=1000,
            mask_data=None,
            model_name="lama",
            model_config=None,
        )
    run(
        iopaint.file_storage.create,
        user_id=user.id,
        file_path="a/1.png",
        file_name="1.png",
        file_type="original",
        file_size=3,
        mime_type="image/png",
        storage_type="local",
        upload_ip=None,
        is_temporary=True,
        expires_at=FUTURE,
    )
    run(
        iopaint.system_configs.create,
        config_key="hostile",
        config_value="1",
        config_type="string",
        description=None,
        is_public=True,
    )


def _sisyphus(systems: Any, run: Any) -> None:
    rows = Sisyphus(systems.sisyphus, run)
    for table in GIVEN:
        rows.make(table)


def _zishu(systems: Any, run: Any) -> None:
    zishu = systems.zishu
    user = zishu_rows.add_user(run, zishu)
    friend = zishu_rows.add_user(run, zishu, "friend")
    zishu_rows.add_session(run, zishu, user, "a")
    adapter = zishu_rows.add_adapter(run, zishu, author_id=user.id, tags=["天气"])
    zishu_rows.add_version(run, zishu, adapter, "1.1.0")
    character = zishu_rows.add_character(run, zishu, user)
    talk = zishu_rows.add_conversation(run, zishu, user, character)
    zishu_rows.post(run, zishu, talk, user, attachments=[zishu_rows.attachment()])
    _community(zishu, run, user, friend)
    _work(zishu, run, user)


def _community(zishu: Any, run: Any, user: Any, friend: Any) -> None:
    forum = run(zishu.forums.create, slug="hostile", name="语音", description="")
    topic = run(zishu.topics.create, forum_id=forum.id, author_id=user.id, title="猫", content="喵")
    post = run(zishu.posts.create, topic_id=topic.id, author_id=user.id, content="喵")
    comment = run(
        zishu.comments.create, post_id=post.id, parent_id=None, author_id=friend.id, content="汪"
    )
    run(zishu.likes.like_topic, user_id=friend.id, topic_id=topic.id)
    run(zishu.likes.like_comment, user_id=user.id, comment_id=comment.id)
    run(zishu.follows.follow_user, follower_id=friend.id, followed_user_id=user.id)


def _work(zishu: Any, run: Any, user: Any) -> None:
    file = run(
        zishu.files.upload,
        owner_id=user.id,
        name="报告.pdf",
        description="",
        storage_key="k",
        mime_type="application/pdf",
        size_bytes=7,
        checksum=CHECKSUM,
    )
    run(
        zishu.file_shares.create,
        file_id=file.id,
        created_by=user.id,
        token_hash=CHECKSUM,
        password_hash=None,
        max_downloads=3,
        expires_at=FUTURE,
    )
    workflow = run(
        zishu.workflows.create, owner_id=user.id, name="早安", description="", variables=Jsonb({})
    )
    run(
        zishu.workflow_nodes.create,
        workflow_id=workflow.id,
        name="开始",
        kind="trigger",
        config=Jsonb({"schedule": "0 8 * * *"}),
        position_x=0,
        position_y=0,
    )
    run(zishu.workflow_executions.create, workflow_id=workflow.id, user_id=user.id, input=Jsonb({}))
    template = run(
        zishu.package_templates.create,
        name="桌面伙伴",
        description="",
        platforms=["windows"],
        config=Jsonb({}),
    )
    run(
        zishu.packaging_tasks.create,
        user_id=user.id,
        template_id=template.id,
        version="1.0.0",
        platforms=["windows"],
        options=Jsonb({}),
        priority=0,
    )
