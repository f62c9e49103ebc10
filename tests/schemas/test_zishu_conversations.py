"""The rules of conversations in schema zishu: order, counters, contexts, participants."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from callers import wait_until_blocked


def add_user(db, name="xiaolin"):
    """Adds a user of that name, and gives the id."""
    return db.execute(
        "insert into zishu.users (username, email) values (%s, %s || '@example.com') returning id",
        [name, name],
    ).fetchone()[0]


def add_conversation(db, user):
    """Adds a conversation of the user with a character of its own, and gives the id."""
    return db.execute(
        "with character as (insert into zishu.characters (name) values ('紫舒') returning id)"
        " insert into zishu.conversations (user_id, character_id, created_at, last_message_at)"
        " select %s, id, '2025-01-01', '2025-01-01' from character returning id",
        [user],
    ).fetchone()[0]


def say(db, conversation, content="你好", *, year=2025, reply_to=None):
    """Adds a message of that year, and gives its sequence."""
    return db.execute(
        "insert into zishu.messages (conversation_id, role, content, reply_to, created_at)"
        " values (%s, 'user', %s, %s, make_date(%s, 6, 1)) returning sequence",
        [conversation, content, reply_to, year],
    ).fetchone()[0]


def counters(db, conversation):
    """Messages, newest number and year of the newest message, as the conversation keeps them."""
    return db.execute(
        "select message_count, last_sequence, extract(year from last_message_at)::integer"
        " from zishu.conversations where id = %s",
        [conversation],
    ).fetchone()


@pytest.fixture
def user(db):
    """The id of a user."""
    return add_user(db)


@pytest.fixture
def conversation(db, user):
    """The id of a conversation of the user."""
    return add_conversation(db, user)


@pytest.fixture
def sessions(migrated):
    """Two connections in autocommit; what they leave is removed."""
    with (
        psycopg.connect(migrated, autocommit=True) as one,
        psycopg.connect(migrated, autocommit=True) as two,
    ):
        yield one, two
        for table in ("users", "characters"):
            one.execute(f"delete from zishu.{table}")


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("settings", "[]", "conversations_settings_is_an_object"),
        ("message_count", 1, "conversations_message_count_is_possible"),
        ("message_count", -1, "conversations_message_count_is_possible"),
    ],
)
def test_a_conversation_refuses_nonsense(db, refused, conversation, column, value, constraint):
    """Each rule of a conversation is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.conversations set {column} = %s", [value])


def test_messages_are_numbered_in_their_conversation(db, user, conversation):
    """Numbers begin at 1 in each conversation and go up by one, whatever the statement says."""
    other = add_conversation(db, user)
    assert [say(db, c) for c in (conversation, other, conversation)] == [1, 1, 2]
    given = db.execute(
        "insert into zishu.messages (conversation_id, sequence, role, content)"
        " select %s, 99, 'user', n::text from generate_series(1, 3) as n returning sequence",
        [conversation],
    ).fetchall()
    assert given == [(3,), (4,), (5,)]


def test_a_message_that_fails_leaves_no_gap(db, refused, conversation):
    """A number that was given in vain is given again, and not counted."""
    say(db, conversation)
    with refused("messages_role_is_known"):
        db.execute(
            "insert into zishu.messages (conversation_id, role, content) values (%s, 'me', '')",
            [conversation],
        )
    assert say(db, conversation) == 2
    assert counters(db, conversation)[:2] == (2, 2)


def test_a_message_belongs_to_a_conversation(db, refused, conversation):
    """A message of no conversation is refused by the foreign key."""
    with refused("messages_conversation_id_fkey"):
        say(db, "00000000-0000-4000-8000-000000000000")


def test_counters_follow_what_is_hidden_and_removed(db, conversation):
    """Count and time are those of the messages that are still shown; the number only goes up."""
    assert counters(db, conversation) == (0, 0, 2025)
    for year in (2026, 2027, 2028):
        say(db, conversation, year=year)
    assert counters(db, conversation) == (3, 3, 2028)
    hide = "update zishu.messages set deleted_at = %s where sequence = 3"
    db.execute(hide, ["2029-01-01"])
    db.execute(hide, ["2029-01-02"])
    assert counters(db, conversation) == (2, 3, 2027)
    db.execute(hide, [None])
    assert counters(db, conversation) == (3, 3, 2028)
    db.execute(hide, ["2029-01-01"])
    db.execute("delete from zishu.messages where sequence = 3")
    assert counters(db, conversation) == (2, 3, 2027)
    db.execute("delete from zishu.messages")
    assert counters(db, conversation)[:2] == (0, 3)
    assert say(db, conversation, year=2030) == 4
    assert counters(db, conversation) == (1, 4, 2030)


def test_a_conversation_without_messages_is_as_old_as_itself(db, conversation):
    """When all messages are gone, the time is that of the conversation's beginning."""
    say(db, conversation, year=2030)
    db.execute("delete from zishu.messages")
    assert counters(db, conversation) == (0, 1, 2025)


def test_two_sessions_get_two_numbers(sessions):
    """Who writes second waits, and gets the next number."""
    one, two = sessions
    conversation = add_conversation(one, add_user(one))
    with ThreadPoolExecutor() as pool:
        with one.transaction():
            assert say(one, conversation) == 1
            late = pool.submit(say, two, conversation)
            wait_until_blocked(one, two.info.backend_pid)
        assert late.result() == 2
    assert counters(one, conversation)[:2] == (2, 2)


def test_hiding_sees_what_another_session_has_just_said(sessions):
    """Who hides a message while another is added finds the new one the newest."""
    one, two = sessions
    conversation = add_conversation(one, add_user(one))
    say(one, conversation, year=2026)
    with ThreadPoolExecutor() as pool:
        with one.transaction():
            say(one, conversation, year=2027)
            late = pool.submit(
                two.execute, "update zishu.messages set deleted_at = now() where sequence = 1"
            )
            wait_until_blocked(one, two.info.backend_pid)
        late.result()
    assert counters(one, conversation) == (1, 2, 2027)


def test_a_reply_stays_in_its_conversation_and_looks_back(db, refused, user, conversation):
    """A reply is to an earlier message of the same conversation, so replies can't loop."""
    other = add_conversation(db, user)
    for _ in range(2):
        say(db, other)
    say(db, conversation)
    assert say(db, conversation, reply_to=1) == 2
    say(db, other, reply_to=2)
    with refused("messages_reply_to_is_earlier"):
        say(db, conversation, reply_to=3)
    db.execute("delete from zishu.messages where sequence = 1")
    with refused("messages_conversation_id_reply_to_fkey"):
        say(db, conversation, reply_to=1)
    assert db.execute(
        "select reply_to from zishu.messages where conversation_id = %s", [conversation]
    ).fetchall() == [(None,)]


@pytest.mark.parametrize(
    "change", ["sequence = 7", "created_at = '2030-01-01'", "conversation_id = %(other)s"]
)
def test_a_message_keeps_its_place(db, refused, user, conversation, change):
    """Number, time and conversation of a message never change; its text may."""
    say(db, conversation)
    with refused("messages_keep_their_place"):
        db.execute(f"update zishu.messages set {change}", {"other": add_conversation(db, user)})
    db.execute("update zishu.messages set content = '再见'")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("role = 'robot'", "messages_role_is_known"),
        ("role = 'assistant', user_id = %(user)s", "messages_speaker_fits_the_role"),
        ("character_id = %(character)s", "messages_speaker_fits_the_role"),
        ("status = 'lost'", "messages_status_is_known"),
        ("content = repeat('长', 100001)", "messages_content_is_of_bounded_length"),
        ("token_count = -1", "messages_token_count_is_not_negative"),
        ("metadata = '[]'", "messages_metadata_is_an_object"),
    ],
)
def test_a_message_refuses_nonsense(db, refused, user, conversation, change, constraint):
    """Each rule of a message is held by the constraint that says it."""
    say(db, conversation)
    character = db.execute("select character_id from zishu.conversations").fetchone()[0]
    with refused(constraint):
        db.execute(f"update zishu.messages set {change}", {"user": user, "character": character})


def test_who_spoke_may_go(db, conversation):
    """Without the account or the character that spoke, a message stays."""
    guest = add_user(db, "guest")
    db.execute(
        "insert into zishu.messages (conversation_id, role, content, user_id, character_id)"
        " select id, 'user', '你好', %s, null from zishu.conversations"
        " union all select id, 'assistant', '哼', null, character_id from zishu.conversations",
        [guest],
    )
    db.execute("delete from zishu.users where id = %s", [guest])
    db.execute("delete from zishu.characters")
    assert (
        db.execute("select user_id, character_id from zishu.messages").fetchall()
        == [(None, None)] * 2
    )
    assert db.execute("select character_id from zishu.conversations").fetchone() == (None,)


@pytest.mark.parametrize("term", ["散步", "猫", "umbrella"])
def test_messages_are_searched_by_index(db, conversation, term):
    """A Chinese or an English word finds one of five hundred; hidden and half-said ones are not."""
    db.execute(
        "insert into zishu.messages (conversation_id, role, content, status, deleted_at)"
        " select %s, 'user', case when n < 4 then '带着猫去散步 with umbrellas' else '早安' end,"
        " case n when 1 then 'streaming' else 'complete' end,"
        " case n when 2 then now() end from generate_series(1, 500) as n",
        [conversation],
    )
    db.execute("analyze zishu.messages")
    db.execute("set local enable_seqscan = off")
    query = (
        "select sequence from zishu.messages where status = 'complete' and deleted_at is null"
        f" and common.search_terms(content) @@ common.search_query('{term}')"
    )
    assert db.execute(query).fetchall() == [(3,)]
    plan = db.execute(f"explain {query}").fetchall()
    assert any("messages_content_gin" in line for (line,) in plan)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("kind", "smell", "message_attachments_kind_is_known"),
        ("file_size", -1, "message_attachments_file_size_is_not_negative"),
        ("checksum", "md5", "message_attachments_checksum_is_a_hash"),
        ("metadata", "[]", "message_attachments_metadata_is_an_object"),
    ],
)
def test_an_attachment_refuses_nonsense(db, refused, conversation, column, value, constraint):
    """Each rule of an attachment is held by the constraint that says it."""
    attach(db, conversation)
    with refused(constraint):
        db.execute(f"update zishu.message_attachments set {column} = %s", [value])


def attach(db, conversation):
    """Adds a message with a picture."""
    say(db, conversation)
    db.execute(
        "insert into zishu.message_attachments"
        " (message_id, kind, file_name, file_path, file_size, mime_type, checksum)"
        " select id, 'image', '猫.png', 'a/b.png', 1, 'image/png', %s from zishu.messages",
        ["0" * 64],
    )


def summarise(db, conversation, *, first=1, last=1, kind="summary", summary="打了招呼"):
    """Adds a context of that stretch."""
    db.execute(
        "insert into zishu.conversation_contexts"
        " (conversation_id, kind, from_sequence, to_sequence, summary, token_count, model_name)"
        " values (%s, %s, %s, %s, %s, 12, 'qwen-max')",
        [conversation, kind, first, last, summary],
    )


@pytest.mark.parametrize(
    ("context", "constraint"),
    [
        ({"kind": "dream"}, "conversation_contexts_kind_is_known"),
        ({"first": 2}, "conversation_contexts_range_is_not_empty"),
        ({"first": 0}, "conversation_contexts_range_is_not_empty"),
        ({"last": 2}, "conversation_contexts_conversation_id_to_sequence_fkey"),
        ({"summary": None}, "conversation_contexts_summary_is_of_a_summary"),
        ({"kind": "window"}, "conversation_contexts_summary_is_of_a_summary"),
    ],
)
def test_a_context_refuses_nonsense(db, refused, conversation, context, constraint):
    """Each rule of a context is held by the constraint that says it."""
    say(db, conversation)
    with refused(constraint):
        summarise(db, conversation, **context)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("facts", "[]", "conversation_contexts_facts_is_an_object"),
        ("token_count", -1, "conversation_contexts_token_count_is_not_negative"),
    ],
)
def test_what_a_context_knows_refuses_nonsense(
    db, refused, conversation, column, value, constraint
):
    """Each rule is held by the constraint that says it."""
    say(db, conversation)
    summarise(db, conversation)
    with refused(constraint):
        db.execute(f"update zishu.conversation_contexts set {column} = %s", [value])


def test_a_stretch_is_summarised_once(db, refused, conversation):
    """A second summary up to the same message is refused; a window up to it is another thing."""
    say(db, conversation)
    summarise(db, conversation)
    with refused("conversation_contexts_conversation_id_to_sequence_kind_key"):
        summarise(db, conversation)
    summarise(db, conversation, kind="window", summary=None)
    db.execute("delete from zishu.messages")
    assert db.execute("select count(*) from zishu.conversation_contexts").fetchone() == (0,)


def test_a_conversation_begins_with_its_own(db, user, conversation):
    """Owner and character take part from the first; a plain assistant is nobody."""
    rows = db.execute(
        "select user_id = %s, character_id is not null, left_at"
        " from zishu.conversation_participants order by id",
        [user],
    ).fetchall()
    assert rows == [(True, False, None), (None, True, None)]
    db.execute("delete from zishu.conversations")
    db.execute("insert into zishu.conversations (user_id) values (%s)", [user])
    assert db.execute("select count(*) from zishu.conversation_participants").fetchone() == (1,)


def test_nobody_takes_part_twice_at_once(db, refused, user, conversation):
    """Who is in can't join again, person or character; who left can."""
    join = (
        "insert into zishu.conversation_participants (conversation_id, user_id, character_id)"
        " select id, {} from zishu.conversations"
    )
    for who, key in (("user_id, null", "user"), ("null, character_id", "character")):
        with refused(f"conversation_participants_open_{key}_key"):
            db.execute(join.format(who))
        db.execute(
            f"update zishu.conversation_participants set left_at = now() where {key}_id is not null"
        )
        db.execute(join.format(who))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("role = 'god'", "conversation_participants_role_is_known"),
        ("user_id = null", "conversation_participants_is_a_user_or_a_character"),
        ("last_read_sequence = -1", "conversation_participants_last_read_sequence_is_not_negative"),
        ("left_at = '2000-01-01'", "conversation_participants_leave_after_they_join"),
    ],
)
def test_a_participant_refuses_nonsense(db, refused, conversation, change, constraint):
    """Each rule of a participant is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.conversation_participants set {change} where user_id is not null")


def test_a_person_takes_their_conversations_along(db, conversation):
    """Deleting an account for good deletes its conversations and all that is in them."""
    attach(db, conversation)
    say(db, conversation, reply_to=1)
    summarise(db, conversation)
    db.execute("delete from zishu.users")
    for table in (
        "conversations",
        "messages",
        "message_attachments",
        "conversation_contexts",
        "conversation_participants",
    ):
        assert db.execute(f"select count(*) from zishu.{table}").fetchone() == (0,)


@pytest.mark.parametrize("table", ["conversations", "messages", "conversation_participants"])
def test_updated_at_follows_every_update(db, conversation, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    say(db, conversation)
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select distinct updated_at = now() from zishu.{table}").fetchall() == [
        (True,)
    ]
