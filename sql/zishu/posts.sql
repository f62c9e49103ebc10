-- Contributions to topics: numbered, read in turn, edited and blanked but never renumbered.

-- name: create(topic_id, author_id, content)^
-- Adds a post under the next number; a topic that is locked or deleted takes none: that is an
-- error.
insert into zishu.posts (topic_id, author_id, content)
values (:topic_id, :author_id, :content)
returning
    id, topic_id, author_id, number, content, like_count, comment_count, edited_at, deleted_at,
    created_at, updated_at;

-- name: get(id)^
-- The post with this id, unless it is deleted.
select
    id, topic_id, author_id, number, content, like_count, comment_count, edited_at, deleted_at,
    created_at, updated_at
from zishu.posts
where id = :id
    and deleted_at is null;

-- name: get_by_number(topic_id, number)^
-- The post of a topic that others refer to by this number, unless it is deleted.
select
    id, topic_id, author_id, number, content, like_count, comment_count, edited_at, deleted_at,
    created_at, updated_at
from zishu.posts
where topic_id = :topic_id
    and number = :number
    and deleted_at is null;

-- name: page(topic_id, viewer_id, after_number, limit)
-- A topic read in turn, deleted posts as blanks without content, each with whether the viewer
-- likes it; null for the first page, then the last number of the page before.
select
    posts.id, posts.topic_id, posts.author_id, users.username as author_name, posts.number,
    case when posts.deleted_at is null then posts.content end as content,
    posts.like_count, posts.comment_count, posts.edited_at, posts.deleted_at,
    posts.created_at,
    exists (
        select
        from zishu.likes
        where likes.post_id = posts.id
            and likes.user_id = :viewer_id
    ) as is_liked
from zishu.posts
left join zishu.users
    on users.id = posts.author_id
    and users.deleted_at is null
where posts.topic_id = :topic_id
    and posts.number > coalesce(:after_number, 0)
order by posts.number
limit :limit;

-- name: page_with_comments(topic_id, viewer_id, after_number, limit, comments)
-- A topic read in turn as `page` has it, with the first so many remarks under each post: comments
-- [{"id", "author_id", "author_name", "content", "like_count", "edited_at", "deleted_at",
-- "created_at"}, …], oldest first, content null where deleted.
select
    posts.id, posts.topic_id, posts.author_id, users.username as author_name, posts.number,
    case when posts.deleted_at is null then posts.content end as content,
    posts.like_count, posts.comment_count, posts.edited_at, posts.deleted_at,
    posts.created_at,
    exists (
        select
        from zishu.likes
        where likes.post_id = posts.id
            and likes.user_id = :viewer_id
    ) as is_liked,
    (
        select coalesce(json_agg(remarks), '[]')
        from (
            select
                comments.id, comments.author_id, authors.username as author_name,
                case when comments.deleted_at is null then comments.content end as content,
                comments.like_count, comments.edited_at, comments.deleted_at,
                comments.created_at
            from zishu.comments
            left join zishu.users as authors
                on authors.id = comments.author_id
                and authors.deleted_at is null
            where comments.post_id = posts.id
                and comments.parent_id is null
            order by comments.created_at, comments.id
            limit :comments
        ) as remarks
    ) as comments
from zishu.posts
left join zishu.users
    on users.id = posts.author_id
    and users.deleted_at is null
where posts.topic_id = :topic_id
    and posts.number > coalesce(:after_number, 0)
order by posts.number
limit :limit;

-- name: page_by_author(author_id, before_created_at, before_id, limit)
-- What a person wrote, with the titles of the topics, newest first; nulls for the first page, then
-- what the last row of the page before says.
select
    posts.id, posts.topic_id, topics.title as topic_title, posts.number, posts.content,
    posts.like_count, posts.comment_count, posts.edited_at, posts.created_at
from zishu.posts
join zishu.topics on topics.id = posts.topic_id
where posts.author_id = :author_id
    and posts.deleted_at is null
    and topics.deleted_at is null
    and (posts.created_at, posts.id)
        < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by posts.created_at desc, posts.id desc
limit :limit;

-- name: search(words, before_created_at, before_id, limit)
-- Posts that have every word, Chinese or English, with the titles of the topics, newest first.
-- scans: what has the words is sorted.
with found as (
    select id, topic_id, created_at
    from zishu.posts
    where deleted_at is null
        and common.search_terms(content) @@ common.search_query(:words)
        and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
    order by created_at desc, id desc
    -- Kept apart, so that topics are looked up for the page alone, and not for all that is found.
    offset 0
),
page as (
    select found.id
    from found
    where (select topics.deleted_at is null from zishu.topics where id = found.topic_id)
    order by found.created_at desc, found.id desc
    limit :limit
)
select
    posts.id, posts.topic_id, topics.title as topic_title, posts.author_id, posts.number,
    posts.content, posts.like_count, posts.comment_count, posts.edited_at, posts.created_at
from page
join zishu.posts on posts.id = page.id
join zishu.topics on topics.id = posts.topic_id
order by posts.created_at desc, posts.id desc;

-- name: edit(id, content)^
-- Changes what a post says, and notes when.
update zishu.posts
set
    content = :content,
    edited_at = now()
where id = :id
    and deleted_at is null
returning
    id, topic_id, author_id, number, content, like_count, comment_count, edited_at, deleted_at,
    created_at, updated_at;

-- name: delete(id)!
-- Leaves a blank in place of a post; its number is not given again.
update zishu.posts
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Shows a deleted post again.
update zishu.posts
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, topic_id, author_id, number, content, like_count, comment_count, edited_at, deleted_at,
    created_at, updated_at;
