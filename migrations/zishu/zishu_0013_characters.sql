-- The companions: who they are and who may meet them. How they look, sound, move and think is in
-- the tables that follow.
-- depends: zishu_0002_users

create table zishu.characters (
    id uuid default gen_random_uuid(),
    creator_id uuid,
    name varchar(100) not null,
    summary varchar(200) not null default '',
    description text not null default '',
    greeting text,
    avatar_url varchar(500),
    language varchar(35) not null default 'zh-CN',
    tags text[] not null default '{}',
    visibility varchar(20) not null default 'private',
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint characters_pkey primary key (id),
    constraint characters_creator_id_fkey
        foreign key (creator_id) references zishu.users (id) on delete set null,
    constraint characters_name_is_not_blank check (name ~ '\S'),
    constraint characters_tags_are_few check (cardinality(tags) <= 20),
    constraint characters_visibility_is_known
        check (visibility in ('private', 'unlisted', 'public'))
);

create index characters_creator_id_created_at_idx
    on zishu.characters (creator_id, created_at desc, id desc);

-- The gallery: who is new, who is tagged so, of whom is that said.
create index characters_gallery_idx
    on zishu.characters (created_at desc, id desc)
    where visibility = 'public' and deleted_at is null;
create index characters_tags_gin
    on zishu.characters using gin (tags)
    where visibility = 'public' and deleted_at is null;
create index characters_search_gin
    on zishu.characters
    using gin (common.search_terms(name || ' ' || summary || ' ' || description))
    where visibility = 'public' and deleted_at is null;

create trigger characters_set_updated_at
    before update on zishu.characters
    for each row execute function common.set_updated_at();

comment on table zishu.characters is 'A companion that people talk to.';
comment on column zishu.characters.creator_id is
    'Null for the platform''s own, or where the account is gone.';
comment on column zishu.characters.summary is 'The line below the name.';
comment on column zishu.characters.greeting is
    'What it says first in a new conversation; null to wait for the person.';
comment on column zishu.characters.language is 'BCP 47 tag.';
comment on column zishu.characters.visibility is
    'private: its creator; unlisted: who has the address; public: the gallery.';
comment on column zishu.characters.deleted_at is
    'Null while it exists. Conversations with it can still be read.';
