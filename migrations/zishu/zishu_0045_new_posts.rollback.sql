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
