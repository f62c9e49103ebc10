-- Discussions: what a forum lists, pinned ones first, then by the newest post.
--
-- A topic is a title; what its author says first is post number 1. Deleting is soft, so that what
-- others wrote can be restored with it; an erased author leaves the discussion whole.
-- depends: zishu_0002_users zishu_0036_forums common_0005_chinese_search

create table zishu.topics (
    id uuid default gen_random_uuid(),
    forum_id uuid not null,
    author_id uuid,
    title varchar(200) not null,
    is_pinned boolean not null default false,
    is_locked boolean not null default false,
    post_count integer not null default 0,
    like_count integer not null default 0,
    follower_count integer not null default 0,
    last_post_at timestamptz not null default now(),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint topics_pkey primary key (id),
    constraint topics_forum_id_fkey
        foreign key (forum_id) references zishu.forums (id) on delete restrict,
    constraint topics_author_id_fkey
        foreign key (author_id) references zishu.users (id) on delete set null,
    constraint topics_title_is_not_blank check (title ~ '\S'),
    constraint topics_counts_are_not_negative
        check (post_count >= 0 and like_count >= 0 and follower_count >= 0)
);

-- A forum's page, its pinned topics, what a person began, and words of titles.
create index topics_forum_id_last_post_at_idx
    on zishu.topics (forum_id, last_post_at desc, id desc);
create index topics_pinned_idx
    on zishu.topics (forum_id, last_post_at desc, id desc)
    where is_pinned and deleted_at is null;
create index topics_author_id_created_at_idx
    on zishu.topics (author_id, created_at desc, id desc);
create index topics_title_gin
    on zishu.topics using gin (common.search_terms(title))
    where deleted_at is null;

-- Counting locks the forum's row: a topic comes before or after the forum is locked, not between.
create function zishu.count_topics()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
declare
    forum_is_locked boolean;
begin
    if tg_op <> 'INSERT' and old.deleted_at is null then
        update zishu.forums set topic_count = topic_count - 1 where id = old.forum_id;
    end if;
    if tg_op <> 'DELETE' and new.deleted_at is null then
        update zishu.forums
        set topic_count = topic_count + 1
        where id = new.forum_id
        returning is_locked into forum_is_locked;
    end if;
    if tg_op = 'INSERT' and forum_is_locked then
        raise exception 'forum % is locked', new.forum_id
            using errcode = 'check_violation',
                schema = tg_table_schema,
                table = tg_table_name,
                constraint = 'topics_forum_is_open';
    end if;
    return null;
end
$$;

comment on function zishu.count_topics() is
    'After a topic comes, goes or moves, for each row: counts it in its forum. Refuses a new one '
    'in a locked forum (topics_forum_is_open).';

create trigger topics_count_in_forum
    after insert or delete or update of forum_id, deleted_at on zishu.topics
    for each row execute function zishu.count_topics();
create trigger topics_set_updated_at
    before update on zishu.topics
    for each row execute function common.set_updated_at();

comment on table zishu.topics is 'A discussion in a forum: a title over numbered posts.';
comment on column zishu.topics.author_id is 'Null where the person is erased.';
comment on column zishu.topics.is_locked is 'Whether no posts and comments may be added.';
comment on column zishu.topics.post_count is
    'Posts that are not deleted, the first one among them; kept by a trigger.';
comment on column zishu.topics.like_count is 'Kept by a trigger.';
comment on column zishu.topics.follower_count is 'Kept by a trigger.';
comment on column zishu.topics.last_post_at is
    'When the last post that is not deleted was written, else when the topic was; kept by a '
    'trigger.';
comment on column zishu.topics.deleted_at is 'Null while the topic is shown.';
