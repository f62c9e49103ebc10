-- Accounts of the service. The hash of the password is given to no one but the login.

-- name: create(username, email, hashed_password, full_name)^
-- Registers an account, whose address is still to be verified; a name or an address that is taken
-- is an error.
insert into claude_fastapi.users (username, email, hashed_password, full_name)
values (:username, :email, :hashed_password, :full_name)
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: create_superuser(username, email, hashed_password, full_name)^
-- Registers an account that administers the others and needs no verification.
insert into claude_fastapi.users (
    username, email, hashed_password, full_name, is_superuser, is_verified
)
values (:username, :email, :hashed_password, :full_name, true, true)
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: get(id)^
-- The account with this id.
select
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at
from claude_fastapi.users
where id = :id;

-- name: get_by_username(username)^
-- The account with this name.
select
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at
from claude_fastapi.users
where username = :username;

-- name: get_by_email(email)^
-- The account with this address.
select
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at
from claude_fastapi.users
where email = :email;

-- name: get_for_login(login)^
-- Whom a login form means, with the hash to verify. What has an @ is an address, never a name: no
-- one can take another's address for their name and stand in the way.
select id, username, hashed_password, is_active, is_superuser, is_verified
from claude_fastapi.users
where (email = :login and strpos(:login, '@') > 0)
    or (username = :login and strpos(:login, '@') = 0);

-- name: page(before_id, limit)
-- A page of accounts, the newest first; null gives the first page.
select
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at
from claude_fastapi.users
where id < coalesce(:before_id::bigint, 9223372036854775807)
order by id desc
limit :limit;

-- name: list_superusers()
-- Who administers the accounts, the first of them first.
select
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at
from claude_fastapi.users
where is_superuser
order by id;

-- name: log_in(id, verified_hash, upgraded_hash)^
-- Notes the login of an account that is not barred, unless the hash that was verified is no longer
-- its own; upgraded_hash takes its place, null leaves it.
update claude_fastapi.users
set
    last_login_at = now(),
    hashed_password = coalesce(:upgraded_hash, hashed_password)
where id = :id
    and is_active
    and hashed_password = :verified_hash
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: change(id, full_name, avatar, phone, bio)^
-- Makes the profile what the form says; null empties a field.
update claude_fastapi.users
set
    full_name = :full_name,
    avatar = :avatar,
    phone = :phone,
    bio = :bio
where id = :id
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: rename(id, username)^
-- Gives an account another name; one that is taken is an error.
update claude_fastapi.users
set username = :username
where id = :id
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: change_email(id, email)^
-- Gives an account another address, which is to be verified anew; one that is taken is an error.
update claude_fastapi.users
set
    email = :email,
    is_verified = is_verified and email = :email::varchar
where id = :id
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: verify(id, email)^
-- Notes that the address is theirs, unless they have another by now.
update claude_fastapi.users
set is_verified = true
where id = :id
    and email = :email
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: change_password(id, verified_hash, hashed_password)!
-- Changes the password of whoever has just shown the old one, unless it was changed meanwhile.
update claude_fastapi.users
set hashed_password = :hashed_password
where id = :id
    and hashed_password = :verified_hash;

-- name: reset_password(id, hashed_password)!
-- Changes the password of someone who has forgotten it.
update claude_fastapi.users
set hashed_password = :hashed_password
where id = :id;

-- name: set_active(id, is_active)^
-- Bars an account from logging in, or lets it again.
update claude_fastapi.users
set is_active = :is_active
where id = :id
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: set_superuser(id, is_superuser)^
-- Lets someone administer the accounts, or no longer.
update claude_fastapi.users
set is_superuser = :is_superuser
where id = :id
returning
    id, username, email, full_name, avatar, phone, bio, is_active, is_superuser, is_verified,
    last_login_at, created_at, updated_at;

-- name: delete(id)!
-- Deletes an account for good; set_active bars one and keeps it.
delete from claude_fastapi.users
where id = :id;
