-- Accounts: registered with their page, found by what is typed into the login form, suspended and
-- deleted together with their sessions.
--
-- Pages of this schema: the first with nulls for the key of the row before, each next with the key
-- of the last row that was seen. One plan serves both, since null stands for the end of the key's
-- range. Where a query gives a user, it leaves out the password's hash.

-- name: create(username, email, password_hash)^
-- Adds an account and nothing beside it; a name or address that is taken is an error.
insert into zishu.users (username, email, password_hash)
values (:username, :email, :password_hash)
returning
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at;

-- name: register(username, email, password_hash, display_name)^
-- Adds an account together with the page that others see.
with registered as (
    insert into zishu.users (username, email, password_hash)
    values (:username, :email, :password_hash)
    returning
        id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
        updated_at
),
introduced as (
    insert into zishu.user_profiles (user_id, display_name)
    select
        registered.id,
        :display_name
    from registered
)
select
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at
from registered;

-- name: get(id)^
-- The account with this id, unless it is deleted.
select
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at
from zishu.users
where id = :id
    and deleted_at is null;

-- name: get_by_login(login)^
-- The account whose username or e-mail address this is, with the hash to check the password
-- against. Full-width letters are taken for plain ones.
select
    id, username, email, password_hash, status, email_verified_at, last_login_at
from zishu.users
where deleted_at is null
    and (
        lower(username) = lower(normalize(:login::text, nfkc))
        or lower(email) = lower(:login::text)
    );

-- name: page(before_created_at, before_id, limit)
-- The accounts, newest first.
select
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at
from zishu.users
where deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: search(term, limit)
-- The accounts with this in their username, in any case, by username; a term of one character
-- finds nobody.
-- scans: sorts all that match.
select
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at
from zishu.users
where deleted_at is null
    and cardinality(common.bigrams(:term::text)) > 0
    and common.bigrams(username) @> common.bigrams(:term::text)
    and position(lower(common.searchable(:term::text)) in lower(username)) > 0
order by lower(username), id
limit :limit;

-- name: rename(id, username)^
-- Gives the account another username.
update zishu.users
set username = :username
where id = :id
    and deleted_at is null
returning
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at;

-- name: change_email(id, email)^
-- Gives the account another address, which is to be verified again.
update zishu.users
set
    email = :email,
    email_verified_at = null
where id = :id
    and deleted_at is null
returning
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at;

-- name: verify_email(id, email)^
-- Notes that the link in the mail to this address was followed; the link to an address that the
-- account no longer has does nothing.
update zishu.users
set email_verified_at = coalesce(email_verified_at, now())
where id = :id
    and lower(email) = lower(:email::text)
    and deleted_at is null
returning
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at;

-- name: set_password(id, password_hash, kept_session_id)^
-- Changes the password and ends every session but the one that it was changed in; null ends all.
-- not null: password_hash
with changed as (
    update zishu.users
    set password_hash = :password_hash
    where id = :id
        and deleted_at is null
    returning
        id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
        updated_at
),
ended as (
    update zishu.user_sessions
    set revoked_at = now()
    from changed
    where user_sessions.user_id = changed.id
        and user_sessions.revoked_at is null
        and user_sessions.id is distinct from :kept_session_id
)
select
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at
from changed;

-- name: upgrade_password(id, old_hash, new_hash)!
-- Replaces the hash of the same password by a stronger one, unless the password was changed
-- meanwhile.
-- not null: new_hash
update zishu.users
set password_hash = :new_hash
where id = :id
    and password_hash = :old_hash
    and deleted_at is null;

-- name: suspend(id)^
-- Shuts a person out, and ends their sessions.
with suspended as (
    update zishu.users
    set status = 'suspended'
    where id = :id
        and deleted_at is null
    returning
        id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
        updated_at
),
ended as (
    update zishu.user_sessions
    set revoked_at = now()
    from suspended
    where user_sessions.user_id = suspended.id
        and user_sessions.revoked_at is null
)
select
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at
from suspended;

-- name: reinstate(id)^
-- Lets a suspended person log in again.
update zishu.users
set status = 'active'
where id = :id
    and deleted_at is null
returning
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at;

-- name: delete(id)!
-- Deletes an account softly, which frees its name and address, and ends its sessions.
with ended as (
    update zishu.user_sessions
    set revoked_at = now()
    where user_id = :id
        and revoked_at is null
)
update zishu.users
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes a deletion back; an error where the name or address belongs to somebody else by now.
update zishu.users
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, username, email, status, email_verified_at, last_login_at, deleted_at, created_at,
    updated_at;

-- name: remove(id)!
-- Removes a deleted account for good, and all that is the person's own; what others build on stays
-- without an author.
delete from zishu.users
where id = :id
    and deleted_at is not null;
