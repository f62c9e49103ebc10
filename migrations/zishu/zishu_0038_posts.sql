-- The contributions to a topic, numbered like the storeys of a house: 1 opens it, 2 answers first.
--
-- A deleted post keeps its row and its number, so that "see 12" stays true.
-- depends: zishu_0037_topics

create table zishu.posts (
    id uuid default gen_random_uuid(),
    topic_id uuid not null,
    author_id uuid,
    number integer not null,
    content text not null,
    like_count integer not null default 0,
    comment_count integer not null default 0,
    edited_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint posts_pkey primary key (id),
    constraint posts_topic_id_fkey
        foreign key (topic_id) references zishu.topics (id) on delete cascade,
    constraint posts_author_id_fkey
        foreign key (author_id) references zishu.users (id) on delete set null,
    constraint posts_topic_id_number_key unique (topic_id, number),
    -- Well within what search looks at.
    constraint posts_content_is_not_blank_nor_endless
        check (content ~ '\S' and length(content) <= 20000),
    constraint posts_counts_are_not_negative check (like_count >= 0 and comment_count >= 0)
);

-- What a person wrote, newest first; and words of it.
create index posts_author_id_created_at_idx
    on zishu.posts (author_id, created_at desc, id desc);
create index posts_content_gin
    on zishu.posts using gin (common.search_terms(content))
    where deleted_at is null;

-- The topic's row is locked until the post is committed: two posts at once get two numbers, and
-- none slips in while the topic is being locked.
create function zishu.number_post()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
declare
    is_open boolean;
begin
    select not topics.is_locked and topics.deleted_at is null
    into is_open
    from zishu.topics
    where topics.id = new.topic_id
    for no key update;
    if not is_open then
        raise exception 'topic % is locked or deleted', new.topic_id
            using errcode = 'check_violation',
                schema = tg_table_schema,
                table = tg_table_name,
                constraint = 'posts_topic_is_open';
    end if;
    new.number := (
        select coalesce(max(posts.number), 0) + 1
        from zishu.posts
        where posts.topic_id = new.topic_id
    );
    return new;
end
$$;

comment on function zishu.number_post() is
    'Before insert of a post, for each row: gives it the next number of its topic. Refuses one in '
    'a locked or deleted topic (posts_topic_is_open).';

-- The topic is locked in a statement of its own: the next one then sees the posts of whoever held
-- the lock before, which one statement that waits would not.
create function zishu.count_posts()
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

comment on function zishu.count_posts() is
    'After a post comes, goes or moves, for each row: keeps post_count and last_post_at of its '
    'topic.';

create trigger posts_take_the_next_number
    before insert on zishu.posts
    for each row execute function zishu.number_post();
create trigger posts_count_in_topic
    after insert or delete or update of topic_id, deleted_at on zishu.posts
    for each row execute function zishu.count_posts();
create trigger posts_set_updated_at
    before update on zishu.posts
    for each row execute function common.set_updated_at();

comment on table zishu.posts is
    'A contribution to a topic, which all its readers read in turn; remarks on it are comments.';
comment on column zishu.posts.author_id is 'Null where the person is erased.';
comment on column zishu.posts.number is 'From 1 in each topic, given by a trigger.';
comment on column zishu.posts.like_count is 'Kept by a trigger.';
comment on column zishu.posts.comment_count is
    'Comments that are not deleted, at any depth; kept by a trigger.';
comment on column zishu.posts.edited_at is
    'When the author last changed the content; null where never. updated_at moves with each like.';
comment on column zishu.posts.deleted_at is 'Null while the post is shown.';
