-- What a part of the health asks.

-- name: describe_server()^
select
    pg_catalog.current_setting('server_version') as version,
    pg_catalog.pg_is_in_recovery() as is_standby;

-- name: count_connections()^
-- Those in use, and how many a role without privileges may open, in all databases together.
select
    sum(numbackends)::int as used,
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int as most
from pg_catalog.pg_stat_database;
