-- Every upload of a file is kept as a numbered version; the newest becomes the current one.
--
-- An older version is made current again by files.current_version, which can name no version of
-- another file and none that is gone. files_pkey is the index that its foreign key needs.
-- Locks: files share row exclusive while its foreign key is added; no rewrite.
-- depends: zishu_0028_files common_0004_secrets

create table zishu.file_versions (
    file_id uuid not null,
    number integer not null,
    uploaded_by uuid,
    storage_key text not null,
    mime_type varchar(255) not null default 'application/octet-stream',
    size_bytes bigint not null,
    checksum text not null,
    created_at timestamptz not null default now(),
    constraint file_versions_pkey primary key (file_id, number),
    constraint file_versions_file_id_fkey
        foreign key (file_id) references zishu.files (id) on delete cascade,
    constraint file_versions_uploaded_by_fkey
        foreign key (uploaded_by) references zishu.users (id) on delete set null,
    -- No two versions share an object: who removes one leaves the other whole.
    constraint file_versions_storage_key_key unique (storage_key),
    constraint file_versions_size_bytes_is_not_negative check (size_bytes >= 0),
    constraint file_versions_checksum_is_a_digest check (common.is_sha256(checksum))
);

create index file_versions_uploaded_by_idx on zishu.file_versions (uploaded_by);

alter table zishu.files
    add constraint files_current_version_fkey
    foreign key (id, current_version) references zishu.file_versions (file_id, number)
    on delete restrict;

-- The file's row is locked until the version is committed: two uploads at once get two numbers.
create function zishu.number_file_version()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    perform from zishu.files where id = new.file_id for no key update;
    new.number := (
        select coalesce(max(versions.number), 0) + 1
        from zishu.file_versions as versions
        where versions.file_id = new.file_id
    );
    return new;
end
$$;

comment on function zishu.number_file_version() is
    'Before insert of a version, for each row: gives it the next number of its file.';

create function zishu.make_file_version_current()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    update zishu.files set current_version = new.number where id = new.file_id;
    return null;
end
$$;

comment on function zishu.make_file_version_current() is
    'After insert of a version, for each row: makes it the current one of its file.';

create trigger file_versions_take_the_next_number
    before insert on zishu.file_versions
    for each row execute function zishu.number_file_version();
create trigger file_versions_become_current
    after insert on zishu.file_versions
    for each row execute function zishu.make_file_version_current();

comment on table zishu.file_versions is 'The bytes of a file as one upload left them.';
comment on column zishu.file_versions.number is 'From 1 in each file, given by a trigger.';
comment on column zishu.file_versions.uploaded_by is 'Null where the person is erased.';
comment on column zishu.file_versions.storage_key is 'The object''s key in the object store.';
comment on column zishu.file_versions.checksum is 'SHA-256 of the bytes, in hexadecimal.';
