-- Links to files, known by the hash of their token; a download counts itself where it is allowed.

-- name: create(file_id, created_by, token_hash, password_hash, max_downloads, expires_at)^
-- Makes a link, for the owner and for who has the level admin; no row for others. Nulls: without
-- password, limit, end.
insert into zishu.file_shares
    (file_id, created_by, token_hash, password_hash, max_downloads, expires_at)
select
    files.id, :created_by::uuid, :token_hash, :password_hash::text, :max_downloads::integer,
    :expires_at::timestamptz
from zishu.files
where files.id = :file_id
    and files.deleted_at is null
    and (
        files.owner_id = :created_by
        or exists (
            select
            from zishu.file_permissions as permissions
            where permissions.file_id = files.id
                and permissions.user_id = :created_by
                and permissions.level = 'admin'
        )
    )
returning
    id, file_id, created_by, password_hash is not null as has_password, max_downloads,
    download_count, expires_at, revoked_at, created_at, updated_at;

-- name: get(id)^
-- The link with this id, usable or not.
select
    id, file_id, created_by, password_hash is not null as has_password, max_downloads,
    download_count, expires_at, revoked_at, created_at, updated_at
from zishu.file_shares
where id = :id;

-- name: get_by_token(token_hash)^
-- What a link's page shows, and the hash that a password is verified against, while the link may
-- be used.
select
    shares.id, shares.file_id, shares.password_hash, shares.max_downloads,
    shares.download_count, shares.expires_at, files.name, files.description,
    versions.mime_type, versions.size_bytes
from zishu.file_shares as shares
join zishu.files on files.id = shares.file_id
join zishu.file_versions as versions
    on versions.file_id = files.id
    and versions.number = files.current_version
where shares.token_hash = :token_hash
    and shares.revoked_at is null
    and (shares.expires_at is null or shares.expires_at > now())
    and (shares.max_downloads is null or shares.download_count < shares.max_downloads)
    and files.deleted_at is null;

-- name: download(token_hash)^
-- Counts a download and says which bytes to send; no row where the link is revoked, expired or
-- used up, or its file in the trash. A password has been verified before.
update zishu.file_shares as shares
set download_count = shares.download_count + 1
from zishu.files
join zishu.file_versions as versions
    on versions.file_id = files.id
    and versions.number = files.current_version
where shares.token_hash = :token_hash
    and shares.revoked_at is null
    and (shares.expires_at is null or shares.expires_at > now())
    and (shares.max_downloads is null or shares.download_count < shares.max_downloads)
    and files.id = shares.file_id
    and files.deleted_at is null
returning
    shares.id, shares.file_id, files.name, versions.storage_key, versions.mime_type,
    versions.size_bytes, versions.checksum;

-- name: page(file_id, before_created_at, before_id, limit)
-- The links to a file, newest first; nulls for the first page, then what the last row of the page
-- before says.
select
    id, file_id, created_by, password_hash is not null as has_password, max_downloads,
    download_count, expires_at, revoked_at, created_at, updated_at
from zishu.file_shares
where file_id = :file_id
    and (created_at, id) < (coalesce(:before_created_at::timestamptz, 'infinity'), :before_id)
order by created_at desc, id desc
limit :limit;

-- name: set_limits(id, max_downloads, expires_at)^
-- Changes how long a link may be used; null takes a limit away.
update zishu.file_shares
set
    max_downloads = :max_downloads,
    expires_at = :expires_at
where id = :id
returning
    id, file_id, created_by, password_hash is not null as has_password, max_downloads,
    download_count, expires_at, revoked_at, created_at, updated_at;

-- name: set_password(id, password_hash)^
-- Asks for another password, or with null for none.
update zishu.file_shares
set password_hash = :password_hash
where id = :id
returning
    id, file_id, created_by, password_hash is not null as has_password, max_downloads,
    download_count, expires_at, revoked_at, created_at, updated_at;

-- name: revoke(id)^
-- Ends a link, which stays in the list.
update zishu.file_shares
set revoked_at = now()
where id = :id
    and revoked_at is null
returning
    id, file_id, created_by, password_hash is not null as has_password, max_downloads,
    download_count, expires_at, revoked_at, created_at, updated_at;

-- name: revoke_all(file_id)!
-- Ends every link to a file.
update zishu.file_shares
set revoked_at = now()
where file_id = :file_id
    and revoked_at is null;

-- name: delete(id)!
-- Removes a link from the list; it opens nothing any more.
delete from zishu.file_shares
where id = :id;
