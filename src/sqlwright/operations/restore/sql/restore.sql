-- Putting a dump into a new database. Names in braces are filled in before sending.

-- name: find_database(database)^
select 1
from pg_catalog.pg_database
where datname = :database;

-- name: find_roles(names)
select rolname
from pg_catalog.pg_roles
where rolname = any(:names);

-- name: create_role()#
create role {role};

-- name: create_role_login()#
create role {role} login;

-- name: rename()#
alter database {database} rename to {name};

-- name: close()#
alter database {database} allow_connections false;

-- name: open()#
alter database {database} allow_connections true;

-- name: end_sessions(database)
-- A database with sessions can't be renamed; each is waited for, for up to ten seconds.
select pg_catalog.pg_terminate_backend(pid, 10000)
from pg_catalog.pg_stat_activity
where datname = :database;

-- name: give_to()#
alter database {database} owner to {role};

-- name: revoke()#
revoke all on database {database} from public, {owner};

-- name: set_here(name, value)^
-- So that `from current` can take it over as it is: a list of names needs no quoting then.
select pg_catalog.set_config(:name, :value, true);

-- name: keep_setting()#
alter database {database} set {setting} from current;

-- name: keep_setting_of_role()#
alter role {role} in database {database} set {setting} from current;
