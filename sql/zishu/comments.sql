-- Remarks on posts and answers to them: a tree under each post, read branch by branch.

-- name: create(post_id, parent_id, author_id, content)^
-- Adds a remark, or with a parent the answer to one of the same post. Where the post is deleted,
-- or its topic locked or deleted, it is an error.
insert into zishu.comments (post_id, parent_id, author_id, content)
values (:post_id, :parent_id, :author_id, :content)
returning
    id, post_id, parent_id, author_id, content, like_count, edited_at, deleted_at, created_at,
    updated_at;

-- name: get(id)^
-- The comment with this id, unless it is deleted.
select
    id, post_id, parent_id, author_id, content, like_count, edited_at, deleted_at, created_at,
    updated_at
from zishu.comments
where id = :id
    and deleted_at is null;

-- name: page(post_id, viewer_id, after_created_at, after_id, limit)
-- The remarks on a post, oldest first, deleted ones as blanks, each with how many answer it and
-- whether the viewer likes it; nulls for the first page, then what the last row of the page before
-- says.
select
    comments.id, comments.post_id, comments.parent_id, comments.author_id,
    users.username as author_name,
    case when comments.deleted_at is null then comments.content end as content,
    comments.like_count, comments.edited_at, comments.deleted_at, comments.created_at,
    (
        select count(*)
        from zishu.comments as answers
        where answers.post_id = comments.post_id
            and answers.parent_id = comments.id
            and answers.deleted_at is null
    ) as answer_count,
    exists (
        select
        from zishu.likes
        where likes.comment_id = comments.id
            and likes.user_id = :viewer_id
    ) as is_liked
from zishu.comments
left join zishu.users
    on users.id = comments.author_id
    and users.deleted_at is null
where comments.post_id = :post_id
    and comments.parent_id is null
    and (comments.created_at, comments.id)
        > (coalesce(:after_created_at::timestamptz, '-infinity'), :after_id)
order by comments.created_at, comments.id
limit :limit;

-- name: page_answers(post_id, parent_id, viewer_id, after_created_at, after_id, limit)
-- The answers to one comment of a post, oldest first, as `page` has the remarks.
select
    comments.id, comments.post_id, comments.parent_id, comments.author_id,
    users.username as author_name,
    case when comments.deleted_at is null then comments.content end as content,
    comments.like_count, comments.edited_at, comments.deleted_at, comments.created_at,
    (
        select count(*)
        from zishu.comments as answers
        where answers.post_id = comments.post_id
            and answers.parent_id = comments.id
            and answers.deleted_at is null
    ) as answer_count,
    exists (
        select
        from zishu.likes
        where likes.comment_id = comments.id
            and likes.user_id = :viewer_id
    ) as is_liked
from zishu.comments
left join zishu.users
    on users.id = comments.author_id
    and users.deleted_at is null
where comments.post_id = :post_id
    and comments.parent_id = :parent_id
    and (comments.created_at, comments.id)
        > (coalesce(:after_created_at::timestamptz, '-infinity'), :after_id)
order by comments.created_at, comments.id
limit :limit;

-- name: page_trees(post_id, viewer_id, after_created_at, after_id, limit, depth)
-- So many remarks on a post, each followed by its answers branch by branch, down to a depth (1 for
-- the remarks alone), oldest first; for the next page what the last row of depth 1 says.
-- scans: all that is sorted is returned.
with recursive remarks as (
    select comments.id, comments.created_at
    from zishu.comments
    where comments.post_id = :post_id
        and comments.parent_id is null
        and (comments.created_at, comments.id)
            > (coalesce(:after_created_at::timestamptz, '-infinity'), :after_id)
    order by comments.created_at, comments.id
    limit :limit
),
tree (id, created_at, depth) as (
    select remarks.id, remarks.created_at, 1
    from remarks
    union all
    select answers.id, answers.created_at, tree.depth + 1
    from tree
    join zishu.comments as answers
        on answers.post_id = :post_id
        and answers.parent_id = tree.id
    where tree.depth < :depth
) search depth first by created_at, id set path
select
    comments.id, comments.post_id, comments.parent_id, comments.author_id,
    users.username as author_name,
    case when comments.deleted_at is null then comments.content end as content,
    comments.like_count, comments.edited_at, comments.deleted_at, comments.created_at,
    tree.depth,
    exists (
        select
        from zishu.likes
        where likes.comment_id = comments.id
            and likes.user_id = :viewer_id
    ) as is_liked
from tree
join zishu.comments on comments.id = tree.id
left join zishu.users
    on users.id = comments.author_id
    and users.deleted_at is null
order by tree.path;

-- name: page_by_author(author_id, before_created_at, before_id, limit)
-- What a person remarked, with where it stands, newest first.
select
    comments.id, comments.post_id, comments.content, comments.like_count, comments.edited_at,
    comments.created_at, topics.id as topic_id, topics.title as topic_title,
    posts.number as post_number
from zishu.comments
join zishu.posts on posts.id = comments.post_id
join zishu.topics on topics.id = posts.topic_id
where comments.author_id = :author_id
    and comments.deleted_at is null
    and posts.deleted_at is null
    and topics.deleted_at is null
    and (comments.created_at, comments.id)
        < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by comments.created_at desc, comments.id desc
limit :limit;

-- name: edit(id, content)^
-- Changes what a comment says, and notes when.
update zishu.comments
set
    content = :content,
    edited_at = now()
where id = :id
    and deleted_at is null
returning
    id, post_id, parent_id, author_id, content, like_count, edited_at, deleted_at, created_at,
    updated_at;

-- name: delete(id)!
-- Leaves a blank in place of a comment; its answers stay.
update zishu.comments
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Shows a deleted comment again.
update zishu.comments
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, post_id, parent_id, author_id, content, like_count, edited_at, deleted_at, created_at,
    updated_at;
