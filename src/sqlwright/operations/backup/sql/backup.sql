-- What a backup notes of the server and the database that it is of.

-- name: begin()#
-- No limit of the session ends a long dump, and values are printed the same everywhere.
begin isolation level repeatable read read only;
set local statement_timeout = 0;
set local lock_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
select pg_catalog.set_config(name, '0', true)
from pg_catalog.pg_settings
where name = 'transaction_timeout';
set local row_security = off;
set local search_path = pg_catalog, pg_temp;
set local datestyle = iso, ymd;
set local intervalstyle = postgres;
set local timezone = 'UTC';
set local extra_float_digits = 1;
set local bytea_output = hex;
set local lc_monetary = 'C';
set local xmlbinary = base64;

-- name: export_snapshot()$
select pg_catalog.pg_export_snapshot();

-- name: describe_server()^
-- The server and how far it is; a standby is as far as what it has replayed.
select
    pg_catalog.current_setting('server_version') as version,
    control.system_identifier::text as system,
    point.timeline_id as timeline,
    case
        when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
        else pg_catalog.pg_current_wal_lsn()
    end::text as lsn,
    settings.setting::bigint as wal_segment_size,
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint as next_xid,
    pg_catalog.pg_get_userbyid(10) as superuser,
    pg_catalog.clock_timestamp() as now,
    case
        when pg_catalog.pg_is_in_recovery()
            then coalesce(pg_catalog.pg_last_xact_replay_timestamp(), pg_catalog.clock_timestamp())
        else pg_catalog.clock_timestamp()
    end as as_of
from pg_catalog.pg_control_system() as control
cross join pg_catalog.pg_control_checkpoint() as point
cross join pg_catalog.pg_settings as settings
where settings.name = 'wal_segment_size';

-- name: size_of_database()$
select pg_catalog.pg_database_size(pg_catalog.current_database());

-- name: size_of_server()$
-- Of all databases: what a physical backup copies.
select sum(pg_catalog.pg_database_size(oid))::bigint
from pg_catalog.pg_database;

-- name: list_tablespaces()
-- Those that somebody made, and where they are.
select
    spcname as name,
    pg_catalog.pg_tablespace_location(oid) as location
from pg_catalog.pg_tablespace
where spcname not in ('pg_default', 'pg_global')
order by spcname;

-- name: list_roles()
-- Who owns something in this database, may do something or has settings in it, and whether they may
-- log in. What belongs to the first superuser is nowhere noted as needing it.
select
    roles.rolname as name,
    roles.rolcanlogin as login
from pg_catalog.pg_roles as roles
join pg_catalog.pg_database as databases
    on databases.datname = pg_catalog.current_database()
where roles.oid = databases.datdba
    or roles.oid in (
        select refobjid
        from pg_catalog.pg_shdepend
        where refclassid = 'pg_catalog.pg_authid'::regclass
            and (
                dbid = databases.oid
                or (classid = 'pg_catalog.pg_database'::regclass and objid = databases.oid)
            )
    )
    or roles.oid in (
        select setrole
        from pg_catalog.pg_db_role_setting
        where setdatabase = databases.oid
    )
    or (
        roles.oid < 16384
        and exists (select from pg_catalog.pg_class where relowner = roles.oid and oid >= 16384)
    )
order by roles.rolname;

-- name: list_rights()
-- What was granted on the database itself; null where it is as PostgreSQL has it.
select
    coalesce(pg_catalog.pg_get_userbyid(nullif(granted.grantee, 0)), '') as grantee,
    granted.privilege_type as privilege,
    granted.is_grantable
from pg_catalog.pg_database as databases
cross join lateral pg_catalog.aclexplode(databases.datacl) as granted
where databases.datname = pg_catalog.current_database()
order by 1, 2;

-- name: list_settings()
-- What is set for the database, for everybody or for a role in it.
select
    coalesce(pg_catalog.pg_get_userbyid(nullif(settings.setrole, 0)), '') as role,
    pg_catalog.split_part(entry, '=', 1) as name,
    pg_catalog.substr(entry, pg_catalog.strpos(entry, '=') + 1) as value
from pg_catalog.pg_db_role_setting as settings
cross join lateral pg_catalog.unnest(settings.setconfig) as entry
join pg_catalog.pg_database as databases on databases.oid = settings.setdatabase
where databases.datname = pg_catalog.current_database()
order by 1, 2;

-- name: describe_itself()^
select
    pg_catalog.shobj_description(oid, 'pg_database') as comment,
    datconnlimit as connection_limit
from pg_catalog.pg_database
where datname = pg_catalog.current_database();
