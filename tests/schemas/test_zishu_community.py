"""The community of schema zishu: counters that don't drift, trees, likes, follows, search, feed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from callers import wait_until_blocked

# Whatever a counter says that counting doesn't.
DRIFT = """
    select 'forums.topic_count', id
    from zishu.forums
    where topic_count <> (
        select count(*) from zishu.topics where forum_id = forums.id and deleted_at is null
    )
    union all
    select 'forums.follower_count', id
    from zishu.forums
    where follower_count <> (select count(*) from zishu.follows where forum_id = forums.id)
    union all
    select 'topics.post_count', id
    from zishu.topics
    where post_count <> (
        select count(*) from zishu.posts where topic_id = topics.id and deleted_at is null
    )
    union all
    select 'topics.last_post_at', id
    from zishu.topics
    where last_post_at is distinct from coalesce(
        (
            select created_at
            from zishu.posts
            where topic_id = topics.id and deleted_at is null
            order by number desc
            limit 1
        ),
        created_at
    )
    union all
    select 'topics.like_count', id
    from zishu.topics
    where like_count <> (select count(*) from zishu.likes where topic_id = topics.id)
    union all
    select 'topics.follower_count', id
    from zishu.topics
    where follower_count <> (select count(*) from zishu.follows where topic_id = topics.id)
    union all
    select 'posts.comment_count', id
    from zishu.posts
    where comment_count <> (
        select count(*) from zishu.comments where post_id = posts.id and deleted_at is null
    )
    union all
    select 'posts.like_count', id
    from zishu.posts
    where like_count <> (select count(*) from zishu.likes where post_id = posts.id)
    union all
    select 'comments.like_count', id
    from zishu.comments
    where like_count <> (select count(*) from zishu.likes where comment_id = comments.id)
"""

# The newest few of each follow, then the newest of all.
FEED = """
    with followed as (
        select followed_user_id, topic_id, forum_id
        from zishu.follows
        where follower_id = %s
    ),
    news as (
        select post.id
        from followed
        cross join lateral (
            select id
            from zishu.posts
            where author_id = followed.followed_user_id and deleted_at is null
            order by created_at desc, id desc
            limit 20
        ) as post
        union
        select post.id
        from followed
        cross join lateral (
            select id
            from zishu.posts
            where topic_id = followed.topic_id and deleted_at is null
            order by number desc
            limit 20
        ) as post
        union
        select post.id
        from followed
        cross join lateral (
            select id
            from zishu.topics
            where forum_id = followed.forum_id and deleted_at is null
            order by last_post_at desc, id desc
            limit 20
        ) as topic
        cross join lateral (
            select id
            from zishu.posts
            where topic_id = topic.id and deleted_at is null
            order by number desc
            limit 1
        ) as post
    )
    select posts.content
    from news
    join zishu.posts using (id)
    join zishu.topics on topics.id = posts.topic_id and topics.deleted_at is null
    order by posts.created_at desc, posts.id desc
    limit 20
"""


def add_user(conn, name="小紫"):
    """The id of a new user."""
    return conn.execute(
        "insert into zishu.users (username, email) values (%s, %s || '@example.com') returning id",
        [name, name],
    ).fetchone()[0]


def add_forum(conn, slug="adapters"):
    """The id of a new forum."""
    return conn.execute(
        "insert into zishu.forums (slug, name) values (%s, %s || '讨论区') returning id",
        [slug, slug],
    ).fetchone()[0]


def add_topic(conn, forum, title="如何训练语音"):
    """The id of a new topic."""
    return conn.execute(
        "insert into zishu.topics (forum_id, title) values (%s, %s) returning id", [forum, title]
    ).fetchone()[0]


def add_post(conn, topic, content="我的经验", author=None):
    """The id of a new post; each is a second younger than the one before it."""
    return conn.execute(
        "insert into zishu.posts (topic_id, author_id, content, created_at)"
        " values (%s, %s, %s, now() + nextval('pg_temp.seconds') * interval '1 second')"
        " returning id",
        [topic, author, content],
    ).fetchone()[0]


def add_comment(conn, post, parent=None, content="赞同"):
    """The id of a new comment."""
    return conn.execute(
        "insert into zishu.comments (post_id, parent_id, content) values (%s, %s, %s) returning id",
        [post, parent, content],
    ).fetchone()[0]


def like(conn, user, kind, target):
    """Likes a topic, a post or a comment."""
    conn.execute(f"insert into zishu.likes (user_id, {kind}_id) values (%s, %s)", [user, target])


def follow(conn, user, kind, target):
    """Follows a followed_user, a topic or a forum."""
    conn.execute(
        f"insert into zishu.follows (follower_id, {kind}_id) values (%s, %s)", [user, target]
    )


def count(conn, column, row):
    """A column of one row, given as table.column."""
    table, name = column.split(".")
    return conn.execute(f"select {name} from zishu.{table} where id = %s", [row]).fetchone()[0]


def remove(conn, table, row):
    """Deletes softly."""
    conn.execute(f"update zishu.{table} set deleted_at = now() where id = %s", [row])


@pytest.fixture
def db(db):
    """The connection, with a clock for add_post."""
    db.execute("create temporary sequence seconds")
    return db


@pytest.fixture
def user(db):
    """The id of a user."""
    return add_user(db)


@pytest.fixture
def forum(db):
    """The id of a forum."""
    return add_forum(db)


@pytest.fixture
def topic(db, forum):
    """The id of a topic."""
    return add_topic(db, forum)


@pytest.fixture
def post(db, topic):
    """The id of the first post of the topic."""
    return add_post(db, topic)


@pytest.fixture
def comment(db, post):
    """The id of a comment on the post."""
    return add_comment(db, post)


@pytest.fixture
def sessions(migrated):
    """Two sessions, and what both see: a user, a topic, two posts and a comment on the first."""
    with psycopg.connect(migrated) as one, psycopg.connect(migrated) as two:
        for conn in (one, two):
            conn.execute("create temporary sequence seconds")
        user, forum = add_user(one, "committed"), add_forum(one, "committed")
        topic = add_topic(one, forum)
        posts = [add_post(one, topic), add_post(one, topic)]
        comment = add_comment(one, posts[0])
        one.commit()
        two.commit()
        with ThreadPoolExecutor() as threads:
            yield (
                one,
                two,
                threads,
                {
                    "user": user,
                    "topic": topic,
                    "posts": posts,
                    "post": posts[0],
                    "comment": comment,
                },
            )
        two.rollback()
        one.rollback()
        assert one.execute(DRIFT).fetchall() == []
        one.execute("delete from zishu.topics where id = %s", [topic])
        one.execute("delete from zishu.forums where id = %s", [forum])
        one.execute("delete from zishu.users where id = %s", [user])


@pytest.mark.parametrize(
    ("table", "column", "value", "constraint"),
    [
        ("forums", "slug", "Voice Acting", "forums_slug_is_fit_for_a_url"),
        ("forums", "topic_count", -1, "forums_counts_are_not_negative"),
        ("forums", "follower_count", -1, "forums_counts_are_not_negative"),
        ("topics", "title", " ", "topics_title_is_not_blank"),
        ("topics", "post_count", -1, "topics_counts_are_not_negative"),
        ("posts", "content", "\n", "posts_content_is_not_blank_nor_endless"),
        ("posts", "content", "长" * 20001, "posts_content_is_not_blank_nor_endless"),
        ("posts", "like_count", -1, "posts_counts_are_not_negative"),
        ("comments", "content", "", "comments_content_is_not_blank_nor_endless"),
        ("comments", "content", "长" * 2001, "comments_content_is_not_blank_nor_endless"),
        ("comments", "like_count", -1, "comments_like_count_is_not_negative"),
    ],
)
def test_nonsense_is_refused(db, refused, comment, table, column, value, constraint):
    """Each rule is held by the constraint that says it."""
    with refused(constraint):
        db.execute(f"update zishu.{table} set {column} = %s", [value])


def test_a_forum_has_one_address_and_name(db, refused, forum):
    """Two forums of one slug or one name are refused."""
    with refused("forums_slug_key"):
        add_forum(db)
    with refused("forums_name_key"):
        db.execute("insert into zishu.forums (slug, name) values ('other', 'adapters讨论区')")


def test_a_forum_with_topics_stays(db, refused, topic):
    """A board is not deleted with what people wrote in it."""
    with refused("topics_forum_id_fkey"):
        db.execute("delete from zishu.forums")


def test_posts_are_numbered_in_their_topic(db, forum, topic):
    """Each post takes the next number of its topic; a deleted one keeps its own."""
    other = add_topic(db, forum)
    posts = [add_post(db, topic), add_post(db, topic), add_post(db, other)]
    remove(db, "posts", posts[1])
    posts.append(add_post(db, topic))
    assert [count(db, "posts.number", post) for post in posts] == [1, 2, 1, 3]


def test_a_locked_forum_takes_no_topic(db, refused, forum, topic):
    """In a locked forum a topic can't be opened; those there can be restored."""
    db.execute("update zishu.forums set is_locked = true")
    with refused("topics_forum_is_open"):
        add_topic(db, forum)
    remove(db, "topics", topic)
    db.execute("update zishu.topics set deleted_at = null")


@pytest.mark.parametrize("change", ["is_locked = true", "deleted_at = now()"])
def test_a_closed_topic_takes_no_post_and_no_comment(db, refused, topic, post, change):
    """Once a topic is locked or deleted nothing is added to it."""
    db.execute(f"update zishu.topics set {change}")
    with refused("posts_topic_is_open"):
        add_post(db, topic)
    with refused("comments_topic_is_open"):
        add_comment(db, post)


def test_a_deleted_post_takes_no_comment(db, refused, post):
    """What is no longer shown is not commented on."""
    remove(db, "posts", post)
    with refused("comments_topic_is_open"):
        add_comment(db, post)


def test_last_post_at_follows_the_posts(db, topic):
    """It is the time of the last post that is shown, or of the topic where there is none."""
    first, second = add_post(db, topic), add_post(db, topic)
    for removed, shown in [(None, second), (second, first)]:
        remove(db, "posts", removed)
        assert count(db, "topics.last_post_at", topic) == count(db, "posts.created_at", shown)
    remove(db, "posts", first)
    assert count(db, "topics.last_post_at", topic) == count(db, "topics.created_at", topic)


def test_an_answer_is_under_the_same_post(db, refused, topic, comment):
    """A comment can't answer one on another post."""
    with refused("comments_parent_id_fkey"):
        add_comment(db, add_post(db, topic), parent=comment)


def test_comments_do_not_loop(db, refused, post, comment):
    """A comment can't come to answer one of its own answers."""
    answer = add_comment(db, post, parent=comment)
    with refused("comments_are_a_tree"):
        db.execute(
            "update zishu.comments set parent_id = %s where id = %s",
            [add_comment(db, post, parent=answer), comment],
        )


@pytest.mark.parametrize("kind", ["topic", "post", "comment"])
def test_a_target_is_liked_once(db, refused, user, topic, post, comment, kind):
    """A second like of one person is refused; taken back, it may be given again."""
    target = {"topic": topic, "post": post, "comment": comment}[kind]
    like(db, user, kind, target)
    with refused(f"likes_{kind}_id_user_id_key"):
        like(db, user, kind, target)
    assert count(db, f"{kind}s.like_count", target) == 1
    db.execute("delete from zishu.likes")
    assert count(db, f"{kind}s.like_count", target) == 0
    like(db, user, kind, target)
    like(db, add_user(db, "friend"), kind, target)
    assert count(db, f"{kind}s.like_count", target) == 2


def test_a_like_has_one_target(db, refused, user, topic, post):
    """A like of nothing or of two things is refused."""
    with refused("likes_has_one_target"):
        db.execute("insert into zishu.likes (user_id) values (%s)", [user])
    with refused("likes_has_one_target"):
        db.execute(
            "insert into zishu.likes (user_id, topic_id, post_id) values (%s, %s, %s)",
            [user, topic, post],
        )


@pytest.mark.parametrize("kind", ["followed_user", "topic", "forum"])
def test_a_target_is_followed_once(db, refused, user, forum, topic, kind):
    """Following twice is refused."""
    targets = {"followed_user": add_user(db, "friend"), "topic": topic, "forum": forum}
    follow(db, user, kind, targets[kind])
    with refused(f"follows_{kind}_id_follower_id_key"):
        follow(db, user, kind, targets[kind])


@pytest.mark.parametrize("kind", ["topic", "forum"])
def test_followers_are_counted(db, user, forum, topic, kind):
    """Who follows and who stops is counted on the topic or the forum."""
    target = {"topic": topic, "forum": forum}[kind]
    follow(db, user, kind, target)
    follow(db, add_user(db, "friend"), kind, target)
    assert count(db, f"{kind}s.follower_count", target) == 2
    db.execute("delete from zishu.follows where follower_id = %s", [user])
    assert count(db, f"{kind}s.follower_count", target) == 1


def test_nobody_follows_themselves(db, refused, user):
    """Following oneself is refused."""
    with refused("follows_is_not_of_oneself"):
        follow(db, user, "followed_user", user)


def test_a_follow_has_one_target(db, refused, user, forum, topic):
    """Following nothing or two things in one row is refused."""
    with refused("follows_has_one_target"):
        db.execute("insert into zishu.follows (follower_id) values (%s)", [user])
    with refused("follows_has_one_target"):
        db.execute(
            "insert into zishu.follows (follower_id, topic_id, forum_id) values (%s, %s, %s)",
            [user, topic, forum],
        )


@pytest.mark.parametrize(
    "change",
    [
        "update zishu.{table} set deleted_at = now() where id = %s",
        "update zishu.{table} set deleted_at = now(), updated_at = now() where id <> %s",
        "delete from zishu.{table} where id = %s",
        "delete from zishu.{table} where id <> %s",
    ],
)
@pytest.mark.parametrize("table", ["topics", "posts", "comments"])
def test_counters_do_not_drift(db, user, forum, topic, post, comment, table, change):
    """Whatever goes, softly or not, and comes back, the counters are what counting gives."""
    other = add_topic(db, forum)
    add_comment(db, add_post(db, other))
    add_post(db, topic, author=user)
    answer = add_comment(db, post, parent=comment)
    for kind, target in [("topic", topic), ("post", post), ("comment", answer)]:
        like(db, user, kind, target)
    follow(db, user, "topic", topic)
    follow(db, user, "forum", forum)
    assert db.execute(DRIFT).fetchall() == []
    row = {"topics": topic, "posts": post, "comments": comment}[table]
    db.execute(change.format(table=table), [row])
    assert db.execute(DRIFT).fetchall() == []
    db.execute(f"update zishu.{table} set deleted_at = null")
    assert db.execute(DRIFT).fetchall() == []
    db.execute("delete from zishu.users where id = %s", [user])
    assert db.execute(DRIFT).fetchall() == []


def test_what_moves_is_counted_where_it_is(db, user, forum, topic, post):
    """A topic that moves to another forum, a post to another topic, take their count along."""
    add_post(db, topic)
    other = add_topic(db, add_forum(db, "other"))
    db.execute("update zishu.posts set topic_id = %s where id = %s", [other, post])
    db.execute(
        "update zishu.topics set forum_id = (select forum_id from zishu.topics where"
        " id = %s) where id = %s",
        [other, topic],
    )
    like(db, user, "post", post)
    db.execute("update zishu.likes set post_id = null, topic_id = %s", [topic])
    assert db.execute(DRIFT).fetchall() == []
    assert count(db, "forums.topic_count", forum) == 0


MANY = """
    with fans as (
        insert into zishu.users (username, email)
        select 'many' || n, 'many' || n || '@example.com' from generate_series(1, 30) as n
        returning id, substring(email from '[0-9]+')::integer as n
    ),
    follows as (
        insert into zishu.follows (follower_id, topic_id, forum_id)
        select
            id,
            case mod(n, 2) when 0 then %(topic)s::uuid end,
            case mod(n, 2) when 1 then %(forum)s::uuid end
        from fans
    )
    insert into zishu.likes (user_id, topic_id, post_id, comment_id)
    select
        id,
        case mod(n, 3) when 0 then %(topic)s::uuid end,
        case mod(n, 3) when 1 then %(post)s::uuid end,
        case mod(n, 3) when 2 then %(comment)s::uuid end
    from fans
"""


@pytest.mark.parametrize(
    "write",
    [
        "delete from zishu.likes",
        "delete from zishu.likes where post_id is not null",
        "delete from zishu.users where username < 'many2'",
        "update zishu.likes set post_id = null, topic_id = %(topic)s where post_id is not null",
        "update zishu.likes set created_at = now()",
        "update zishu.likes set created_at = now() where false",
        (
            "insert into zishu.likes (user_id, post_id) select id, %(post)s from zishu.users"
            " on conflict do nothing"
        ),
        "delete from zishu.follows",
        "update zishu.follows set topic_id = null, forum_id = %(forum)s where topic_id is not null",
        "update zishu.follows set created_at = now()",
    ],
)
def test_many_in_one_statement_are_counted(db, forum, topic, post, comment, write):
    """Likes and follows of all kinds that come, go or move together are counted each."""
    made = {"forum": forum, "topic": topic, "post": post, "comment": comment}
    db.execute(MANY, made)
    counted = (10, 10, 10, 15)
    counters = [("topics", "topic"), ("posts", "post"), ("comments", "comment")]
    likes = tuple(count(db, f"{table}.like_count", made[kind]) for table, kind in counters)
    assert (*likes, count(db, "forums.follower_count", forum)) == counted
    db.execute(write, made)
    assert db.execute(DRIFT).fetchall() == []


def test_posts_of_one_statement_are_numbered_and_counted(db, topic):
    """The last that is not deleted says when the topic was last written in."""
    db.execute(
        "insert into zishu.posts (topic_id, content, created_at, deleted_at)"
        " select %s, 'n', now() + n * interval '1 minute', case when n = 4 then now() end"
        " from generate_series(1, 4) as n",
        [topic],
    )
    numbers = db.execute("select array_agg(number order by created_at) from zishu.posts")
    assert numbers.fetchone() == ([1, 2, 3, 4],)
    assert count(db, "topics.post_count", topic) == 3
    assert db.execute(DRIFT).fetchall() == []


@pytest.mark.parametrize(
    "table",
    [
        "user_sessions", "conversations", "workflow_executions", "files", "topics", "posts",
        "comments",
    ],
)  # fmt: skip
def test_keys_of_what_comes_all_day_are_in_order(db, table):
    """Their default gives a key that follows those before it."""
    default = db.execute(
        "select column_default from information_schema.columns"
        " where table_schema = 'zishu' and table_name = %s and column_name = 'id'",
        [table],
    )
    assert default.fetchone() == ("common.uuid_in_order()",)


def test_an_erased_person_leaves_the_discussion_whole(db, user, forum):
    """Topics, posts and comments stay without an author; likes and follows go."""
    topic = add_topic(db, forum)
    post = add_post(db, topic, author=user)
    comment = add_comment(db, post)
    for table in ["topics", "comments"]:
        db.execute(f"update zishu.{table} set author_id = %s", [user])
    like(db, user, "comment", comment)
    follow(db, user, "forum", forum)
    db.execute("delete from zishu.users where id = %s", [user])
    for table in ["topics", "posts", "comments"]:
        assert db.execute(f"select author_id from zishu.{table}").fetchall() == [(None,)]
    for table in ["likes", "follows"]:
        assert db.execute(f"select count(*) from zishu.{table}").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("table", "column", "index"),
    [("topics", "title", "topics_title_gin"), ("posts", "content", "posts_content_gin")],
)
@pytest.mark.parametrize(
    ("words", "found"), [("语音", True), ("训练", True), ("models", True), ("音克", False)]
)
def test_discussions_are_found_by_words(db, topic, post, table, column, index, words, found):
    """Topics and posts are searched in Chinese and English, by index; deleted ones are not."""
    db.execute(f"update zishu.{table} set {column} = '怎样训练语音模型 with a small model'")
    search = (
        f"select id from zishu.{table} where deleted_at is null"
        f" and common.search_terms({column}) @@ common.search_query(%s)"
    )
    assert bool(db.execute(search, [words]).fetchall()) is found
    remove(db, table, {"topics": topic, "posts": post}[table])
    assert db.execute(search, [words]).fetchall() == []
    db.execute("set local enable_seqscan = off")
    plan = "\n".join(row[0] for row in db.execute("explain " + search, [words]))
    assert index in plan


@pytest.mark.parametrize(
    ("table", "where", "order", "index"),
    [
        ("topics", "forum_id = %s", "last_post_at desc, id desc", "forum_id_last_post_at_idx"),
        (
            "topics",
            "forum_id = %s and is_pinned and deleted_at is null",
            "last_post_at desc, id desc",
            "pinned_idx",
        ),
        ("topics", "author_id = %s", "created_at desc, id desc", "author_id_created_at_idx"),
        ("posts", "topic_id = %s", "number", "topic_id_number_key"),
        ("posts", "author_id = %s", "created_at desc, id desc", "author_id_created_at_idx"),
        ("comments", "post_id = %s and parent_id is null", "created_at, id", "first_idx"),
        ("likes", "user_id = %s", "created_at desc, id desc", "user_id_created_at_idx"),
        ("follows", "follower_id = %s", "created_at desc, id desc", "follower_id_created_at_idx"),
    ],
)
def test_pages_are_read_in_the_order_of_an_index(db, forum, table, where, order, index):
    """Each page of the community is read by index and sorted by none."""
    db.execute("set local enable_seqscan = off")
    db.execute("set local enable_bitmapscan = off")
    page = f"select id from zishu.{table} where {where} order by {order} limit 20"
    plan = "\n".join(row[0] for row in db.execute("explain " + page, [forum]))
    assert f"using {table}_{index} " in plan
    assert "Sort" not in plan


def test_the_feed_shows_what_is_followed(db, user, forum):
    """The feed holds news of people, topics and forums that one follows, newest first, once."""
    friend, followed_topic = add_user(db, "friend"), add_topic(db, add_forum(db, "topics"))
    elsewhere = add_topic(db, add_forum(db, "elsewhere"))
    news = add_topic(db, forum)
    add_post(db, elsewhere, "a friend's", friend)
    add_post(db, elsewhere, "a stranger's")
    add_post(db, followed_topic, "in a topic, by a friend", friend)
    remove(db, "posts", add_post(db, followed_topic, "deleted"))
    add_post(db, news, "in a forum")
    follow(db, user, "followed_user", friend)
    follow(db, user, "topic", followed_topic)
    follow(db, user, "forum", forum)
    assert [row[0] for row in db.execute(FEED, [user])] == [
        "in a forum",
        "in a topic, by a friend",
        "a friend's",
    ]


@pytest.mark.parametrize("table", ["forums", "topics", "posts", "comments"])
def test_updated_at_follows_every_update(db, comment, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from zishu.{table}").fetchone()[0]


def test_two_posts_at_once_get_two_numbers(sessions):
    """The second post waits for the first and takes the number after it."""
    one, two, threads, made = sessions
    first = add_post(one, made["topic"])
    second = threads.submit(add_post, two, made["topic"])
    wait_until_blocked(one, two.info.backend_pid)
    one.commit()
    assert count(one, "posts.number", first) == 3
    assert count(two, "posts.number", second.result()) == 4
    two.commit()


def test_a_post_that_comes_while_another_goes_is_the_last(sessions):
    """The session that deletes waits for the one that writes, and then sees its post."""
    one, two, threads, made = sessions
    newest = add_post(one, made["topic"])
    other = threads.submit(remove, two, "posts", made["posts"][1])
    wait_until_blocked(one, two.info.backend_pid)
    one.commit()
    other.result()
    two.commit()
    assert count(one, "topics.last_post_at", made["topic"]) == count(
        one, "posts.created_at", newest
    )


@pytest.mark.parametrize(
    ("add", "parent", "constraint"),
    [
        (add_post, "topic", "posts_topic_is_open"),
        (add_comment, "post", "comments_topic_is_open"),
    ],
)
def test_nothing_slips_into_a_topic_that_is_being_locked(sessions, add, parent, constraint):
    """Who writes while the topic is locked waits, and is refused."""
    one, two, threads, made = sessions
    one.execute("update zishu.topics set is_locked = true where id = %s", [made["topic"]])
    other = threads.submit(add, two, made[parent])
    wait_until_blocked(one, two.info.backend_pid)
    one.commit()
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        other.result()
    assert caught.value.diag.constraint_name == constraint


def test_two_likes_at_once_are_one(sessions):
    """A double click is one like, counted once."""
    one, two, threads, made = sessions
    like(one, made["user"], "post", made["post"])
    other = threads.submit(like, two, made["user"], "post", made["post"])
    wait_until_blocked(one, two.info.backend_pid)
    one.commit()
    with pytest.raises(psycopg.errors.UniqueViolation):
        other.result()
    assert count(one, "posts.like_count", made["post"]) == 1


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (lambda conn, made: add_comment(conn, made["post"], parent=made["comment"]), 3),
        (lambda conn, made: remove(conn, "comments", made["comment"]), 1),
    ],
    ids=["answered", "deleted"],
)
def test_an_answer_waits_and_nobody_is_ended(sessions, act, left):
    """Who answers a comment that is being answered or deleted waits, without a deadlock."""
    one, two, threads, made = sessions
    act(one, made)
    other = threads.submit(add_comment, two, made["post"], made["comment"])
    wait_until_blocked(one, two.info.backend_pid)
    one.commit()
    other.result()
    two.commit()
    assert count(one, "posts.comment_count", made["post"]) == left
