"""The rules of schema emotional_chat: each is tried, and refused by the constraint that says it."""

# ruff: noqa: RUF001 (Chinese has commas of its own)

from __future__ import annotations

import json
import threading

import psycopg
import pytest
from psycopg.types.json import Jsonb

from callers import wait_until_blocked

ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$" + "c2FsdHNhbHQ" + "$" + "h" * 43
COUNTED = "select message_count, last_active_at from emotional_chat.chat_sessions where id = %s"


def one(db, query, args=()):
    """The only column of the only row."""
    return db.execute(query, args).fetchone()[0]


def a_session(db, username):
    """The ids of a new user and of a session of theirs."""
    user = one(
        db, "insert into emotional_chat.users (username) values (%s) returning id", [username]
    )
    return user, one(
        db, "insert into emotional_chat.chat_sessions (user_id) values (%s) returning id", [user]
    )


def say(db, session, content, role="user", at=None):
    """The id of a new message."""
    return one(
        db,
        "insert into emotional_chat.chat_messages (session_id, role, content, created_at)"
        " values (%s, %s, %s, coalesce(%s, now())) returning id",
        [session, role, content, at],
    )


def feel(db, message, **values):
    """The id of a new analysis of the message."""
    row = {
        "message_id": message,
        "emotion": "anxious",
        "intensity": 7.5,
        "sentiment_score": -0.6,
        "confidence": 0.9,
        "model_name": "bert",
    } | values
    return one(
        db,
        f"insert into emotional_chat.emotion_analysis ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))}) returning id",
        list(row.values()),
    )


def plan(db, query, args=()):
    """The nodes of the query's plan that read an index, as (node, index)."""
    db.execute("set local enable_seqscan = off")
    found, nodes = [], [one(db, "explain (format json) " + query, args)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Index Name" in node:
            found.append((node["Node Type"], node["Index Name"]))
    return found


@pytest.fixture
def ids(db):
    """The ids of a user and a session."""
    return a_session(db, "小雨")


@pytest.fixture
def user(ids):
    """The id of a user."""
    return ids[0]


@pytest.fixture
def session(ids):
    """The id of the user's session."""
    return ids[1]


@pytest.fixture
def message(db, session):
    """The id of a message in the session."""
    return say(db, session, "我今天心情很好，工作压力小了。 Feeling much better!")


@pytest.fixture
def article(db):
    """The id of an article of the knowledge base."""
    return one(
        db,
        "insert into emotional_chat.knowledge (category, title, content, tags) values"
        " ('睡眠', '睡不着怎么办', '规律作息，睡前少看手机。 Relaxing exercises help.',"
        """ '["失眠", "作息"]') returning id""",
    )


@pytest.fixture
def committed(migrated):
    """A second and a third connection, and a session that both see."""
    with (
        psycopg.connect(migrated) as first,
        psycopg.connect(migrated) as second,
        psycopg.connect(migrated, autocommit=True) as owner,
    ):
        user, session = a_session(owner, "二人同时")
        try:
            yield first, second, session
        finally:
            first.rollback()
            second.rollback()
            owner.execute("delete from emotional_chat.users where id = %s", [user])


def meanwhile(first, second, run):
    """Runs in a thread what waits on second for first, which then commits."""
    thread = threading.Thread(target=run)
    thread.start()
    wait_until_blocked(first, second.info.backend_pid)
    first.commit()
    thread.join()


def test_a_guest_needs_only_a_name(db, user):
    """A guest is active, without address, password or login."""
    row = db.execute(
        "select is_active, email, hashed_password, last_login_at from emotional_chat.users"
    ).fetchone()
    assert row == (True, None, None, None)


def test_a_guest_becomes_an_account(db, user):
    """Registration adds an address and a hash to the same row."""
    db.execute(
        "update emotional_chat.users set email = 'yu@example.com', hashed_password = %s",
        [ARGON2ID],
    )


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("username", "小雪", "users_username_key"),
        ("email", "xue@example.com", "users_email_key"),
        ("email", "Yu@Example.com", "users_email_is_lower_case"),
        ("hashed_password", "123456", "users_hashed_password_is_a_hash"),
    ],
)
def test_a_user_refuses_nonsense(db, refused, user, column, value, constraint):
    """Names and addresses are one user's, an address in lower case, a password hashed."""
    db.execute(
        "insert into emotional_chat.users (username, email) values ('小雪', 'xue@example.com')"
    )
    with refused(constraint):
        db.execute(f"update emotional_chat.users set {column} = %s where id = %s", [value, user])


def test_a_session_starts_empty_and_with_a_public_name(db, user, session):
    """A new session has no messages, was active now, and has an id that can't be guessed."""
    row = db.execute(
        "select title, is_archived, message_count, last_active_at = now(),"
        " public_id is not null from emotional_chat.chat_sessions where id = %s",
        [session],
    ).fetchone()
    assert row == (None, False, 0, True, True)


def test_a_session_keeps_its_user(db, refused, user, session):
    """A session can't be handed to someone else."""
    other, _ = a_session(db, "小雪")
    with refused("chat_sessions_stay_with_their_user"):
        db.execute("update emotional_chat.chat_sessions set user_id = %s", [other])


def test_a_public_name_is_one_session(db, refused, user, session):
    """Two sessions can't share a public id."""
    with refused("chat_sessions_public_id_key"):
        db.execute(
            "insert into emotional_chat.chat_sessions (user_id, public_id)"
            " select user_id, public_id from emotional_chat.chat_sessions"
        )


@pytest.mark.parametrize("column", ["message_count = 5", "last_active_at = now()"])
def test_no_application_sets_what_is_counted(db, refused, session, column):
    """The counters of a session follow its messages, not an update."""
    with refused("chat_sessions_are_counted_by_triggers"):
        db.execute(f"update emotional_chat.chat_sessions set {column}")


def test_no_session_starts_counted(db, refused, user):
    """A session can't be opened with messages that it doesn't have."""
    with refused("chat_sessions_start_empty"):
        db.execute(
            "insert into emotional_chat.chat_sessions (user_id, message_count) values (%s, 1)",
            [user],
        )


def test_the_count_follows_the_messages(db, session):
    """Every insert and delete, of one row or many, is counted and dated in the session."""
    say(db, session, "早", at="2026-01-01")
    assert db.execute(COUNTED + " and last_active_at = '2026-01-01'", [session]).fetchone()[0] == 1
    db.execute(
        "insert into emotional_chat.chat_messages (session_id, role, content, created_at)"
        " select %s, 'user', 'n' || n, timestamptz '2026-01-01' + n * interval '1 day'"
        " from generate_series(1, 10) as n",
        [session],
    )
    assert db.execute(COUNTED + " and last_active_at = '2026-01-11'", [session]).fetchone()[0] == 11
    db.execute("delete from emotional_chat.chat_messages where content in ('n9', 'n10')")
    assert db.execute(COUNTED + " and last_active_at = '2026-01-09'", [session]).fetchone()[0] == 9
    db.execute("delete from emotional_chat.chat_messages")
    assert db.execute(COUNTED + " and last_active_at = created_at", [session]).fetchone()[0] == 0


def test_one_statement_counts_in_every_session(db, session):
    """Messages of several sessions written and deleted at once are counted in each."""
    _, other = a_session(db, "小雪")
    db.execute(
        "insert into emotional_chat.chat_messages (session_id, role, content)"
        " values (%(a)s, 'user', 'x'), (%(b)s, 'user', 'x'), (%(b)s, 'assistant', 'y')",
        {"a": session, "b": other},
    )
    assert [db.execute(COUNTED, [id_]).fetchone()[0] for id_ in (session, other)] == [1, 2]
    db.execute("delete from emotional_chat.chat_messages where content = 'x'")
    assert [db.execute(COUNTED, [id_]).fetchone()[0] for id_ in (session, other)] == [0, 1]


def test_an_older_message_is_no_newer_activity(db, session, message):
    """An imported message from long ago doesn't move its session down."""
    say(db, session, "旧", at="2000-01-01")
    assert db.execute(COUNTED + " and last_active_at = now()", [session]).fetchone()[0] == 2


def test_two_messages_at_once_are_both_counted(committed):
    """Of two transactions that write to a session, the second waits and counts on."""
    first, second, session = committed
    say(first, session, "一")

    def run():
        say(second, session, "二")
        second.commit()

    meanwhile(first, second, run)
    assert first.execute(COUNTED, [session]).fetchone()[0] == 2


def test_a_delete_sees_what_was_written_meanwhile(committed):
    """A delete that waits for a new message leaves that message's count and time."""
    first, second, session = committed
    old = say(second, session, "旧", at="2026-01-01")
    second.commit()
    say(first, session, "新", at="2026-02-01")

    def run():
        second.execute("delete from emotional_chat.chat_messages where id = %s", [old])
        second.commit()

    meanwhile(first, second, run)
    assert first.execute(COUNTED + " and last_active_at = '2026-02-01'", [session]).fetchone()[
        :1
    ] == (1,)


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ({"role": "bot"}, "chat_messages_role_is_known"),
        ({"content": ""}, "chat_messages_content_is_of_bounded_length"),
        ({"content": "长" * 100_001}, "chat_messages_content_is_of_bounded_length"),
        ({"model_name": "gpt"}, "chat_messages_only_the_assistant_has_a_model"),
        ({"token_count": -1}, "chat_messages_token_count_is_not_negative"),
        ({"session_id": 0}, "chat_messages_session_id_fkey"),
    ],
)
def test_a_message_refuses_nonsense(db, refused, session, row, constraint):
    """Each rule of a message is held by the constraint that says it."""
    row = {"session_id": session, "role": "user", "content": "你好"} | row
    with refused(constraint):
        db.execute(
            f"insert into emotional_chat.chat_messages ({', '.join(row)})"
            f" values ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )


@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_three_speak(db, session, role):
    """A message is the person's, the assistant's or the system's, up to 100,000 characters."""
    say(db, session, "长" * 100_000, role)


def test_only_the_assistant_names_a_model(db, session):
    """An answer says which model wrote it, and what it cost."""
    db.execute(
        "insert into emotional_chat.chat_messages"
        " (session_id, role, content, model_name, token_count)"
        " values (%s, 'assistant', '听起来不错', 'qwen', 12)",
        [session],
    )


@pytest.mark.parametrize("change", ["content = 'x'", "session_id = session_id + 1", "role = role"])
def test_a_message_is_final(db, refused, message, change):
    """No message changes or moves to another session."""
    with refused("chat_messages_are_final"):
        db.execute(f"update emotional_chat.chat_messages set {change}")


def test_history_is_read_by_keyset(db, session, message):
    """A page of history is a range of one index."""
    found = plan(
        db,
        "select id, role, content from emotional_chat.chat_messages"
        " where session_id = %s and id < 100 order by id desc limit 50",
        [session],
    )
    assert found == [("Index Scan", "chat_messages_session_id_id_key")]


def test_sessions_are_listed_by_keyset(db, user, session):
    """A person's sessions come newest first from one index."""
    found = plan(
        db,
        "select id, title from emotional_chat.chat_sessions"
        " where user_id = %s and (last_active_at, id) < (now(), 100)"
        " order by last_active_at desc, id desc limit 20",
        [user],
    )
    assert found == [("Index Scan", "chat_sessions_user_id_last_active_at_idx")]


@pytest.mark.parametrize(
    ("words", "found"),
    [("心情", True), ("压力 better", True), ("好", True), ("feel", True), ("开心", False)],
)
def test_messages_are_found_in_chinese_and_english(db, message, words, found):
    """A message is found by words of one, two and more characters, by the index."""
    query = (
        "select exists (select from emotional_chat.chat_messages"
        " where common.search_terms(content) @@ common.search_query(%s))"
    )
    assert one(db, query, [words]) is found
    assert plan(db, query, [words]) == [("Bitmap Index Scan", "chat_messages_content_gin")]


def test_an_analysis_copies_speaker_and_time(db, user, session):
    """Whose mood it is and of when comes from the message, whatever the writer says."""
    message = say(db, session, "累", at="2026-03-01")
    other, _ = a_session(db, "小雪")
    feel(db, message, user_id=other, said_at="2000-01-01")
    db.execute("update emotional_chat.emotion_analysis set user_id = %s", [other])
    row = db.execute(
        "select user_id, said_at = '2026-03-01', keywords from emotional_chat.emotion_analysis"
    ).fetchone()
    assert row == (user, True, [])


def test_message_and_analysis_fit_one_statement(db, user, session):
    """A message and its analysis may be written by one statement."""
    db.execute(
        "with said as (insert into emotional_chat.chat_messages (session_id, role, content)"
        " values (%s, 'user', '好累') returning id)"
        " insert into emotional_chat.emotion_analysis"
        " (message_id, emotion, intensity, sentiment_score, confidence, model_name)"
        " select id, 'sad', 4, -0.3, 0.8, 'bert' from said",
        [session],
    )
    assert one(db, "select user_id from emotional_chat.emotion_analysis") == user


@pytest.mark.parametrize("role", ["assistant", "system"])
def test_only_people_have_feelings(db, refused, session, role):
    """A message that no person wrote is not analysed."""
    message = say(db, session, "您好", role)
    with refused("emotion_analysis_is_of_a_persons_message"):
        feel(db, message)


def test_an_analysis_needs_a_message(db, refused, session):
    """There is no analysis of a message that isn't there."""
    with refused("emotion_analysis_is_of_a_persons_message"):
        feel(db, 0)


def test_a_message_has_one_analysis(db, refused, message):
    """A second analysis of a message is refused; an upsert replaces the first."""
    feel(db, message)
    with refused("emotion_analysis_message_id_key"):
        feel(db, message)
    db.execute(
        "insert into emotional_chat.emotion_analysis"
        " (message_id, emotion, intensity, sentiment_score, confidence, model_name)"
        " values (%s, 'happy', 8, 0.7, 0.95, 'bert-2')"
        " on conflict (message_id) do update set emotion = excluded.emotion",
        [message],
    )
    assert one(db, "select emotion from emotional_chat.emotion_analysis") == "happy"


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("emotion", "meh", "emotion_analysis_emotion_is_known"),
        ("intensity", 10.1, "emotion_analysis_intensity_is_from_0_to_10"),
        ("intensity", -0.1, "emotion_analysis_intensity_is_from_0_to_10"),
        ("sentiment_score", 1.001, "emotion_analysis_sentiment_score_is_from_minus_1_to_1"),
        ("sentiment_score", -1.001, "emotion_analysis_sentiment_score_is_from_minus_1_to_1"),
        ("confidence", 1.001, "emotion_analysis_confidence_is_from_0_to_1"),
        ("confidence", -0.001, "emotion_analysis_confidence_is_from_0_to_1"),
        ("keywords", Jsonb({}), "emotion_analysis_keywords_is_an_array"),
    ],
)
def test_an_analysis_refuses_nonsense(db, refused, message, column, value, constraint):
    """Labels and scores outside their ranges are refused."""
    with refused(constraint):
        feel(db, message, **{column: value})


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("intensity", 0),
        ("intensity", 10),
        ("sentiment_score", -1),
        ("sentiment_score", 1),
        ("confidence", 0),
        ("confidence", 1),
        ("emotion", "neutral"),
        ("keywords", Jsonb(["心情", "压力"])),
    ],
)
def test_an_analysis_takes_the_ends_of_its_ranges(db, message, column, value):
    """The limits themselves are allowed."""
    feel(db, message, **{column: value})


def test_mood_by_day_reads_one_index(db, user, message):
    """A person's mood by day needs nothing but emotion_analysis_user_id_said_at_idx."""
    feel(db, message)
    query = (
        "select date_trunc('day', said_at, 'Asia/Shanghai') as day, avg(sentiment_score),"
        " mode() within group (order by emotion) from emotional_chat.emotion_analysis"
        " where user_id = %s and said_at >= now() - interval '30 days' group by day"
    )
    db.execute("set local enable_bitmapscan = off")
    assert plan(db, query, [user]) == [("Index Only Scan", "emotion_analysis_user_id_said_at_idx")]
    assert db.execute(query, [user]).fetchone()[2] == "anxious"


@pytest.mark.parametrize("words", ["睡不着", "手机", "作息 relax", "睡"])
def test_knowledge_is_found_in_chinese_and_english(db, article, words):
    """An article is found by what its title and content say, by the index."""
    query = (
        "select id from emotional_chat.knowledge"
        " where search_terms @@ common.search_query(%s) and is_active"
        " order by ts_rank(search_terms, common.search_query(%s)) desc, id limit 5"
    )
    assert db.execute(query, [words, words]).fetchall() == [(article,)]
    assert plan(db, query, [words, words]) == [("Bitmap Index Scan", "knowledge_search_terms_gin")]


def test_knowledge_search_follows_an_edit(db, article):
    """What search knows of an article is what it says now."""
    db.execute("update emotional_chat.knowledge set content = '深呼吸'")
    query = "select search_terms @@ common.search_query(%s) from emotional_chat.knowledge"
    assert (one(db, query, ["呼吸"]), one(db, query, ["手机"])) == (True, False)


def test_titles_are_found_by_what_they_hold(db, article):
    """A part of a title finds it, by the index on its pairs."""
    query = (
        "select id from emotional_chat.knowledge where common.bigrams(title)"
        " @> common.bigrams(%s) and title ilike '%%' || %s || '%%'"
    )
    assert one(db, query, ["不着", "不着"]) == article
    assert plan(db, query, ["不着"] * 2) == [("Bitmap Index Scan", "knowledge_title_bigrams_gin")]


def test_articles_are_found_by_tag(db, article):
    """A tag finds its articles by the index."""
    query = "select id from emotional_chat.knowledge where tags @> %s"
    assert one(db, query, [Jsonb(["失眠"])]) == article
    assert plan(db, query, [Jsonb(["失眠"])]) == [("Bitmap Index Scan", "knowledge_tags_gin")]


def test_articles_start_active_and_untagged(db):
    """An article of which no more is said has no tags and is in use."""
    row = db.execute(
        "insert into emotional_chat.knowledge (category, title, content) values ('a', 'b', 'c')"
        " returning tags, is_active"
    ).fetchone()
    assert row == ([], True)


def test_a_title_is_one_article_of_its_category(db, refused, article):
    """The same title may stand in another category, not twice in one."""
    again = (
        "insert into emotional_chat.knowledge (category, title, content)"
        " select %s, title, content from emotional_chat.knowledge where id = %s"
    )
    db.execute(again, ["压力", article])
    with refused("knowledge_category_title_key"):
        db.execute(again, ["睡眠", article])


@pytest.mark.parametrize("tags", [{}, "失眠", None, ["失眠", 1], [["失眠"]], [None]])
def test_tags_are_strings(db, refused, article, tags):
    """Tags are an array of strings and nothing else."""
    with refused("knowledge_tags_is_an_array_of_strings"):
        db.execute("update emotional_chat.knowledge set tags = %s", [Jsonb(tags)])


def test_logs_are_written_in_bulk(db):
    """A thousand rows by COPY, also about users that are gone."""
    columns = "(level, source, message, context, user_id, created_at)"
    with db.cursor().copy(f"copy emotional_chat.system_logs {columns} from stdin") as copy:
        for n in range(1000):
            copy.write_row(
                ("info", "api", f"请求 {n}", json.dumps({"duration_ms": n}), n, "2026-01-01")
            )
    assert one(db, "select count(*) from emotional_chat.system_logs") == 1000


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_a_log_has_a_level(db, level):
    """Each of the five levels is taken; a row without a context has an empty one."""
    context = one(
        db,
        "insert into emotional_chat.system_logs (level, source, message) values (%s, 'api', 'x')"
        " returning context",
        [level],
    )
    assert context == {}


@pytest.mark.parametrize(
    ("level", "context", "constraint"),
    [
        ("fatal", {}, "system_logs_level_is_known"),
        ("info", [], "system_logs_context_is_an_object"),
    ],
)
def test_a_log_refuses_nonsense(db, refused, level, context, constraint):
    """Unknown levels and contexts that are no object are refused."""
    with refused(constraint):
        db.execute(
            "insert into emotional_chat.system_logs (level, source, message, context)"
            " values (%s, 'api', 'x', %s)",
            [level, Jsonb(context)],
        )


def test_logs_are_append_only(db, refused):
    """A row of the log never changes; what is past its time can be deleted."""
    db.execute(
        "insert into emotional_chat.system_logs (level, source, message, created_at)"
        " values ('error', 'api', 'x', '2020-01-01')"
    )
    with refused("system_logs_are_final"):
        db.execute("update emotional_chat.system_logs set message = 'y'")
    old = "delete from emotional_chat.system_logs where created_at < now() - interval '90 days'"
    assert plan(db, old) == [("Bitmap Index Scan", "system_logs_created_at_idx")]
    assert db.execute(old).rowcount == 1


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("level = 'error'", "system_logs_level_id_idx"),
        ("user_id = 1", "system_logs_user_id_id_idx"),
    ],
)
def test_logs_are_paged(db, where, index):
    """The newest rows of a level or a person come from one index."""
    query = f"select id from emotional_chat.system_logs where {where} order by id desc limit 9"
    db.execute("set local enable_sort = off")
    assert [name for _, name in plan(db, query)] == [index]


def rate(db, session, message, rating):
    """The id of a new rating."""
    return one(
        db,
        "insert into emotional_chat.user_feedback (session_id, message_id, rating)"
        " values (%s, %s, %s) returning id",
        [session, message, rating],
    )


def test_feedback_is_on_a_session_and_on_its_messages(db, session, message):
    """A session and each of its messages may be rated, and wait to be looked at."""
    rate(db, session, None, 5)
    rate(db, session, message, 1)
    rate(db, session, say(db, session, "嗯"), 3)
    assert one(db, "select bool_or(is_resolved) from emotional_chat.user_feedback") is False


@pytest.mark.parametrize("on_message", [True, False])
def test_a_thing_is_rated_once(db, refused, session, message, on_message):
    """A second rating of a session or a message is refused; an upsert changes the first."""
    message = message if on_message else None
    rate(db, session, message, 2)
    with refused("user_feedback_session_id_message_id_key"):
        rate(db, session, message, 4)
    changed = one(
        db,
        "insert into emotional_chat.user_feedback (session_id, message_id, rating)"
        " values (%s, %s, 4) on conflict (session_id, message_id)"
        " do update set rating = excluded.rating returning rating",
        [session, message],
    )
    assert changed == 4


@pytest.mark.parametrize("rating", [0, 6])
def test_a_rating_is_from_1_to_5(db, refused, session, rating):
    """Ratings outside the scale are refused."""
    with refused("user_feedback_rating_is_from_1_to_5"):
        rate(db, session, None, rating)


def test_feedback_on_a_message_is_in_its_session(db, refused, message):
    """A message of another session can't be rated under this one."""
    _, other = a_session(db, "小雪")
    with refused("user_feedback_session_id_message_id_fkey"):
        rate(db, other, message, 3)


def test_feedback_needs_a_session(db, refused):
    """There is no feedback on nothing."""
    with refused("user_feedback_session_id_fkey"):
        rate(db, 0, None, 3)


def test_two_clicks_are_one_rating(committed):
    """Of two ratings of a session at once one is refused, though neither sees the other."""
    first, second, session = committed
    rate(first, session, None, 5)
    caught = []

    def run():
        with pytest.raises(psycopg.errors.UniqueViolation) as error:
            rate(second, session, None, 1)
        caught.append(error.value.diag.constraint_name)

    meanwhile(first, second, run)
    assert caught == ["user_feedback_session_id_message_id_key"]


def test_open_feedback_is_a_queue(db, session):
    """What nobody has dealt with comes oldest first from one small index."""
    rate(db, session, None, 1)
    query = (
        "select id from emotional_chat.user_feedback"
        " where not is_resolved order by created_at, id limit 9"
    )
    assert [name for _, name in plan(db, query)] == ["user_feedback_unresolved_idx"]


def test_a_deleted_message_takes_what_hangs_on_it(db, session, message):
    """Analysis and rating of a message go with it; the session's rating stays."""
    feel(db, message)
    rate(db, session, message, 1)
    rate(db, session, None, 5)
    db.execute("delete from emotional_chat.chat_messages")
    assert one(db, "select count(*) from emotional_chat.emotion_analysis") == 0
    assert one(db, "select array_agg(rating) from emotional_chat.user_feedback") == [5]


def test_a_user_takes_everything_along(db, user, session, message):
    """Deleting a user deletes all that they said, felt and rated; the log stays."""
    feel(db, message)
    rate(db, session, message, 1)
    db.execute(
        "insert into emotional_chat.system_logs (level, source, message, user_id)"
        " values ('info', 'api', 'x', %s)",
        [user],
    )
    db.execute("delete from emotional_chat.users where id = %s", [user])
    left = [
        one(db, f"select count(*) from emotional_chat.{table}")
        for table in ("chat_sessions", "chat_messages", "emotion_analysis", "user_feedback")
    ]
    assert left == [0, 0, 0, 0]
    assert one(db, "select count(*) from emotional_chat.system_logs") == 1


@pytest.mark.parametrize(
    "table", ["users", "chat_sessions", "emotion_analysis", "knowledge", "user_feedback"]
)
def test_updated_at_follows_every_update(db, session, message, article, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    feel(db, message)
    rate(db, session, message, 1)
    db.execute(f"update emotional_chat.{table} set updated_at = '2000-01-01'")
    assert one(db, f"select updated_at = now() from emotional_chat.{table}")
