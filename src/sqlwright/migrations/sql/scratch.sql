-- Scratch databases: made for a moment, on whatever server is at hand. Names in braces are
-- identifiers, filled in before sending.

-- name: may_create_databases()$
select rolsuper or rolcreatedb
from pg_catalog.pg_roles
where rolname = session_user;

-- name: give_to()#
alter database {database} owner to {role};

-- name: find_roles(names)
select rolname
from pg_catalog.pg_roles
where rolname = any(:names);

-- name: find_made_roles(names)
select rolname
from pg_catalog.pg_roles
where rolname = any(:names)
    and pg_catalog.shobj_description(oid, 'pg_authid') = 'Made for scratch databases.';

-- name: hold(namespace, key)$
select pg_catalog.pg_try_advisory_lock(:namespace, :key);

-- name: share(namespace, key)$
-- Held while the roles are wanted; who drops them holds it alone.
select pg_catalog.pg_advisory_lock_shared(:namespace, :key);

-- name: unshare(namespace, key)$
select pg_catalog.pg_advisory_unlock_shared(:namespace, :key);

-- name: let_go(namespace, key)$
select pg_catalog.pg_advisory_unlock(:namespace, :key);

-- name: create_role()#
-- Only for its name to be granted to: nobody logs in.
create role {role};
comment on role {role} is 'Made for scratch databases.';

-- name: join_role()#
grant {role} to current_user;

-- name: drop_role()#
drop role if exists {role};
