-- Everything that a migration can make, as text: two databases with equal rows have equal catalogues.
-- PostgreSQL's own objects and those of the bookkeeping are left out.
with namespaces as (
    select oid, nspname, nspowner, nspacl
    from pg_catalog.pg_namespace
    where nspname not like 'pg\_%' and nspname <> 'information_schema'
),
classes as (
    select pg_class.*, namespaces.nspname
    from pg_catalog.pg_class
    join namespaces on namespaces.oid = pg_class.relnamespace
    where pg_class.relname not like '\_sqlwright%'
        and pg_class.relname not like '%yoyo%'
)
select 'schema' as kind, nspname as name, concat_ws(' ', nspowner::regrole, nspacl) as definition
from namespaces
union all
select
    'relation ' || relkind::text,
    oid::regclass::text,
    concat_ws(' ', relowner::regrole, relpersistence, reloptions, relacl, relreplident,
        relrowsecurity)
from classes
union all
select
    'column',
    classes.oid::regclass || '.' || attnum || '.' || attname,
    concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
        attstorage, attcollation::regcollation, attacl,
        pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid))
from pg_catalog.pg_attribute
join classes on classes.oid = attrelid and classes.relkind in ('r', 'v', 'm', 'p')
left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum
where attnum > 0 and not attisdropped
union all
select
    'constraint',
    concat_ws(' ', conrelid::regclass, contypid::regtype, conname),
    concat_ws(' ', pg_get_constraintdef(pg_constraint.oid), convalidated, condeferrable)
from pg_catalog.pg_constraint
join namespaces on namespaces.oid = connamespace
where conname not like '%yoyo%' and conname not like '%sqlwright%'
union all
select 'index', indexrelid::regclass::text, concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid)
from pg_catalog.pg_index
join classes on classes.oid = indexrelid
union all
select
    'trigger',
    tgrelid::regclass || '.' || tgname,
    concat_ws(' ', pg_get_triggerdef(pg_trigger.oid), tgenabled)
from pg_catalog.pg_trigger
join classes on classes.oid = tgrelid
where not tgisinternal
union all
select
    'function',
    pg_proc.oid::regprocedure::text,
    concat_ws(' ', pg_get_functiondef(pg_proc.oid), proowner::regrole, proacl)
from pg_catalog.pg_proc
join namespaces on namespaces.oid = pronamespace
where prokind <> 'a'
union all
select 'type', pg_type.oid::regtype::text, concat_ws(' ', typtype, typacl, typdefault)
from pg_catalog.pg_type
join namespaces on namespaces.oid = typnamespace
where typtype in ('d', 'e', 'r')
union all
select
    'comment',
    concat_ws(' ', classoid::regclass, pg_identify_object.identity),
    description
from pg_catalog.pg_description
cross join lateral pg_identify_object(classoid, objoid, objsubid)
where coalesce(pg_identify_object.schema, pg_identify_object.name) in (select nspname from namespaces)
    and pg_identify_object.identity not like '%yoyo%'
    and pg_identify_object.identity not like '%sqlwright%'
order by 1, 2, 3;
