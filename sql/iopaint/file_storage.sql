-- Stored files: the row goes first, and names the bytes that are then to be removed.

-- name: create(user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip, is_temporary, expires_at)^
-- Notes a file whose bytes are stored; no user for a file of the app itself.
insert into iopaint.file_storage (
    user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at
)
values (
    :user_id, :file_path, :file_name, :file_type, :file_size, :mime_type, :storage_type,
    :upload_ip, :is_temporary, :expires_at
)
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: get(id)^
-- The file with this id.
select
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at
from iopaint.file_storage
where id = :id;

-- name: list_by_path(storage_type, file_path)
-- The files whose bytes lie there, the oldest first: several, where the app stores the same bytes
-- once.
select
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at
from iopaint.file_storage
where file_path = :file_path
    and storage_type = :storage_type
order by created_at, id;

-- name: page(user_id, before_created_at, before_id, limit)
-- A page of a person's files, the newest first; nulls give the first page.
select
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at
from iopaint.file_storage
where user_id = :user_id
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by created_at desc, id desc
limit :limit;

-- name: page_of_app(before_created_at, before_id, limit)
-- A page of the files that are the app's own, the newest first; nulls give the first page.
select
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at
from iopaint.file_storage
where user_id is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by user_id, created_at desc, id desc
limit :limit;

-- name: sum_sizes(user_id)$
-- The bytes that a person's files take.
select coalesce(sum(file_size), 0) as bytes
from iopaint.file_storage
where user_id = :user_id;

-- name: rename(id, file_name)^
-- Gives a file another name; its bytes stay where they are.
update iopaint.file_storage
set file_name = :file_name
where id = :id
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: move(id, storage_type, file_path)^
-- Notes that the bytes lie elsewhere now.
update iopaint.file_storage
set
    storage_type = :storage_type,
    file_path = :file_path
where id = :id
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: keep(id)^
-- Makes a temporary file one that stays.
update iopaint.file_storage
set
    is_temporary = false,
    expires_at = null
where id = :id
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: set_expiry(id, expires_at)^
-- Says when a file may be removed; null for never.
update iopaint.file_storage
set expires_at = :expires_at
where id = :id
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: delete(id)^
-- Deletes a file and gives it, so that its bytes can be removed.
delete from iopaint.file_storage
where id = :id
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: list_expired(storage_type, limit)
-- The first of the files of a store that have expired, and how many those are in all.
select id, file_path, expires_at, count(*) over () as due
from iopaint.file_storage
where expires_at <= now()
    and storage_type = :storage_type
order by expires_at
limit :limit;

-- name: list_named(storage_type, file_paths)
-- Those of the paths in a store that a file names.
select distinct file_path
from iopaint.file_storage
where file_path = any(:file_paths::text[])
    and storage_type = :storage_type;

-- name: delete_expired(limit)
-- Deletes a batch of the files that have expired and gives them, so that their bytes can be
-- removed; cleaners that run at once each get their own.
delete from iopaint.file_storage
where id = any (
    array(
        select id
        from iopaint.file_storage
        where expires_at <= now()
        order by expires_at
        limit :limit
        for update skip locked
    )
)
returning
    id, user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at;

-- name: delete_expired_of(storage_type, limit)
-- Deletes a batch of the files of one store that have expired, and gives where their bytes lie;
-- cleaners that run at once each get their own.
delete from iopaint.file_storage
where id = any (
    array(
        select id
        from iopaint.file_storage
        where expires_at <= now()
            and storage_type = :storage_type
        order by expires_at
        limit :limit
        for update skip locked
    )
)
returning id, file_path;
