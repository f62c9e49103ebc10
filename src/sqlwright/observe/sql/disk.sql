-- Where the server keeps its data, and whether that may be on this machine.

-- name: find_data()^
select
    case
        when pg_catalog.pg_has_role('pg_read_all_settings', 'usage')
            then pg_catalog.current_setting('data_directory')
    end as folder,
    inet_server_addr() is null or inet_server_addr() <<= '127.0.0.0/8'
    or inet_server_addr() = '::1' as is_local;
