-- The boards of the community, in the order that operators give them.
-- depends: zishu_0001_schema common_0002_updated_at

create table zishu.forums (
    id uuid default gen_random_uuid(),
    slug varchar(50) not null,
    name varchar(100) not null,
    description text not null default '',
    position integer not null default 0,
    is_locked boolean not null default false,
    topic_count integer not null default 0,
    follower_count integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint forums_pkey primary key (id),
    constraint forums_slug_key unique (slug),
    constraint forums_name_key unique (name),
    constraint forums_slug_is_fit_for_a_url check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint forums_counts_are_not_negative check (topic_count >= 0 and follower_count >= 0)
);

create trigger forums_set_updated_at
    before update on zishu.forums
    for each row execute function common.set_updated_at();

comment on table zishu.forums is
    'A board. A forum holds topics, a topic holds posts, a post holds comments.';
comment on column zishu.forums.slug is 'Its name in addresses: voice-acting.';
comment on column zishu.forums.position is 'The lowest is shown first.';
comment on column zishu.forums.is_locked is 'Whether no topics may be opened in it.';
comment on column zishu.forums.topic_count is 'Topics that are not deleted; kept by a trigger.';
comment on column zishu.forums.follower_count is 'Kept by a trigger.';
