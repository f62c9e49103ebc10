-- Whom and what people follow, once however often it is asked for, and the feed that comes of it.

-- name: follow_user(follower_id, followed_user_id)!
-- Follows another person; 0 where one does already, or the other is deleted.
insert into zishu.follows (follower_id, followed_user_id)
select :follower_id::uuid, users.id
from zishu.users
where users.id = :followed_user_id
    and users.deleted_at is null
on conflict (followed_user_id, follower_id) where followed_user_id is not null do nothing;

-- name: unfollow_user(follower_id, followed_user_id)!
-- Follows a person no longer; 0 where one did not.
delete from zishu.follows
where followed_user_id = :followed_user_id
    and follower_id = :follower_id;

-- name: follow_topic(follower_id, topic_id)!
-- Follows a topic; 0 where one does already, or the topic is deleted.
insert into zishu.follows (follower_id, topic_id)
select :follower_id::uuid, topics.id
from zishu.topics
where topics.id = :topic_id
    and topics.deleted_at is null
on conflict (topic_id, follower_id) where topic_id is not null do nothing;

-- name: unfollow_topic(follower_id, topic_id)!
-- Follows a topic no longer; 0 where one did not.
delete from zishu.follows
where topic_id = :topic_id
    and follower_id = :follower_id;

-- name: follow_forum(follower_id, forum_id)!
-- Follows a forum; 0 where one does already.
insert into zishu.follows (follower_id, forum_id)
select :follower_id::uuid, forums.id
from zishu.forums
where forums.id = :forum_id
on conflict (forum_id, follower_id) where forum_id is not null do nothing;

-- name: unfollow_forum(follower_id, forum_id)!
-- Follows a forum no longer; 0 where one did not.
delete from zishu.follows
where forum_id = :forum_id
    and follower_id = :follower_id;

-- name: get(id)^
-- The follow with this id.
select id, follower_id, followed_user_id, topic_id, forum_id, created_at
from zishu.follows
where id = :id;

-- name: get_counts(user_id)^
-- How many follow a person, and how many people, topics and forums the person follows.
select
    (
        select count(*)
        from zishu.follows
        where follows.followed_user_id = :user_id
    ) as followers,
    count(follows.followed_user_id) as users,
    count(follows.topic_id) as topics,
    count(follows.forum_id) as forums
from zishu.follows
where follows.follower_id = :user_id;

-- name: page(follower_id, before_created_at, before_id, limit)
-- Whom and what a person follows, with names, newest first; nulls for the first page, then what
-- the last row of the page before says.
select
    follows.id, follows.followed_user_id, users.username, follows.topic_id,
    topics.title as topic_title, follows.forum_id, forums.name as forum_name,
    follows.created_at
from zishu.follows
left join zishu.users
    on users.id = follows.followed_user_id
    and users.deleted_at is null
left join zishu.topics
    on topics.id = follows.topic_id
    and topics.deleted_at is null
left join zishu.forums on forums.id = follows.forum_id
where follows.follower_id = :follower_id
    and (follows.created_at, follows.id)
        < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by follows.created_at desc, follows.id desc
limit :limit;

-- name: page_by_user(followed_user_id, after_follower_id, limit)
-- Who follows a person, in no order that means anything; null for the first page, then the last
-- person of the page before.
select follows.follower_id, users.username, follows.created_at
from zishu.follows
join zishu.users on users.id = follows.follower_id
where follows.followed_user_id = :followed_user_id
    and follows.follower_id
        > coalesce(:after_follower_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by follows.follower_id
limit :limit;

-- name: page_by_topic(topic_id, after_follower_id, limit)
-- Who follows a topic, in no order that means anything.
select follows.follower_id, users.username, follows.created_at
from zishu.follows
join zishu.users on users.id = follows.follower_id
where follows.topic_id = :topic_id
    and follows.follower_id
        > coalesce(:after_follower_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by follows.follower_id
limit :limit;

-- name: page_by_forum(forum_id, after_follower_id, limit)
-- Who follows a forum, in no order that means anything.
select follows.follower_id, users.username, follows.created_at
from zishu.follows
join zishu.users on users.id = follows.follower_id
where follows.forum_id = :forum_id
    and follows.follower_id
        > coalesce(:after_follower_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by follows.follower_id
limit :limit;

-- name: page_feed(follower_id, before_created_at, before_id, limit)
-- What is new for a person, newest first: the posts of people and in topics that the person
-- follows, and the last post of each topic of followed forums; nulls for the first page, then what
-- the last row of the page before says.
-- scans: the newest few of each follow are sorted, which is all that can be on the page.
with follow as (
    select followed_user_id, topic_id, forum_id
    from zishu.follows
    where follower_id = :follower_id
),
news as (
    select post.id, post.created_at
    from follow
    cross join lateral (
        select posts.id, posts.created_at
        from zishu.posts
        where posts.author_id = follow.followed_user_id
            and posts.deleted_at is null
            and (posts.created_at, posts.id)
                < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
            and (select topics.deleted_at is null from zishu.topics where id = posts.topic_id)
        order by posts.created_at desc, posts.id desc
        limit :limit
    ) as post
    union
    select post.id, post.created_at
    from follow
    cross join lateral (
        select posts.id, posts.created_at
        from zishu.posts
        where posts.topic_id = follow.topic_id
            and posts.deleted_at is null
            and (posts.created_at, posts.id)
                < (coalesce(:before_created_at, 'infinity'), :before_id)
        order by posts.number desc
        limit :limit
    ) as post
    where (select topics.deleted_at is null from zishu.topics where id = follow.topic_id)
    union
    select post.id, post.created_at
    from follow
    cross join lateral (
        select last_post.id, last_post.created_at
        from zishu.topics
        cross join lateral (
            select posts.id, posts.created_at
            from zishu.posts
            where posts.topic_id = topics.id
                and posts.deleted_at is null
            order by posts.number desc
            limit 1
        ) as last_post
        where topics.forum_id = follow.forum_id
            and topics.deleted_at is null
            and topics.last_post_at <= coalesce(:before_created_at, 'infinity')
            and (last_post.created_at, last_post.id)
                < (coalesce(:before_created_at, 'infinity'), :before_id)
        order by topics.last_post_at desc
        -- Of topics with posts of the same instant none is left out: the page goes by posts.
        fetch first :limit rows with ties
    ) as post
),
page as (
    select news.id
    from news
    order by news.created_at desc, news.id desc
    limit :limit
)
select
    posts.id, posts.topic_id, topics.title as topic_title, topics.forum_id, posts.author_id,
    users.username as author_name, posts.number, posts.content, posts.like_count,
    posts.comment_count, posts.edited_at, posts.created_at
from page
join zishu.posts on posts.id = page.id
join zishu.topics on topics.id = posts.topic_id
left join zishu.users
    on users.id = posts.author_id
    and users.deleted_at is null
order by posts.created_at desc, posts.id desc;
