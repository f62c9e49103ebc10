-- A database and its three roles. Names in braces are identifiers, filled in before sending.

-- name: wait_for_others(database)$
-- Who makes the same database at once would change its rights and ours at once, which fails. The
-- lock goes with the session.
select pg_catalog.pg_advisory_lock(1397836887, pg_catalog.hashtext(:database));

-- name: find_database(database)^
select
    pg_catalog.pg_get_userbyid(datdba) as owner,
    pg_catalog.pg_database_size(oid) as size
from pg_catalog.pg_database
where datname = :database;

-- name: find_roles(names)
select rolname
from pg_catalog.pg_roles
where rolname = any(:names);

-- name: list_sizes()
-- What a drop would destroy: every table that is not PostgreSQL's own. One of a few rows may never
-- be analyzed: what was written to it is counted all the same.
select
    namespaces.nspname,
    count(*) as tables,
    sum(
        case
            when tables.reltuples > 0 then tables.reltuples
            else pg_catalog.pg_stat_get_live_tuples(tables.oid)
        end
    )::bigint as rows
from pg_catalog.pg_class as tables
join pg_catalog.pg_namespace as namespaces on namespaces.oid = tables.relnamespace
where tables.relkind in ('r', 'p')
    and namespaces.nspname <> 'information_schema'
    and namespaces.nspname not like 'pg\_%'
group by namespaces.nspname
order by namespaces.nspname;

-- name: create_role()#
create role {role} login;

-- name: is_superuser()$
select rolsuper
from pg_catalog.pg_roles
where rolname = current_user;

-- name: join_role()#
-- Who makes a database for another role must be able to act as it.
grant {role} to current_user;

-- name: create_database()#
create database {database} owner {owner} template template0 encoding 'UTF8';

-- name: close_to_others()#
revoke all on database {database} from public;
grant connect on database {database} to {application}, {reader};
revoke create on schema public from public;

-- name: grant_defaults()#
-- What the owner makes from now on is the application's to use and the reader's to read, so that no
-- migration has to name a role.
alter default privileges for role {owner} grant usage on schemas to {application}, {reader};
alter default privileges for role {owner}
    grant select, insert, update, delete on tables to {application};
alter default privileges for role {owner} grant select on tables to {reader};
alter default privileges for role {owner} grant usage, select on sequences to {application};
alter default privileges for role {owner} grant select on sequences to {reader};
alter default privileges for role {owner} revoke execute on functions from public;
alter default privileges for role {owner} grant execute on functions to {application}, {reader};

-- name: drop_database()#
drop database {database} with (force);

-- name: drop_role()#
drop role {role};
