-- Accounts: who may log in, by password or through GitHub or Google.

-- name: create(email, hashed_password)^
-- Registers an account; it can't log in by password where the hash is null.
insert into sisyphus.users (email, hashed_password)
values (:email, :hashed_password)
returning id, email, oauth_provider, oauth_id, is_active, created_at, updated_at;

-- name: log_in_by_oauth(oauth_provider, oauth_id, email)^
-- The account of an identity, which is registered at its first login; nothing for a closed
-- account. An address that another account has is an error: whether it is the same person, only a
-- login to that account can tell.
insert into sisyphus.users (oauth_provider, oauth_id, email)
select :oauth_provider::text, :oauth_id::text, :email::text
-- Of two first logins at once the second waits here, lest its address be refused as the first's.
from pg_advisory_xact_lock(hashtextextended(:oauth_provider || ' ' || :oauth_id, 0))
-- Known identities are written too, since only a row that is written comes back.
on conflict (oauth_provider, oauth_id) do update
set oauth_id = excluded.oauth_id
where users.is_active
returning id, email, oauth_provider, oauth_id, is_active, created_at, updated_at;

-- name: get(id)^
-- The account with this id.
select id, email, oauth_provider, oauth_id, is_active, created_at, updated_at
from sisyphus.users
where id = :id;

-- name: get_by_email(email)^
-- The account with this address.
select id, email, oauth_provider, oauth_id, is_active, created_at, updated_at
from sisyphus.users
where email = :email;

-- name: get_credentials(email)^
-- What a login by password is checked against; nothing for accounts that are closed or have none.
select id, hashed_password
from sisyphus.users
where email = :email
    and is_active
    and hashed_password is not null;

-- name: page(after_email, limit)
-- Accounts by address, after the one given; null for the first page.
select id, email, oauth_provider, oauth_id, is_active, created_at, updated_at
from sisyphus.users
where email >= coalesce(:after_email::text, '')
    and email is distinct from :after_email
order by email
limit :limit;

-- name: set_email(id, email)^
-- Gives an account another address.
update sisyphus.users
set email = :email
where id = :id
returning id, email, oauth_provider, oauth_id, is_active, created_at, updated_at;

-- name: set_password(id, hashed_password)!
-- Sets the password, or with null takes it away.
update sisyphus.users
set hashed_password = :hashed_password
where id = :id;

-- name: upgrade_password(id, old_hash, new_hash)!
-- Puts a better hash of the same password in place, unless the password has changed meanwhile.
update sisyphus.users
set hashed_password = :new_hash
where id = :id
    and hashed_password = :old_hash;

-- name: set_oauth(id, oauth_provider, oauth_id)^
-- Lets an identity open an account that its owner is logged in to; with nulls takes it away.
update sisyphus.users
set
    oauth_provider = :oauth_provider,
    oauth_id = :oauth_id
where id = :id
returning id, email, oauth_provider, oauth_id, is_active, created_at, updated_at;

-- name: set_active(id, is_active)^
-- Opens or closes an account.
update sisyphus.users
set is_active = :is_active
where id = :id
returning id, email, oauth_provider, oauth_id, is_active, created_at, updated_at;

-- name: delete(id)!
-- Deletes an account with the projects, scenarios, plans, runs and functions that it created.
delete from sisyphus.users
where id = :id;
