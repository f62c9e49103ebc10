-- Boards of the community: few, ordered by operators, followed by people.

-- name: create(slug, name, description)^
-- Adds a board behind those that are there.
-- scans: boards are few, and the last position is sought among them.
insert into zishu.forums (slug, name, description, position)
select :slug, :name, :description, coalesce(max(forums.position), 0) + 1
from zishu.forums
returning
    id, slug, name, description, position, is_locked, topic_count, follower_count, created_at,
    updated_at;

-- name: get(id)^
-- The board with this id.
select
    id, slug, name, description, position, is_locked, topic_count, follower_count, created_at,
    updated_at
from zishu.forums
where id = :id;

-- name: get_by_slug(slug)^
-- The board at this address.
select
    id, slug, name, description, position, is_locked, topic_count, follower_count, created_at,
    updated_at
from zishu.forums
where slug = :slug;

-- name: page(after_position, after_id, limit)
-- The boards in their order; nulls for the first page, then what the last row of the page before
-- says.
-- scans: boards are few, and are sorted.
select
    id, slug, name, description, position, is_locked, topic_count, follower_count, created_at,
    updated_at
from zishu.forums
where (position, id) > (coalesce(:after_position, -2147483648), :after_id)
order by position, id
limit :limit;

-- name: page_with_latest(viewer_id, after_position, after_id, limit)
-- The front page: the boards in their order, each with the topic that has the newest post, and
-- whether the viewer follows it; who is not logged in is null.
-- scans: boards are few, and are sorted.
select
    forums.id, forums.slug, forums.name, forums.description, forums.position,
    forums.is_locked, forums.topic_count, forums.follower_count,
    latest.id as topic_id, latest.title as topic_title, latest.last_post_at,
    exists (
        select
        from zishu.follows
        where follows.forum_id = forums.id
            and follows.follower_id = :viewer_id
    ) as is_followed
from zishu.forums
left join lateral (
    select topics.id, topics.title, topics.last_post_at
    from zishu.topics
    where topics.forum_id = forums.id
        and topics.deleted_at is null
    order by topics.last_post_at desc, topics.id desc
    limit 1
) as latest on true
where (forums.position, forums.id) > (coalesce(:after_position, -2147483648), :after_id)
order by forums.position, forums.id
limit :limit;

-- name: update(id, slug, name, description)^
-- Saves the form of a board.
update zishu.forums
set
    slug = :slug,
    name = :name,
    description = :description
where id = :id
returning
    id, slug, name, description, position, is_locked, topic_count, follower_count, created_at,
    updated_at;

-- name: reorder(ids)!
-- Puts boards in this order, from 1.
with locked as (
    -- In one order, whatever order is wanted: two who reorder at once wait instead of deadlocking.
    select forums.id
    from zishu.forums
    where forums.id = any(:ids::uuid[])
    order by forums.id
    for no key update
)
update zishu.forums
set position = places.position
from locked
join unnest(:ids) with ordinality as places (id, position) on places.id = locked.id
where forums.id = locked.id;

-- name: set_locked(id, is_locked)^
-- Closes a board for new topics, or opens it.
update zishu.forums
set is_locked = :is_locked
where id = :id
returning
    id, slug, name, description, position, is_locked, topic_count, follower_count, created_at,
    updated_at;

-- name: delete(id)!
-- Removes a board without topics; one that has any, deleted ones too, is an error.
delete from zishu.forums
where id = :id;
