-- People who chat: guests, and those who registered. The hash of a password is given to no one but
-- the login. E-mail addresses are brought to lower case here, whatever is given.

-- name: create(username, nickname, avatar_url)^
-- Lets a guest in under this name; one that is taken is an error.
insert into emotional_chat.users (username, nickname, avatar_url)
values (:username, :nickname, :avatar_url)
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: create_account(username, email, hashed_password, nickname)^
-- Registers someone who was no guest before; a name or an address that is taken is an error.
insert into emotional_chat.users (username, email, hashed_password, nickname)
values (:username, lower(:email), :hashed_password, :nickname)
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: register(id, email, hashed_password)^
-- Makes a guest the owner of an account, with all that they have said; none where they are one
-- already.
update emotional_chat.users
set
    email = lower(:email),
    hashed_password = :hashed_password
where id = :id
    and hashed_password is null
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: get(id)^
-- The person with this id.
select
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at
from emotional_chat.users
where id = :id;

-- name: get_by_username(username)^
-- The person with this name.
select
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at
from emotional_chat.users
where username = :username;

-- name: get_by_email(email)^
-- The person with this address, in whatever case it is typed.
select
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at
from emotional_chat.users
where email = lower(:email);

-- name: get_for_login(login)^
-- Whom a login form means, with the hash to verify; never a guest. What has an @ is an address,
-- never a name: no one can take another's address for their name and stand in the way.
select id, username, hashed_password, is_active
from emotional_chat.users
where hashed_password is not null
    and (
        (email = lower(:login) and strpos(:login, '@') > 0)
        or (username = :login and strpos(:login, '@') = 0)
    );

-- name: page(before_id, limit)
-- A page of people, the newest first; null gives the first page.
select
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at
from emotional_chat.users
where id < coalesce(:before_id::bigint, 9223372036854775807)
order by id desc
limit :limit;

-- name: log_in(id, verified_hash, upgraded_hash)^
-- Notes the login of someone who is not barred, unless the hash that was verified is no longer
-- theirs; upgraded_hash takes its place, null leaves it.
update emotional_chat.users
set
    last_login_at = now(),
    hashed_password = coalesce(:upgraded_hash, hashed_password)
where id = :id
    and is_active
    and hashed_password = :verified_hash
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: change(id, nickname, avatar_url)^
-- Makes the profile what the form says; null empties a field.
update emotional_chat.users
set
    nickname = :nickname,
    avatar_url = :avatar_url
where id = :id
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: rename(id, username)^
-- Gives a person another name to log in with; one that is taken is an error.
update emotional_chat.users
set username = :username
where id = :id
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: change_email(id, email)^
-- Gives an account another address; one that is taken is an error.
update emotional_chat.users
set email = lower(:email)
where id = :id
    and hashed_password is not null
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: change_password(id, verified_hash, hashed_password)!
-- Changes the password of whoever has just shown the old one, unless it was changed meanwhile.
update emotional_chat.users
set hashed_password = :hashed_password
where id = :id
    and hashed_password = :verified_hash;

-- name: reset_password(id, hashed_password)!
-- Changes the password of someone who has forgotten it; a guest has none.
update emotional_chat.users
set hashed_password = :hashed_password
where id = :id
    and hashed_password is not null;

-- name: set_active(id, is_active)^
-- Bars a person from chatting, or lets them again.
update emotional_chat.users
set is_active = :is_active
where id = :id
returning
    id, username, email, nickname, avatar_url, is_active, last_login_at, created_at, updated_at;

-- name: delete(id)!
-- Deletes a person with all that they have said; what the logs say of them is deleted by
-- system_logs.delete_of_user.
delete from emotional_chat.users
where id = :id;
