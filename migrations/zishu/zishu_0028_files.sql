-- What people keep on the platform: a file has a name and an owner, its bytes are in its versions.
--
-- Storage key, size and checksum change with each upload, so they are columns of file_versions.
-- An owner can't be erased before their files: the rows say which bytes to remove. Deleting is
-- soft, a trash that is emptied by time.
-- depends: zishu_0002_users common_0002_updated_at common_0005_chinese_search

create table zishu.files (
    id uuid default gen_random_uuid(),
    owner_id uuid not null,
    name varchar(255) not null,
    description text not null default '',
    current_version integer,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint files_pkey primary key (id),
    constraint files_owner_id_fkey
        foreign key (owner_id) references zishu.users (id) on delete restrict,
    -- Whoever saves a download under its name writes into the folder that they chose.
    constraint files_name_is_no_path
        check (name ~ '^[^/\\[:cntrl:]]+$' and name not in ('.', '..'))
);

-- A person's files, newest first; and what has been in the trash long enough.
create index files_owner_id_created_at_idx on zishu.files (owner_id, created_at desc, id desc);
create index files_deleted_at_idx on zishu.files (deleted_at) where deleted_at is not null;

-- A part of a name, at least two characters of it.
create index files_name_gin
    on zishu.files using gin (common.bigrams(name))
    where deleted_at is null;

create trigger files_set_updated_at
    before update on zishu.files
    for each row execute function common.set_updated_at();

comment on table zishu.files is 'A file of a person, whatever version of it is the current one.';
comment on column zishu.files.current_version is
    'Which of file_versions is opened and shared; null until the first upload is complete.';
comment on column zishu.files.deleted_at is 'When it was put into the trash; null outside it.';
