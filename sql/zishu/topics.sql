-- Discussions: opened with their first post, listed by their newest one, closed and put away.

-- name: create(forum_id, author_id, title, content)^
-- Opens a topic with its first post, which is post_id. A locked forum takes none: that is an
-- error.
with topic as (
    insert into zishu.topics (forum_id, author_id, title)
    values (:forum_id, :author_id, :title)
    returning
        id, forum_id, author_id, title, is_pinned, is_locked, like_count, follower_count,
        last_post_at, deleted_at, created_at, updated_at
),
post as (
    insert into zishu.posts (topic_id, author_id, content)
    select topic.id, topic.author_id, :content
    from topic
    returning id, number
)
select
    topic.id, topic.forum_id, topic.author_id, topic.title, topic.is_pinned, topic.is_locked,
    -- The trigger counts the post after this was read.
    post.number as post_count,
    topic.like_count, topic.follower_count, topic.last_post_at, topic.deleted_at,
    topic.created_at, topic.updated_at, post.id as post_id
from topic
cross join post;

-- name: get(id)^
-- The topic with this id, unless it is deleted.
select
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at
from zishu.topics
where id = :id
    and deleted_at is null;

-- name: get_for(id, viewer_id)^
-- What stands above a topic's posts: its board, its author, and whether the viewer likes and
-- follows it; who is not logged in is null.
select
    topics.id, topics.forum_id, forums.slug as forum_slug, forums.name as forum_name,
    topics.author_id, users.username as author_name, topics.title, topics.is_pinned,
    topics.is_locked, topics.post_count, topics.like_count, topics.follower_count,
    topics.last_post_at, topics.created_at,
    exists (
        select
        from zishu.likes
        where likes.topic_id = topics.id
            and likes.user_id = :viewer_id
    ) as is_liked,
    exists (
        select
        from zishu.follows
        where follows.topic_id = topics.id
            and follows.follower_id = :viewer_id
    ) as is_followed
from zishu.topics
join zishu.forums on forums.id = topics.forum_id
left join zishu.users
    on users.id = topics.author_id
    and users.deleted_at is null
where topics.id = :id
    and topics.deleted_at is null;

-- name: page(forum_id, before_last_post_at, before_id, limit)
-- A board's topics but the pinned ones, newest post first; nulls for the first page, then what the
-- last row of the page before says.
select
    topics.id, topics.forum_id, topics.author_id, users.username as author_name, topics.title,
    topics.is_pinned, topics.is_locked, topics.post_count, topics.like_count,
    topics.follower_count, topics.last_post_at, topics.created_at
from zishu.topics
left join zishu.users
    on users.id = topics.author_id
    and users.deleted_at is null
where topics.forum_id = :forum_id
    and topics.deleted_at is null
    and not topics.is_pinned
    and (topics.last_post_at, topics.id)
        < (coalesce(:before_last_post_at::timestamptz, 'infinity'), :before_id)
order by topics.last_post_at desc, topics.id desc
limit :limit;

-- name: page_pinned(forum_id, before_last_post_at, before_id, limit)
-- A board's pinned topics, which stand above the first page, newest post first.
select
    topics.id, topics.forum_id, topics.author_id, users.username as author_name, topics.title,
    topics.is_pinned, topics.is_locked, topics.post_count, topics.like_count,
    topics.follower_count, topics.last_post_at, topics.created_at
from zishu.topics
left join zishu.users
    on users.id = topics.author_id
    and users.deleted_at is null
where topics.forum_id = :forum_id
    and topics.deleted_at is null
    and topics.is_pinned
    and (topics.last_post_at, topics.id)
        < (coalesce(:before_last_post_at::timestamptz, 'infinity'), :before_id)
order by topics.last_post_at desc, topics.id desc
limit :limit;

-- name: page_by_author(author_id, before_created_at, before_id, limit)
-- What a person began, newest first.
select
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at
from zishu.topics
where author_id = :author_id
    and deleted_at is null
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: search(words, before_created_at, before_id, limit)
-- Topics whose title has every word, Chinese or English, newest first.
-- scans: what has the words is sorted.
select
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at
from zishu.topics
where deleted_at is null
    and common.search_terms(title) @@ common.search_query(:words)
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: rename(id, title)^
-- Gives a topic another title.
update zishu.topics
set title = :title
where id = :id
    and deleted_at is null
returning
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at;

-- name: move(id, forum_id)^
-- Puts a topic into another board.
update zishu.topics
set forum_id = :forum_id
where id = :id
    and deleted_at is null
returning
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at;

-- name: set_pinned(id, is_pinned)^
-- Keeps a topic at the top of its board, or lets it go.
update zishu.topics
set is_pinned = :is_pinned
where id = :id
    and deleted_at is null
returning
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at;

-- name: set_locked(id, is_locked)^
-- Closes a topic for posts and comments, or opens it.
update zishu.topics
set is_locked = :is_locked
where id = :id
    and deleted_at is null
returning
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at;

-- name: delete(id)!
-- Takes a topic and what is in it out of sight.
update zishu.topics
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Shows a deleted topic again.
update zishu.topics
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, forum_id, author_id, title, is_pinned, is_locked, post_count, like_count,
    follower_count, last_post_at, deleted_at, created_at, updated_at;
