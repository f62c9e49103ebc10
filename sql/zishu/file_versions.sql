-- Uploads of files, which are numbered and never changed: files.revert chooses among them.

-- name: create(file_id, uploaded_by, storage_key, mime_type, size_bytes, checksum)^
-- Adds the next version of a file, of bytes that are stored, and makes it the current one; no row
-- where the file is in the trash.
insert into zishu.file_versions
    (file_id, uploaded_by, storage_key, mime_type, size_bytes, checksum)
select files.id, :uploaded_by::uuid, :storage_key, :mime_type, :size_bytes::bigint, :checksum
from zishu.files
where files.id = :file_id
    and files.deleted_at is null
returning
    file_id, number, uploaded_by, storage_key, mime_type, size_bytes, checksum, created_at;

-- name: get(file_id, number)^
-- The version of a file with this number.
select file_id, number, uploaded_by, storage_key, mime_type, size_bytes, checksum, created_at
from zishu.file_versions
where file_id = :file_id
    and number = :number;

-- name: get_current(file_id)^
-- The version of a file that is opened and shared.
select
    versions.file_id, versions.number, versions.uploaded_by, versions.storage_key,
    versions.mime_type, versions.size_bytes, versions.checksum, versions.created_at
from zishu.files
join zishu.file_versions as versions
    on versions.file_id = files.id
    and versions.number = files.current_version
where files.id = :file_id
    and files.deleted_at is null;

-- name: get_by_storage_key(storage_key)^
-- The version whose bytes are this object; none where the object is an orphan.
select file_id, number, uploaded_by, storage_key, mime_type, size_bytes, checksum, created_at
from zishu.file_versions
where storage_key = :storage_key;

-- name: page(file_id, before_number, limit)
-- The versions of a file with who uploaded them, newest first; null for the first page, then the
-- last number of the page before.
select
    versions.file_id, versions.number, versions.uploaded_by, users.username as uploaded_by_name,
    versions.mime_type, versions.size_bytes, versions.checksum, versions.created_at
from zishu.file_versions as versions
left join zishu.users
    on users.id = versions.uploaded_by
    and users.deleted_at is null
where versions.file_id = :file_id
    and versions.number < coalesce(:before_number, 2147483647)
order by versions.number desc
limit :limit;

-- name: delete(file_id, number)$
-- Removes a version that is not the current one, and gives the key of the bytes that are to be
-- removed once this is committed.
delete from zishu.file_versions as versions
where versions.file_id = :file_id
    and versions.number = :number
    and exists (
        select
        from zishu.files
        where files.id = versions.file_id
            and files.current_version <> versions.number
    )
returning versions.storage_key;

-- name: delete_older(file_id, keep)
-- Removes all but so many of the newest versions of a file, never the current one, and gives what
-- bytes are to be removed once this is committed.
with newest as (
    select number
    from zishu.file_versions
    where file_id = :file_id
    order by number desc
    limit :keep
)
delete from zishu.file_versions as versions
using zishu.files
where versions.file_id = :file_id
    and files.id = versions.file_id
    and files.current_version <> versions.number
    and versions.number < all (select number from newest)
returning versions.number, versions.storage_key, versions.size_bytes;
