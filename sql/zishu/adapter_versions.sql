-- Packages of adapters: drafted or released with what they need, one of them the latest, found by
-- range, at worst yanked.
--
-- Of two callers who hand the flag of the latest over at once, the later is refused by
-- adapter_versions_latest_key and may try again.

-- name: create(adapter_id, version, changelog, manifest, dependencies)^
-- Adds a draft together with what it needs: [{"depends_on_id": "…", "minimum": "1.0.0", "below":
-- "2.0.0" or null, "is_optional": false}, …].
with draft as (
    insert into zishu.adapter_versions (adapter_id, version, changelog, manifest)
    values (:adapter_id, :version, :changelog, :manifest)
    returning
        id, adapter_id, version, changelog, manifest, package_url, package_size, checksum,
        is_latest, published_at, yanked_at, created_at, updated_at
),
needed as (
    insert into zishu.adapter_dependencies
        (version_id, depends_on_id, minimum, below, is_optional)
    select
        draft.id,
        wanted.depends_on_id,
        wanted.minimum,
        wanted.below,
        coalesce(wanted.is_optional, false)
    from draft
    cross join jsonb_to_recordset(:dependencies::jsonb)
        as wanted (depends_on_id uuid, minimum text, below text, is_optional boolean)
)
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from draft;

-- name: release(adapter_id, version, changelog, manifest, package_url, package_size, checksum, dependencies, is_latest)^
-- Publishes a new version together with what it needs (as create has it), as the latest or beside
-- it, and shows the adapter in the market if it was a draft.
with stepped_down as (
    update zishu.adapter_versions
    set is_latest = false
    where adapter_id = :adapter_id
        and is_latest
        and :is_latest
    returning id
),
released as (
    insert into zishu.adapter_versions
        (
            adapter_id, version, changelog, manifest, package_url, package_size, checksum,
            is_latest, published_at
        )
    select
        :adapter_id,
        :version,
        :changelog,
        :manifest,
        :package_url,
        :package_size,
        :checksum,
        :is_latest,
        now()
    -- Counted, so that the old one gives the flag up before the new one has it.
    where (select count(*) from stepped_down) >= 0
    returning
        id, adapter_id, version, changelog, manifest, package_url, package_size, checksum,
        is_latest, published_at, yanked_at, created_at, updated_at
),
needed as (
    insert into zishu.adapter_dependencies
        (version_id, depends_on_id, minimum, below, is_optional)
    select
        released.id,
        wanted.depends_on_id,
        wanted.minimum,
        wanted.below,
        coalesce(wanted.is_optional, false)
    from released
    cross join jsonb_to_recordset(:dependencies::jsonb)
        as wanted (depends_on_id uuid, minimum text, below text, is_optional boolean)
),
shown as (
    update zishu.adapters
    set status = 'published'
    from released
    where adapters.id = released.adapter_id
        and adapters.status = 'draft'
)
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from released;

-- name: publish(id, package_url, package_size, checksum, is_latest)^
-- Publishes a draft with its package, as the latest or beside it, and shows the adapter in the
-- market if it was a draft; nothing where it is published already.
with draft as (
    select
        id,
        adapter_id
    from zishu.adapter_versions
    where id = :id
        and published_at is null
    for no key update
),
stepped_down as (
    update zishu.adapter_versions as versions
    set is_latest = false
    from draft
    where versions.adapter_id = draft.adapter_id
        and versions.is_latest
        and :is_latest
    returning versions.id
),
shown as (
    update zishu.adapters
    set status = 'published'
    from draft
    where adapters.id = draft.adapter_id
        and adapters.status = 'draft'
)
update zishu.adapter_versions as versions
set
    package_url = :package_url,
    package_size = :package_size,
    checksum = :checksum,
    is_latest = :is_latest,
    published_at = now()
from draft
where versions.id = draft.id
    -- Counted, so that the old one gives the flag up before the new one has it.
    and (select count(*) from stepped_down) >= 0
returning
    versions.id, versions.adapter_id, versions.version, versions.changelog, versions.manifest,
    versions.package_url, versions.package_size, versions.checksum, versions.is_latest,
    versions.published_at, versions.yanked_at, versions.created_at, versions.updated_at;

-- name: get(id)^
-- The version with this id.
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from zishu.adapter_versions
where id = :id;

-- name: get_by_version(adapter_id, version)^
-- This version of an adapter, draft or published.
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from zishu.adapter_versions
where adapter_id = :adapter_id
    and version = :version;

-- name: get_latest(slug)^
-- What an installation gets that names the adapter and no version.
select
    versions.id, versions.adapter_id, versions.version, versions.changelog, versions.manifest,
    versions.package_url, versions.package_size, versions.checksum, versions.is_latest,
    versions.published_at, versions.yanked_at, versions.created_at, versions.updated_at
from zishu.adapters as adapters
join zishu.adapter_versions as versions on versions.adapter_id = adapters.id
where adapters.slug = :slug
    and adapters.status <> 'draft'
    and adapters.deleted_at is null
    and versions.is_latest;

-- name: get_highest(adapter_id, minimum, below)^
-- The highest version from a minimum on and below a bound, null for no bound, that can be
-- installed; pre-releases are only ever installed by name.
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from zishu.adapter_versions
where adapter_id = :adapter_id
    and zishu.version_number(version) >= zishu.version_number(:minimum::text)
    and zishu.version_number(version) < case
        when :below::text is null then array[1000000000]
        else zishu.version_number(:below::text)
    end
    and strpos(version, '-') = 0
    and published_at is not null
    and yanked_at is null
order by zishu.version_number(version) desc
limit 1;

-- name: page(adapter_id, before_version, before_created_at, before_id, limit)
-- Every version of an adapter, highest number first, drafts and yanked ones included; of the
-- pre-releases of a number the newest first.
-- scans: the index is by number alone; what shares one is sorted.
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from zishu.adapter_versions
where adapter_id = :adapter_id
    and (zishu.version_number(version), created_at, id)
        < (
            coalesce(zishu.version_number(:before_version::text), array[1000000000]),
            coalesce(:before_created_at::timestamptz, 'infinity'),
            coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        )
order by zishu.version_number(version) desc, created_at desc, id desc
limit :limit;

-- name: edit(id, version, changelog, manifest)^
-- Takes the whole form of a draft; nothing where it is published.
update zishu.adapter_versions
set
    version = :version,
    changelog = :changelog,
    manifest = :manifest
where id = :id
    and published_at is null
returning
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at;

-- name: set_changelog(id, changelog)^
-- Says better what is new; the only text of a published version that may change.
update zishu.adapter_versions
set changelog = :changelog
where id = :id
returning
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at;

-- name: set_latest(id)^
-- Makes a version that can be installed the one that is installed by default.
with chosen as (
    select
        id,
        adapter_id
    from zishu.adapter_versions
    where id = :id
        and published_at is not null
        and yanked_at is null
    for no key update
),
stepped_down as (
    update zishu.adapter_versions as versions
    set is_latest = false
    from chosen
    where versions.adapter_id = chosen.adapter_id
        and versions.is_latest
        and versions.id <> chosen.id
    returning versions.id
)
update zishu.adapter_versions as versions
set is_latest = true
from chosen
where versions.id = chosen.id
    -- Counted, so that the old one gives the flag up before the new one has it.
    and (select count(*) from stepped_down) >= 0
returning
    versions.id, versions.adapter_id, versions.version, versions.changelog, versions.manifest,
    versions.package_url, versions.package_size, versions.checksum, versions.is_latest,
    versions.published_at, versions.yanked_at, versions.created_at, versions.updated_at;

-- name: yank(id)^
-- Withdraws a published version; if it was the latest, the highest of the rest becomes that.
-- scans: sorts the versions of one adapter where they are few.
with withdrawn as (
    select
        id,
        adapter_id,
        is_latest
    from zishu.adapter_versions
    where id = :id
        and published_at is not null
        and yanked_at is null
    for no key update
),
yanked as (
    update zishu.adapter_versions as versions
    set
        is_latest = false,
        yanked_at = now()
    from withdrawn
    where versions.id = withdrawn.id
    returning
        versions.id, versions.adapter_id, versions.version, versions.changelog, versions.manifest,
        versions.package_url, versions.package_size, versions.checksum, versions.is_latest,
        versions.published_at, versions.yanked_at, versions.created_at, versions.updated_at
),
heir as (
    update zishu.adapter_versions as versions
    set is_latest = true
    where versions.id = (
            select highest.id
            from withdrawn
            cross join lateral (
                select others.id
                from zishu.adapter_versions as others
                where others.adapter_id = withdrawn.adapter_id
                    and others.id <> withdrawn.id
                    and others.published_at is not null
                    and others.yanked_at is null
                    and strpos(others.version, '-') = 0
                order by zishu.version_number(others.version) desc
                limit 1
            ) as highest
            where withdrawn.is_latest
        )
        -- Counted, so that the old one gives the flag up before the new one has it.
        and (select count(*) from yanked) > 0
)
select
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at
from yanked;

-- name: unyank(id)^
-- Offers a withdrawn version again; it is not the latest until somebody says so.
update zishu.adapter_versions
set yanked_at = null
where id = :id
    and yanked_at is not null
returning
    id, adapter_id, version, changelog, manifest, package_url, package_size, checksum, is_latest,
    published_at, yanked_at, created_at, updated_at;

-- name: delete(id)!
-- Throws a draft away; what is published is yanked instead.
delete from zishu.adapter_versions
where id = :id
    and published_at is null;
