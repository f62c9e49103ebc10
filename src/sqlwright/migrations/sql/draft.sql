-- What pg_catalog knows besides a snapshot: what depends on what, and where tables are stored.

-- name: list_dependencies()
-- What can't be without what, by their addresses.
select classid, objid, objsubid, refclassid, refobjid, refobjsubid
from pg_catalog.pg_depend
where deptype in ('n', 'a', 'i', 'P', 'S')
    and (refobjid >= 16384 or refclassid = 'pg_catalog.pg_namespace'::regclass);

-- name: list_stand_ins()
-- What is no object of its own, and the address of the one that it is part of: a view's rule, the
-- row type of a table, the array of a type, the multirange of a range.
select 'pg_catalog.pg_rewrite'::regclass::oid, oid, 'pg_catalog.pg_class'::regclass::oid, ev_class
from pg_catalog.pg_rewrite
where rulename = '_RETURN'
union all
select 'pg_catalog.pg_type'::regclass, types.oid, 'pg_catalog.pg_class'::regclass, types.typrelid
from pg_catalog.pg_type as types
join pg_catalog.pg_class as classes on classes.oid = types.typrelid
where classes.relkind <> 'c'
union all
select 'pg_catalog.pg_class'::regclass, types.typrelid, 'pg_catalog.pg_type'::regclass, types.oid
from pg_catalog.pg_type as types
join pg_catalog.pg_class as classes on classes.oid = types.typrelid
where classes.relkind = 'c'
union all
select 'pg_catalog.pg_type'::regclass, typarray, 'pg_catalog.pg_type'::regclass, oid
from pg_catalog.pg_type
where typarray >= 16384
union all
select 'pg_catalog.pg_type'::regclass, rngmultitypid, 'pg_catalog.pg_type'::regclass, rngtypid
from pg_catalog.pg_range
where rngmultitypid >= 16384;

-- name: list_defaults()
-- Defaults and the expressions of generated columns, and the columns that they belong to.
select tableoid, oid, adrelid, adnum
from pg_catalog.pg_attrdef;

-- name: list_storage()
-- Where the rows of each table are: another place after a statement means that it rewrote them.
select oid, pg_catalog.pg_relation_filenode(oid)
from pg_catalog.pg_class
where relkind in ('r', 'm') and oid >= 16384;
