"""What a new database begins with: someone who has just said how they are, and a few articles."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg import Connection

from sqlwright.secrets import Keyring, hash_password
from sqlwright_systems.emotional_chat import chat_messages, chat_sessions, knowledge, users

__all__ = ["fill", "seed"]

_ARTICLES = (
    (
        "睡眠",
        "睡前一小时放下手机",
        "屏幕的蓝光会推迟褪黑素的分泌。试着在睡前一小时调暗灯光，做几次缓慢的深呼吸。",
        ["失眠", "睡眠卫生"],
    ),
    (
        "压力管理",
        "4-7-8 呼吸法",
        "吸气四秒，屏息七秒，呼气八秒，重复四次。它能让心跳慢下来，适合在紧张时使用。",
        ["焦虑", "呼吸练习"],
    ),
    (
        "危机干预",
        "什么时候寻求专业帮助",
        "如果低落持续两周以上，或者出现伤害自己的念头，请立刻联系身边的人、医院或心理援助热线。",
        ["求助", "危机"],
    ),
)


def seed(conn: Connection[Any], _keys: Keyring) -> dict[str, int]:
    """Makes the person with a conversation, and each article, where they are not there."""
    is_new = users.get_by_username(conn, username="demo") is None
    if is_new:
        _converse(conn)
    return {
        "emotional_chat.users": int(is_new),
        "emotional_chat.chat_sessions": int(is_new),
        "emotional_chat.chat_messages": 2 * is_new,
        "emotional_chat.emotion_analysis": int(is_new),
        "emotional_chat.knowledge": sum(_publish(conn, *article) for article in _ARTICLES),
    }


def _converse(conn: Connection[Any]) -> None:
    person = users.create_account(
        conn,
        username="demo",
        email="demo@example.com",
        hashed_password=hash_password("demo123456"),
        nickname="小雨",
    )
    session = chat_sessions.create(conn, user_id=person.id, title="最近总是睡不着")
    chat_messages.create_with_analysis(
        conn,
        session_id=session.id,
        content="项目要上线了，我连着三天睡不着，一闭眼就是没改完的代码。",
        emotion="anxious",
        intensity=Decimal("7.5"),
        sentiment_score=Decimal("-0.62"),
        confidence=Decimal("0.91"),
        keywords=["上线", "睡不着"],
        model_name="emotion-zh",
    )
    chat_messages.create(
        conn,
        session_id=session.id,
        role="assistant",
        content="听起来你这几天绷得很紧。今晚我们先不想代码，要不要一起做一次呼吸练习？",
        model_name="chat-zh",
        token_count=36,
    )


def _publish(
    conn: Connection[Any], category: str, title: str, content: str, tags: list[str]
) -> bool:
    if knowledge.get_by_title(conn, category=category, title=title):
        return False
    knowledge.upsert(conn, category=category, title=title, content=content, tags=tags)
    return True


def fill() -> Path:
    """The queries that make up rows."""
    return Path(__file__).with_name("fill.sql")
