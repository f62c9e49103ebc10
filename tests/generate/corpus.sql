-- Queries made to trap whoever calls a column not null by the look of it. Those that are called so
-- are run on empty, sparse and hostile rows, and must not give a null.

-- name: plain()
select id, name, note, kind, mood, share, tags, span, document from trap.parents;

-- name: left_join()
select parents.id, children.amount
from trap.parents left join trap.children on children.parent_id = parents.id;

-- name: left_join_turned_inner()
select parents.id, children.amount
from trap.parents left join trap.children on children.parent_id = parents.id
where children.id > 0;

-- name: right_join()
select parents.id, children.id as child_id
from trap.children right join trap.parents on children.parent_id = parents.id;

-- name: full_join()
select parents.id, children.id as child_id
from trap.children full join trap.parents on children.parent_id = parents.id + 1;

-- name: natural_left_join()
select left_one.id, right_one.name
from trap.parents as left_one natural left join (select id, name from trap.parents where id > 1)
    as right_one;

-- name: join_using()
select id, children.amount from trap.parents join trap.children using (id);

-- name: left_join_using()
select id, children.amount from trap.parents left join trap.children using (id);

-- name: comma_and_lateral()
select parents.id, newest.amount
from trap.parents, lateral (
    select amount from trap.children where parent_id = parents.id order by id limit 1
) as newest;

-- name: left_join_lateral()
select parents.id, newest.amount
from trap.parents left join lateral (
    select amount from trap.children where parent_id = parents.id order by id limit 1
) as newest on true;

-- name: aggregates_of_nothing()
select
    count(*) as every,
    count(note) as noted,
    max(id) as highest,
    sum(id) as total,
    array_agg(name) as names,
    string_agg(name, ',') as joined,
    bool_and(id > 0) as positive,
    jsonb_agg(name) as listed,
    count(*) filter (where id > 1000) as many
from trap.parents;

-- name: grouped()
select kind, count(*) as every, max(id) as highest, min(note) as note
from trap.parents group by kind;

-- name: rollup()
select kind, name, count(*) as every from trap.parents group by rollup (kind, name);

-- name: cube()
select kind, count(*) as every from trap.parents group by cube (kind);

-- name: grouping_sets()
select kind, id from trap.parents group by grouping sets ((kind), (id));

-- name: grouping_sets_within()
select totals.kind from (
    select kind from trap.parents group by grouping sets ((kind), ())
) as totals;

-- name: union_of_nulls()
select id from trap.parents union all select null;

-- name: union_within()
select both_ids.id from (select id from trap.parents union select rank from trap.children)
    as both_ids;

-- name: except_all()
select rank from trap.children except select id from trap.parents;

-- name: scalar_subquery()
select
    id,
    (select amount from trap.children where parent_id = parents.id order by id limit 1) as amount,
    (select count(*) from trap.children where parent_id = parents.id) as children,
    array(select amount from trap.children where parent_id = parents.id) as amounts,
    exists (select from trap.children where parent_id = parents.id) as has_children
from trap.parents;

-- name: from_view()
select id, name, amount from trap.overview;

-- name: from_cte()
with wanted as (
    select parents.id, children.amount
    from trap.parents left join trap.children on children.parent_id = parents.id
)
select id, amount from wanted;

-- name: from_plain_cte()
with wanted as (select id, name from trap.parents) select id, name from wanted;

-- name: recursive()
with recursive numbers (n) as (
    select id from trap.parents union all select trap.maybe(n) from numbers where n is not null
)
select n from numbers limit 20;

-- name: from_function()
select id, name from trap.some(0);

-- name: functions()
select trap.maybe(id) as maybe, nullif(id, 1) as other, id + 1 as more, -id as less
from trap.parents;

-- name: windows()
select
    row_number() over (order by id) as place,
    lag(id) over (order by id) as before,
    first_value(id) over (order by id rows between 2 preceding and 1 preceding) as first,
    sum(id) over (order by id rows between 2 preceding and 1 preceding) as total
from trap.parents;

-- name: cases()
select
    case when id > 1 then name end as without_else,
    case when id > 1 then 'high' else 'low' end as certain,
    case when id > 1 then 'high' else null end as with_null
from trap.parents;

-- name: coalesced()
select
    coalesce(note, 'none') as certain,
    coalesce(note, note) as uncertain,
    coalesce(null, note) as still_uncertain,
    concat(note, null) as joined,
    greatest(note, note) as greatest
from trap.parents;

-- name: elements()
select
    tags[1] as tag,
    document -> 'missing' as part,
    document ->> 'missing' as text,
    lower(span) as lower,
    document #>> '{a,b}' as deep,
    unnest(tags) as each_tag
from trap.parents;

-- name: json_nulls()
select
    ('null'::jsonb)::text as text,
    jsonb_build_object('a', note) as object,
    to_jsonb(note) as json,
    jsonb_build_array(null) as array
from trap.parents;

-- name: literals()
select 1 as one, 'x' as text, null as nothing, null::int as no_number, true as yes, now() as moment;

-- name: tests()
select note is null as is_null, note = 'x' as equal, note is distinct from 'x' as different,
    (note = 'x') is true as surely
from trap.parents;

-- name: tablesample_and_cross_join()
select parents.id, children.rank from trap.parents cross join trap.children;

-- name: semi_join()
select id, name from trap.parents
where exists (
    select from trap.children left join trap.parents as others on others.id = children.rank
    where children.parent_id = parents.id
);

-- name: values_list()
select listed.a, listed.b from (values (1, 2), (null, 3)) as listed (a, b);

-- name: series_left_join()
select days.n, parents.name
from generate_series(1, 3) as days (n) left join trap.parents on parents.id = days.n;

-- name: whole_row()
select parents as parent from trap.children left join trap.parents on parents.id = children.rank;

-- name: having_nothing()
select count(*) as every from trap.parents having count(*) > 1000;
