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

-- name: drop_role()#
drop role {role};

-- name: list_obstacles(database)
-- What keeps a database from being replaced, though its sessions end.
select 'it is the one that the others are managed from'
where :database::text = pg_catalog.current_database()
union all
select 'it is a template'
from pg_catalog.pg_database
where datname = :database
    and datistemplate
union all
select pg_catalog.format('the prepared transaction %I is open in it', gid)
from pg_catalog.pg_prepared_xacts
where database = :database
union all
select pg_catalog.format('the subscription %I is in it', subname)
from pg_catalog.pg_subscription
join pg_catalog.pg_database as databases on databases.oid = subdbid
where datname = :database;

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

-- name: keep_setting()#
alter database {database} set {setting} {value};

-- name: keep_setting_of_role()#
alter role {role} in database {database} set {setting} {value};

-- name: set_here(name, value)^
-- A list of names needs no quoting where `from current` takes it over as it is.
select pg_catalog.set_config(:name, :value, true);
