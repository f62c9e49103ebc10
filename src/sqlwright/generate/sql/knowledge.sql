-- What the proof of not-null asks of pg_catalog, besides columns and types.

-- name: list_functions()
-- Each function that a null argument makes null, or whose calls may differ.
select
    functions.oid::pg_catalog.int8 as id,
    functions.proisstrict as is_strict,
    functions.provolatile = 'v' as is_volatile
from pg_catalog.pg_proc as functions
where functions.proisstrict
    or functions.provolatile = 'v';

-- name: list_operators()
-- Each operator and its function.
select
    operators.oid::pg_catalog.int8 as id,
    operators.oprcode::pg_catalog.oid::pg_catalog.int8 as function_id
from pg_catalog.pg_operator as operators
where operators.oprcode <> 0;

-- name: list_kept_tables()
-- Tables that keep what they are given: no trigger may put another value in its place.
select tables.oid::pg_catalog.int8 as id
from pg_catalog.pg_class as tables
where tables.relkind = 'r'
    and not tables.relhassubclass
    and not tables.relispartition
    and not exists (
        select
        from pg_catalog.pg_trigger as triggers
        where triggers.tgrelid = tables.oid
            and triggers.tgtype & 3 = 3  -- before, and for each row
    );
