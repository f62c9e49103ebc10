-- What leads out of the database: foreign data and replication.

-- name: list_foreign_data_wrappers()
select
    wrappers.tableoid as class,
    wrappers.oid as id,
    'foreign data wrapper' as kind,
    quote_ident(wrappers.fdwname) as name,
    pg_get_userbyid(wrappers.fdwowner) as owner,
    nullif(wrappers.fdwhandler, 0)::regproc::text as handler,
    nullif(wrappers.fdwvalidator, 0)::regproc::text as validator,
    array(select unnest(wrappers.fdwoptions) order by 1) as options
from pg_foreign_data_wrapper as wrappers;

-- name: list_servers()
select
    servers.tableoid as class,
    servers.oid as id,
    'server' as kind,
    quote_ident(servers.srvname) as name,
    pg_get_userbyid(servers.srvowner) as owner,
    wrappers.fdwname as wrapper,
    servers.srvtype as type,
    servers.srvversion as version,
    array(select unnest(servers.srvoptions) order by 1) as options
from pg_foreign_server as servers
join pg_foreign_data_wrapper as wrappers on wrappers.oid = servers.srvfdw;

-- name: list_user_mappings()
-- Of an option that may hold a secret only the name is told.
select
    'pg_user_mapping'::regclass::oid as class,
    mappings.umid as id,
    'pg_foreign_server'::regclass::oid as parent_class,
    mappings.srvid as parent_id,
    'user mapping' as kind,
    format(
        '%s on %I',
        case mappings.umuser when 0 then 'public' else quote_ident(usename) end,
        srvname
    ) as name,
    array(
        select case
            when option like 'user=%' then option else split_part(option, '=', 1) || '=…'
        end
        from unnest(mappings.umoptions) as option
        order by 1
    ) as options
from pg_user_mappings as mappings;

-- name: list_publications()
select
    publications.tableoid as class,
    publications.oid as id,
    'publication' as kind,
    quote_ident(publications.pubname) as name,
    pg_get_userbyid(publications.pubowner) as owner,
    publications.puballtables as all_tables,
    array_remove(
        array[
            case when publications.pubinsert then 'insert' end,
            case when publications.pubupdate then 'update' end,
            case when publications.pubdelete then 'delete' end,
            case when publications.pubtruncate then 'truncate' end
        ],
        null
    ) as operations,
    publications.pubviaroot as via_root,
    nullif(publications.pubgencols, 'n') as generated_columns,
    array(
        select concat_ws(
            ' ',
            prrelid::regclass,
            '(' || (
                select string_agg(quote_ident(attname), ', ' order by attnum)
                from pg_attribute
                where attrelid = prrelid and attnum = any(prattrs::int2[])
            ) || ')',
            'where ' || pg_get_expr(prqual, prrelid)
        )
        from pg_publication_rel
        where prpubid = publications.oid
        order by 1
    ) as tables,
    array(
        select nspname::text
        from pg_publication_namespace
        join pg_namespace on pg_namespace.oid = pnnspid
        where pnpubid = publications.oid
        order by 1
    ) as schemas
from (values ('n'::text)) as absent (pubgencols)
cross join lateral (
    select
        found.tableoid,
        found.oid,
        pubname,
        pubowner,
        puballtables,
        pubinsert,
        pubupdate,
        pubdelete,
        pubtruncate,
        pubviaroot,
        pubgencols::text as pubgencols
    from pg_publication as found
) as publications;

-- name: list_subscriptions()
-- Without their connections, which hold passwords.
select
    'pg_subscription'::regclass::oid as class,
    subscriptions.oid as id,
    'subscription' as kind,
    quote_ident(subscriptions.subname) as name,
    pg_get_userbyid(subscriptions.subowner) as owner,
    subscriptions.subenabled as enabled,
    subscriptions.subbinary as binary,
    subscriptions.streaming,
    subscriptions.subtwophasestate <> 'd' as two_phase,
    subscriptions.subdisableonerr as disable_on_error,
    subscriptions.subslotname as slot,
    subscriptions.subsynccommit as synchronous_commit,
    array(select unnest(subscriptions.subpublications) order by 1) as publications,
    subscriptions.subpasswordrequired as password_required,
    subscriptions.subrunasowner as run_as_owner,
    subscriptions.suborigin as origin,
    subscriptions.subfailover as failover
from (values (null::boolean, null::boolean, null::text, null::boolean))
    as absent (subpasswordrequired, subrunasowner, suborigin, subfailover)
cross join lateral (
    select
        found.oid,
        subdbid,
        subname,
        subowner,
        subenabled,
        subbinary,
        case substream::text
            when 'p' then 'parallel' when 't' then 'on' when 'true' then 'on' else 'off'
        end as streaming,
        subtwophasestate,
        subdisableonerr,
        subslotname,
        subsynccommit,
        subpublications,
        subpasswordrequired,
        subrunasowner,
        suborigin,
        subfailover
    from pg_subscription as found
) as subscriptions
join pg_database as databases on databases.oid = subscriptions.subdbid
where databases.datname = current_database();
