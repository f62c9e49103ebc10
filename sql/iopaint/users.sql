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

-- name: take_quota(id, amount)$
-- Takes from what may still be used and gives what is left; nothing is taken where it is too
-- little.
update iopaint.users
set usage_quota = usage_quota - :amount
where id = :id
    and usage_quota >= :amount
    and :amount > 0
returning usage_quota;
