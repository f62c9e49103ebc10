-- Remarks under a post and answers to them, a tree of its own under each post.
--
-- Answers to a comment are counted when they are shown, by comments_post_id_parent_id_idx. With a
-- stored count two who answer the same comment at once would end in a deadlock: both share the
-- lock on it that comments_are_a_tree takes, and each would want it alone.
-- depends: zishu_0038_posts common_0003_trees

create table zishu.comments (
    id uuid default gen_random_uuid(),
    post_id uuid not null,
    parent_id uuid,
    author_id uuid,
    content text not null,
    like_count integer not null default 0,
    edited_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint comments_pkey primary key (id),
    -- What answers refer to, so that an answer is under the same post.
    constraint comments_post_id_id_key unique (post_id, id),
    constraint comments_post_id_fkey
        foreign key (post_id) references zishu.posts (id) on delete cascade,
    constraint comments_parent_id_fkey
        foreign key (post_id, parent_id) references zishu.comments (post_id, id)
        on delete cascade,
    constraint comments_author_id_fkey
        foreign key (author_id) references zishu.users (id) on delete set null,
    constraint comments_content_is_not_blank_nor_endless
        check (content ~ '\S' and length(content) <= 2000),
    constraint comments_like_count_is_not_negative check (like_count >= 0)
);

-- The remarks on a post, oldest first; the answers to one, likewise (parent_id is null gives the
-- second index no order); and what a person wrote, newest first.
create index comments_first_idx
    on zishu.comments (post_id, created_at, id)
    where parent_id is null;
create index comments_post_id_parent_id_idx
    on zishu.comments (post_id, parent_id, created_at, id);
create index comments_author_id_created_at_idx
    on zishu.comments (author_id, created_at desc, id desc);

-- After the row is written, so that rows are always locked upwards: comment, post, topic. Only a
-- purge, which deletes downwards, can meet a writer in a deadlock; it is run again.
create function zishu.count_comments()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
declare
    is_open boolean;
begin
    if tg_op <> 'INSERT' and old.deleted_at is null then
        update zishu.posts set comment_count = comment_count - 1 where id = old.post_id;
    end if;
    if tg_op <> 'DELETE' and new.deleted_at is null then
        update zishu.posts set comment_count = comment_count + 1 where id = new.post_id;
    end if;
    if tg_op = 'INSERT' then
        select posts.deleted_at is null and topics.deleted_at is null and not topics.is_locked
        into is_open
        from zishu.posts
        join zishu.topics on topics.id = posts.topic_id
        where posts.id = new.post_id
        for share of topics;
        if not is_open then
            raise exception 'post % is deleted, or its topic is locked or deleted', new.post_id
                using errcode = 'check_violation',
                    schema = tg_table_schema,
                    table = tg_table_name,
                    constraint = 'comments_topic_is_open';
        end if;
    end if;
    return null;
end
$$;

comment on function zishu.count_comments() is
    'After a comment comes, goes or moves, for each row: counts it on its post. Refuses a new one '
    'where the post is deleted or its topic locked or deleted (comments_topic_is_open).';

create trigger comments_are_a_tree
    before insert or update of parent_id on zishu.comments
    for each row execute function common.refuse_loop('parent_id', 'uuid');
create trigger comments_count_on_post
    after insert or delete or update of post_id, deleted_at on zishu.comments
    for each row execute function zishu.count_comments();
create trigger comments_set_updated_at
    before update on zishu.comments
    for each row execute function common.set_updated_at();

comment on table zishu.comments is
    'A remark on a post or an answer to one, shown folded under the post and not numbered.';
comment on column zishu.comments.parent_id is
    'The comment that it answers; null for a remark on the post itself.';
comment on column zishu.comments.author_id is 'Null where the person is erased.';
comment on column zishu.comments.like_count is 'Kept by a trigger.';
comment on column zishu.comments.edited_at is
    'When the author last changed the content; null where never. updated_at moves with each like.';
comment on column zishu.comments.deleted_at is
    'Null while the comment is shown; afterwards its answers stay under a blank.';
