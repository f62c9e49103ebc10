drop trigger likes_count_removed on zishu.likes;
drop trigger likes_count_moved on zishu.likes;
drop trigger likes_count_added on zishu.likes;

create or replace function zishu.count_likes()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    if tg_op <> 'INSERT' then
        update zishu.topics set like_count = like_count - 1 where id = old.topic_id;
        update zishu.posts set like_count = like_count - 1 where id = old.post_id;
        update zishu.comments set like_count = like_count - 1 where id = old.comment_id;
    end if;
    if tg_op <> 'DELETE' then
        update zishu.topics set like_count = like_count + 1 where id = new.topic_id;
        update zishu.posts set like_count = like_count + 1 where id = new.post_id;
        update zishu.comments set like_count = like_count + 1 where id = new.comment_id;
    end if;
    return null;
end
$$;

comment on function zishu.count_likes() is
    'After a like comes, goes or moves, for each row: counts it on its target.';

create trigger likes_count_on_target
    after insert or update or delete on zishu.likes
    for each row execute function zishu.count_likes();
