-- Files of people: uploaded with their first version, found by a part of their name, put into the
-- trash and removed from it with their bytes.

-- name: create(owner_id, name, description)^
-- Makes a file whose bytes are still to come: file_versions.create brings them.
insert into zishu.files (owner_id, name, description)
values (:owner_id, :name, :description)
returning id, owner_id, name, description, current_version, deleted_at, created_at, updated_at;

-- name: upload(owner_id, name, description, storage_key, mime_type, size_bytes, checksum)^
-- Makes a file with its first version, of bytes that are stored.
with file as (
    insert into zishu.files (owner_id, name, description)
    values (:owner_id, :name, :description)
    returning id, owner_id, name, description, deleted_at, created_at, updated_at
),
version as (
    insert into zishu.file_versions
        (file_id, uploaded_by, storage_key, mime_type, size_bytes, checksum)
    select file.id, file.owner_id, :storage_key, :mime_type, :size_bytes::bigint, :checksum
    from file
    returning number
)
select
    file.id, file.owner_id, file.name, file.description, version.number as current_version,
    file.deleted_at, file.created_at, file.updated_at
from file
cross join version;

-- name: get(id)^
-- The file with this id, unless it is in the trash.
select id, owner_id, name, description, current_version, deleted_at, created_at, updated_at
from zishu.files
where id = :id
    and deleted_at is null;

-- name: get_for(id, user_id)^
-- A file with its current version, for who may open it: level is owner, admin, write or read. The
-- version's columns are null until the first upload is complete.
select
    files.id, files.owner_id, files.name, files.description, files.current_version,
    files.created_at, files.updated_at, versions.storage_key, versions.mime_type,
    versions.size_bytes, versions.checksum,
    case when files.owner_id = :user_id then 'owner' else permissions.level end as level
from zishu.files
left join zishu.file_versions as versions
    on versions.file_id = files.id
    and versions.number = files.current_version
left join zishu.file_permissions as permissions
    on permissions.file_id = files.id
    and permissions.user_id = :user_id
where files.id = :id
    and files.deleted_at is null
    and (files.owner_id = :user_id or permissions.user_id is not null);

-- name: page(owner_id, before_created_at, before_id, limit)
-- A person's files with size and kind of the current version, newest first; nulls for the first
-- page, then what the last row of the page before says.
select
    files.id, files.name, files.description, files.current_version, files.created_at,
    files.updated_at, versions.mime_type, versions.size_bytes
from zishu.files
left join zishu.file_versions as versions
    on versions.file_id = files.id
    and versions.number = files.current_version
where files.owner_id = :owner_id
    and files.deleted_at is null
    and (files.created_at, files.id)
        < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by files.created_at desc, files.id desc
limit :limit;

-- name: page_deleted(owner_id, before_created_at, before_id, limit)
-- A person's trash, newest first.
select id, owner_id, name, description, current_version, deleted_at, created_at, updated_at
from zishu.files
where owner_id = :owner_id
    and deleted_at is not null
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: search(owner_id, term, before_created_at, before_id, limit)
-- A person's files with this in their name, in any case and any language, newest first.
-- scans: what has the pairs of letters is sorted, or the person's files are read in their order.
select id, owner_id, name, description, current_version, deleted_at, created_at, updated_at
from zishu.files
where owner_id = :owner_id
    and deleted_at is null
    and common.bigrams(name) @> common.bigrams(:term)
    -- As bigrams sees them: pairs in another order are no match.
    and strpos(lower(common.searchable(name)), lower(common.searchable(:term))) > 0
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: get_usage(owner_id)^
-- What a person's files take up, every version and the trash included.
select
    count(*) as files,
    coalesce(sum(kept.versions), 0)::bigint as versions,
    coalesce(sum(kept.size_bytes), 0)::bigint as size_bytes
from zishu.files
cross join lateral (
    select count(*) as versions, sum(versions.size_bytes) as size_bytes
    from zishu.file_versions as versions
    where versions.file_id = files.id
) as kept
where files.owner_id = :owner_id;

-- name: rename(id, name)^
-- Gives a file another name.
update zishu.files
set name = :name
where id = :id
    and deleted_at is null
returning id, owner_id, name, description, current_version, deleted_at, created_at, updated_at;

-- name: describe(id, description)^
-- Says of a file what it is.
update zishu.files
set description = :description
where id = :id
    and deleted_at is null
returning id, owner_id, name, description, current_version, deleted_at, created_at, updated_at;

-- name: revert(id, number)^
-- Makes a version of a file the current one; no row where it has no such version.
update zishu.files
set current_version = :number
where id = :id
    and deleted_at is null
    and exists (
        select
        from zishu.file_versions as versions
        where versions.file_id = files.id
            and versions.number = :number
    )
returning id, owner_id, name, description, current_version, deleted_at, created_at, updated_at;

-- name: transfer(id, owner_id)^
-- Gives a file to another person, who then needs no permission; the former owner keeps none.
with moved as (
    update zishu.files
    set owner_id = :owner_id
    where id = :id
        and deleted_at is null
    returning
        id, owner_id, name, description, current_version, deleted_at, created_at, updated_at
),
needless as (
    delete from zishu.file_permissions as permissions
    using moved
    where permissions.file_id = moved.id
        and permissions.user_id = moved.owner_id
)
select id, owner_id, name, description, current_version, deleted_at, created_at, updated_at
from moved;

-- name: delete(id)!
-- Puts a file into the trash; its links and permissions open nothing while it is there.
update zishu.files
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes a file out of the trash.
update zishu.files
set deleted_at = null
where id = :id
    and deleted_at is not null
returning id, owner_id, name, description, current_version, deleted_at, created_at, updated_at;

-- name: list_trashed(deleted_before, limit)
-- The first of the files that were put into the trash before then, and how many those are in all.
select id, name, deleted_at, count(*) over () as due
from zishu.files
where deleted_at < :deleted_before
order by deleted_at
limit :limit;

-- name: list_named(storage_keys)
-- Those of the keys under which a version, an attachment or an artifact has its bytes.
select storage_key
from zishu.file_versions
where storage_key = any(:storage_keys::text[])
union
select file_path
from zishu.message_attachments
where file_path = any(:storage_keys::text[])
union
select storage_key
from zishu.build_artifacts
where storage_key = any(:storage_keys::text[]);

-- name: purge(deleted_before, limit)
-- Removes so many files that were put into the trash before then, and gives a row for each version
-- whose bytes are to be removed once this is committed; a file without versions gives one row with
-- nulls.
with gone as (
    delete from zishu.files
    where id = any (
        array(
            select id
            from zishu.files
            where deleted_at < :deleted_before
            order by deleted_at
            limit :limit
            for update skip locked
        )
    )
    returning id
)
select gone.id as file_id, versions.number, versions.storage_key, versions.size_bytes
from gone
left join zishu.file_versions as versions on versions.file_id = gone.id;
