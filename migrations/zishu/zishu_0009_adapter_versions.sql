-- What is installed: the packages of an adapter, each under a semantic version, and never changed
-- once published.
-- depends: zishu_0008_adapters common_0006_refusals common_0004_secrets

-- An array compares part by part: 1.10.0 is after 1.9.0, and a range of versions is two
-- comparisons.
create function zishu.version_number(version text)
returns integer[]
language sql
immutable
parallel safe
return string_to_array(
    substring(
        version
        from '^((?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2})(?:-[0-9A-Za-z.-]+)?$'
    ),
    '.'
)::integer[];

comment on function zishu.version_number(text) is
    'Major, minor and patch of a semantic version, without the pre-release: 1.4.0-beta.1 is '
    '{1,4,0}. Null for what is no version. https://semver.org';

create table zishu.adapter_versions (
    id uuid default gen_random_uuid(),
    adapter_id uuid not null,
    version varchar(64) not null,
    changelog text not null default '',
    manifest jsonb not null default '{}',
    package_url varchar(500),
    package_size bigint,
    checksum text,
    is_latest boolean not null default false,
    published_at timestamptz,
    yanked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint adapter_versions_pkey primary key (id),
    constraint adapter_versions_adapter_id_fkey
        foreign key (adapter_id) references zishu.adapters (id) on delete cascade,
    constraint adapter_versions_adapter_id_version_key unique (adapter_id, version),
    constraint adapter_versions_version_is_semantic
        check (zishu.version_number(version) is not null),
    constraint adapter_versions_manifest_is_an_object check (jsonb_typeof(manifest) = 'object'),
    constraint adapter_versions_package_size_is_not_negative check (package_size >= 0),
    constraint adapter_versions_checksum_is_a_hash check (common.is_sha256(checksum)),
    constraint adapter_versions_published_has_a_package
        check (published_at is null or num_nulls(package_url, package_size, checksum) = 0),
    constraint adapter_versions_yanked_was_published
        check (yanked_at is null or published_at is not null),
    constraint adapter_versions_latest_can_be_installed
        check (not is_latest or (published_at is not null and yanked_at is null))
);

-- One latest: the author says which, since a fix to 1.x may come after 2.0. The old one gives the
-- flag up first; of two transactions that hand it over at once the later is refused.
create unique index adapter_versions_latest_key
    on zishu.adapter_versions (adapter_id)
    where is_latest;

-- All versions, highest first; and the highest within a range.
create index adapter_versions_adapter_id_number_idx
    on zishu.adapter_versions (adapter_id, zishu.version_number(version) desc);

create trigger adapter_versions_stay_as_published
    before update on zishu.adapter_versions
    for each row
    when (
        old.published_at is not null
        and (
            old.version,
            old.manifest,
            old.package_url,
            old.package_size,
            old.checksum,
            old.published_at
        ) is distinct from (
            new.version,
            new.manifest,
            new.package_url,
            new.package_size,
            new.checksum,
            new.published_at
        )
    )
    execute function common.refuse_write();

create trigger adapter_versions_stay_with_their_adapter
    before update of adapter_id on zishu.adapter_versions
    for each row
    when (old.adapter_id <> new.adapter_id)
    execute function common.refuse_write();

create trigger adapter_versions_set_updated_at
    before update on zishu.adapter_versions
    for each row execute function common.set_updated_at();

comment on table zishu.adapter_versions is
    'A package of an adapter: a draft, then published, at worst yanked.';
comment on column zishu.adapter_versions.manifest is
    'What the loader needs: {"entry": "main.py", "permissions": ["files.read"], "platforms": '
    '["windows"], "license": "MIT", …}.';
comment on column zishu.adapter_versions.package_url is 'Where the package is; null in a draft.';
comment on column zishu.adapter_versions.package_size is 'Bytes.';
comment on column zishu.adapter_versions.checksum is 'SHA-256 of the package, in hexadecimal.';
comment on column zishu.adapter_versions.is_latest is
    'What an installation gets that names no version.';
comment on column zishu.adapter_versions.published_at is 'Null for a draft.';
comment on column zishu.adapter_versions.yanked_at is
    'When it was withdrawn: still there for who has it, not installed anew. Null for never.';
