-- The log of downloads, written once a download; the totals of the adapters follow by themselves.

-- name: create(version_id, user_id, source, platform)^
-- Notes a download, and with it counts one for the adapter; nulls for who is not logged in and for
-- a platform that is not told.
insert into zishu.adapter_downloads (version_id, user_id, source, platform)
values (:version_id, :user_id, :source, :platform)
returning
    id, version_id, user_id, source, platform, created_at;

-- name: create_many(version_ids, user_id, source, platform)!
-- Notes the downloads of one installation. The adapters are locked in one order, so that callers
-- wait and none is ended as a deadlock.
-- scans: sorts the adapters that it locks.
with counted as (
    select adapters.id
    from zishu.adapters as adapters
    where adapters.id in (
        select versions.adapter_id
        from zishu.adapter_versions as versions
        where versions.id = any(:version_ids::uuid[])
    )
    order by adapters.id
    for no key update
)
insert into zishu.adapter_downloads (version_id, user_id, source, platform)
select
    downloaded.version_id,
    :user_id,
    :source,
    :platform
from unnest(:version_ids::uuid[]) as downloaded (version_id)
-- Counted, so that all are locked before the first is written.
where (select count(*) from counted) >= 0;

-- name: get(id)^
-- The download with this id.
select
    id, version_id, user_id, source, platform, created_at
from zishu.adapter_downloads
where id = :id;

-- name: page(user_id, before_created_at, before_id, limit)
-- What a person downloaded, newest first.
-- scans: the index is by time alone; downloads of the same instant are sorted.
select
    downloads.id, downloads.version_id, adapters.id as adapter_id, adapters.slug, adapters.name,
    versions.version, downloads.source, downloads.platform, downloads.created_at
from zishu.adapter_downloads as downloads
join zishu.adapter_versions as versions on versions.id = downloads.version_id
join zishu.adapters as adapters on adapters.id = versions.adapter_id
where downloads.user_id = :user_id
    and (downloads.created_at, downloads.id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by downloads.created_at desc, downloads.id desc
limit :limit;

-- name: count_by_day(adapter_id, since, until, time_zone)
-- The chart of an adapter: its downloads a day of that time zone, days without any left out.
-- scans: reads every download that it counts.
select
    (downloads.created_at at time zone :time_zone)::date as day,
    count(*) as downloads
from zishu.adapter_versions as versions
join zishu.adapter_downloads as downloads on downloads.version_id = versions.id
where versions.adapter_id = :adapter_id
    and downloads.created_at >= :since
    and downloads.created_at < :until
group by day
order by day;

-- name: count_by_version(adapter_id, since, until)
-- Which versions of an adapter people take, the most downloaded first.
-- scans: reads every download that it counts.
select
    versions.id as version_id,
    versions.version,
    count(*) as downloads
from zishu.adapter_versions as versions
join zishu.adapter_downloads as downloads on downloads.version_id = versions.id
where versions.adapter_id = :adapter_id
    and downloads.created_at >= :since
    and downloads.created_at < :until
group by versions.id
order by downloads desc, versions.id;

-- name: list_old(before, limit)
-- The first of the downloads that are too old for any chart, and how many those are in all.
select id, version_id, created_at, count(*) over () as due
from zishu.adapter_downloads
where created_at < :before
order by created_at
limit :limit;

-- name: delete_old(before, limit)!
-- Removes downloads that are too old for any chart, the oldest first; again while it removes any.
-- Totals stay.
with old as (
    select id
    from zishu.adapter_downloads
    where created_at < :before
    order by created_at
    limit :limit
    for update skip locked
)
delete from zishu.adapter_downloads
-- An array: looked up by key, however many the server expects.
where id = any(array(select old.id from old));
