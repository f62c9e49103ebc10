-- The database itself, and what any object can have: comments, security labels, grants.

-- name: settle()
-- Everything is printed qualified, and the same whatever the session prefers.
select
    pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
    pg_catalog.set_config('datestyle', 'iso, ymd', true),
    pg_catalog.set_config('intervalstyle', 'postgres', true),
    pg_catalog.set_config('timezone', 'UTC', true),
    pg_catalog.set_config('extra_float_digits', '1', true),
    pg_catalog.set_config('bytea_output', 'hex', true),
    pg_catalog.set_config('lc_monetary', 'C', true),
    pg_catalog.set_config('standard_conforming_strings', 'on', true),
    pg_catalog.set_config('quote_all_identifiers', 'off', true);

-- name: list_databases(name)
-- The one that the session is in. Of a scratch database it is told as the one that it stands for.
select
    databases.tableoid as class,
    databases.oid as id,
    'database' as kind,
    quote_ident(coalesce(:name::text, databases.datname)) as name,
    pg_get_userbyid(databases.datdba) as owner,
    databases.datallowconn as allows_connections,
    databases.datistemplate as is_template,
    nullif(databases.datconnlimit, -1) as connection_limit,
    tablespaces.spcname as tablespace,
    array(
        select
            case settings.setrole
                when 0 then '' else quote_ident(pg_get_userbyid(settings.setrole)) || ': '
            end
            || unnest(settings.setconfig)
        from pg_db_role_setting as settings
        where settings.setdatabase = databases.oid
        order by 1
    ) as settings
from pg_database as databases
join pg_tablespace as tablespaces on tablespaces.oid = databases.dattablespace
where databases.datname = current_database();

-- name: list_roles(names)
-- What these roles may do on the whole server.
select
    'pg_authid'::regclass::oid as class,
    roles.oid as id,
    'role' as kind,
    quote_ident(roles.rolname) as name,
    roles.rolcanlogin as login,
    nullif(roles.rolsuper, false) as superuser,
    nullif(roles.rolcreatedb, false) as create_databases,
    nullif(roles.rolcreaterole, false) as create_roles,
    nullif(roles.rolreplication, false) as replication,
    nullif(roles.rolbypassrls, false) as bypass_row_security,
    nullif(roles.rolinherit, true) as inherit,
    nullif(roles.rolconnlimit, -1) as connection_limit,
    roles.rolvaliduntil::text as valid_until,
    array(
        select concat_ws(
            ' ',
            quote_ident(pg_get_userbyid(roleid)),
            case when admin_option then 'with admin option' end,
            case when not (options ->> 'inherit_option')::boolean then 'without inherit' end,
            case when not (options ->> 'set_option')::boolean then 'without set' end
        )
        from pg_auth_members
        cross join to_jsonb(pg_auth_members) as options
        where member = roles.oid
        order by 1
    ) as member_of,
    array(
        select unnest(setconfig)
        from pg_db_role_setting
        where setrole = roles.oid and setdatabase = 0
        order by 1
    ) as settings
from pg_roles as roles
where roles.rolname = any(:names::text[]);

-- name: list_schemas()
select
    spaces.tableoid as class,
    spaces.oid as id,
    'schema' as kind,
    quote_ident(spaces.nspname) as name,
    spaces.nspname as schema,
    pg_get_userbyid(spaces.nspowner) as owner
from pg_namespace as spaces
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_extensions()
select
    extensions.tableoid as class,
    extensions.oid as id,
    'extension' as kind,
    quote_ident(extensions.extname) as name,
    pg_get_userbyid(extensions.extowner) as owner,
    spaces.nspname as in_schema,
    extensions.extversion as version
from pg_extension as extensions
join pg_namespace as spaces on spaces.oid = extensions.extnamespace;

-- name: list_default_privileges()
select
    defaults.tableoid as class,
    defaults.oid as id,
    'default privileges' as kind,
    concat_ws(
        ' ',
        'for role',
        quote_ident(pg_get_userbyid(defaults.defaclrole)),
        'in schema ' || quote_ident(spaces.nspname),
        case defaults.defaclobjtype
            when 'r' then 'on tables'
            when 'S' then 'on sequences'
            when 'f' then 'on functions'
            when 'T' then 'on types'
            when 'n' then 'on schemas'
            else 'on large objects'
        end
    ) as name,
    spaces.nspname as schema
from pg_default_acl as defaults
left join pg_namespace as spaces on spaces.oid = defaults.defaclnamespace;

-- name: list_hidden()
-- What is nobody's to change: members of extensions, and the tables that remember what was
-- applied.
select
    classid as class,
    objid as id
from pg_depend
where deptype = 'e'
union all
select
    tableoid as class,
    oid as id
from pg_class
where relname ~ '^(_yoyo_|yoyo_lock$|_sqlwright_)' and relkind = 'r';

-- name: list_comments()
select
    classoid as class,
    objoid as id,
    objsubid as part,
    description as comment
from pg_description
where objoid >= 16384 or classoid in ('pg_namespace'::regclass, 'pg_extension'::regclass)
union all
select
    classoid as class,
    objoid as id,
    0 as part,
    description as comment
from pg_shdescription;

-- name: list_dependencies()
-- Extensions that the object is dropped with, as `alter … depends on extension` says.
select
    classid as class,
    objid as id,
    objsubid as part,
    array_agg(quote_ident(extname) order by extname) as depends_on
from pg_depend
join pg_extension on pg_extension.tableoid = refclassid and pg_extension.oid = refobjid
where deptype = 'x'
group by classid, objid, objsubid;

-- name: list_labels()
select
    class,
    id,
    part,
    array_agg(provider || ': ' || label order by provider) as security_labels
from (
    select classoid as class, objoid as id, objsubid as part, provider, label
    from pg_seclabel
    union all
    select classoid, objoid, 0, provider, label
    from pg_shseclabel
) as found
group by class, id, part;

-- name: list_grants()
-- Who may do what, a line for each role. What was never granted or revoked is as PostgreSQL has it
-- by itself; what an owner may do is told where it is not everything. On tables `all` is written
-- so, since what there is to grant grows with the versions.
with access as (
    select
        tableoid as class,
        oid as id,
        0 as part,
        relowner as owner,
        case relkind when 'S' then 's' else 'r' end::"char" as kind,
        relacl as acl
    from pg_class
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and oid >= 16384
    union all
    select classes.tableoid, attrelid, attnum, relowner, 'c', attacl
    from pg_attribute
    join pg_class as classes on classes.oid = attrelid
    where attacl is not null and attrelid >= 16384
    union all
    select tableoid, oid, 0, proowner, 'f', proacl from pg_proc where oid >= 16384
    union all
    select types.tableoid, types.oid, 0, typowner, 'T', typacl
    from pg_type as types
    left join pg_class as classes on classes.oid = types.typrelid
    where types.oid >= 16384
        and typtype in ('b', 'c', 'd', 'e', 'r')
        and coalesce(relkind, 'c') = 'c'
        and not exists (select from pg_type as elements where elements.typarray = types.oid)
    union all
    select tableoid, oid, 0, nspowner, 'n', nspacl from pg_namespace
    union all
    select tableoid, oid, 0, lanowner, 'l', lanacl from pg_language where oid >= 16384
    union all
    select tableoid, oid, 0, fdwowner, 'F', fdwacl from pg_foreign_data_wrapper
    union all
    select tableoid, oid, 0, srvowner, 'S', srvacl from pg_foreign_server
    union all
    select tableoid, oid, 0, datdba, 'd', datacl
    from pg_database
    where datname = current_database()
    union all
    select
        tableoid,
        oid,
        0,
        defaclrole,
        case defaclobjtype when 'S' then 's' else defaclobjtype end,
        defaclacl
    from pg_default_acl
),
lists as (
    select
        class,
        id,
        part,
        owner,
        kind,
        coalesce(acl, acldefault(kind, owner))::text as acl,
        -- What an owner has by itself; what is given in one schema comes on top of that.
        case
            when exists (
                select
                from pg_default_acl
                where tableoid = class and oid = id and defaclnamespace <> 0
            ) then 0
            else (
                select count(*) from aclexplode(acldefault(kind, owner)) where grantee = owner
            )
        end as own
    from access
),
-- A list is written out once, however many objects have it.
granted as (
    select
        owner,
        kind,
        acl,
        own,
        items.grantee,
        items.grantor,
        items.is_grantable,
        count(items.grantee) as number,
        string_agg(lower(items.privilege_type), ', ' order by items.privilege_type) as privileges
    from (select distinct owner, kind, acl, own from lists) as different
    left join aclexplode(nullif(acl, '{}')::aclitem[]) as items on true
    group by owner, kind, acl, own, items.grantee, items.grantor, items.is_grantable
),
lines as (
    select
        owner,
        kind,
        acl,
        own,
        format(
            '%s: %s%s%s',
            case grantee
                when owner then 'the owner' when 0 then 'public'
                else quote_ident(pg_get_userbyid(grantee))
            end,
            case
                when kind = 'r'
                    and number = (select count(*) from aclexplode(acldefault('r', owner)))
                    then 'all'
                else privileges
            end,
            case when is_grantable then ' with grant option' end,
            case when grantor <> owner then ' by ' || quote_ident(pg_get_userbyid(grantor)) end
        ) as line
    from granted
    where number > 0 and not (grantee = owner and not is_grantable and number = own)
    union all
    select owner, kind, acl, own, 'the owner: nothing'
    from granted
    where own > 0
    group by owner, kind, acl, own
    having bool_and(grantee is distinct from owner)
),
written as (
    select owner, kind, acl, own, array_agg(line order by line) as grants
    from lines
    group by owner, kind, acl, own
)
select
    lists.class,
    lists.id,
    lists.part,
    written.grants
from lists
join written using (owner, kind, acl, own);
