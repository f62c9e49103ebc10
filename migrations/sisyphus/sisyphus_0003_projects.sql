-- Projects: what a team tests together. Only accounts, global functions and built-in keywords
-- belong to none.
--
-- Left out: idx_projects_created_by, which projects_created_by_updated_at_idx serves.
-- depends: sisyphus_0002_users common_0005_chinese_search

create table sisyphus.projects (
    id uuid default gen_random_uuid(),
    created_by uuid not null,
    name varchar(255) not null,
    description text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint projects_pkey primary key (id),
    constraint projects_created_by_fkey
        foreign key (created_by) references sisyphus.users (id) on delete cascade,
    constraint projects_created_by_name_key unique (created_by, name)
);

-- A person's projects, the one last worked on first, page by page.
create index projects_created_by_updated_at_idx
    on sisyphus.projects (created_by, updated_at desc, id desc);
-- A name known whole, and one of which a part is remembered.
create index projects_name_idx on sisyphus.projects (name);
create index projects_name_gin on sisyphus.projects using gin (common.bigrams(name));

create trigger projects_set_updated_at
    before update on sisyphus.projects
    for each row execute function common.set_updated_at();

comment on table sisyphus.projects is
    'A project under test; its name is one of a kind among those of its creator.';
