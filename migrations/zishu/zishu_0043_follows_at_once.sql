-- Follows are counted once a statement instead of once a row, as likes are: whoever goes takes
-- along hundreds of them, and each wrote its forum anew.
-- Locks: follows access exclusive while its trigger is exchanged; no rewrite, and nothing is read.
-- depends: zishu_0042_likes_at_once

drop trigger follows_count_on_target on zishu.follows;

create or replace function zishu.count_followers()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    if tg_op <> 'INSERT' then
        if exists (select from removed where removed.topic_id is not null) then
            update zishu.topics
            set follower_count = topics.follower_count - counted.followers
            from (select topic_id, count(*) as followers from removed group by topic_id) as counted
            where topics.id = counted.topic_id;
        end if;
        if exists (select from removed where removed.forum_id is not null) then
            update zishu.forums
            set follower_count = forums.follower_count - counted.followers
            from (select forum_id, count(*) as followers from removed group by forum_id) as counted
            where forums.id = counted.forum_id;
        end if;
    end if;
    if tg_op <> 'DELETE' then
        if exists (select from added where added.topic_id is not null) then
            update zishu.topics
            set follower_count = topics.follower_count + counted.followers
            from (select topic_id, count(*) as followers from added group by topic_id) as counted
            where topics.id = counted.topic_id;
        end if;
        if exists (select from added where added.forum_id is not null) then
            update zishu.forums
            set follower_count = forums.follower_count + counted.followers
            from (select forum_id, count(*) as followers from added group by forum_id) as counted
            where forums.id = counted.forum_id;
        end if;
    end if;
    return null;
end
$$;

comment on function zishu.count_followers() is
    'After follows come, go or move, for each statement: counts them (added, removed) on their '
    'topics and forums.';

create trigger follows_count_added
    after insert on zishu.follows
    referencing new table as added
    for each statement execute function zishu.count_followers();
create trigger follows_count_moved
    after update on zishu.follows
    referencing old table as removed new table as added
    for each statement execute function zishu.count_followers();
create trigger follows_count_removed
    after delete on zishu.follows
    referencing old table as removed
    for each statement execute function zishu.count_followers();
