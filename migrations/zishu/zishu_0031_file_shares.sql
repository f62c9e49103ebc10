-- Links that let anyone who has one download a file, until they expire, are used up or revoked.
--
-- A download counts itself in the statement that allows it, so the limit holds however many come
-- at once.
-- depends: zishu_0028_files common_0004_secrets

create table zishu.file_shares (
    id uuid default gen_random_uuid(),
    file_id uuid not null,
    created_by uuid not null,
    token_hash text not null,
    password_hash text,
    max_downloads integer,
    download_count integer not null default 0,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint file_shares_pkey primary key (id),
    constraint file_shares_file_id_fkey
        foreign key (file_id) references zishu.files (id) on delete cascade,
    constraint file_shares_created_by_fkey
        foreign key (created_by) references zishu.users (id) on delete cascade,
    constraint file_shares_token_hash_key unique (token_hash),
    constraint file_shares_token_hash_is_a_hash check (common.is_sha256(token_hash)),
    constraint file_shares_password_hash_is_a_hash check (common.is_password_hash(password_hash)),
    constraint file_shares_max_downloads_is_positive check (max_downloads > 0),
    constraint file_shares_download_count_is_not_negative check (download_count >= 0),
    constraint file_shares_downloads_are_within_the_limit check (download_count <= max_downloads)
);

create index file_shares_file_id_created_at_idx
    on zishu.file_shares (file_id, created_at desc, id desc);
create index file_shares_created_by_idx on zishu.file_shares (created_by);

create trigger file_shares_set_updated_at
    before update on zishu.file_shares
    for each row execute function common.set_updated_at();

comment on table zishu.file_shares is 'A link to the current version of a file.';
comment on column zishu.file_shares.token_hash is
    'SHA-256 of the token in the link, in hexadecimal: who reads the table can''t download.';
comment on column zishu.file_shares.password_hash is
    'Argon2id or bcrypt; null where the link is enough.';
comment on column zishu.file_shares.max_downloads is 'Null for no limit.';
comment on column zishu.file_shares.expires_at is 'Null for never.';
comment on column zishu.file_shares.revoked_at is 'Null while the link may be used.';
