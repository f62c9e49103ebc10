-- Logins: begun for who may log in, found by the hash of their token, ended at once or in time.
-- Where a query gives a session, it leaves out the token's hash.

-- name: create(user_id, token_hash, device_info, ip_address, user_agent, expires_at)^
-- Begins a session and notes the login; nothing for an account that is suspended or deleted.
with logged_in as (
    update zishu.users
    set last_login_at = now()
    where id = :user_id
        and status = 'active'
        and deleted_at is null
    returning id
)
insert into zishu.user_sessions
    (user_id, token_hash, device_info, ip_address, user_agent, expires_at)
select
    logged_in.id,
    :token_hash,
    :device_info,
    :ip_address,
    :user_agent,
    :expires_at
from logged_in
returning
    id, user_id, device_info, ip_address, user_agent, last_activity_at, expires_at, revoked_at,
    created_at, updated_at;

-- name: get(id)^
-- The session with this id, good or ended.
select
    id, user_id, device_info, ip_address, user_agent, last_activity_at, expires_at, revoked_at,
    created_at, updated_at
from zishu.user_sessions
where id = :id;

-- name: get_by_token(token_hash)^
-- The session of this token with its user, while the session is good and the user may be here.
select
    sessions.id, sessions.user_id, sessions.device_info, sessions.ip_address, sessions.user_agent,
    sessions.last_activity_at, sessions.expires_at, sessions.revoked_at, sessions.created_at,
    sessions.updated_at,
    users.username
from zishu.user_sessions as sessions
join zishu.users as users on users.id = sessions.user_id
where sessions.token_hash = :token_hash
    and sessions.revoked_at is null
    and sessions.expires_at > now()
    and users.status = 'active'
    and users.deleted_at is null;

-- name: page(user_id, before_last_activity_at, before_id, limit)
-- The devices on which a person is logged in, last used first.
-- scans: the index is by time alone; devices of the same instant are sorted.
select
    id, user_id, device_info, ip_address, user_agent, last_activity_at, expires_at, revoked_at,
    created_at, updated_at
from zishu.user_sessions
where user_id = :user_id
    and revoked_at is null
    and expires_at > now()
    and (last_activity_at, id) < (
        coalesce(:before_last_activity_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by last_activity_at desc, id desc
limit :limit;

-- name: touch(id)!
-- Notes that a good session is in use, at most once a minute: a busy page writes no more than
-- that.
update zishu.user_sessions
set last_activity_at = now()
where id = :id
    and last_activity_at < now() - interval '1 minute'
    and revoked_at is null
    and expires_at > now();

-- name: extend(id, expires_at)^
-- Lets a good session last until then.
update zishu.user_sessions
set expires_at = :expires_at
where id = :id
    and revoked_at is null
    and expires_at > now()
returning
    id, user_id, device_info, ip_address, user_agent, last_activity_at, expires_at, revoked_at,
    created_at, updated_at;

-- name: revoke(user_id, id)!
-- Logs a person out on one of their devices.
update zishu.user_sessions
set revoked_at = now()
where id = :id
    and user_id = :user_id
    and revoked_at is null;

-- name: revoke_all(user_id, kept_id)!
-- Logs a person out on every device but one; null for every one.
update zishu.user_sessions
set revoked_at = now()
where user_id = :user_id
    and revoked_at is null
    and id is distinct from :kept_id;

-- name: delete(id)!
-- Removes a session, as if it had never been.
delete from zishu.user_sessions
where id = :id;

-- name: list_expired(limit)
-- The first of the sessions that have expired, and how many those are in all.
select id, user_id, expires_at, count(*) over () as due
from zishu.user_sessions
where expires_at <= now()
order by expires_at
limit :limit;

-- name: delete_expired(limit)!
-- Removes sessions that have expired, revoked or not, the oldest first; again while it removes
-- any.
with expired as (
    select id
    from zishu.user_sessions
    where expires_at <= now()
    order by expires_at
    limit :limit
    for update skip locked
)
delete from zishu.user_sessions
-- An array: looked up by key, however many the server expects.
where id = any(array(select expired.id from expired));
