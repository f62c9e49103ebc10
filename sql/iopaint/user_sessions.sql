-- Logins on devices. A session is found by the SHA-256 of its token; the hash is given to no one.

-- name: create(user_id, session_token, device_info, ip_address, user_agent, expires_at)^
-- Opens a session; session_token is the hash of the token that the client keeps.
insert into iopaint.user_sessions (
    user_id, session_token, device_info, ip_address, user_agent, expires_at
)
values (:user_id, :session_token, :device_info, :ip_address, :user_agent, :expires_at)
returning
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at;

-- name: get(id)^
-- The session with this id, also one that is over.
select
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at
from iopaint.user_sessions
where id = :id;

-- name: get_by_token(session_token)^
-- The session with a token of this hash, unless it is over.
select
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at
from iopaint.user_sessions
where session_token = :session_token
    and is_active
    and expires_at > now();

-- name: get_user(session_token)^
-- Who asks, by the hash of the token that they show; none where the session is over or the account
-- closed.
select
    users.id, users.openid, users.union_id, users.nickname, users.avatar_url, users.phone,
    users.email, users.is_active, users.is_premium, users.usage_quota, users.login_count,
    users.last_login_at, users.created_at, users.updated_at
from iopaint.user_sessions
inner join iopaint.users on users.id = user_sessions.user_id
where user_sessions.session_token = :session_token
    and user_sessions.is_active
    and user_sessions.expires_at > now()
    and users.is_active;

-- name: list_live(user_id)
-- The devices on which a person is logged in, the one last used first.
select
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at
from iopaint.user_sessions
where user_id = :user_id
    and is_active
    and expires_at > now()
order by last_activity_at desc, id desc;

-- name: page(before_id, limit)
-- A page of all sessions, the newest first; null gives the first page.
select
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at
from iopaint.user_sessions
where id < coalesce(:before_id::bigint, 9223372036854775807)
order by id desc
limit :limit;

-- name: touch(session_token)^
-- Notes that a session is in use, and gives it; none where it is over.
update iopaint.user_sessions
set last_activity_at = now()
where session_token = :session_token
    and is_active
    and expires_at > now()
returning
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at;

-- name: extend(session_token, expires_at)^
-- Notes that a session is in use and lets it last until then, never shorter than it did; none
-- where it is over.
update iopaint.user_sessions
set
    last_activity_at = now(),
    expires_at = greatest(expires_at, :expires_at)
where session_token = :session_token
    and is_active
    and expires_at > now()
returning
    id, user_id, device_info, ip_address, user_agent, is_active, last_activity_at, expires_at,
    created_at, updated_at;

-- name: revoke(id, user_id)!
-- Logs a person out on one of their devices.
update iopaint.user_sessions
set is_active = false
where id = :id
    and user_id = :user_id
    and is_active;

-- name: revoke_by_token(session_token)!
-- Logs out whoever shows this token.
update iopaint.user_sessions
set is_active = false
where session_token = :session_token
    and is_active;

-- name: revoke_others(user_id, session_token)!
-- Logs a person out everywhere but here; a null for the token, everywhere.
update iopaint.user_sessions
set is_active = false
where user_id = :user_id
    and session_token is distinct from :session_token
    and is_active;

-- name: delete(id)!
-- Deletes a session.
delete from iopaint.user_sessions
where id = :id;

-- name: list_expired(limit)
-- The first of the sessions that have expired, and how many those are in all.
select id, user_id, expires_at, count(*) over () as due
from iopaint.user_sessions
where expires_at <= now()
order by expires_at
limit :limit;

-- name: delete_expired(limit)!
-- Deletes a batch of the sessions that have expired; call it until it is 0.
delete from iopaint.user_sessions
where id = any (
    array(
        select id
        from iopaint.user_sessions
        where expires_at <= now()
        order by expires_at
        limit :limit
        for update skip locked
    )
);
