-- What a packaging task made, for people to download and to check by its digest.
--
-- A task can't be deleted before its artifacts: the rows say which bytes to remove.
-- depends: zishu_0033_packaging_tasks common_0004_secrets

create table zishu.build_artifacts (
    id uuid default gen_random_uuid(),
    task_id uuid not null,
    platform varchar(20) not null,
    kind varchar(20) not null,
    file_name varchar(255) not null,
    storage_key text not null,
    size_bytes bigint not null,
    checksum text not null,
    created_at timestamptz not null default now(),
    constraint build_artifacts_pkey primary key (id),
    constraint build_artifacts_task_id_fkey
        foreign key (task_id) references zishu.packaging_tasks (id) on delete restrict,
    -- A second attempt replaces what the first one left, and adds nothing beside it.
    constraint build_artifacts_task_id_platform_kind_key unique (task_id, platform, kind),
    constraint build_artifacts_storage_key_key unique (storage_key),
    constraint build_artifacts_platform_is_known
        check (platform in ('windows', 'macos', 'linux', 'android', 'ios', 'web')),
    constraint build_artifacts_kind_is_known
        check (kind in ('installer', 'portable', 'update', 'symbols')),
    constraint build_artifacts_size_bytes_is_positive check (size_bytes > 0),
    constraint build_artifacts_checksum_is_a_digest check (common.is_sha256(checksum))
);

-- What is old enough to remove.
create index build_artifacts_created_at_idx on zishu.build_artifacts (created_at);

comment on table zishu.build_artifacts is 'A file that a packaging task made.';
comment on column zishu.build_artifacts.kind is
    'installer; portable: runs without installing; update: from the version before; symbols: for '
    'reading crash reports.';
comment on column zishu.build_artifacts.storage_key is 'The object''s key in the object store.';
comment on column zishu.build_artifacts.checksum is 'SHA-256 of the bytes, in hexadecimal.';
