"""The queries of zishu's conversations: messages, attachments, contexts, participants."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import chain

import psycopg
import pytest
from psycopg.types.json import Jsonb

from zishu_rows import (
    CHECKSUM,
    FUTURE,
    NOBODY,
    NOON,
    add_character,
    add_conversation,
    add_user,
    at_once,
    attachment,
    post,
)

FIRST = {"before_last_message_at": None, "before_id": None}


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def user(run, zishu):
    """An account that can log in."""
    return add_user(run, zishu)


@pytest.fixture
def conversation(run, zishu, user):
    """A conversation of the user with the plain assistant."""
    return add_conversation(run, zishu, user)


@pytest.fixture
def on(database):
    """`on(query, id=1)` calls it on a connection of its own, in autocommit."""

    def call(query, **arguments):
        with psycopg.connect(database, autocommit=True) as conn:
            return query(conn, **arguments)

    return call


def join(run, zishu, conversation, user=None, character=None, role="member"):
    """Lets the user or the companion take part."""
    return run(
        zishu.conversation_participants.create,
        conversation_id=conversation.id,
        user_id=user.id if user else None,
        character_id=character.id if character else None,
        role=role,
    )


def set_time(run, table, row, column, time):
    """Sets a time that a trigger or default gave."""
    run.sql(f"update zishu.{table} set {column} = %s where id = %s", time, row.id)


# Conversations


def test_a_companion_speaks_first(zishu, run, user):
    """The greeting is the first message, and counted in what comes back."""
    character = add_character(run, zishu, greeting="你来啦")
    begun = add_conversation(run, zishu, user, character, "早安")
    assert (begun.message_count, begun.last_sequence, begun.title) == (1, 1, "早安")
    assert run(zishu.conversations.get, id=begun.id) == begun
    first = run(zishu.messages.get_by_sequence, conversation_id=begun.id, sequence=1)
    assert (first.role, first.content, first.character_id) == (
        "assistant",
        "你来啦",
        character.id,
    )
    present = run(zishu.conversation_participants.list_present, conversation_id=begun.id)
    assert {row.name for row in present} == {"xiaolin", "小紫"}


@pytest.mark.parametrize("with_character", [True, False])
def test_without_a_greeting_it_waits(zishu, run, user, with_character):
    """A companion without one, and the plain assistant."""
    character = add_character(run, zishu) if with_character else None
    begun = add_conversation(run, zishu, user, character)
    assert (begun.message_count, begun.last_sequence) == (0, 0)
    assert run(zishu.conversations.get, id=begun.id) == begun
    assert run(zishu.conversations.get, id=NOBODY) is None


def test_a_conversation_is_given_to_who_takes_part(zishu, run, user, conversation):
    """Not to strangers, and not to who has left."""
    query = zishu.conversations.get_joined
    assert run(query, id=conversation.id, user_id=user.id) == conversation
    assert run(query, id=conversation.id, user_id=NOBODY) is None
    key = {"conversation_id": conversation.id, "user_id": user.id}
    stay = run(zishu.conversation_participants.get_by_user, **key)
    run(zishu.conversation_participants.leave, id=stay.id)
    assert run(query, id=conversation.id, user_id=user.id) is None


def spoken_in(run, zishu, user, titles):
    """Conversations of these titles, the first spoken in last."""
    rows = [add_conversation(run, zishu, user, title=title) for title in titles]
    for number, row in enumerate(rows):
        set_time(run, "conversations", row, "last_message_at", NOON - timedelta(hours=number))
    return rows


def titles(rows):
    """The rows by their titles."""
    return [row.title for row in rows]


def test_conversations_are_paged_last_spoken_in_first(zishu, run, user):
    """The archived ones apart."""
    rows = spoken_in(run, zishu, user, "abcd")
    run(zishu.conversations.set_archived, id=rows[1].id, is_archived=True)
    query = zishu.conversations.page
    first = run(query, user_id=user.id, is_archived=False, limit=2, **FIRST)
    key = {"before_last_message_at": first[-1].last_message_at, "before_id": first[-1].id}
    rest = run(query, user_id=user.id, is_archived=False, limit=2, **key)
    assert [titles(first), titles(rest)] == [["a", "c"], ["d"]]
    assert titles(run(query, user_id=user.id, is_archived=True, limit=2, **FIRST)) == ["b"]


def test_the_list_beside_the_chat_is_one_statement(zishu, run, user):
    """With the companion, the last words, and how much is unread; deleted ones are not there."""
    character = add_character(run, zishu, greeting="好" * 200)
    own = add_conversation(run, zishu, user, character, "own")
    friend = add_user(run, zishu, "friend")
    joined = add_conversation(run, zishu, friend, title="joined")
    join(run, zishu, joined, user)
    gone = add_conversation(run, zishu, user, title="gone")
    run(zishu.conversations.delete, id=gone.id)
    for row, hour in ((own, 1), (joined, 2)):
        set_time(run, "conversations", row, "last_message_at", NOON + timedelta(hours=hour))
    rows = run(zishu.conversations.page_joined, user_id=user.id, limit=9, **FIRST)
    assert [
        (row.title, row.character_name, row.last_role, row.last_words, row.unread_count)
        for row in rows
    ] == [
        ("joined", None, None, None, 0),
        ("own", "小紫", "assistant", "好" * 100, 1),
    ]
    key = {"before_last_message_at": rows[0].last_message_at, "before_id": rows[0].id}
    assert titles(run(zishu.conversations.page_joined, user_id=user.id, limit=9, **key)) == ["own"]


def test_pinned_conversations_are_listed(zishu, run, user):
    """Unless they are archived."""
    first, second, third = spoken_in(run, zishu, user, "abc")
    for row in (third, second, first):
        assert run(zishu.conversations.set_pinned, id=row.id, is_pinned=True).is_pinned
    run(zishu.conversations.set_archived, id=second.id, is_archived=True)
    assert titles(run(zishu.conversations.list_pinned, user_id=user.id)) == ["a", "c"]
    run(zishu.conversations.set_pinned, id=first.id, is_pinned=False)
    assert titles(run(zishu.conversations.list_pinned, user_id=user.id)) == ["c"]


@pytest.mark.parametrize(
    ("term", "found"),
    [("旅游", ["北京旅游"]), ("TRIP", ["Trip"]), ("%", []), ("", ["北京旅游", "Trip"])],
)
def test_conversations_are_found_by_title(zishu, run, user, term, found):
    """In any case, last spoken in first."""
    spoken_in(run, zishu, user, ["北京旅游", "Trip"])
    rows = run(zishu.conversations.search, user_id=user.id, term=term, limit=9)
    assert titles(rows) == found


@pytest.mark.parametrize(
    ("query", "change"),
    [
        ("rename", {"title": "早安"}),
        ("set_pinned", {"is_pinned": True}),
        ("set_archived", {"is_archived": True}),
        ("set_settings", {"settings": {"temperature": 1.1}}),
    ],
)
def test_a_conversation_changes_in_one_thing(zishu, run, conversation, query, change):
    """And where there is none nothing comes back."""
    arguments = {k: Jsonb(v) if isinstance(v, dict) else v for k, v in change.items()}
    changed = run(getattr(zishu.conversations, query), id=conversation.id, **arguments)
    assert changed._replace(updated_at=None) == conversation._replace(updated_at=None, **change)
    assert run(getattr(zishu.conversations, query), id=NOBODY, **arguments) is None


def test_a_deleted_conversation_can_come_back(zishu, run, user, conversation):
    """Meanwhile nobody has it or speaks in it."""
    assert run(zishu.conversations.delete, id=conversation.id) == 1
    assert run(zishu.conversations.delete, id=conversation.id) == 0
    assert run(zishu.conversations.get, id=conversation.id) is None
    assert run(zishu.conversations.get_joined, id=conversation.id, user_id=user.id) is None
    assert post(run, zishu, conversation, user) is None
    assert run(zishu.conversations.restore, id=conversation.id).deleted_at is None
    assert run(zishu.conversations.restore, id=conversation.id) is None


def test_deleted_conversations_are_removed_with_their_bytes_named(zishu, run, user):
    """The oldest first; bytes that another message shows are not named."""
    doomed = [add_conversation(run, zishu, user) for _ in range(2)]
    kept = add_conversation(run, zishu, user)
    post(run, zishu, doomed[0], user, attachments=[attachment("a"), attachment("shared")])
    post(run, zishu, doomed[0], user, attachments=[attachment("a")])
    post(run, zishu, doomed[1], user, attachments=[attachment("b"), attachment("both")])
    post(run, zishu, kept, user, attachments=[attachment("shared")])
    for number, row in enumerate(doomed):
        set_time(run, "conversations", row, "deleted_at", NOON + timedelta(hours=number))
    query = zishu.conversations.remove_deleted
    first = run(query, before=FUTURE, limit=1)
    assert (first.removed, first.file_paths) == (1, ["a"])
    assert run(query, before=NOON, limit=9).removed == 0
    second = run(query, before=FUTURE, limit=9)
    assert (second.removed, second.file_paths) == (1, ["b", "both"])
    last = run(query, before=FUTURE, limit=9)
    assert (last.removed, last.file_paths) == (0, [])
    assert run.sql("select id from zishu.conversations") == [(kept.id,)]


# Messages


def write(run, zishu, conversation, content="…", role="tool", **changes):
    """A message as it is given."""
    values = {
        "reply_to": None,
        "user_id": None,
        "character_id": None,
        "status": "complete",
        "token_count": None,
        "metadata": Jsonb({}),
    }
    return run(
        zishu.messages.create,
        conversation_id=conversation.id,
        role=role,
        content=content,
        **(values | changes),
    )


def contents(rows):
    """What the rows say."""
    return [row.content for row in rows]


def test_a_message_is_written_as_it_is_given(zishu, run, conversation):
    """Its number follows."""
    written = write(run, zishu, conversation, "24°C", token_count=4)
    assert (written.sequence, written.role, written.token_count) == (1, "tool", 4)
    assert run(zishu.messages.get, id=written.id) == written
    found = run(zishu.messages.get_by_sequence, conversation_id=conversation.id, sequence=1)
    assert found == written
    assert run(zishu.messages.get, id=0) is None
    missing = {"conversation_id": conversation.id, "sequence": 2}
    assert run(zishu.messages.get_by_sequence, **missing) is None


def test_a_message_is_posted_with_its_attachments(zishu, run, user, conversation):
    """In their order, in one statement, and read by who posted it."""
    files = [attachment(f"chat/{number}.png") for number in (3, 1, 2)]
    posted = post(run, zishu, conversation, user, "看", files)
    assert (posted.sequence, posted.content, posted.user_id) == (1, "看", user.id)
    assert [file["file_path"] for file in posted.attachments] == [
        "chat/3.png",
        "chat/1.png",
        "chat/2.png",
    ]
    rows = run(zishu.message_attachments.list_by_message, message_id=posted.id)
    assert [row.id for row in rows] == [file["id"] for file in posted.attachments]
    stay = run(
        zishu.conversation_participants.get_by_user,
        conversation_id=conversation.id,
        user_id=user.id,
    )
    assert stay.last_read_sequence == 1
    reply = post(run, zishu, conversation, user, "?", reply_to=1)
    assert (reply.reply_to, reply.attachments) == (1, [])


def test_only_who_takes_part_may_post(zishu, run, conversation):
    """Neither strangers, nor observers, nor who has left."""
    stranger = add_user(run, zishu, "stranger")
    assert post(run, zishu, conversation, stranger) is None
    stay = join(run, zishu, conversation, stranger, role="observer")
    assert post(run, zishu, conversation, stranger) is None
    run(zishu.conversation_participants.set_role, id=stay.id, role="member")
    assert post(run, zishu, conversation, stranger).sequence == 1
    run(zishu.conversation_participants.leave, id=stay.id)
    assert post(run, zishu, conversation, stranger) is None


def test_many_post_at_once(zishu, on):
    """Numbers have no gaps, and each message has its attachment."""
    user = add_user(on, zishu)
    conversation = add_conversation(on, zishu, user)

    def speak(number):
        return [
            post(on, zishu, conversation, user, f"{number}", [attachment(f"{number}")]).sequence
            for _ in range(5)
        ]

    given = at_once(6, speak)
    assert sorted(chain.from_iterable(given)) == list(range(1, 31))
    assert on(zishu.conversations.get, id=conversation.id).message_count == 30
    rows = on(zishu.messages.page, conversation_id=conversation.id, before_sequence=None, limit=50)
    assert [row.attachments[0]["file_path"] for row in rows] == contents(rows)


def begin(run, zishu, conversation):
    """An answer that grows."""
    return run(
        zishu.messages.begin_answer,
        conversation_id=conversation.id,
        character_id=None,
        reply_to=None,
        metadata=Jsonb({"model": "qwen-max"}),
    )


def test_an_answer_grows_until_it_is_finished(zishu, run, conversation):
    """Then it has its whole text, and what is known of it is added."""
    answer = begin(run, zishu, conversation)
    assert (answer.status, answer.content) == ("streaming", "")
    for piece in ("你", "好"):
        assert run(zishu.messages.append, id=answer.id, piece=piece) == 1
    assert run(zishu.messages.get, id=answer.id).content == "你好"
    finish = {"content": "你好呀", "token_count": 3, "metadata": Jsonb({"emotion": "happy"})}
    finished = run(zishu.messages.finish, id=answer.id, **finish)
    assert (finished.status, finished.content, finished.token_count) == ("complete", "你好呀", 3)
    assert finished.metadata == {"model": "qwen-max", "emotion": "happy"}
    assert run(zishu.messages.append, id=answer.id, piece="?") == 0
    assert run(zishu.messages.finish, id=answer.id, **finish) is None
    assert run(zishu.messages.fail, id=answer.id, metadata=Jsonb({})) is None


def test_an_answer_is_broken_off(zishu, run, conversation):
    """What was said so far stays, with the reason."""
    answer = begin(run, zishu, conversation)
    run(zishu.messages.append, id=answer.id, piece="你")
    failed = run(zishu.messages.fail, id=answer.id, metadata=Jsonb({"error": "timeout"}))
    assert (failed.status, failed.content, failed.metadata["error"]) == ("failed", "你", "timeout")


def test_a_deleted_conversation_is_not_answered(zishu, run, conversation):
    """The person has thrown it away meanwhile."""
    run(zishu.conversations.delete, id=conversation.id)
    assert begin(run, zishu, conversation) is None


def test_abandoned_answers_are_broken_off(zishu, run, conversation):
    """Those begun before a time, in batches."""
    answers = [begin(run, zishu, conversation) for _ in range(3)]
    assert run(zishu.messages.fail_abandoned, before=NOON, limit=9) == 0
    assert run(zishu.messages.fail_abandoned, before=FUTURE, limit=2) == 2
    assert run(zishu.messages.fail_abandoned, before=FUTURE, limit=2) == 1
    states = {run(zishu.messages.get, id=answer.id).status for answer in answers}
    assert states == {"failed"}


def test_messages_are_paged_by_number(zishu, run, user, conversation):
    """Newest first with their attachments; hidden ones are left out."""
    for number in range(1, 6):
        post(run, zishu, conversation, user, f"{number}", [attachment()] if number == 5 else ())
    hidden = run(zishu.messages.get_by_sequence, conversation_id=conversation.id, sequence=4)
    run(zishu.messages.delete, id=hidden.id)
    page = {"conversation_id": conversation.id, "limit": 2}
    first = run(zishu.messages.page, before_sequence=None, **page)
    rest = run(zishu.messages.page, before_sequence=first[-1].sequence, **page)
    assert [contents(first), contents(rest)] == [["5", "3"], ["2", "1"]]
    assert [len(row.attachments) for row in first] == [1, 0]
    assert first[0].attachments[0]["file_name"] == "1.png"
    assert run(zishu.messages.page, before_sequence=1, **page) == []


def test_a_client_gets_what_it_missed(zishu, run, user, conversation):
    """In the order of speech, from a number on or from the first."""
    for number in range(1, 4):
        post(run, zishu, conversation, user, f"{number}")
    query = zishu.messages.list_after
    page = {"conversation_id": conversation.id, "limit": 2}
    assert contents(run(query, after_sequence=None, **page)) == ["1", "2"]
    assert contents(run(query, after_sequence=2, **page)) == ["3"]
    assert run(query, after_sequence=3, **page) == []


def test_replies_are_listed(zishu, run, user, conversation):
    """In the order of speech, without the hidden."""
    for content, reply_to in (("1", None), ("2", 1), ("3", 2), ("4", 1), ("5", 1)):
        row = post(run, zishu, conversation, user, content, reply_to=reply_to)
    run(zishu.messages.delete, id=row.id)
    query = zishu.messages.list_replies
    replies = run(query, conversation_id=conversation.id, reply_to=1)
    assert contents(replies) == ["2", "4"]
    assert run(query, conversation_id=conversation.id, reply_to=4) == []


SEARCH = {"before_created_at": None, "before_id": None, "limit": 9}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("旅游", ["我想去北京旅游", "旅游 again"]),
        ("travelling", ["We travel to Beijing"]),
        ("旅游 北京", ["我想去北京旅游"]),
        ("上海", []),
        ("the", []),
    ],
)
def test_what_was_said_is_found_by_words(zishu, run, user, conversation, words, found):
    """In Chinese and English, in what a person takes part in; not the hidden or half said."""
    for content in ("我想去北京旅游", "We travel to Beijing", "旅游 again"):
        post(run, zishu, conversation, user, content)
    hidden = post(run, zishu, conversation, user, "旅游 the hidden")
    run(zishu.messages.delete, id=hidden.id)
    run(zishu.messages.append, id=begin(run, zishu, conversation).id, piece="旅游 half")
    stranger = add_user(run, zishu, "stranger")
    post(run, zishu, add_conversation(run, zishu, stranger), stranger, "旅游 of others")
    rows = run(zishu.messages.search, user_id=user.id, words=words, **SEARCH)
    assert sorted(contents(rows)) == sorted(found)


def test_finds_are_paged_newest_first(zishu, run, user, conversation):
    """Among equals in time the later number first."""
    for number in range(3):
        post(run, zishu, conversation, user, f"旅游{number}")
    query = zishu.messages.search
    first = run(query, user_id=user.id, words="旅游", **SEARCH | {"limit": 2})
    key = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    rest = run(query, user_id=user.id, words="旅游", limit=2, **key)
    assert [contents(first), contents(rest)] == [["旅游2", "旅游1"], ["旅游0"]]


def test_who_said_it_may_say_it_otherwise(zishu, run, user, conversation):
    """And nobody else."""
    posted = post(run, zishu, conversation, user, "早")
    edit = {"id": posted.id, "content": "早安"}
    assert run(zishu.messages.edit, user_id=user.id, **edit).content == "早安"
    assert run(zishu.messages.edit, user_id=NOBODY, **edit) is None


def test_a_hidden_message_can_come_back(zishu, run, user, conversation):
    """The conversation counts what it shows."""
    posted = post(run, zishu, conversation, user)
    assert run(zishu.messages.delete, id=posted.id) == 1
    assert run(zishu.messages.delete, id=posted.id) == 0
    assert run(zishu.messages.get, id=posted.id) is None
    assert run(zishu.conversations.get, id=conversation.id).message_count == 0
    assert run(zishu.messages.restore, id=posted.id).sequence == 1
    assert run(zishu.messages.restore, id=posted.id) is None
    assert run(zishu.conversations.get, id=conversation.id).message_count == 1


def test_hidden_messages_are_removed_with_their_bytes_named(zishu, run, user, conversation):
    """The oldest first; bytes that another message shows are not named."""
    doomed = [
        post(run, zishu, conversation, user, attachments=[attachment(path), attachment("shared")])
        for path in "ab"
    ]
    post(run, zishu, conversation, user, attachments=[attachment("b")])
    for number, row in enumerate(doomed):
        set_time(run, "messages", row, "deleted_at", NOON + timedelta(hours=number))
    query = zishu.messages.remove_deleted
    first = run(query, before=FUTURE, limit=1)
    assert (first.removed, first.file_paths) == (1, ["a"])
    second = run(query, before=FUTURE, limit=9)
    assert (second.removed, second.file_paths) == (1, ["shared"])
    last = run(query, before=FUTURE, limit=9)
    assert (last.removed, last.file_paths) == (0, [])


# Attachments


def attach(run, zishu, message, path="chat/9.png"):
    """A file that is added to a message later."""
    return run(
        zishu.message_attachments.create,
        message_id=message.id,
        metadata=Jsonb({"width": 2}),
        **attachment(path),
    )


def test_a_file_is_added_and_taken_out(zishu, run, user, conversation):
    """Whether its bytes must stay is said with it."""
    posted = post(run, zishu, conversation, user, attachments=[attachment("chat/9.png")])
    added = attach(run, zishu, posted)
    attachments = zishu.message_attachments
    assert run(attachments.get, id=added.id) == added
    assert (added.metadata, added.checksum) == ({"width": 2}, CHECKSUM)
    first = run(attachments.delete, id=added.id)
    assert (first.file_path, first.is_shown) == ("chat/9.png", True)
    assert run(attachments.is_shown, file_path="chat/9.png") is True
    second = run(attachments.delete, id=posted.attachments[0]["id"])
    assert second.is_shown is False
    assert run(attachments.is_shown, file_path="chat/9.png") is False
    assert run(attachments.delete, id=added.id) is None
    assert run(attachments.get, id=added.id) is None
    assert run(attachments.list_by_message, message_id=posted.id) == []


def test_the_pictures_of_a_conversation_are_paged(zishu, run, user, conversation):
    """Newest first, with the number of their message; other kinds are not among them."""
    post(run, zishu, conversation, user, attachments=[attachment("a"), attachment("b")])
    post(run, zishu, conversation, user, attachments=[attachment("sound", kind="audio")])
    post(run, zishu, conversation, user, attachments=[attachment("c")])
    query = zishu.message_attachments.page
    page = {"conversation_id": conversation.id, "kind": "image", "limit": 2}
    first = run(query, before_sequence=None, before_id=None, **page)
    key = {"before_sequence": first[-1].sequence, "before_id": first[-1].id}
    rest = run(query, **key, **page)
    assert [(row.file_path, row.sequence) for row in [*first, *rest]] == [
        ("c", 3),
        ("b", 1),
        ("a", 1),
    ]


# Contexts


def summarise(run, zishu, conversation, to_sequence, kind="summary"):
    """A stretch from the first message on."""
    return run(
        zishu.conversation_contexts.create,
        conversation_id=conversation.id,
        kind=kind,
        from_sequence=1,
        to_sequence=to_sequence,
        summary=f"up to {to_sequence}" if kind == "summary" else None,
        facts=Jsonb({"name": "小林"}),
        token_count=9,
        model_name="qwen-max",
    )


@pytest.fixture
def long(run, zishu, user, conversation):
    """The conversation, with five messages."""
    for number in range(1, 6):
        post(run, zishu, conversation, user, f"{number}")
    return conversation


def test_the_second_of_two_equal_contexts_is_not_written(zishu, run, long):
    """Who made it first is read instead."""
    first = summarise(run, zishu, long, 3)
    assert summarise(run, zishu, long, 3) is None
    contexts = zishu.conversation_contexts
    assert run(contexts.get, id=first.id) == first
    latest = {"conversation_id": long.id, "kind": "summary"}
    assert run(contexts.get_latest, **latest) == first
    assert run(contexts.get_latest, **latest | {"kind": "window"}) is None
    assert run(contexts.get, id=0) is None


def test_many_make_the_same_context_at_once(zishu, on):
    """One is written, the others are told so."""
    user = add_user(on, zishu)
    conversation = add_conversation(on, zishu, user)
    post(on, zishu, conversation, user)
    made = at_once(6, lambda _number: summarise(on, zishu, conversation, 1))
    assert sum(row is not None for row in made) == 1


def test_the_furthest_context_holds(zishu, run, long):
    """Pages begin with it, and the superseded can be forgotten."""
    for to_sequence in (1, 4, 2):
        summarise(run, zishu, long, to_sequence)
    summarise(run, zishu, long, 4, "window")
    contexts = zishu.conversation_contexts
    latest = run(contexts.get_latest, conversation_id=long.id, kind="summary")
    assert latest.to_sequence == 4
    seen, key = [], {"before_to_sequence": None, "before_kind": None}
    while rows := run(contexts.page, conversation_id=long.id, limit=2, **key):
        seen += [(row.to_sequence, row.kind) for row in rows]
        key = {"before_to_sequence": rows[-1].to_sequence, "before_kind": rows[-1].kind}
    assert seen == [(4, "window"), (4, "summary"), (2, "summary"), (1, "summary")]
    assert run(contexts.delete_superseded, conversation_id=long.id) == 2
    assert run(contexts.delete_superseded, conversation_id=long.id) == 0
    assert run(contexts.get_latest, conversation_id=long.id, kind="summary") == latest
    assert run(contexts.delete, id=latest.id) == 1
    assert run(contexts.delete, id=latest.id) == 0


def test_the_prompt_is_one_statement(zishu, run, user):
    """Who it is, the summary that holds, and the newest messages after it in their order."""
    character = add_character(run, zishu)
    run(
        zishu.character_personalities.create,
        character_id=character.id,
        name="傲娇",
        system_prompt="你是小紫。",
        speaking_style="喵",
        traits=Jsonb({}),
        examples=Jsonb([]),
        temperature=Decimal("0.9"),
        is_default=False,
    )
    conversation = add_conversation(run, zishu, user, character)
    for number in range(1, 6):
        post(run, zishu, conversation, user, f"{number}")
    summarise(run, zishu, conversation, 1)
    summarise(run, zishu, conversation, 2)
    prompt = run(zishu.conversation_contexts.get_prompt, conversation_id=conversation.id, limit=2)
    assert (prompt.system_prompt, prompt.temperature) == ("你是小紫。", Decimal("0.90"))
    assert (prompt.summary, prompt.summarised_to) == ("up to 2", 2)
    assert [(row["sequence"], row["content"]) for row in prompt.messages] == [(4, "4"), (5, "5")]


def test_the_prompt_of_a_new_conversation_is_empty(zishu, run, conversation):
    """Neither temper nor summary nor messages."""
    query = zishu.conversation_contexts.get_prompt
    prompt = run(query, conversation_id=conversation.id, limit=9)
    assert (prompt.system_prompt, prompt.summary) == (None, None)
    assert (prompt.summarised_to, prompt.messages) == (0, [])
    assert run(query, conversation_id=NOBODY, limit=9) is None


# Participants


def test_nobody_is_in_twice_at_once(zishu, run, conversation):
    """Who left may join again, as a new stay."""
    friend = add_user(run, zishu, "friend")
    character = add_character(run, zishu)
    participants = zishu.conversation_participants
    first = join(run, zishu, conversation, friend)
    assert join(run, zishu, conversation, friend) is None
    assert join(run, zishu, conversation, character=character).character_id == character.id
    assert join(run, zishu, conversation, character=character) is None
    assert run(participants.get, id=first.id) == first
    assert run(participants.leave, id=first.id).left_at is not None
    assert run(participants.leave, id=first.id) is None
    assert join(run, zishu, conversation, friend).id != first.id
    assert run(participants.get, id=0) is None


def test_who_is_present_is_listed_by_the_name_that_is_shown(zishu, run, user, conversation):
    """In the order of joining; who left is only among all who ever were."""
    friend = add_user(run, zishu, "friend")
    character = add_character(run, zishu, avatar_url="c.png")
    run(
        zishu.user_profiles.create,
        user_id=friend.id,
        display_name="朋友",
        avatar_url="f.png",
        bio=None,
        birthday=None,
        location=None,
        links=Jsonb({}),
        is_public=False,
    )
    stay = join(run, zishu, conversation, friend)
    join(run, zishu, conversation, character=character)
    participants = zishu.conversation_participants
    rows = run(participants.list_present, conversation_id=conversation.id)
    assert [(row.name, row.avatar_url) for row in rows] == [
        ("xiaolin", None),
        ("朋友", "f.png"),
        ("小紫", "c.png"),
    ]
    run(participants.leave, id=stay.id)
    rows = run(participants.list_present, conversation_id=conversation.id)
    assert [row.name for row in rows] == ["xiaolin", "小紫"]
    page = {"conversation_id": conversation.id, "limit": 2}
    first = run(participants.page, after_created_at=None, after_id=None, **page)
    key = {"after_created_at": first[-1].created_at, "after_id": first[-1].id}
    rest = run(participants.page, **key, **page)
    assert [row.user_id for row in [*first, *rest]] == [user.id, friend.id, None]
    assert run(participants.list_present, conversation_id=NOBODY) == []


def test_reading_goes_forward_and_not_past_the_end(zishu, run, user, long):
    """A client that is behind or mad changes nothing."""
    friend = add_user(run, zishu, "friend")
    join(run, zishu, long, friend)
    query = zishu.conversation_participants.mark_read
    key = {"conversation_id": long.id, "user_id": friend.id}
    for sequence, noted in ((3, 3), (2, 3), (99, 5)):
        assert run(query, sequence=sequence, **key).last_read_sequence == noted
    assert run(query, sequence=1, **key | {"user_id": NOBODY}) is None


def test_many_mark_as_read_at_once(zishu, on):
    """The furthest holds."""
    user, friend = (add_user(on, zishu, name) for name in ("one", "two"))
    conversation = add_conversation(on, zishu, user)
    join(on, zishu, conversation, friend)
    for _ in range(6):
        post(on, zishu, conversation, user)
    key = {"conversation_id": conversation.id, "user_id": friend.id}
    mark = zishu.conversation_participants.mark_read
    at_once(6, lambda number: on(mark, sequence=6 - number, **key))
    assert on(zishu.conversation_participants.get_by_user, **key).last_read_sequence == 6


def test_unread_conversations_are_listed(zishu, run, user, long):
    """With how much it is; muted and read ones are not."""
    friend = add_user(run, zishu, "friend")
    join(run, zishu, long, friend)
    key = {"conversation_id": long.id, "user_id": friend.id}
    participants = zishu.conversation_participants
    run(participants.mark_read, sequence=2, **key)
    rows = run(participants.list_unread, user_id=friend.id)
    assert [(row.conversation_id, row.unread_count) for row in rows] == [(long.id, 3)]
    assert run(participants.list_unread, user_id=user.id) == []
    assert run(participants.set_muted, is_muted=True, **key).is_muted
    assert run(participants.list_unread, user_id=friend.id) == []
    assert run(participants.set_muted, is_muted=True, **key | {"user_id": NOBODY}) is None


def test_a_stay_is_removed(zishu, run, user, conversation):
    """As if it had never been."""
    participants = zishu.conversation_participants
    key = {"conversation_id": conversation.id, "user_id": user.id}
    stay = run(participants.get_by_user, **key)
    assert run(participants.set_role, id=stay.id, role="observer").role == "observer"
    assert run(participants.delete, id=stay.id) == 1
    assert run(participants.delete, id=stay.id) == 0
    assert run(participants.get_by_user, **key) is None
    assert run(participants.set_role, id=stay.id, role="member") is None
