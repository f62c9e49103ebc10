-- What a person shows of themselves, apart from the account: pages read it for many people at
-- once, and never need a password's hash beside it.
-- depends: zishu_0002_users

create table zishu.user_profiles (
    user_id uuid,
    display_name varchar(100) not null,
    avatar_url varchar(500),
    bio varchar(1000),
    birthday date,
    location varchar(100),
    links jsonb not null default '{}',
    is_public boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_profiles_pkey primary key (user_id),
    constraint user_profiles_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint user_profiles_display_name_is_not_blank check (display_name ~ '\S'),
    constraint user_profiles_links_is_an_object check (jsonb_typeof(links) = 'object')
);

-- Whom do I look for? Two characters of the name will do.
create index user_profiles_display_name_gin
    on zishu.user_profiles using gin (common.bigrams(display_name))
    where is_public;

create trigger user_profiles_set_updated_at
    before update on zishu.user_profiles
    for each row execute function common.set_updated_at();

comment on table zishu.user_profiles is 'The page of a person, at most one an account.';
comment on column zishu.user_profiles.birthday is
    'Companions congratulate, and what minors may not see is hidden; null where not told.';
comment on column zishu.user_profiles.links is
    'Where else to find the person: {"bilibili": "https://space.bilibili.com/…", …}.';
comment on column zishu.user_profiles.is_public is 'False: the page is the person''s own.';
