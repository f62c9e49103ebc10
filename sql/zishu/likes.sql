-- Who likes what: given once however often it is asked for, and taken back. The targets count
-- their likes themselves.

-- name: like_topic(user_id, topic_id)!
-- Likes a topic; 0 where the person does already, or the topic is deleted.
insert into zishu.likes (user_id, topic_id)
select :user_id::uuid, topics.id
from zishu.topics
where topics.id = :topic_id
    and topics.deleted_at is null
on conflict (topic_id, user_id) where topic_id is not null do nothing;

-- name: unlike_topic(user_id, topic_id)!
-- Takes the like of a topic back; 0 where there is none.
delete from zishu.likes
where topic_id = :topic_id
    and user_id = :user_id;

-- name: like_post(user_id, post_id)!
-- Likes a post; 0 where the person does already, or the post is deleted.
insert into zishu.likes (user_id, post_id)
select :user_id::uuid, posts.id
from zishu.posts
where posts.id = :post_id
    and posts.deleted_at is null
on conflict (post_id, user_id) where post_id is not null do nothing;

-- name: unlike_post(user_id, post_id)!
-- Takes the like of a post back; 0 where there is none.
delete from zishu.likes
where post_id = :post_id
    and user_id = :user_id;

-- name: like_comment(user_id, comment_id)!
-- Likes a comment; 0 where the person does already, or the comment is deleted.
insert into zishu.likes (user_id, comment_id)
select :user_id::uuid, comments.id
from zishu.comments
where comments.id = :comment_id
    and comments.deleted_at is null
on conflict (comment_id, user_id) where comment_id is not null do nothing;

-- name: unlike_comment(user_id, comment_id)!
-- Takes the like of a comment back; 0 where there is none.
delete from zishu.likes
where comment_id = :comment_id
    and user_id = :user_id;

-- name: get(id)^
-- The like with this id.
select id, user_id, topic_id, post_id, comment_id, created_at
from zishu.likes
where id = :id;

-- name: page(user_id, before_created_at, before_id, limit)
-- What a person likes, newest first; nulls for the first page, then what the last row of the page
-- before says.
select id, user_id, topic_id, post_id, comment_id, created_at
from zishu.likes
where user_id = :user_id
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: page_by_topic(topic_id, after_user_id, limit)
-- Who likes a topic, in no order that means anything; null for the first page, then the last
-- person of the page before.
select likes.user_id, users.username, likes.created_at
from zishu.likes
join zishu.users on users.id = likes.user_id
where likes.topic_id = :topic_id
    and likes.user_id > coalesce(:after_user_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by likes.user_id
limit :limit;

-- name: page_by_post(post_id, after_user_id, limit)
-- Who likes a post, in no order that means anything.
select likes.user_id, users.username, likes.created_at
from zishu.likes
join zishu.users on users.id = likes.user_id
where likes.post_id = :post_id
    and likes.user_id > coalesce(:after_user_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by likes.user_id
limit :limit;

-- name: page_by_comment(comment_id, after_user_id, limit)
-- Who likes a comment, in no order that means anything.
select likes.user_id, users.username, likes.created_at
from zishu.likes
join zishu.users on users.id = likes.user_id
where likes.comment_id = :comment_id
    and likes.user_id > coalesce(:after_user_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by likes.user_id
limit :limit;
