-- name: list_array_types(types)
-- The array type of each of these types, in their order; 0 where a type has none.
select pg_type.typarray
from unnest(:types::oid[]) with ordinality as wanted (type, place)
join pg_type on pg_type.oid = wanted.type
order by wanted.place;
