-- A new post is counted by one update: it is the newest of its topic, which was locked to number
-- it. To lock again and look for the newest is left to posts that go, come back or move.
-- depends: zishu_0038_posts

create or replace function zishu.count_posts()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
declare
    left_topic uuid :=
        case when tg_op <> 'INSERT' and old.deleted_at is null then old.topic_id end;
    joined_topic uuid :=
        case when tg_op <> 'DELETE' and new.deleted_at is null then new.topic_id end;
begin
    -- The topic is locked since the post was numbered, which is its newest.
    if tg_op = 'INSERT' then
        if new.deleted_at is null then
            update zishu.topics
            set
                post_count = post_count + 1,
                last_post_at = new.created_at
            where id = new.topic_id;
        end if;
        return null;
    end if;
    perform
    from zishu.topics
    where topics.id in (left_topic, joined_topic)
    order by topics.id
    for no key update;
    update zishu.topics
    set post_count = post_count
            + (topics.id is not distinct from joined_topic)::integer
            - (topics.id is not distinct from left_topic)::integer,
        last_post_at = coalesce(
            (
                select posts.created_at
                from zishu.posts
                where posts.topic_id = topics.id and posts.deleted_at is null
                order by posts.number desc
                limit 1
            ),
            topics.created_at
        )
    where topics.id in (left_topic, joined_topic);
    return null;
end
$$;
