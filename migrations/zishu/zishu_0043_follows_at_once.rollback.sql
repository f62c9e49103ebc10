drop trigger follows_count_removed on zishu.follows;
drop trigger follows_count_moved on zishu.follows;
drop trigger follows_count_added on zishu.follows;

create or replace function zishu.count_followers()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    if tg_op <> 'INSERT' then
        update zishu.topics set follower_count = follower_count - 1 where id = old.topic_id;
        update zishu.forums set follower_count = follower_count - 1 where id = old.forum_id;
    end if;
    if tg_op <> 'DELETE' then
        update zishu.topics set follower_count = follower_count + 1 where id = new.topic_id;
        update zishu.forums set follower_count = follower_count + 1 where id = new.forum_id;
    end if;
    return null;
end
$$;

comment on function zishu.count_followers() is
    'After a follow comes, goes or moves, for each row: counts it on its topic or forum.';

create trigger follows_count_on_target
    after insert or update or delete on zishu.follows
    for each row execute function zishu.count_followers();
