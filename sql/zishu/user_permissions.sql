-- Grants: given, prolonged and revoked, never removed, since the table is its own audit.

-- name: grant(user_id, granted_by, resource, resource_id, action, expires_at)^
-- Allows a person an action on one thing, or with null on every thing of the kind; an open grant
-- of the same is prolonged or shortened instead.
insert into zishu.user_permissions
    (user_id, granted_by, resource, resource_id, action, expires_at)
values
    (:user_id, :granted_by, :resource, :resource_id, :action, :expires_at)
on conflict (user_id, resource, action, resource_id) where revoked_at is null do update
set
    granted_by = excluded.granted_by,
    expires_at = excluded.expires_at
returning
    id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
    updated_at;

-- name: get(id)^
-- The grant with this id, in force or not.
select
    id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
    updated_at
from zishu.user_permissions
where id = :id;

-- name: is_allowed(user_id, resource, resource_id, action)$
-- Whether a person may do this to this thing; manage stands for every action, and a grant without
-- a thing for all of the kind.
select exists (
    select
    from zishu.user_permissions as permissions
    join zishu.users as users on users.id = permissions.user_id
    where permissions.user_id = :user_id
        and permissions.resource = :resource
        and permissions.action in (:action, 'manage')
        and (
            permissions.resource_id is null
            or permissions.resource_id is not distinct from :resource_id
        )
        and permissions.revoked_at is null
        and (permissions.expires_at > now() or permissions.expires_at is null)
        and users.status = 'active'
        and users.deleted_at is null
) as is_allowed;

-- name: list_in_force(user_id)
-- What a person may do beyond their own things.
select
    id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
    updated_at
from zishu.user_permissions
where user_id = :user_id
    and revoked_at is null
    and (expires_at > now() or expires_at is null)
order by resource, action, resource_id;

-- name: list_by_resource(resource, resource_id)
-- Who was given something to do with this one thing; those who may touch every thing of the kind
-- are not listed.
select
    permissions.id, permissions.user_id, users.username, permissions.action,
    permissions.expires_at, permissions.created_at
from zishu.user_permissions as permissions
join zishu.users as users on users.id = permissions.user_id
where permissions.resource_id = :resource_id
    and permissions.resource = :resource
    and permissions.revoked_at is null
    and (permissions.expires_at > now() or permissions.expires_at is null)
    and users.deleted_at is null
order by users.username, permissions.action;

-- name: page(user_id, before_created_at, before_id, limit)
-- Every grant that a person ever had, newest first.
-- scans: the index is by time alone; grants of the same instant are sorted.
select
    id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
    updated_at
from zishu.user_permissions
where user_id = :user_id
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: set_expiry(id, expires_at)^
-- Lets an open grant end then, or with null never.
update zishu.user_permissions
set expires_at = :expires_at
where id = :id
    and revoked_at is null
returning
    id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
    updated_at;

-- name: revoke(id)^
-- Takes a grant back.
update zishu.user_permissions
set revoked_at = greatest(now(), created_at)
where id = :id
    and revoked_at is null
returning
    id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
    updated_at;

-- name: revoke_all(user_id)!
-- Takes every open grant of a person back.
update zishu.user_permissions
set revoked_at = greatest(now(), created_at)
where user_id = :user_id
    and revoked_at is null;
