-- What a version needs beside it. It may change while the version is a draft: who has installed a
-- published one has installed what it needed.

-- name: create(version_id, depends_on_id, minimum, below, is_optional)^
-- Lets a draft need another adapter, from a minimum on and below a bound, null for no bound;
-- nothing where the version is published.
insert into zishu.adapter_dependencies
    (version_id, depends_on_id, minimum, below, is_optional)
select
    versions.id,
    :depends_on_id,
    :minimum,
    :below,
    :is_optional
from zishu.adapter_versions as versions
where versions.id = :version_id
    and versions.published_at is null
returning
    version_id, depends_on_id, minimum, below, is_optional, created_at, updated_at;

-- name: get(version_id, depends_on_id)^
-- How a version needs an adapter.
select
    version_id, depends_on_id, minimum, below, is_optional, created_at, updated_at
from zishu.adapter_dependencies
where version_id = :version_id
    and depends_on_id = :depends_on_id;

-- name: list_by_version(version_id)
-- The adapters that a version needs itself, by name.
select
    dependencies.depends_on_id, adapters.slug, adapters.name, dependencies.minimum,
    dependencies.below, dependencies.is_optional
from zishu.adapter_dependencies as dependencies
join zishu.adapters as adapters on adapters.id = dependencies.depends_on_id
where dependencies.version_id = :version_id
order by adapters.slug;

-- name: list_installation(version_id)
-- All that is to be installed for a version, itself last: of each adapter the highest version that
-- the range allows, null where there is none. An adapter that is needed within two ranges that no
-- one version satisfies may be there twice.
-- not null: is_optional
-- scans: sorts what it gives.
with recursive needed (adapter_id, version_id, is_optional, depth) as (
    select
        versions.adapter_id,
        versions.id,
        false,
        0
    from zishu.adapter_versions as versions
    where versions.id = :version_id
    union
    select
        dependencies.depends_on_id,
        chosen.id,
        needed.is_optional or dependencies.is_optional,
        needed.depth + 1
    from needed
    join zishu.adapter_dependencies as dependencies
        on dependencies.version_id = needed.version_id
    left join lateral (
        select versions.id
        from zishu.adapter_versions as versions
        where versions.adapter_id = dependencies.depends_on_id
            and zishu.version_number(versions.version)
                >= zishu.version_number(dependencies.minimum)
            and zishu.version_number(versions.version) < case
                when dependencies.below is null then array[1000000000]
                else zishu.version_number(dependencies.below)
            end
            and strpos(versions.version, '-') = 0
            and versions.published_at is not null
            and versions.yanked_at is null
        order by zishu.version_number(versions.version) desc
        limit 1
    ) as chosen on true
)
select
    adapters.id as adapter_id,
    adapters.slug,
    versions.id as version_id,
    versions.version,
    versions.package_url,
    versions.package_size,
    versions.checksum,
    found.is_optional
from (
    select
        needed.adapter_id,
        needed.version_id,
        bool_and(needed.is_optional) as is_optional,
        max(needed.depth) as depth
    from needed
    group by
        needed.adapter_id,
        needed.version_id
) as found
-- One by one and by key: the server expects more of them than there are, and would read all.
cross join lateral (
    select
        needed_adapters.id,
        needed_adapters.slug
    from zishu.adapters as needed_adapters
    where needed_adapters.id = found.adapter_id
    limit 1
) as adapters
left join lateral (
    select
        chosen.id,
        chosen.version,
        chosen.package_url,
        chosen.package_size,
        chosen.checksum
    from zishu.adapter_versions as chosen
    where chosen.id = found.version_id
    limit 1
) as versions on true
order by found.depth desc, adapters.slug;

-- name: page(depends_on_id, after_version_id, limit)
-- Who needs this adapter: the versions, in the order of the key, with the adapters that they are
-- of.
-- scans: sorts all that need the adapter.
select
    dependencies.version_id, adapters.id as adapter_id, adapters.slug, versions.version,
    dependencies.minimum, dependencies.below, dependencies.is_optional
from zishu.adapter_dependencies as dependencies
join zishu.adapter_versions as versions on versions.id = dependencies.version_id
join zishu.adapters as adapters on adapters.id = versions.adapter_id
where dependencies.depends_on_id = :depends_on_id
    and dependencies.version_id
        > coalesce(:after_version_id::uuid, '00000000-0000-0000-0000-000000000000')
order by dependencies.version_id
limit :limit;

-- name: edit(version_id, depends_on_id, minimum, below, is_optional)^
-- Lets a draft need the adapter within another range; nothing where the version is published.
update zishu.adapter_dependencies as dependencies
set
    minimum = :minimum,
    below = :below,
    is_optional = :is_optional
from zishu.adapter_versions as versions
where dependencies.version_id = :version_id
    and dependencies.depends_on_id = :depends_on_id
    and versions.id = dependencies.version_id
    and versions.published_at is null
returning
    dependencies.version_id, dependencies.depends_on_id, dependencies.minimum, dependencies.below,
    dependencies.is_optional, dependencies.created_at, dependencies.updated_at;

-- name: delete(version_id, depends_on_id)!
-- Lets a draft do without the adapter; nothing where the version is published.
delete from zishu.adapter_dependencies as dependencies
using zishu.adapter_versions as versions
where dependencies.version_id = :version_id
    and dependencies.depends_on_id = :depends_on_id
    and versions.id = dependencies.version_id
    and versions.published_at is null;
