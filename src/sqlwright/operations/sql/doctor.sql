-- What the doctor asks, each without parameters and without waiting for anybody.

-- name: describe_session()^
-- Who asks, how, and of whom; roles are written as a statement has them.
select
    quote_ident(current_user) as role,
    (select rolsuper from pg_catalog.pg_roles where rolname = current_user) as is_superuser,
    pg_catalog.pg_has_role('pg_monitor', 'usage') as may_monitor,
    coalesce(
        (select ssl from pg_catalog.pg_stat_ssl where pid = pg_catalog.pg_backend_pid()), false
    ) as has_tls,
    inet_server_addr() is null
        or inet_server_addr() <<= '127.0.0.0/8'
        or inet_server_addr() = '::1' as is_local,
    host(inet_server_addr()) as address,
    current_setting('server_version_num')::int as version,
    pg_catalog.current_database() as database,
    (
        select pg_catalog.pg_get_userbyid(datdba)
        from pg_catalog.pg_database
        where datname = current_database()
    ) as owner,
    coalesce(pg_catalog.has_schema_privilege('public', 'public', 'create'), false)
        as all_may_create;

-- name: list_settings()
-- What a new session of this role starts with: what this one has set for itself does not count.
select
    name,
    reset_val as value
from pg_catalog.pg_settings;

-- name: list_roles()
-- The roles that `sqlwright create` names after the database, and what they may beyond their rights.
select
    quote_ident(rolname) as role,
    rolcanlogin as may_log_in,
    rolsuper or rolcreaterole or rolbypassrls or rolreplication as is_mighty
from pg_catalog.pg_roles
where rolname in (
    current_database() || '_owner', current_database() || '_app', current_database() || '_reader'
)
order by rolname;
