-- Putting a dump into a new database. Names in braces are filled in before sending.

-- name: hold(namespace, key)$
-- Held while the new database is being filled: whoever sees it unheld may drop it.
select pg_catalog.pg_try_advisory_lock(:namespace, :key);

-- name: list_leftovers(prefix, namespace)
-- Databases whose restore was killed.
select databases.datname
from pg_catalog.pg_database as databases
cross join pg_catalog.substr(datname, pg_catalog.length(:prefix::text) + 1) as suffix
where pg_catalog.starts_with(databases.datname, :prefix)
    and suffix ~ '^[0-7][0-9a-f]{7}$'
    and not exists (
        select
        from pg_catalog.pg_locks as locks
        where locks.locktype = 'advisory'
            and locks.classid = :namespace
            and locks.objid = case
                when suffix ~ '^[0-7][0-9a-f]{7}$'
                    then ('x' || suffix)::bit(32)::pg_catalog.int4::pg_catalog.oid
            end
            and locks.granted
    );

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

-- name: create_libc()#
create database {database} template template0
    encoding {encoding} lc_collate {collate} lc_ctype {ctype} locale_provider libc;

-- name: create_icu()#
create database {database} template template0
    encoding {encoding} lc_collate {collate} lc_ctype {ctype}
    locale_provider icu icu_locale {locale};

-- name: create_builtin()#
create database {database} template template0
    encoding {encoding} lc_collate {collate} lc_ctype {ctype}
    locale_provider builtin builtin_locale {locale};

-- name: drop_database()#
drop database if exists {database} with (force);

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
