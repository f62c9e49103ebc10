-- Who besides the owner may open, change or pass on a file.
-- depends: zishu_0028_files

create table zishu.file_permissions (
    file_id uuid not null,
    user_id uuid not null,
    granted_by uuid,
    level varchar(20) not null default 'read',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint file_permissions_pkey primary key (file_id, user_id),
    constraint file_permissions_file_id_fkey
        foreign key (file_id) references zishu.files (id) on delete cascade,
    constraint file_permissions_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint file_permissions_granted_by_fkey
        foreign key (granted_by) references zishu.users (id) on delete set null,
    constraint file_permissions_level_is_known check (level in ('read', 'write', 'admin'))
);

-- "Shared with me", newest first.
create index file_permissions_user_id_created_at_idx
    on zishu.file_permissions (user_id, created_at desc, file_id);
create index file_permissions_granted_by_idx on zishu.file_permissions (granted_by);

create trigger file_permissions_set_updated_at
    before update on zishu.file_permissions
    for each row execute function common.set_updated_at();

comment on table zishu.file_permissions is
    'What one person may do with one file. The owner may do everything and needs no row.';
comment on column zishu.file_permissions.granted_by is 'Null where the person is erased.';
comment on column zishu.file_permissions.level is
    'read: open it; write: upload versions too; admin: grant permissions and share it too.';
