"""Rows of the schema zishu for tests, made by its own named queries.

`run(query, id=1)` calls a query; `zishu` holds the queries of the schema.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

from psycopg.types.json import Jsonb

NOBODY = UUID(int=7)
CHECKSUM = "0" * 64
PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$" + "a" * 22 + "$" + "b" * 43
OTHER_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$" + "c" * 22 + "$" + "d" * 43
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FUTURE = datetime(2126, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2127, 3, 1, 12, tzinfo=UTC)


def add_user(run, zishu, name="xiaolin"):
    """An account that can log in."""
    return run(
        zishu.users.create, username=name, email=f"{name}@example.com", password_hash=PASSWORD
    )


def add_session(run, zishu, user, token):
    """A session for the user; `token` is one hexadecimal digit."""
    return run(
        zishu.user_sessions.create,
        user_id=user.id,
        token_hash=token * 64,
        device_info=Jsonb({"platform": "windows"}),
        ip_address="192.0.2.1",
        user_agent=None,
        expires_at=FUTURE,
    )


def add_adapter(run, zishu, slug="weather", **changes):
    """A published adapter with its version 1.0.0; the row has `version_id` too."""
    values = {
        "author_id": None,
        "category_id": None,
        "name": slug.title(),
        "description": "",
        "kind": "soft",
        "tags": [],
        "version": "1.0.0",
        "changelog": "",
        "manifest": Jsonb({}),
        "package_url": "https://example.com/a.zip",
        "package_size": 1024,
        "checksum": CHECKSUM,
        "dependencies": Jsonb([]),
    }
    return run(zishu.adapters.publish, slug=slug, **(values | changes))


def add_version(run, zishu, adapter, version, *, is_latest=True, dependencies=()):
    """Another published version of the adapter."""
    return run(
        zishu.adapter_versions.release,
        adapter_id=adapter.id,
        version=version,
        changelog="",
        manifest=Jsonb({}),
        package_url="https://example.com/b.zip",
        package_size=2048,
        checksum=CHECKSUM,
        dependencies=Jsonb(list(dependencies)),
        is_latest=is_latest,
    )


def add_character(run, zishu, creator=None, name="小紫", **changes):
    """A companion without parts, in the gallery."""
    values = {
        "summary": "",
        "description": "",
        "greeting": None,
        "avatar_url": None,
        "language": "zh-CN",
        "tags": [],
        "visibility": "public",
    }
    creator_id = creator.id if creator else None
    return run(zishu.characters.create, creator_id=creator_id, name=name, **(values | changes))


def add_conversation(run, zishu, user, character=None, title=""):
    """A conversation of the user, with the companion or the plain assistant."""
    return run(
        zishu.conversations.create,
        user_id=user.id,
        character_id=character.id if character else None,
        title=title,
        settings=Jsonb({}),
    )


def post(run, zishu, conversation, user, content="你好", attachments=(), reply_to=None):
    """What the user says in the conversation."""
    return run(
        zishu.messages.post,
        conversation_id=conversation.id,
        user_id=user.id,
        reply_to=reply_to,
        content=content,
        metadata=Jsonb({}),
        attachments=Jsonb(list(attachments)),
    )


def attachment(path="chat/1.png", kind="image"):
    """A file as messages.post takes it."""
    return {
        "kind": kind,
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "file_size": 3,
        "mime_type": "image/png",
        "checksum": CHECKSUM,
    }


def at_once(count, call):
    """What `call(0)` to `call(count - 1)` give, all running at the same time."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))
