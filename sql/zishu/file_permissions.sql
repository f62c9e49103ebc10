-- Who besides the owner may open, change or pass on a file.

-- name: create(file_id, user_id, granted_by, level)^
-- Grants a permission or changes it, for the owner and for who has the level admin; no row for
-- others, and none for the owner, who needs none.
insert into zishu.file_permissions (file_id, user_id, granted_by, level)
select files.id, :user_id::uuid, :granted_by::uuid, :level
from zishu.files
where files.id = :file_id
    and files.deleted_at is null
    and files.owner_id <> :user_id
    and (
        files.owner_id = :granted_by
        or exists (
            select
            from zishu.file_permissions as permissions
            where permissions.file_id = files.id
                and permissions.user_id = :granted_by
                and permissions.level = 'admin'
        )
    )
on conflict (file_id, user_id) do update
set
    granted_by = excluded.granted_by,
    level = excluded.level
returning file_id, user_id, granted_by, level, created_at, updated_at;

-- name: get(file_id, user_id)^
-- What was granted to a person on a file.
select file_id, user_id, granted_by, level, created_at, updated_at
from zishu.file_permissions
where file_id = :file_id
    and user_id = :user_id;

-- name: get_level(file_id, user_id)$
-- What a person may do with a file: owner, admin, write, read, or nothing.
select case when files.owner_id = :user_id then 'owner' else permissions.level end as level
from zishu.files
left join zishu.file_permissions as permissions
    on permissions.file_id = files.id
    and permissions.user_id = :user_id
where files.id = :file_id
    and files.deleted_at is null;

-- name: page(file_id, after_user_id, limit)
-- Who may do what with a file; null for the first page, then the last person of the page before.
select
    permissions.file_id, permissions.user_id, users.username, permissions.granted_by,
    permissions.level, permissions.created_at, permissions.updated_at
from zishu.file_permissions as permissions
join zishu.users on users.id = permissions.user_id
where permissions.file_id = :file_id
    and permissions.user_id
        > coalesce(:after_user_id, '00000000-0000-0000-0000-000000000000'::uuid)
    and users.deleted_at is null
order by permissions.user_id
limit :limit;

-- name: page_by_user(user_id, before_created_at, after_file_id, limit)
-- What is shared with a person, with size and kind, newest grant first; nulls for the first page,
-- then when the last row of the page before was granted and its file.
select
    permissions.file_id, permissions.level, permissions.granted_by, permissions.created_at,
    files.owner_id, files.name, files.current_version, versions.mime_type, versions.size_bytes
from zishu.file_permissions as permissions
join zishu.files on files.id = permissions.file_id
left join zishu.file_versions as versions
    on versions.file_id = files.id
    and versions.number = files.current_version
where permissions.user_id = :user_id
    and files.deleted_at is null
    -- The index runs down in time and up in files, so no comparison of rows fits it.
    and permissions.created_at <= coalesce(:before_created_at::timestamptz, 'infinity')
    and (
        :after_file_id::uuid is null
        or permissions.created_at < :before_created_at
        or permissions.file_id > :after_file_id
    )
order by permissions.created_at desc, permissions.file_id
limit :limit;

-- name: set_level(file_id, user_id, level)^
-- Changes what a person may do with a file.
update zishu.file_permissions
set level = :level
where file_id = :file_id
    and user_id = :user_id
returning file_id, user_id, granted_by, level, created_at, updated_at;

-- name: delete(file_id, user_id)!
-- Takes a person's permission back.
delete from zishu.file_permissions
where file_id = :file_id
    and user_id = :user_id;
