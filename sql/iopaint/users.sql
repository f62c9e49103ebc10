-- Users of the mini program: found by openid, counted at login, served while their quota lasts.

-- name: create(openid, union_id, nickname, avatar_url)^
-- Registers a user whom WeChat has just named; an openid that is known is an error.
insert into iopaint.users (openid, union_id, nickname, avatar_url)
values (:openid, :union_id, :nickname, :avatar_url)
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: get(id)^
-- The user with this id.
select
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at
from iopaint.users
where id = :id;

-- name: get_by_openid(openid)^
-- The user whom WeChat knows by this openid.
select
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at
from iopaint.users
where openid = :openid;

-- name: list_by_union_id(union_id)
-- The same person in every app of one WeChat open-platform account, the oldest first.
select
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at
from iopaint.users
where union_id = :union_id
order by id;

-- name: page(before_created_at, before_id, limit)
-- A page of users, the newest first, from before the one that the last page ended with; nulls give
-- the first page.
select
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at
from iopaint.users
where (created_at, id) < (
    coalesce(:before_created_at::timestamptz, 'infinity'),
    coalesce(:before_id::bigint, 9223372036854775807)
)
order by created_at desc, id desc
limit :limit;

-- name: log_in(openid)^
-- Counts a login and notes its time, unless the account is closed; gives the user.
update iopaint.users
set
    login_count = login_count + 1,
    last_login_at = now()
where openid = :openid
    and is_active
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: log_in_or_create(openid, union_id)^
-- What wx.login leads to: registers an openid that is new, and counts the login in either case;
-- none where the account is closed.
insert into iopaint.users (openid, union_id, login_count, last_login_at)
values (:openid, :union_id, 1, now())
on conflict (openid) do update
set
    union_id = coalesce(excluded.union_id, users.union_id),
    login_count = users.login_count + 1,
    last_login_at = excluded.last_login_at
where users.is_active
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: change(id, set_nickname, nickname, set_avatar_url, avatar_url, set_phone, phone, set_email, email)^
-- Changes the columns whose set_… is true, also to null, and leaves the others alone; phone and
-- email are ciphertext.
update iopaint.users
set
    nickname = case when :set_nickname then :nickname else nickname end,
    avatar_url = case when :set_avatar_url then :avatar_url else avatar_url end,
    phone = case when :set_phone then :phone else phone end,
    email = case when :set_email then :email else email end
where id = :id
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: set_premium(id, is_premium)^
-- Makes a user premium, or no longer so.
update iopaint.users
set is_premium = :is_premium
where id = :id
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: close(id)^
-- Closes the account and, in the same statement, ends every session of it.
with revoked as (
    update iopaint.user_sessions
    set is_active = false
    where user_id = :id
        and is_active
)
update iopaint.users
set is_active = false
where id = :id
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: reopen(id)^
-- Lets the user log in again; the sessions that were ended stay so.
update iopaint.users
set is_active = true
where id = :id
returning
    id, openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at;

-- name: take_quota(id, amount)$
-- Takes from what may still be used and gives what is left; nothing is taken where it is too
-- little.
update iopaint.users
set usage_quota = usage_quota - :amount
where id = :id
    and usage_quota >= :amount
    and :amount > 0
returning usage_quota;

-- name: give_quota(id, amount)$
-- Adds to what may still be used, bought or given back, and gives what there is now.
update iopaint.users
set usage_quota = usage_quota + :amount
where id = :id
    and :amount > 0
returning usage_quota;

-- name: page_encrypted(after_id, limit)
-- The ciphertexts of a batch of users, for a change of key; null starts.
select id, phone, email
from iopaint.users
where id > coalesce(:after_id::bigint, 0)
    and (phone is not null or email is not null)
order by id
limit :limit;

-- name: replace_encrypted(id, old_phone, phone, old_email, email)!
-- Puts the same secrets under a new key, unless someone has changed them since they were read.
update iopaint.users
set
    phone = :phone,
    email = :email
where id = :id
    and phone is not distinct from :old_phone
    and email is not distinct from :old_email;

-- name: delete(id)^
-- Deletes a user with everything of theirs; gives the files whose bytes are now to be removed, as
-- [{"storage_type": "local", "file_path": "…"}, …].
with removed as (
    delete from iopaint.file_storage
    where user_id = :id
    returning storage_type, file_path
)
delete from iopaint.users
where id = :id
returning
    id,
    coalesce(
        (
            select
                json_agg(
                    json_build_object(
                        'storage_type', removed.storage_type, 'file_path', removed.file_path
                    )
                )
            from removed
        ),
        '[]'
    ) as files;
