-- Likes are counted once a statement instead of once a row.
--
-- Each row of an import, or of what goes with a person, wrote its target anew: the thousandth like
-- of a post read a thousand versions of it. A single like is cheaper too, since only the kind of
-- target that it has is looked for.
-- Locks: likes access exclusive while its trigger is exchanged; no rewrite, and nothing is read.
-- depends: zishu_0041_follows

drop trigger likes_count_on_target on zishu.likes;

create or replace function zishu.count_likes()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    if tg_op <> 'INSERT' then
        if exists (select from removed where removed.topic_id is not null) then
            update zishu.topics
            set like_count = topics.like_count - counted.likes
            from (select topic_id, count(*) as likes from removed group by topic_id) as counted
            where topics.id = counted.topic_id;
        end if;
        if exists (select from removed where removed.post_id is not null) then
            update zishu.posts
            set like_count = posts.like_count - counted.likes
            from (select post_id, count(*) as likes from removed group by post_id) as counted
            where posts.id = counted.post_id;
        end if;
        if exists (select from removed where removed.comment_id is not null) then
            update zishu.comments
            set like_count = comments.like_count - counted.likes
            from (select comment_id, count(*) as likes from removed group by comment_id) as counted
            where comments.id = counted.comment_id;
        end if;
    end if;
    if tg_op <> 'DELETE' then
        if exists (select from added where added.topic_id is not null) then
            update zishu.topics
            set like_count = topics.like_count + counted.likes
            from (select topic_id, count(*) as likes from added group by topic_id) as counted
            where topics.id = counted.topic_id;
        end if;
        if exists (select from added where added.post_id is not null) then
            update zishu.posts
            set like_count = posts.like_count + counted.likes
            from (select post_id, count(*) as likes from added group by post_id) as counted
            where posts.id = counted.post_id;
        end if;
        if exists (select from added where added.comment_id is not null) then
            update zishu.comments
            set like_count = comments.like_count + counted.likes
            from (select comment_id, count(*) as likes from added group by comment_id) as counted
            where comments.id = counted.comment_id;
        end if;
    end if;
    return null;
end
$$;

comment on function zishu.count_likes() is
    'After likes come, go or move, for each statement: counts them (added, removed) on their '
    'targets.';

create trigger likes_count_added
    after insert on zishu.likes
    referencing new table as added
    for each statement execute function zishu.count_likes();
create trigger likes_count_moved
    after update on zishu.likes
    referencing old table as removed new table as added
    for each statement execute function zishu.count_likes();
create trigger likes_count_removed
    after delete on zishu.likes
    referencing old table as removed
    for each statement execute function zishu.count_likes();
