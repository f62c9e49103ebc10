-- A database that goes with its process. Names in braces are filled in before sending.

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

-- name: hold(namespace, key)$
-- Held while the database is wanted: whoever sees it unheld may drop it.
select pg_catalog.pg_try_advisory_lock(:namespace, :key);

-- name: stay()
-- However long it takes, and whatever the role's settings say.
select pg_catalog.set_config(name, '0', false)
from pg_catalog.pg_settings
where name in ('idle_session_timeout', 'statement_timeout', 'transaction_timeout');

-- name: list_leftovers(prefix, namespace)
-- Databases whose process is gone.
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
