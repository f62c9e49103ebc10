-- The adapter market: published with a first version, shown by time, shelf, tag, words and favour.

-- name: create(author_id, category_id, slug, name, description, kind, tags)^
-- Adds a draft, which nobody sees but its author; null for the author: the platform's own.
insert into zishu.adapters (author_id, category_id, slug, name, description, kind, tags)
values (:author_id, :category_id, :slug, :name, :description, :kind, :tags)
returning
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at;

-- name: publish(author_id, category_id, slug, name, description, kind, tags, version, changelog, manifest, package_url, package_size, checksum, dependencies)^
-- Brings an adapter with its first version and what that needs to the market, in one statement.
-- Dependencies: [{"depends_on_id": "…", "minimum": "1.0.0", "below": "2.0.0" or null,
-- "is_optional": false}, …].
-- not null: package_url, package_size, checksum
with adapter as (
    insert into zishu.adapters
        (author_id, category_id, slug, name, description, kind, tags, status)
    values
        (:author_id, :category_id, :slug, :name, :description, :kind, :tags, 'published')
    returning
        id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
        rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
),
first_version as (
    insert into zishu.adapter_versions
        (
            adapter_id, version, changelog, manifest, package_url, package_size, checksum,
            is_latest, published_at
        )
    select
        adapter.id,
        :version,
        :changelog,
        :manifest,
        :package_url,
        :package_size,
        :checksum,
        true,
        now()
    from adapter
    returning id
),
needed as (
    insert into zishu.adapter_dependencies
        (version_id, depends_on_id, minimum, below, is_optional)
    select
        first_version.id,
        wanted.depends_on_id,
        wanted.minimum,
        wanted.below,
        coalesce(wanted.is_optional, false)
    from first_version
    cross join jsonb_to_recordset(:dependencies::jsonb)
        as wanted (depends_on_id uuid, minimum text, below text, is_optional boolean)
)
select
    adapter.id, adapter.author_id, adapter.category_id, adapter.slug, adapter.name,
    adapter.description, adapter.kind, adapter.tags, adapter.status, adapter.download_count,
    adapter.rating_count, adapter.rating_sum, adapter.rating_average, adapter.deleted_at,
    adapter.created_at, adapter.updated_at,
    first_version.id as version_id
from adapter
cross join first_version;

-- name: get(id)^
-- The adapter with this id, unless it is deleted.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where id = :id
    and deleted_at is null;

-- name: get_by_slug(slug)^
-- The adapter that is installed by this name.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where slug = :slug
    and deleted_at is null;

-- name: get_details(slug)^
-- What the page of a published adapter shows, in one statement. Versions, highest first, and not
-- the drafts: [{"id", "version", "changelog", "package_size", "is_latest", "published_at",
-- "yanked_at", "dependencies": [{"depends_on_id", "slug", "name", "minimum", "below",
-- "is_optional"}, …]}, …].
-- scans: sorts the versions of one adapter and what each needs, all of which it gives.
select
    adapters.id, adapters.author_id, adapters.category_id, adapters.slug, adapters.name,
    adapters.description, adapters.kind, adapters.tags, adapters.status, adapters.download_count,
    adapters.rating_count, adapters.rating_sum, adapters.rating_average, adapters.deleted_at,
    adapters.created_at, adapters.updated_at,
    (
        select categories.name
        from zishu.adapter_categories as categories
        where categories.id = adapters.category_id
    ) as category_name,
    (
        select profiles.display_name
        from zishu.user_profiles as profiles
        where profiles.user_id = adapters.author_id
    ) as author_name,
    to_json(array(
        select
            json_build_object(
                'id', versions.id,
                'version', versions.version,
                'changelog', versions.changelog,
                'package_size', versions.package_size,
                'is_latest', versions.is_latest,
                'published_at', versions.published_at,
                'yanked_at', versions.yanked_at,
                'dependencies', to_json(array(
                    select
                        json_build_object(
                            'depends_on_id', dependencies.depends_on_id,
                            'slug', needed.slug,
                            'name', needed.name,
                            'minimum', dependencies.minimum,
                            'below', dependencies.below,
                            'is_optional', dependencies.is_optional
                        )
                    from zishu.adapter_dependencies as dependencies
                    join zishu.adapters as needed on needed.id = dependencies.depends_on_id
                    where dependencies.version_id = versions.id
                    order by needed.slug
                ))
            )
        from zishu.adapter_versions as versions
        where versions.adapter_id = adapters.id
            and versions.published_at is not null
        order by
            zishu.version_number(versions.version) desc,
            versions.published_at desc
    )) as versions
from zishu.adapters as adapters
where adapters.slug = :slug
    and adapters.status <> 'draft'
    and adapters.deleted_at is null;

-- name: page(before_created_at, before_id, limit)
-- The market, newest first.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where status = 'published'
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_by_category(category_id, before_created_at, before_id, limit)
-- What stands on one shelf, newest first; the shelves below it are asked for themselves.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where category_id = :category_id
    and status = 'published'
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_by_author(author_id, before_created_at, before_id, limit)
-- What a person made, newest first, drafts and archived ones included.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where author_id = :author_id
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_by_tags(tags, before_created_at, before_id, limit)
-- What carries every one of these tags, newest first.
-- scans: sorts what carries the tags, or walks the market by time where most does.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where tags @> :tags::text[]
    and status = 'published'
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: search(words, before_download_count, before_id, limit)
-- What has all these words, Chinese or English, in its name or description, the most downloaded
-- first.
-- scans: sorts what has the words.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where common.search_terms(name || ' ' || description) @@ common.search_query(:words::text)
    and status = 'published'
    and deleted_at is null
    and (download_count, id) < (
        coalesce(:before_download_count::bigint, 9223372036854775807),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by download_count desc, id desc
limit :limit;

-- name: page_most_downloaded(before_download_count, before_id, limit)
-- The market, the most downloaded first.
-- scans: sorts the market, a few thousand rows; an index would be written at every download.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where status = 'published'
    and deleted_at is null
    and (download_count, id) < (
        coalesce(:before_download_count::bigint, 9223372036854775807),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by download_count desc, id desc
limit :limit;

-- name: page_best_rated(at_least, before_rating_average, before_id, limit)
-- The market, best average first, of what at least so many people rated.
-- scans: sorts the market, a few thousand rows; an index would be written at every rating.
select
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at
from zishu.adapters
where status = 'published'
    and deleted_at is null
    and rating_count >= :at_least
    and rating_count > 0
    and (rating_average, id) < (
        coalesce(:before_rating_average::numeric, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by rating_average desc, id desc
limit :limit;

-- name: edit(id, category_id, name, description, kind, tags)^
-- Takes the whole form of the author; null for no shelf. The name that it is installed by stays.
update zishu.adapters
set
    category_id = :category_id,
    name = :name,
    description = :description,
    kind = :kind,
    tags = :tags
where id = :id
    and deleted_at is null
returning
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at;

-- name: set_status(id, status)^
-- Shows an adapter in the market, or takes it out of it.
update zishu.adapters
set status = :status
where id = :id
    and deleted_at is null
returning
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at;

-- name: delete(id)!
-- Deletes an adapter softly; its name stays taken.
update zishu.adapters
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes a deletion back.
update zishu.adapters
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, author_id, category_id, slug, name, description, kind, tags, status, download_count,
    rating_count, rating_sum, rating_average, deleted_at, created_at, updated_at;
