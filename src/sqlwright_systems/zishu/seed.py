"""What a new platform begins with: two people, a companion to talk to, and what they made."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import Connection

from sqlwright.secrets import Keyring, hash_password
from sqlwright_systems.zishu import (
    adapter_categories,
    characters,
    conversations,
    forums,
    messages,
    package_templates,
    seed_rows,
    topics,
    user_permissions,
    users,
    workflows,
)

__all__ = ["fill", "seed"]


def seed(conn: Connection[Any], _keys: Keyring) -> dict[str, int]:
    """Makes what is missing; what is there stays as it is, changed or not."""
    made: Counter[str] = Counter()
    admin = _person(conn, made, "admin", "管理员", "admin123456")
    tester = _person(conn, made, "xiaolin", "小林", "testpass123")
    made["user_permissions"] = sum(_allow(conn, admin, resource) for resource in seed_rows.MANAGED)
    made["adapter_categories"] = sum(_put_up(conn, *shelf) for shelf in seed_rows.SHELVES)
    made["package_templates"] = sum(_offer(conn, *recipe) for recipe in seed_rows.RECIPES)
    made["forums"] = sum(_open(conn, *board) for board in seed_rows.BOARDS)
    companion = _companion(conn, made, admin)
    _converse(conn, made, tester, companion)
    _automate(conn, made, tester)
    _discuss(conn, made, admin)
    return {f"zishu.{table}": rows for table, rows in made.items()}


def _person(
    conn: Connection[Any], made: Counter[str], username: str, display_name: str, password: str
) -> UUID:
    known = users.get_by_login(conn, login=username)
    made.update(users=known is None, user_profiles=known is None)
    if known:
        return known.id
    person = users.register(
        conn,
        username=username,
        email=f"{username}@example.com",
        password_hash=hash_password(password),
        display_name=display_name,
    )
    assert person is not None, username
    users.verify_email(conn, id=person.id, email=person.email)
    return person.id


def _allow(conn: Connection[Any], person: UUID, resource: str) -> bool:
    """Lets a person do everything to every thing of a kind."""
    if user_permissions.is_allowed(
        conn, user_id=person, resource=resource, resource_id=None, action="manage"
    ):
        return False
    user_permissions.grant(
        conn,
        user_id=person,
        granted_by=None,
        resource=resource,
        resource_id=None,
        action="manage",
        expires_at=None,
    )
    return True


def _put_up(
    conn: Connection[Any], parent: str | None, slug: str, name: str, description: str
) -> bool:
    if adapter_categories.get_by_slug(conn, slug=slug):
        return False
    above = adapter_categories.get_by_slug(conn, slug=parent) if parent else None
    adapter_categories.create(
        conn,
        parent_id=above.id if above else None,
        slug=slug,
        name=name,
        description=description,
        icon_url=None,
    )
    return True


def _offer(
    conn: Connection[Any],
    name: str,
    description: str,
    platforms: list[str | None],
    config: dict[str, Any],
) -> bool:
    if package_templates.get_by_name(conn, name=name):
        return False
    package_templates.create(
        conn, name=name, description=description, platforms=platforms, config=config
    )
    return True


def _open(conn: Connection[Any], slug: str, name: str, description: str) -> bool:
    if forums.get_by_slug(conn, slug=slug):
        return False
    forums.create(conn, slug=slug, name=name, description=description)
    return True


def _companion(conn: Connection[Any], made: Counter[str], creator: UUID) -> UUID:
    there = characters.page_by_creator(
        conn, creator_id=creator, before_created_at=None, before_id=None, limit=1
    )
    parts = ("characters", "character_models", "character_voices", "character_personalities")
    made.update(dict.fromkeys(parts, int(not there)))
    made["character_expressions"] += 0 if there else len(seed_rows.BODY["expressions"])
    if there:
        return there[0].id
    companion = characters.create_with_parts(
        conn,
        creator_id=creator,
        name="紫舒",
        summary="温柔的图书管理员",
        description="她在一家旧书店长大，读过架上的每一本书。说话轻声细语，喜欢下雨天。",
        greeting="你来啦，今天过得怎么样？",
        avatar_url="https://cdn.example.com/characters/zishu.webp",
        language="zh-CN",
        tags=["治愈", "温柔", "陪伴", "english"],
        visibility="public",
        models=[seed_rows.BODY],
        voices=[seed_rows.VOICE],
        personalities=[seed_rows.TEMPER],
    )
    assert companion is not None
    return companion.id


def _converse(conn: Connection[Any], made: Counter[str], person: UUID, companion: UUID) -> None:
    there = conversations.page(
        conn,
        user_id=person,
        is_archived=False,
        before_last_message_at=None,
        before_id=None,
        limit=1,
    )
    made.update(conversations=not there, messages=0, conversation_participants=0)
    if there:
        return
    begun = conversations.create(
        conn, user_id=person, character_id=companion, title="考前的晚上", settings={}
    )
    assert begun is not None
    for said, answered in seed_rows.TALK:
        _exchange(conn, begun, said, answered)
    # The greeting comes first; the two who talk take part by themselves.
    made.update(messages=1 + 2 * len(seed_rows.TALK), conversation_participants=2)


def _exchange(
    conn: Connection[Any], talk: conversations.CreateRow, said: str, answered: str
) -> None:
    question = messages.post(
        conn,
        conversation_id=talk.id,
        user_id=talk.user_id,
        reply_to=None,
        content=said,
        metadata={},
        attachments=[],
    )
    assert question is not None
    answer = messages.begin_answer(
        conn,
        conversation_id=talk.id,
        character_id=talk.character_id,
        reply_to=question.sequence,
        metadata={"model": "qwen-max"},
    )
    assert answer is not None
    messages.finish(
        conn,
        id=answer.id,
        content=answered,
        token_count=len(answered),
        metadata={"emotion": "happy", "finish_reason": "stop"},
    )


def _automate(conn: Connection[Any], made: Counter[str], owner: UUID) -> None:
    there = workflows.page(conn, owner_id=owner, before_created_at=None, before_id=None, limit=1)
    made.update(workflows=not there, workflow_nodes=0, workflow_edges=0)
    if there:
        return
    begun = workflows.create(
        conn,
        owner_id=owner,
        name="早安问候",
        description="每天早上八点，让紫舒说声早安。",
        variables={"city": "上海"},
    )
    workflows.save_graph(
        conn,
        id=begun.id,
        seen_updated_at=begun.updated_at,
        nodes=seed_rows.STEPS,
        edges=seed_rows.PATHS,
    )
    workflows.activate(conn, id=begun.id)
    made.update(workflow_nodes=len(seed_rows.STEPS), workflow_edges=len(seed_rows.PATHS))


def _discuss(conn: Connection[Any], made: Counter[str], author: UUID) -> None:
    there = topics.page_by_author(
        conn, author_id=author, before_created_at=None, before_id=None, limit=1
    )
    made.update(topics=not there, posts=not there)
    if there:
        return
    board = forums.get_by_slug(conn, slug=seed_rows.BOARDS[0][0])
    assert board is not None
    topics.create(
        conn,
        forum_id=board.id,
        author_id=author,
        title="欢迎来到紫舒社区 · Welcome",
        content="先介绍一下你的伙伴吧！Tell us about your companion, in Chinese or English.",
    )


def fill() -> Path:
    """The folder of the queries that make up rows."""
    return Path(__file__).with_name("fill")
