-- Scratch databases: made for a moment, on whatever server is at hand. Names in braces are
-- identifiers, filled in before sending.

-- name: describe_database()^
-- What a database is made with, and who may do what about it. Locales have had two names.
select
    databases.datname as name,
    pg_catalog.pg_get_userbyid(databases.datdba) as owner,
    pg_catalog.pg_encoding_to_char(databases.encoding) as encoding,
    databases.datcollate as "collate",
    databases.datctype as ctype,
    databases.provider,
    databases.locale
from (values (null::text, null::text)) as absent (daticulocale, datlocale)
cross join lateral (
    select
        datname,
        datdba,
        encoding,
        datcollate,
        datctype,
        case datlocprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end as provider,
        coalesce(datlocale, daticulocale) as locale
    from pg_catalog.pg_database
) as databases
where databases.datname = pg_catalog.current_database();

-- name: may_create_databases()$
select rolsuper or rolcreatedb
from pg_catalog.pg_roles
where rolname = session_user;

-- name: hold(namespace, key)$
-- Held while the scratch database is wanted: whoever sees it unheld may drop it.
select pg_catalog.pg_try_advisory_lock(:namespace, :key);

-- name: list_leftovers(prefix, namespace)
-- Scratch databases whose process is gone.
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

-- name: create_plain()#
create database {database} template template0 encoding 'UTF8';

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
