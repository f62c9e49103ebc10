"""The queries of zishu's community: boards, topics, posts, trees of comments, likes, follows."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from callers import at_once, at_once_async
from pages import turn_pages

NEW_USER = "insert into zishu.users (username, email) values (%s, %s || '@x.cn') returning id"
NEWEST = {"before_created_at": "created_at", "before_id": "id"}
OLDEST = {"after_created_at": "created_at", "after_id": "id"}
KINDS = ["topic", "post", "comment"]
TARGETS = {"user": "followed_user_id", "topic": "topic_id", "forum": "forum_id"}


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def add_person(run):
    """`add_person("小紫")` is the id of a new user."""
    return lambda name: run.sql(NEW_USER, name, name)[0][0]


@pytest.fixture
def user(add_person):
    """The id of a user."""
    return add_person("小紫")


@pytest.fixture
def friend(add_person):
    """The id of another user."""
    return add_person("朋友")


@pytest.fixture
def add_forum(run, zishu):
    """`add_forum("voices")` is a board."""
    return lambda slug: run(zishu.forums.create, slug=slug, name=slug, description="")


@pytest.fixture
def forum(add_forum):
    """A board."""
    return add_forum("voices")


@pytest.fixture
def open_topic(run, zishu, forum, user):
    """`open_topic("语音")` is a topic of the user with one post."""

    def open_topic(title="如何训练语音", **columns):
        values = {"forum_id": forum.id, "author_id": user, "title": title, "content": "请教"}
        return run(zishu.topics.create, **values | columns)

    return open_topic


@pytest.fixture
def topic(open_topic):
    """A topic with one post."""
    return open_topic()


@pytest.fixture
def later(run):
    """`later(row, table, seconds)` makes a row so much younger, which now() would not."""

    def later(row, table, seconds):
        run.sql(
            f"update zishu.{table} set created_at = created_at + make_interval(secs => %s)"
            " where id = %s",
            seconds,
            row.id,
        )

    return later


@pytest.fixture
def write(run, zishu, topic, user, later):
    """`write("我的经验")` is a post in the topic, a second younger than the one before it."""

    def write(content="我的经验", **columns):
        values = {"topic_id": topic.id, "author_id": user, "content": content}
        post = run(zishu.posts.create, **values | columns)
        later(post, "posts", post.number)
        return post

    return write


@pytest.fixture
def post(run, zishu, topic):
    """The first post of the topic."""
    return run(zishu.posts.get, id=topic.post_id)


@pytest.fixture
def remark(run, zishu, post, user):
    """`remark("赞同", parent)` is a comment on the post."""

    def remark(content="赞同", parent=None, **columns):
        values = {
            "post_id": post.id,
            "parent_id": parent.id if parent else None,
            "author_id": user,
            "content": content,
        }
        return run(zishu.comments.create, **values | columns)

    return remark


@pytest.fixture
def comment(remark):
    """A comment on the post."""
    return remark()


@pytest.fixture
def targets(topic, post, comment):
    """What can be liked, by its kind."""
    return {"topic": topic.id, "post": post.id, "comment": comment.id}


@pytest.fixture
def like(run, zishu):
    """`like("post", id, user)` gives 1 where it is new."""
    return lambda kind, target, person: run(
        getattr(zishu.likes, f"like_{kind}"), user_id=person, **{f"{kind}_id": target}
    )


@pytest.fixture
def follow(run, zishu):
    """`follow("forum", id, user)` gives 1 where it is new."""
    return lambda kind, target, person: run(
        getattr(zishu.follows, f"follow_{kind}"), follower_id=person, **{TARGETS[kind]: target}
    )


def ids(rows):
    """The ids of rows, in their order."""
    return [row.id for row in rows]


def newest(rows):
    """The ids of rows of one instant, in the order of pages."""
    return sorted(ids(rows), reverse=True)


def refused(constraint):
    """What runs inside is refused by that constraint."""
    return pytest.raises(psycopg.errors.CheckViolation, match=constraint)


# Boards


def test_a_board_is_added_behind_the_others(run, zishu, add_forum):
    """The first has position 1, and each is got by id and address."""
    forums = [add_forum("a"), add_forum("b")]
    assert [forum.position for forum in forums] == [1, 2]
    assert run(zishu.forums.get, id=forums[1].id) == forums[1]
    assert run(zishu.forums.get_by_slug, slug="b") == forums[1]
    assert run(zishu.forums.get, id=uuid4()) is None
    assert run(zishu.forums.get_by_slug, slug="c") is None


def test_boards_are_reordered(run, zishu, add_forum):
    """They are paged in the order that was given; unknown ids count for nothing."""
    forums = {slug: add_forum(slug) for slug in "abcde"}
    wanted = [forums[slug].id for slug in "cedab"]
    assert run(zishu.forums.reorder, ids=wanted) == 5
    place = {"after_position": "position", "after_id": "id"}
    rows = turn_pages(run, zishu.forums.page, place)
    assert [(row.slug, row.position) for row in rows] == [
        (slug, number) for number, slug in enumerate("cedab", 1)
    ]
    assert run(zishu.forums.reorder, ids=[uuid4()]) == 0
    assert run(zishu.forums.reorder, ids=[]) == 0


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_boards_are_reordered_at_once(zishu, database, call):
    """Of opposite orders at once each is put whole, and the last one holds; none deadlocks."""
    with psycopg.connect(database, autocommit=True) as conn:
        made = [
            zishu.forums.create(conn, slug=str(slug), name=str(slug), description="").id
            for slug in range(20)
        ]
        orders = [made, made[::-1]] * 4
        assert (
            call(database, zishu.forums.reorder, [{"ids": order} for order in orders]) == [20] * 8
        )
        rows = zishu.forums.page(conn, after_position=None, after_id=None, limit=99)
        assert ids(rows) in (made, made[::-1])


def test_the_front_page_shows_what_is_new(run, zishu, add_forum, user, open_topic, follow):
    """Each board comes with the topic of its newest post, deleted ones aside."""
    first, second = add_forum("a"), add_forum("b")
    topics = [open_topic(title, forum_id=first.id) for title in ("旧", "新", "删")]
    for day, topic in enumerate(topics):
        run.sql(
            "update zishu.topics set last_post_at = now() + make_interval(days => %s)"
            " where id = %s",
            day,
            topic.id,
        )
    run(zishu.topics.delete, id=topics[2].id)
    follow("forum", second.id, user)
    place = {"after_position": "position", "after_id": "id"}
    rows = turn_pages(run, zishu.forums.page_with_latest, place, viewer_id=user)
    found = {row.slug: (row.topic_title, row.topic_count, row.is_followed) for row in rows}
    assert found["a"] == ("新", 2, False)
    assert found["b"] == (None, 0, True)
    rows = turn_pages(run, zishu.forums.page_with_latest, place, viewer_id=None)
    assert {row.is_followed for row in rows} == {False}


def test_a_board_is_saved_locked_and_deleted(run, zishu, forum, open_topic):
    """A locked board takes no topic; one without topics may go."""
    queries = zishu.forums
    form = {"slug": "music", "name": "音乐", "description": "说明"}
    saved = run(queries.update, id=forum.id, **form)
    assert (saved.slug, saved.name, saved.description) == ("music", "音乐", "说明")
    assert run(queries.delete, id=forum.id) == 1
    assert run(queries.delete, id=forum.id) == 0
    assert run(queries.update, id=forum.id, **form) is None
    assert run(queries.set_locked, id=forum.id, is_locked=True) is None


def test_a_locked_board_takes_no_topic(run, zishu, forum, open_topic):
    """To open one in it is an error."""
    assert run(zishu.forums.set_locked, id=forum.id, is_locked=True).is_locked
    with refused("forum .* is locked"):
        open_topic()


# Topics


def test_a_topic_is_opened_with_its_first_post(run, zishu, forum, user, topic):
    """Both come in one statement, and the row says what the table then has."""
    assert (topic.forum_id, topic.author_id, topic.post_count) == (forum.id, user, 1)
    assert run(zishu.topics.get, id=topic.id) == topic[:-1]
    post = run(zishu.posts.get, id=topic.post_id)
    assert (post.topic_id, post.number, post.author_id, post.content) == (topic.id, 1, user, "请教")
    assert run(zishu.forums.get, id=forum.id).topic_count == 1


def test_what_stands_above_the_posts(run, zishu, topic, user, friend, like, follow):
    """Board, author, and what the viewer has to do with the topic; a visitor nothing."""
    like("topic", topic.id, friend)
    follow("topic", topic.id, friend)
    rows = [run(zishu.topics.get_for, id=topic.id, viewer_id=who) for who in (friend, user, None)]
    assert [(row.is_liked, row.is_followed) for row in rows] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    assert {(row.forum_slug, row.author_name, row.like_count) for row in rows} == {
        ("voices", "小紫", 1)
    }
    assert run(zishu.topics.get_for, id=uuid4(), viewer_id=user) is None


def test_a_closed_account_is_nameless(run, zishu, topic, user):
    """The topics of who has gone stay, without the name."""
    run.sql("update zishu.users set deleted_at = now() where id = %s", user)
    row = run(zishu.topics.get_for, id=topic.id, viewer_id=None)
    assert (row.author_id, row.author_name) == (user, None)


def test_topics_are_paged_by_their_newest_post(run, zishu, forum, add_forum, open_topic):
    """Each topic of the board is on one page, pinned and deleted ones aside."""
    made = [open_topic(str(number)) for number in range(6)]
    open_topic("别处", forum_id=add_forum("elsewhere").id)
    run.sql(
        "update zishu.topics set last_post_at = now() + interval '1 day' where id = %s", made[0].id
    )
    run(zishu.topics.delete, id=made[1].id)
    assert run(zishu.topics.set_pinned, id=made[2].id, is_pinned=True).is_pinned
    place = {"before_last_post_at": "last_post_at", "before_id": "id"}
    rows = turn_pages(run, zishu.topics.page, place, forum_id=forum.id)
    assert ids(rows) == [made[0].id, *newest(made[3:])]
    assert {row.author_name for row in rows} == {"小紫"}
    rows = turn_pages(run, zishu.topics.page_pinned, place, forum_id=forum.id)
    assert ids(rows) == [made[2].id]


def test_what_a_person_began_is_paged(run, zishu, user, friend, open_topic):
    """Theirs alone, newest first, deleted ones aside."""
    made = [open_topic(str(number)) for number in range(5)]
    open_topic(author_id=friend)
    run(zishu.topics.delete, id=made.pop().id)
    rows = turn_pages(run, zishu.topics.page_by_author, NEWEST, author_id=user)
    assert ids(rows) == newest(made)


@pytest.mark.parametrize(("words", "found"), [("训练", 1), ("train voices", 1), ("绘画", 0)])
def test_topics_are_found_by_words(run, zishu, open_topic, words, found):
    """Every word must be in the title, in Chinese or English; deleted topics are not found."""
    topic = open_topic("如何训练语音? Training a voice")
    run(zishu.topics.delete, id=open_topic("训练").id)
    rows = turn_pages(run, zishu.topics.search, NEWEST, words=words)
    assert ids(rows) == [topic.id] * found


def test_a_topic_is_renamed_moved_and_locked(run, zishu, add_forum, forum, topic, write):
    """Each for itself; a locked topic takes no post, and boards count what they have."""
    assert run(zishu.topics.rename, id=topic.id, title="新").title == "新"
    other = add_forum("other")
    assert run(zishu.topics.move, id=topic.id, forum_id=other.id).forum_id == other.id
    counts = [run(zishu.forums.get, id=board.id).topic_count for board in (forum, other)]
    assert counts == [0, 1]
    assert run(zishu.topics.set_locked, id=topic.id, is_locked=True).is_locked
    with refused("is locked or deleted"):
        write()


def test_a_deleted_topic_is_not_there(run, zishu, topic):
    """Nothing reads or changes it until it is restored."""
    queries = zishu.topics
    assert run(queries.restore, id=topic.id) is None
    assert run(queries.delete, id=topic.id) == 1
    assert run(queries.delete, id=topic.id) == 0
    assert run(queries.get, id=topic.id) is None
    assert run(queries.get_for, id=topic.id, viewer_id=None) is None
    assert run(queries.rename, id=topic.id, title="新") is None
    assert run(queries.move, id=topic.id, forum_id=topic.forum_id) is None
    assert run(queries.set_pinned, id=topic.id, is_pinned=True) is None
    assert run(queries.set_locked, id=topic.id, is_locked=True) is None
    assert run(queries.restore, id=topic.id).deleted_at is None
    assert run(queries.get, id=topic.id) == topic[:-1]


# Posts


def test_posts_are_numbered(run, zishu, topic, post, write):
    """A post takes the next number and is got by it."""
    reply = write("回复")
    assert (reply.number, reply.like_count, reply.edited_at) == (2, 0, None)
    assert run(zishu.posts.get_by_number, topic_id=topic.id, number=1) == post
    assert run(zishu.posts.get_by_number, topic_id=topic.id, number=2).id == reply.id
    assert run(zishu.posts.get_by_number, topic_id=topic.id, number=3) is None
    assert run(zishu.topics.get, id=topic.id).post_count == 2


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_posts_at_once_get_numbers_of_their_own(zishu, database, call):
    """Six posts at once are numbered from 2 to 7 and counted."""
    with psycopg.connect(database, autocommit=True) as conn:
        user = conn.execute(NEW_USER, ["小紫", "小紫"]).fetchone()[0]
        forum = zishu.forums.create(conn, slug="a", name="a", description="")
        topic = zishu.topics.create(
            conn, forum_id=forum.id, author_id=user, title="题", content="一"
        )
        values = {"topic_id": topic.id, "author_id": user, "content": "答"}
        rows = call(database, zishu.posts.create, [values] * 6)
        assert sorted(row.number for row in rows) == [2, 3, 4, 5, 6, 7]
        assert zishu.topics.get(conn, id=topic.id).post_count == 7


def test_a_topic_is_read_in_turn(run, zishu, topic, write, user, friend, like):
    """Each post is on one page; a deleted one is a blank; likes are the viewer's."""
    written = [write(str(number)) for number in range(2, 6)]
    run(zishu.posts.delete, id=written[0].id)
    like("post", written[1].id, friend)
    place = {"after_number": "number"}
    rows = turn_pages(run, zishu.posts.page, place, topic_id=topic.id, viewer_id=friend)
    assert [row.content for row in rows] == ["请教", None, "3", "4", "5"]
    assert [row.is_liked for row in rows] == [False, False, True, False, False]
    assert {row.author_name for row in rows} == {"小紫"}
    rows = run(zishu.posts.page, topic_id=topic.id, viewer_id=None, after_number=None, limit=9)
    assert {row.is_liked for row in rows} == {False}


def test_a_topic_is_read_with_its_remarks(run, zishu, topic, post, write, remark, later):
    """The first remarks under each post come with it, oldest first, answers aside."""
    write("回复")
    remarks = [remark(str(number)) for number in range(4)]
    for seconds, row in enumerate(remarks):
        later(row, "comments", seconds)
    remark("答", remarks[0])
    run(zishu.comments.delete, id=remarks[1].id)
    rows = turn_pages(
        run,
        zishu.posts.page_with_comments,
        {"after_number": "number"},
        topic_id=topic.id,
        viewer_id=None,
        comments=3,
    )
    assert [row.number for row in rows] == [1, 2]
    assert [comment["content"] for comment in rows[0].comments] == ["0", None, "2"]
    assert rows[0].comments[0].keys() == {
        "id",
        "author_id",
        "author_name",
        "content",
        "like_count",
        "edited_at",
        "deleted_at",
        "created_at",
    }
    assert (rows[0].comment_count, rows[1].comments) == (4, [])


def test_what_a_person_wrote_is_paged(run, zishu, topic, post, user, friend, write):
    """Theirs alone, newest first; what is deleted, or in a deleted topic, is not there."""
    made = [post, *(write(str(number)) for number in range(4))]
    write(author_id=friend)
    run(zishu.posts.delete, id=made.pop().id)
    rows = turn_pages(run, zishu.posts.page_by_author, NEWEST, author_id=user)
    assert ids(rows) == ids(reversed(made))
    assert {row.topic_title for row in rows} == {topic.title}
    run(zishu.topics.delete, id=topic.id)
    assert turn_pages(run, zishu.posts.page_by_author, NEWEST, author_id=user) == []


@pytest.mark.parametrize(("words", "found"), [("参数", 2), ("learning rates", 1), ("绘画", 0)])
def test_posts_are_found_by_words(run, zishu, topic, write, words, found):
    """Every word must be in the post; what is deleted, or in a deleted topic, is not found."""
    write("参数很重要")
    write("参数: learning rate 0.1")
    run(zishu.posts.delete, id=write("参数 learning rate").id)
    rows = turn_pages(run, zishu.posts.search, NEWEST, words=words)
    assert [row.number for row in rows] == [3, 2][:found]
    run(zishu.topics.delete, id=topic.id)
    assert turn_pages(run, zishu.posts.search, NEWEST, words=words) == []


@pytest.mark.parametrize("kind", ["post", "comment"])
def test_what_was_written_is_edited_deleted_and_restored(run, zishu, targets, kind):
    """An edit notes its time; what is deleted is neither got nor edited."""
    queries, target = getattr(zishu, f"{kind}s"), targets[kind]
    edited = run(queries.edit, id=target, content="改了")
    assert edited.content == "改了"
    assert edited.edited_at is not None
    assert run(queries.get, id=target) == edited
    assert run(queries.restore, id=target) is None
    assert run(queries.delete, id=target) == 1
    assert run(queries.delete, id=target) == 0
    assert run(queries.get, id=target) is None
    assert run(queries.edit, id=target, content="再改") is None
    assert run(queries.restore, id=target) == edited


# Comments


def test_a_comment_is_added(run, zishu, user, post, remark):
    """A remark or an answer is counted on its post."""
    comment = remark()
    answer = remark("同意", comment)
    assert (comment.parent_id, answer.parent_id, answer.author_id) == (None, comment.id, user)
    assert run(zishu.comments.get, id=answer.id) == answer
    assert run(zishu.posts.get, id=post.id).comment_count == 2


def test_a_deleted_post_takes_no_comment(run, zishu, post, remark):
    """It is an error."""
    run(zishu.posts.delete, id=post.id)
    with refused("is deleted"):
        remark()


def test_remarks_and_answers_are_paged(run, zishu, post, friend, remark, like):
    """Each is on one page, oldest first, with how many answer it; deleted ones are blanks."""
    remarks = sorted((remark(str(number)) for number in range(5)), key=lambda row: row.id)
    answers = sorted((remark("答", remarks[1]) for _ in range(3)), key=lambda row: row.id)
    remark("再答", answers[0])
    run(zishu.comments.delete, id=remarks[0].id)
    run(zishu.comments.delete, id=answers[2].id)
    like("comment", remarks[1].id, friend)
    arguments = {"post_id": post.id, "viewer_id": friend}
    rows = turn_pages(run, zishu.comments.page, OLDEST, **arguments)
    assert ids(rows) == ids(remarks)
    assert [row.answer_count for row in rows] == [0, 2, 0, 0, 0]
    assert [row.is_liked for row in rows] == [False, True, False, False, False]
    assert [row.content is None for row in rows] == [True, False, False, False, False]
    arguments |= {"parent_id": remarks[1].id}
    rows = turn_pages(run, zishu.comments.page_answers, OLDEST, **arguments)
    assert ids(rows) == ids(answers)
    assert [row.answer_count for row in rows] == [1, 0, 0]
    assert [row.content for row in rows] == ["答", "答", None]


@pytest.fixture
def tree(remark, later):
    """Two remarks, 1 and 2, and answers that are named after where they stand."""
    made = {}
    names = ["1", "2", "1.1", "2.1", "1.2", "1.1.1", "2.1.1"]
    for seconds, name in enumerate(names):
        made[name] = remark(name, made.get(name[:-2]))
        later(made[name], "comments", seconds)
    return made


@pytest.mark.parametrize(
    ("depth", "shown"),
    [
        (1, ["1", "2"]),
        (2, ["1", "1.1", "1.2", "2", "2.1"]),
        (9, ["1", "1.1", "1.1.1", "1.2", "2", "2.1", "2.1.1"]),
    ],
)
def test_a_tree_is_read_branch_by_branch(run, zishu, post, tree, depth, shown):
    """Each comment is followed by its answers, down to the depth that is asked for."""
    start = {"after_created_at": None, "after_id": None, "limit": 9}
    rows = run(zishu.comments.page_trees, post_id=post.id, viewer_id=None, depth=depth, **start)
    assert [row.content for row in rows] == shown
    assert [row.depth for row in rows] == [name.count(".") + 1 for name in shown]


def test_trees_are_paged_by_their_roots(run, zishu, post, tree, user, like):
    """A page has so many remarks with all their answers; the next begins after the last remark."""
    run(zishu.comments.delete, id=tree["1"].id)
    like("comment", tree["2.1"].id, user)
    arguments = {"post_id": post.id, "viewer_id": user, "limit": 1, "depth": 9}
    page = zishu.comments.page_trees
    rows = run(page, after_created_at=None, after_id=None, **arguments)
    assert [row.content for row in rows] == [None, "1.1", "1.1.1", "1.2"]
    place = {"after_created_at": rows[0].created_at, "after_id": rows[0].id}
    rows = run(page, **place, **arguments)
    assert [(row.content, row.is_liked) for row in rows] == [
        ("2", False),
        ("2.1", True),
        ("2.1.1", False),
    ]
    place = {"after_created_at": rows[0].created_at, "after_id": rows[0].id}
    assert run(page, **place, **arguments) == []


def test_what_a_person_remarked_is_paged(run, zishu, topic, user, friend, remark):
    """Theirs alone, newest first, with where it stands; what is deleted is not there."""
    made = [remark(str(number)) for number in range(5)]
    remark(author_id=friend)
    run(zishu.comments.delete, id=made.pop().id)
    rows = turn_pages(run, zishu.comments.page_by_author, NEWEST, author_id=user)
    assert ids(rows) == newest(made)
    assert {(row.topic_id, row.post_number) for row in rows} == {(topic.id, 1)}
    run(zishu.posts.delete, id=topic.post_id)
    assert turn_pages(run, zishu.comments.page_by_author, NEWEST, author_id=user) == []


# Likes


@pytest.mark.parametrize("kind", KINDS)
def test_a_like_is_given_once(run, zishu, targets, user, friend, like, kind):
    """A second one adds nothing; taken back once, it is gone; each is counted."""
    target = targets[kind]

    def likes():
        return run(getattr(zishu, f"{kind}s").get, id=target).like_count

    assert [like(kind, target, who) for who in (user, user, friend)] == [1, 0, 1]
    assert likes() == 2
    unlike = getattr(zishu.likes, f"unlike_{kind}")
    arguments = {"user_id": user, f"{kind}_id": target}
    assert [run(unlike, **arguments) for _ in range(2)] == [1, 0]
    assert likes() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_deleted_is_not_liked(run, zishu, targets, user, like, kind):
    """Neither it nor what never was."""
    run(getattr(zishu, f"{kind}s").delete, id=targets[kind])
    assert like(kind, targets[kind], user) == 0
    assert like(kind, uuid4(), user) == 0


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_likes_at_once_are_counted_once(zishu, database, call):
    """Three people who press thrice at once are three likes, and none once they take them back."""
    with psycopg.connect(database, autocommit=True) as conn:
        users = [conn.execute(NEW_USER, [name, name]).fetchone()[0] for name in ("ab", "cd", "ef")]
        forum = zishu.forums.create(conn, slug="a", name="a", description="")
        topic = zishu.topics.create(
            conn, forum_id=forum.id, author_id=users[0], title="题", content="一"
        )
        presses = [{"user_id": user, "post_id": topic.post_id} for user in users * 3]
        assert Counter(call(database, zishu.likes.like_post, presses)) == {1: 3, 0: 6}
        assert zishu.posts.get(conn, id=topic.post_id).like_count == 3
        assert Counter(call(database, zishu.likes.unlike_post, presses)) == {1: 3, 0: 6}
        assert zishu.posts.get(conn, id=topic.post_id).like_count == 0


def test_what_a_person_likes_is_paged(run, zishu, targets, user, friend, like):
    """Each like is on one page, the newest first, and got by its id."""
    for kind in KINDS:
        like(kind, targets[kind], user)
        like(kind, targets[kind], friend)
    rows = turn_pages(run, zishu.likes.page, NEWEST, user_id=user)
    assert [row[2:5] for row in rows] == [
        (None, None, targets["comment"]),
        (None, targets["post"], None),
        (targets["topic"], None, None),
    ]
    assert run(zishu.likes.get, id=rows[0].id) == rows[0]
    assert run(zishu.likes.get, id=-1) is None


@pytest.mark.parametrize("kind", KINDS)
def test_who_likes_something_is_paged(run, zishu, targets, add_person, like, kind):
    """Each person is on one page, by name too, but for closed accounts."""
    people = {add_person(name): name for name in ("ab", "cd", "ef")}
    gone = add_person("gone")
    for person in (*people, gone):
        like(kind, targets[kind], person)
    run.sql("update zishu.users set deleted_at = now() where id = %s", gone)
    page = getattr(zishu.likes, f"page_by_{kind}")
    rows = turn_pages(run, page, {"after_user_id": "user_id"}, **{f"{kind}_id": targets[kind]})
    assert [(row.user_id, row.username) for row in rows] == sorted(people.items())


# Follows


@pytest.fixture
def followed(friend, topic, forum):
    """What can be followed, by its kind."""
    return {"user": friend, "topic": topic.id, "forum": forum.id}


@pytest.mark.parametrize("kind", TARGETS)
def test_a_follow_is_made_once(run, zishu, followed, user, follow, kind):
    """A second one adds nothing; ended once, it is gone; what is not there isn't followed."""
    assert [follow(kind, followed[kind], user) for _ in range(2)] == [1, 0]
    unfollow = getattr(zishu.follows, f"unfollow_{kind}")
    arguments = {"follower_id": user, TARGETS[kind]: followed[kind]}
    assert [run(unfollow, **arguments) for _ in range(2)] == [1, 0]
    assert follow(kind, uuid4(), user) == 0


def test_what_is_deleted_is_not_followed(run, zishu, followed, user, follow):
    """Neither a deleted topic nor a closed account."""
    run(zishu.topics.delete, id=followed["topic"])
    run.sql("update zishu.users set deleted_at = now() where id = %s", followed["user"])
    assert [follow(kind, followed[kind], user) for kind in ("topic", "user")] == [0, 0]


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_follows_at_once_are_counted_once(zishu, database, call):
    """Three people who press thrice at once are three followers."""
    with psycopg.connect(database, autocommit=True) as conn:
        users = [conn.execute(NEW_USER, [name, name]).fetchone()[0] for name in ("ab", "cd", "ef")]
        forum = zishu.forums.create(conn, slug="a", name="a", description="")
        presses = [{"follower_id": user, "forum_id": forum.id} for user in users * 3]
        assert Counter(call(database, zishu.follows.follow_forum, presses)) == {1: 3, 0: 6}
        assert zishu.forums.get(conn, id=forum.id).follower_count == 3


def test_what_a_person_follows_is_paged(run, zishu, followed, user, follow):
    """Each is on one page with its name, the newest first, and counted."""
    for kind in TARGETS:
        follow(kind, followed[kind], user)
    rows = turn_pages(run, zishu.follows.page, NEWEST, follower_id=user)
    assert [(row.username, row.topic_title, row.forum_name) for row in rows] == [
        (None, None, "voices"),
        (None, "如何训练语音", None),
        ("朋友", None, None),
    ]
    follow_row = run(zishu.follows.get, id=rows[2].id)
    assert (follow_row.follower_id, follow_row.followed_user_id) == (user, followed["user"])
    assert run(zishu.follows.get, id=-1) is None
    assert run(zishu.follows.get_counts, user_id=user) == (0, 1, 1, 1)
    assert run(zishu.follows.get_counts, user_id=followed["user"]) == (1, 0, 0, 0)


@pytest.mark.parametrize("kind", TARGETS)
def test_followers_are_paged(run, zishu, followed, add_person, follow, kind):
    """Each follower is on one page, by name too."""
    people = {add_person(name): name for name in ("ab", "cd", "ef")}
    for person in people:
        follow(kind, followed[kind], person)
    page = getattr(zishu.follows, f"page_by_{kind}")
    place = {"after_follower_id": "follower_id"}
    rows = turn_pages(run, page, place, **{TARGETS[kind]: followed[kind]})
    assert [(row.follower_id, row.username) for row in rows] == sorted(people.items())


@pytest.fixture
def reader(add_person):
    """The id of who reads a feed."""
    return add_person("读者")


@pytest.fixture
def feed(run, zishu, reader):
    """`feed()` is what the reader's feed says, page by page."""
    return lambda: [
        row.content for row in turn_pages(run, zishu.follows.page_feed, NEWEST, follower_id=reader)
    ]


def test_a_feed_has_what_is_followed(
    run, zishu, reader, user, friend, add_forum, open_topic, topic, write, follow, feed
):
    """Posts of people and of topics, and of a forum the last post of each topic; each once."""
    assert feed() == []
    write("朋友说", author_id=friend)
    follow("user", friend, reader)
    assert feed() == ["朋友说"]
    write("答")
    follow("topic", topic.id, reader)
    assert feed() == ["答", "朋友说", "请教"]
    board = add_forum("news")
    news = [open_topic(str(number), forum_id=board.id, content=str(number)) for number in range(3)]
    write("最后", topic_id=news[0].id)
    follow("forum", board.id, reader)
    assert set(feed()) == {"答", "朋友说", "请教", "最后", "1", "2"}
    assert len(feed()) == 6


def test_a_feed_forgets_what_is_deleted(run, zishu, reader, friend, topic, write, follow, feed):
    """Neither a deleted post nor a deleted topic is in it."""
    follow("user", friend, reader)
    follow("topic", topic.id, reader)
    follow("forum", topic.forum_id, reader)
    posts = [write(str(number), author_id=friend) for number in range(3)]
    run(zishu.posts.delete, id=posts[1].id)
    assert feed() == ["2", "0", "请教"]
    run(zishu.topics.delete, id=topic.id)
    assert feed() == []


def test_a_feed_is_paged_within_an_instant(run, zishu, reader, forum, open_topic, follow, feed):
    """Of topics opened at the same time each is on one page, in the order of its post's id."""
    follow("forum", forum.id, reader)
    topics = [open_topic(str(number), content=str(number)) for number in range(7)]
    in_order = sorted(topics, key=lambda topic: topic.post_id, reverse=True)
    assert feed() == [topic.title for topic in in_order]


def test_a_feed_row_says_where_it_is(run, zishu, reader, user, topic, post, follow):
    """Topic, board, author and number come with the post."""
    follow("user", user, reader)
    start = {"before_created_at": post.created_at + timedelta(days=1), "before_id": post.id}
    (row,) = run(zishu.follows.page_feed, follower_id=reader, **start, limit=9)
    assert (row.id, row.topic_title, row.forum_id) == (post.id, topic.title, topic.forum_id)
    assert (row.author_id, row.author_name, row.number) == (user, "小紫", 1)
