-- What the shop holds and what its books say: equal rows after a crash and without one.
select 'relation' as what, concat_ws(' ', relkind, oid::regclass) as name
from pg_class
where relnamespace = to_regnamespace('shop') or relnamespace = 'public'::regnamespace
union all
select 'column', concat_ws(' ', attrelid::regclass, attname, atttypid::regtype, attnotnull)
from pg_attribute
join pg_class on pg_class.oid = attrelid
where relnamespace = to_regnamespace('shop') and attnum > 0
union all
select 'index', concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, indislive)
from pg_index
join pg_class on pg_class.oid = indexrelid
where relnamespace = to_regnamespace('shop')
union all
select 'function', pg_get_functiondef(oid)
from pg_proc
where pronamespace = to_regnamespace('shop')
union all
select 'applied', concat_ws(' ', migration_id, checksum)
from _yoyo_migration
join _sqlwright_checksum using (migration_hash, applied_at_utc)
union all
select 'log', concat_ws(' ', operation, migration_id)
from _yoyo_log
union all
select 'lock', pid::text
from yoyo_lock
union all
select 'started', concat_ws(' ', operation, migration_id)
from _sqlwright_started
order by what, name;
