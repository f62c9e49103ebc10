-- Queries made to trap whoever calls a column not null by the look of it, and whoever calls too
-- little so. Each says which of its columns are certain, and since which PostgreSQL it can be run;
-- they are run on empty, sparse and hostile rows, and those must not give a null.

-- name: plain()
-- certain: id name kind mood share tags span document
select id, name, note, kind, mood, share, tags, span, document from trap.parents;

-- name: left_join()
-- certain: id
select parents.id, children.amount
from trap.parents left join trap.children on children.parent_id = parents.id;

-- name: left_join_turned_inner()
-- certain: id amount
select parents.id, children.amount
from trap.parents left join trap.children on children.parent_id = parents.id
where children.id > 0;

-- name: right_join()
-- certain: id
select parents.id, children.id as child_id
from trap.children right join trap.parents on children.parent_id = parents.id;

-- name: full_join()
-- certain: nothing
select parents.id, children.id as child_id
from trap.children full join trap.parents on children.parent_id = parents.id + 1;

-- name: natural_left_join()
-- certain: id
select left_one.id, right_one.name
from trap.parents as left_one natural left join (select id, name from trap.parents where id > 1)
    as right_one;

-- name: join_using()
-- certain: id amount
select id, children.amount from trap.parents join trap.children using (id);

-- name: left_join_using()
-- certain: id
select id, children.amount from trap.parents left join trap.children using (id);

-- name: comma_and_lateral()
-- certain: id amount
select parents.id, newest.amount
from trap.parents, lateral (
    select amount from trap.children where parent_id = parents.id order by id limit 1
) as newest;

-- name: left_join_lateral()
-- certain: id
select parents.id, newest.amount
from trap.parents left join lateral (
    select amount from trap.children where parent_id = parents.id order by id limit 1
) as newest on true;

-- name: aggregates_of_nothing()
-- certain: every noted many
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
-- certain: kind every highest
select kind, count(*) as every, max(id) as highest, min(note) as note
from trap.parents group by kind;

-- name: rollup()
-- certain: every
select kind, name, count(*) as every from trap.parents group by rollup (kind, name);

-- name: cube()
-- certain: every
select kind, count(*) as every from trap.parents group by cube (kind);

-- name: grouping_sets()
-- certain: nothing
select kind, id from trap.parents group by grouping sets ((kind), (id));

-- name: grouping_sets_within()
-- certain: nothing
select totals.kind from (
    select kind from trap.parents group by grouping sets ((kind), ())
) as totals;

-- name: union_of_nulls()
-- certain: nothing
select id from trap.parents union all select null;

-- name: union_within()
-- certain: nothing
select both_ids.id from (select id from trap.parents union select rank from trap.children)
    as both_ids;

-- name: except_all()
-- certain: nothing
select rank from trap.children except select id from trap.parents;

-- name: scalar_subquery()
-- certain: id children amounts has_children
select
    id,
    (select amount from trap.children where parent_id = parents.id order by id limit 1) as amount,
    (select count(*) from trap.children where parent_id = parents.id) as children,
    array(select amount from trap.children where parent_id = parents.id) as amounts,
    exists (select from trap.children where parent_id = parents.id) as has_children
from trap.parents;

-- name: from_view()
-- certain: id name
select id, name, amount from trap.overview;

-- name: from_cte()
-- certain: id
with wanted as (
    select parents.id, children.amount
    from trap.parents left join trap.children on children.parent_id = parents.id
)
select id, amount from wanted;

-- name: from_plain_cte()
-- certain: id name
with wanted as (select id, name from trap.parents) select id, name from wanted;

-- name: recursive()
-- certain: nothing
with recursive numbers (n) as (
    select id from trap.parents union all select trap.maybe(n) from numbers where n is not null
)
select n from numbers limit 20;

-- name: from_function()
-- certain: nothing
select id, name from trap.some(0);

-- name: functions()
-- certain: more less
select trap.maybe(id) as maybe, nullif(id, 1) as other, id + 1 as more, -id as less
from trap.parents;

-- name: windows()
-- certain: place
select
    row_number() over (order by id) as place,
    lag(id) over (order by id) as before,
    first_value(id) over (order by id rows between 2 preceding and 1 preceding) as first,
    sum(id) over (order by id rows between 2 preceding and 1 preceding) as total
from trap.parents;

-- name: cases()
-- certain: certain
select
    case when id > 1 then name end as without_else,
    case when id > 1 then 'high' else 'low' end as certain,
    case when id > 1 then 'high' else null end as with_null
from trap.parents;

-- name: coalesced()
-- certain: certain joined
select
    coalesce(note, 'none') as certain,
    coalesce(note, note) as uncertain,
    coalesce(null, note) as still_uncertain,
    concat(note, null) as joined,
    greatest(note, note) as greatest
from trap.parents;

-- name: elements()
-- certain: nothing
select
    tags[1] as tag,
    document -> 'missing' as part,
    document ->> 'missing' as text,
    lower(span) as lower,
    document #>> '{a,b}' as deep,
    unnest(tags) as each_tag
from trap.parents;

-- name: json_nulls()
-- certain: text object array
select
    ('null'::jsonb)::text as text,
    jsonb_build_object('a', note) as object,
    to_jsonb(note) as json,
    jsonb_build_array(null) as array
from trap.parents;

-- name: literals()
-- certain: one text yes moment
select 1 as one, 'x' as text, null as nothing, null::int as no_number, true as yes, now() as moment;

-- name: tests()
-- certain: is_null different surely
select note is null as is_null, note = 'x' as equal, note is distinct from 'x' as different,
    (note = 'x') is true as surely
from trap.parents;

-- name: tablesample_and_cross_join()
-- certain: id
select parents.id, children.rank from trap.parents cross join trap.children;

-- name: semi_join()
-- certain: id name
select id, name from trap.parents
where exists (
    select from trap.children left join trap.parents as others on others.id = children.rank
    where children.parent_id = parents.id
);

-- name: values_list()
-- certain: b
select listed.a, listed.b from (values (1, 2), (null, 3)) as listed (a, b);

-- name: series_left_join()
-- certain: n
select days.n, parents.name
from generate_series(1, 3) as days (n) left join trap.parents on parents.id = days.n;

-- name: whole_row()
-- certain: nothing
select parents as parent from trap.children left join trap.parents on parents.id = children.rank;

-- name: having_nothing()
-- certain: every
select count(*) as every from trap.parents having count(*) > 1000;

-- name: where_is_not_null()
-- certain: id note
select id, note from trap.parents where note is not null;

-- name: where_equal(text)
-- certain: id note
select id, note from trap.parents where note = :text;

-- name: where_in()
-- certain: id note
select id, note from trap.parents where note in ('a', 'b');

-- name: where_any(texts)
-- certain: id note
select id, note from trap.parents where note = any(:texts);

-- name: where_all(texts)
-- certain: id
select id, note from trap.parents where note <> all(:texts);

-- name: where_not_in()
-- certain: id
select id, note from trap.parents where note not in ('x', 'y');

-- name: where_in_subquery()
-- certain: id note
select id, note from trap.parents where note in (select body from trap.notes);

-- name: where_not_in_subquery()
-- certain: id
select id, note from trap.parents where note not in (select body from trap.notes where id < 0);

-- name: where_or()
-- certain: id
select id, body, total from trap.notes where body = 'x' or total > 1;

-- name: where_or_of_the_same()
-- certain: id body
select id, body, total from trap.notes where body = 'x' or (body = 'y' and total > 1);

-- name: where_not_or()
-- certain: id body total
select id, body, total from trap.notes where not (body = 'x' or total > 1);

-- name: where_not_and()
-- certain: id
select id, body, total from trap.notes where not (body = 'x' and total > 1);

-- name: where_not_is_null()
-- certain: id body
select id, body from trap.notes where not (body is null);

-- name: where_is_true()
-- certain: id body
select id, body, total from trap.notes where (body = 'x') is true and (total = 0) is not true;

-- name: where_is_not_unknown()
-- certain: id body
select id, body, total from trap.notes
where (body = 'x') is not unknown and (total > 0) is unknown;

-- name: where_is_not_distinct()
-- certain: id
select id, body from trap.notes where body is not distinct from null;

-- name: where_distinct()
-- certain: id
select id, body from trap.notes where body is distinct from 'x';

-- name: where_coalesce()
-- certain: id
select id, body from trap.notes where coalesce(body, 'x') = 'x';

-- name: where_strict_function()
-- certain: id body
select id, body from trap.notes where length(body) >= 0;

-- name: where_own_strict_function()
-- certain: parent_id
select parent_id, trap.strictly(parent_id) as again from trap.notes
where trap.strictly(parent_id) > 1;

-- name: where_own_function()
-- certain: nothing
select parent_id from trap.notes where trap.maybe(coalesce(parent_id, 2)) = 2;

-- name: where_expression_is_not_null()
-- certain: a
select document ->> 'a' as a, document ->> 'b' as b from trap.notes
where document ->> 'a' is not null;

-- name: where_volatile_expression()
-- certain: nothing
select nullif(random() < 0.5, true) as a from trap.parents
where nullif(random() < 0.5, true) is not null;

-- name: where_row_compared(text)
-- certain: parent_id
select parent_id, body from trap.notes where (parent_id, body) < (5, :text);

-- name: where_row_equal(text)
-- certain: parent_id body
select parent_id, body from trap.notes where (parent_id, body) = (1, :text);

-- name: where_exists_of_column()
-- certain: id
select id, body from trap.notes where exists (select 1 where notes.body is null);

-- name: where_case()
-- certain: id
select id, body from trap.notes where case when body is null then true else body = 'x' end;

-- name: where_array_overlaps()
-- certain: id tags
select id, tags from trap.notes where tags && array['x'];

-- name: where_json_contains()
-- certain: id document
select id, document from trap.notes where document @> '{}';

-- name: where_between()
-- certain: id total
select id, total, done_at from trap.notes where total between 0 and 10;

-- name: where_like()
-- certain: id body
select id, body from trap.notes where body like '%x%';

-- name: where_cast()
-- certain: id total
select id, total from trap.notes where total::text <> 'y';

-- name: left_join_kept_by_where()
-- certain: id note_id body made_at
select p.id, n.id as note_id, n.body, n.made_at
from trap.parents as p left join trap.notes as n on n.parent_id = p.id
where n.body = 'x';

-- name: left_join_kept_by_not_null()
-- certain: id parent_id
select p.id, n.parent_id, n.body from trap.parents as p
left join trap.notes as n on n.parent_id = p.id where n.id is not null;

-- name: left_join_condition_alone()
-- certain: id
select p.id, n.id as note_id, n.parent_id from trap.parents as p
left join trap.notes as n on n.parent_id = p.id and n.body is not null;

-- name: left_join_in_left_join()
-- certain: id child_id note_id
select p.id, c.id as child_id, n.id as note_id from trap.parents as p
left join (trap.children as c left join trap.notes as n on n.parent_id = c.parent_id)
    on c.parent_id = p.id
where n.id > 0;

-- name: left_join_in_left_join_outer_kept()
-- certain: id child_id
select p.id, c.id as child_id, n.id as note_id from trap.parents as p
left join (trap.children as c left join trap.notes as n on n.parent_id = c.parent_id)
    on c.parent_id = p.id
where c.id > 0;

-- name: left_join_then_inner()
-- certain: id child_id note_id parent_id
select p.id, c.id as child_id, n.id as note_id, n.parent_id from trap.parents as p
left join trap.children as c on c.parent_id = p.id
join trap.notes as n on n.parent_id = c.id;

-- name: inner_in_left_join()
-- certain: id
select p.id, c.id as child_id, n.id as note_id, n.parent_id from trap.parents as p
left join (trap.children as c join trap.notes as n on n.parent_id = c.parent_id)
    on c.parent_id = p.id;

-- name: left_join_or()
-- certain: id
select p.id, c.id as child_id, n.id as note_id from trap.parents as p
left join trap.children as c on c.parent_id = p.id
left join trap.notes as n on n.parent_id = p.id
where c.id > 0 or n.id > 0;

-- name: left_join_on_false()
-- certain: id
select p.id, c.id as child_id from trap.parents as p left join trap.children as c on false;

-- name: anti_join()
-- certain: id
select p.id, c.id as child_id from trap.parents as p
left join trap.children as c on c.parent_id = p.id where c.id is null;

-- name: right_join_kept()
-- certain: id parent_id
select c.id, p.id as parent_id, p.note from trap.children as c
right join trap.parents as p on p.id = c.parent_id where c.amount > 0;

-- name: full_join_one_side()
-- certain: id
select p.id, c.id as child_id from trap.parents as p
full join trap.children as c on c.parent_id = p.id where p.id > 0;

-- name: full_join_both_sides()
-- certain: id child_id
select p.id, c.id as child_id from trap.parents as p
full join trap.children as c on c.parent_id = p.id where p.id > 0 and c.id > 0;

-- name: full_join_using()
-- certain: id
select id, p.name, c.amount from trap.parents as p full join trap.children as c using (id);

-- name: full_join_coalesced()
-- certain: id
select coalesce(p.id, c.parent_id) as id, coalesce(p.note, c.amount::text) as other
from trap.parents as p full join trap.children as c on c.parent_id = p.id;

-- name: full_join_in_left_join()
-- certain: id
select n.id, coalesce(p.id, c.parent_id) as one_of_them from trap.notes as n
left join (trap.parents as p full join trap.children as c on c.parent_id = p.id) on p.id = n.id;

-- name: full_join_using_in_left_join()
-- certain: id
select n.id, both_sides.id as one_of_them from trap.notes as n
left join (trap.parents as p full join trap.children as c using (id)) as both_sides
    on both_sides.id = n.id;

-- name: full_join_of_three()
-- certain: id
select id, p.name from trap.parents as p full join trap.children as c using (id)
full join trap.notes as n using (id);

-- name: left_join_of_view()
-- certain: id
select p.id, v.id as body_id, v.body from trap.parents as p
left join trap.bodies as v on v.id = p.id;

-- name: view_with_condition()
-- certain: id body
select id, body from trap.bodies;

-- name: view_of_groups()
-- certain: kind every last
select kind, every, last from trap.counted;

-- name: left_join_of_literal()
-- certain: id
select p.id, c.one, c.id as child_id from trap.parents as p
left join (select 1 as one, id, parent_id from trap.children) as c on c.parent_id = p.id;

-- name: left_join_of_coalesce()
-- certain: id
select p.id, c.body from trap.parents as p
left join (select coalesce(body, '') as body, parent_id from trap.notes) as c
    on c.parent_id = p.id;

-- name: left_join_lateral_aggregate()
-- certain: id every
select p.id, c.every, c.most from trap.parents as p
left join lateral (
    select count(*) as every, max(amount) as most from trap.children where parent_id = p.id
) as c on true;

-- name: cross_join_lateral_aggregate()
-- certain: id every
select p.id, c.every, c.most from trap.parents as p
cross join lateral (
    select count(*) as every, max(amount) as most from trap.children where parent_id = p.id
) as c;

-- name: lateral_of_outer_column()
-- certain: id again
select p.id, c.again, c.note from trap.parents as p
cross join lateral (select p.id as again, p.note) as c;

-- name: lateral_of_outer_joined()
-- certain: id
select p.id, again.child_id from trap.parents as p
left join trap.children as c on c.parent_id = p.id
cross join lateral (select c.id as child_id) as again;

-- name: whole_rows()
-- certain: parent document
select p as parent, n as noted, to_jsonb(p) as document, to_jsonb(n) as other
from trap.parents as p left join trap.notes as n on n.parent_id = p.id;

-- name: scalar_aggregates()
-- certain: certain plain
select
    (select max(id) from trap.notes where parent_id = p.id) as last,
    (select coalesce(max(id), 0) from trap.notes where parent_id = p.id) as certain,
    (select count(*) from trap.notes having count(*) > 1) as with_having,
    (select count(*) from trap.notes group by parent_id limit 1) as grouped,
    (select count(*) from trap.notes limit 0) as limited,
    (select count(*) from trap.notes offset 1) as skipped,
    (select p.id) as plain,
    (select p.note) as plain_null,
    (select 1 where false) as with_condition
from trap.parents as p;

-- name: scalar_of_certain_rows()
-- certain: through combined
select (select one.n from (select count(*) as n from trap.notes) as one) as through,
    (select one.n from (select count(*) as n from trap.notes) as one where one.n > 0) as filtered,
    (select 1 union select 1) as combined,
    (select 1 intersect select 2) as intersected;

-- name: subquery_comparisons()
-- certain: among above outside there
select id in (select id from trap.notes) as among,
    id in (select parent_id from trap.notes) as maybe,
    note in (select 'x') as maybe_too, id > all (select id from trap.notes) as above,
    id not in (select id from trap.notes) as outside, exists (select 1 where false) as there
from trap.parents;

-- name: array_comparisons(texts)
-- certain: among outside
select name in ('a', 'b') as among, note in ('a', 'b') as maybe, name in ('a', null) as with_null,
    name = any(:texts) as given, name <> all (array['a', 'b']) as outside
from trap.parents;

-- name: arithmetic()
-- certain: more less product half cast_number cast_text size
select id + 1 as more, -id as less, id * amount as product, rank + 1 as maybe, amount / 2 as half,
    amount::float8 as cast_number, id::text as cast_text, abs(amount) as size
from trap.children;

-- name: texts()
-- certain: lower longer length part piece changed alike joined formatted q filled
select lower(name) as lower, name || 'x' as longer, note || 'x' as maybe, length(name) as length,
    substring(name from 1 for 2) as part, substring(name from 'b+') as matched,
    split_part(name, ',', 2) as piece, regexp_replace(name, 'a', 'b') as changed,
    name like 'a%' as alike, concat_ws(',', note, note) as joined, concat_ws(note, 'a') as by_null,
    format('%s', note) as formatted, format(note, 1) as by_null_format, quote_nullable(note) as q,
    coalesce(nullif(name, ''), '-') as filled, to_char(1, '') as number
from trap.parents;

-- name: moments()
-- certain: later age day start epoch local part today
-- since: 17
select made_at + interval '1 day' as later, now() - made_at as age, made_at::date as day,
    date_trunc('day', made_at) as start, extract(epoch from made_at) as epoch,
    extract(year from made_at) as year, made_at::time as clock, to_char(made_at, 'YYYY') as text,
    (made_at at time zone 'UTC')::date as local, extract(hour from made_at) as hour,
    date_part('epoch', made_at) as part, current_date as today, done_at - made_at as maybe
from trap.notes;

-- name: arrays()
-- certain: longer size joined holds one less
select tags || 'x'::text as longer, cardinality(tags) as size, array_length(tags, 1) as length,
    tags[1:2] as part, array_to_string(tags, ',') as joined, 'x' = any(tags) as has,
    tags @> array['x'] as holds, array_position(tags, 'x') as place, array[note] as one,
    array_remove(tags, 'x') as less, array_append(null::text[], note) as from_null
from trap.parents;

-- name: documents()
-- certain: joined holds has kind less text built name changed
select document || '{}' as joined, document @> '{}' as holds, document ? 'a' as has,
    jsonb_typeof(document) as kind, document -> 'a' as part, document - 'a' as less,
    jsonb_path_query_first(document, '$.a') as found, document::text as text,
    jsonb_build_object('a', note) as built, to_jsonb(name) as name, to_jsonb(note) as note,
    jsonb_set(document, '{a}', '1') as changed
from trap.parents where jsonb_typeof(document) = 'object';

-- name: ranges()
-- certain: endless nothing common all_of_it holds
select lower(span) as lower, upper_inf(span) as endless, isempty(span) as nothing,
    span * int4range(1, 5) as common, int4range(null, null) as all_of_it, span @> 1 as holds
from trap.parents;

-- name: values_of_session()
-- certain: who base session clock pid
select current_user as who, current_schema as schema, current_database() as base,
    session_user as session, current_setting('no.such', true) as setting, localtime as clock,
    inet_client_addr() as address, pg_backend_pid() as pid;

-- name: case_branches()
-- certain: certain by_order by_or simple_certain
select
    case when note is not null then note else '' end as certain,
    case when note is null then '' else note end as by_order,
    case when note is null then note else '' end as wrong_way,
    case when note = 'x' then note end as no_else,
    case when note = 'x' then note when true then note else '' end as later_branch,
    case when note is null or name = 'x' then '' else note end as by_or,
    case when note is null and name = 'x' then '' else note end as by_and,
    case when note <> 'x' then '' else note end as unknown_condition,
    case note when 'x' then note else '' end as simple,
    case name when 'x' then 1 else 2 end as simple_certain
from trap.parents;

-- name: case_over_windows()
-- certain: own
select
    case when rank is not null then first_value(rank) over (order by id) else 0 end as first,
    case when rank is not null then lag(rank, 1, 0) over (order by id) else 0 end as before,
    case when rank is not null then rank else 0 end as own
from trap.children;

-- name: booleans()
-- certain: either neither decided same row_is_null surely
select id > 1 and note = 'x' as both_hold, id > 1 or name = 'x' as either, not (id > 1) as neither,
    (note = 'x') is not true as decided, note is not distinct from 'x' as same,
    row(note, null) is null as row_is_null, coalesce(note = 'x', false) as surely
from trap.parents;

-- name: rows_and_composites()
-- certain: pair certain_field
select row(note, 1) as pair, (parents).note as field, (row(1, 2)).f1 as first,
    (parents).name as certain_field
from trap.parents;

-- name: greatest_and_least()
-- certain: most least
select greatest(id, null) as most, greatest(note, null) as maybe, least(note, name) as least,
    nullif(id, 1) as other
from trap.parents;

-- name: grouped_aggregates()
-- certain: kind most total mean notes documents names positive noted spread usual filled
select kind, max(id) as most, max(note) as maybe, sum(id) as total, avg(id) as mean,
    array_agg(note) as notes, jsonb_agg(note) as documents, string_agg(name, ',') as names,
    string_agg(note, ',') as some, bool_and(id > 0) as positive, stddev(id) as deviation,
    max(id) filter (where id > 5) as filtered, count(note) as noted, var_pop(id) as spread,
    mode() within group (order by id) as usual, max(coalesce(note, '')) as filled
from trap.parents group by kind;

-- name: grouped_with_where()
-- certain: kind note
select kind, max(note) as note from trap.parents where note is not null group by kind;

-- name: grouped_with_having()
-- certain: note kind
select note, max(note) as most, max(kind) as kind from trap.parents group by note
having note is not null;

-- name: grouped_having_aggregate()
-- certain: kind most
select kind, max(note) as most, min(note) as least from trap.parents group by kind
having max(note) > 'a';

-- name: grouped_by_nullable()
-- certain: every
select note, count(*) as every from trap.parents group by note;

-- name: grouped_by_expression()
-- certain: note name
select coalesce(note, '') as note, lower(name) as name from trap.parents
group by coalesce(note, ''), lower(name);

-- name: grouped_by_key()
-- certain: id name every
select id, name, note, count(*) as every from trap.parents group by id;

-- name: rollup_of_expressions()
-- certain: one every filled level
select coalesce(note, '') as note, lower(name) as name, 1 as one, max(id) as most,
    count(*) as every,
    coalesce(lower(name), '-') as filled, grouping(lower(name)) as level
from trap.parents group by rollup (coalesce(note, ''), lower(name));

-- name: rollup_with_having()
-- certain: kind every
select kind, name, count(*) as every from trap.parents group by rollup (kind, name)
having kind is not null;

-- name: rollup_beside_plain()
-- certain: kind
select kind, name from trap.parents group by kind, rollup (name);

-- name: rollup_of_constant()
-- certain: every
select 1 + 1 as two, count(*) as every from trap.parents group by rollup (1 + 1);

-- name: rollup_of_constant_with_having()
-- certain: kind
select 1 + 1 as two, (select 2) as also_two, kind from trap.parents
group by rollup (1 + 1, (select 2), kind)
having 1 + 1 is not null and (select 2) is not null and kind is not null;

-- name: rollup_of_lateral_constant_with_having()
-- certain: two every
select constant.two, count(*) as every from trap.parents cross join (select 2 as two) as constant
group by rollup (constant.two) having constant.two is not null;

-- name: empty_grouping_set()
-- certain: every
select max(id) as most, count(*) as every from trap.parents group by ();

-- name: distinct_on()
-- certain: kind name
select distinct on (kind) kind, name, note from trap.parents order by kind, id;

-- name: window_frames()
-- certain: all_of_them so_far rest filled last half noted place
select sum(id) over () as all_of_them, sum(id) over (order by id) as so_far,
    max(id) over (rows between current row and unbounded following) as rest,
    max(id) over (rows between 1 following and 2 following) as next,
    max(id) over (rows between unbounded preceding and unbounded following exclude current row)
        as others,
    lead(id) over (order by id) as following, lead(id, 1, 0) over (order by id) as filled,
    lag(id, 1, null) over (order by id) as unfilled, nth_value(id, 2) over (order by id) as second,
    last_value(id) over (order by id) as last, ntile(2) over (order by id) as half,
    count(note) over () as noted, sum(rank) over () as ranks,
    sum(id) filter (where id > 100) over () as some, rank() over (order by id) as place
from (select id, name as note, null::int as rank from trap.parents) as p;

-- name: window_with_where()
-- certain: most first
select max(note) over () as most, first_value(note) over () as first from trap.parents
where note is not null;

-- name: union_of_certain()
-- certain: id name
select id, name from trap.parents union all select id, 'x' from trap.children;

-- name: union_with_nullable_arm()
-- certain: id
select id, name from trap.parents union select id, body from trap.notes;

-- name: intersect_of_nullable()
-- certain: id body
select id, body from trap.notes intersect select id, name from trap.parents;

-- name: except_of_nullable()
-- certain: id name
select id, name from trap.parents except select id, body from trap.notes;

-- name: union_of_types()
-- certain: number
select id as number, 'x' as text from trap.parents union select amount, null from trap.children;

-- name: nested_set_operations()
-- certain: id
(select id from trap.parents union select id from trap.children)
except select parent_id from trap.notes;

-- name: union_in_subquery()
-- certain: id label
select both_arms.id, both_arms.label from (
    select id, name as label from trap.parents union all select id, kind from trap.parents
) as both_arms where both_arms.id > 0;

-- name: values_alone()
-- certain: column1
values (1, 'a'), (2, null);

-- name: values_with_cast()
-- certain: a b
select v.a, v.b, v.c from (values (1, 'x'::text, now()), (2, lower('Y'), null)) as v (a, b, c);

-- name: recursive_tree()
-- certain: id depth path
with recursive tree as (
    select id, parent_id, 0 as depth, array[id] as path from trap.notes where parent_id is null
    union all
    select n.id, n.parent_id, tree.depth + 1, tree.path || n.id
    from trap.notes as n join tree on n.parent_id = tree.id where tree.depth < 5
)
select id, parent_id, depth, path from tree;

-- name: recursive_that_loses()
-- certain: id depth
with recursive walk as (
    select id, name as label, 0 as depth from trap.parents
    union all
    select walk.id, n.body, walk.depth + 1 from walk
    left join trap.notes as n on n.id = walk.id where walk.depth < 3
)
select id, label, depth from walk;

-- name: recursive_that_swaps()
-- certain: n
with recursive walk (a, b, c, n) as (
    select 1, 2, null::int, 0 union all select c, a, b, n + 1 from walk where n < 5
)
select a, b, c, n from walk;

-- name: recursive_that_keeps()
-- certain: a b n
with recursive walk (a, b, n) as (
    select 1, 2, 0 union all select b, a, n + 1 from walk where n < 5
)
select a, b, n from walk;

-- name: recursive_with_search()
-- certain: id ordering is_cycle trail
with recursive tree as (
    select id, parent_id from trap.notes where parent_id is null
    union all
    select n.id, n.parent_id from trap.notes as n join tree on n.parent_id = tree.id
) search depth first by id set ordering cycle id set is_cycle using trail
select id, parent_id, ordering, is_cycle, trail from tree;

-- name: ctes_in_ctes()
-- certain: id again
with a as (select id, note from trap.parents),
b as (with a as (select id, rank from trap.children) select id, rank from a),
c as (select a.id, b.rank, a.note from a left join b on b.id = a.id)
select c.id, c.rank, c.note, a.id as again from c join a on a.id = c.id;

-- name: cte_with_same_name_outside()
-- certain: id
with a as (select null::int as id)
select x.id from (with a as (select id from trap.parents) select id from a) as x;

-- name: cte_that_writes()
-- certain: id body made_at
with added as (
    insert into trap.notes (body) values ('x') returning id, parent_id, body, made_at
)
select id, parent_id, body, made_at from added;

-- name: cte_that_deletes()
-- certain: id rank
with gone as (delete from trap.children where rank > 0 returning id, rank, parent_id)
select gone.id, gone.rank, p.note from gone left join trap.parents as p on p.id = gone.parent_id;

-- name: cte_joined_after_write()
-- certain: id
with touched as (update trap.parents set note = null where id > 0 returning id, note)
select touched.id, touched.note from touched;

-- name: series()
-- certain: n place
select s.n, s.place from generate_series(1, 3) with ordinality as s (n, place);

-- name: functions_side_by_side()
-- certain: place
select f.a, f.b, f.place
from rows from (generate_series(1, 3), generate_series(1, 2)) with ordinality as f (a, b, place);

-- name: unnested()
-- certain: id place
select p.id, u.tag, u.place from trap.parents as p
cross join lateral unnest(p.tags) with ordinality as u (tag, place);

-- name: json_elements()
-- certain: value name key held
select e.value, t.value as text, k.name, o.key, o.value as held, ot.value as held_text
from trap.parents as p,
    jsonb_array_elements('[1, null]'::jsonb) as e (value),
    jsonb_array_elements_text('[1, null]'::jsonb) as t (value),
    jsonb_object_keys('{"a": null}'::jsonb) as k (name),
    jsonb_each('{"a": null}'::jsonb) as o,
    jsonb_each_text('{"a": null}'::jsonb) as ot;

-- name: json_record()
-- certain: nothing
select r.a, r.b from jsonb_to_recordset('[{"a": 1}, {}]'::jsonb) as r (a int, b text);

-- name: json_table()
-- certain: nothing
-- since: 17
select t.place, t.a from json_table('[{"a": 1}, {}]'::jsonb, '$[*]'
    columns (place for ordinality, a int path '$.a')) as t;

-- name: scalar_function_in_from()
-- certain: n
select n.n, m.m, l.l from abs(1) as n (n), trap.maybe(1) as m (m), lower(null) as l (l);

-- name: set_returning_target()
-- certain: id
select id, generate_series(1, id) as n, unnest(tags) as tag from trap.parents where id < 10;

-- name: own_functions()
-- certain: no
select trap.strictly(id) as strictly, id operator(trap.===) 2 as unsure,
    trap.maybe(id) is null as no
from trap.parents;

-- name: own_operator_kept()
-- certain: nothing
select parent_id from trap.notes where parent_id operator(trap.===) 2 or parent_id is null;

-- name: inherited()
-- certain: id
select id, name from trap.heads;

-- name: only_inherited()
-- certain: id
select id, name from only trap.heads;

-- name: partitioned()
-- certain: id kind
select id, kind from trap.slices;

-- name: not_validated()
-- certain: nothing
select id, name from trap.old_rows;

-- name: domained()
-- certain: id
select id, value, value::int as number from trap.domained;

-- name: domain_cast()
-- certain: certain
select id::trap.certain as certain,
    (select id::trap.certain from trap.notes where false) as nothing
from trap.parents;

-- name: system_columns()
-- certain: tableoid ctid
select p.tableoid, p.ctid, n.tableoid as other from trap.parents as p
left join trap.notes as n on n.parent_id = p.id;

-- name: insert_returning(text)
-- certain: id made_at is_null
insert into trap.notes (body, document) values (:text, null)
returning id, body, document, parent_id, made_at, length, body is null as is_null;

-- name: insert_certain()
-- certain: id body total
insert into trap.notes (body, total, done_at) values ('x', 1, now()), ('y', 2, null)
returning id, body, total, done_at;

-- name: insert_select()
-- certain: body parent_id
insert into trap.notes (body, parent_id, total) select name, id, null from trap.parents
returning body, parent_id, total;

-- name: insert_or_update()
-- certain: id
insert into trap.notes (id, body) values (1, 'x')
on conflict (id) do update set body = null returning id, body;

-- name: insert_guarded()
-- certain: id seen
insert into trap.guarded (id, note) values (1, 'x') returning id, note, seen;

-- name: update_guarded()
-- certain: id seen
update trap.guarded set note = 'x' where note is null returning id, note, seen;

-- name: insert_by_rule()
-- certain: nothing
insert into trap.ruled (id) values (1) returning id;

-- name: insert_into_view()
-- certain: id body
insert into trap.bodies (body) values ('x') returning id, body;

-- name: insert_into_triggered_view()
-- certain: nothing
insert into trap.window_to_nowhere (id, name) values (1, 'x') returning id, name;

-- name: insert_old_and_new()
-- certain: new_id id
-- since: 18
insert into trap.notes (id, body) values (1, 'x'), (2, 'y')
on conflict (id) do update set body = 'z'
returning old.id as old_id, new.id as new_id, old.made_at as old_made_at, id;

-- name: update_returning()
-- certain: id made_at old_id
-- since: 18
update trap.notes set body = null where body is not null
returning id, body, old.body as old_body, new.made_at as made_at, old.id as old_id;

-- name: update_certain()
-- certain: id done_at total
update trap.notes set done_at = now(), total = coalesce(total, 0), body = body || 'x'
returning id, done_at, total, body;

-- name: update_from()
-- certain: id name child_id rank
update trap.notes set total = 1 from trap.parents as p
left join trap.children as c on c.parent_id = p.id
where p.id = notes.parent_id and c.rank > 0
returning notes.id, notes.parent_id, p.name, c.id as child_id, c.rank;

-- name: update_from_left_join()
-- certain: id name
update trap.notes set total = 1 from trap.parents as p
left join trap.children as c on c.parent_id = p.id where p.id > 0
returning notes.id, p.name, c.id as child_id;

-- name: delete_returning()
-- certain: id body old_id
-- since: 18
delete from trap.notes where body is not null
returning id, body, total, old.id as old_id, new.id as new_id;

-- name: delete_using()
-- certain: id note
delete from trap.children as c using trap.parents as p
where p.id = c.parent_id and p.note is not null returning c.id, p.note, c.rank;

-- name: merge_returning()
-- certain: action id parent_id
-- since: 18
merge into trap.children as c using trap.parents as p on p.id = c.parent_id
when matched and p.note is null then delete
when matched then update set rank = 1
when not matched then insert (id, parent_id, amount) values (p.id + 100, p.id, 0)
returning merge_action() as action, c.id, c.rank, p.id as parent_id, p.note, old.id as old_id,
    new.id as new_id;

-- name: merge_by_source()
-- certain: id
-- since: 17
merge into trap.children as c using trap.parents as p on p.id = c.id + 1000
when not matched by source then delete
when not matched by target then do nothing
returning c.id, p.id as parent_id;

-- name: merge_without_delete()
-- certain: id parent_id new_id old_id
-- since: 18
merge into trap.children as c using (select id, note from trap.parents) as p on p.id = c.parent_id
when matched then update set rank = null
returning c.id, c.rank, p.id as parent_id, new.id as new_id, old.id as old_id;

-- name: parameters(n, text, texts, maybe)
-- certain: n more text texts filled
select :n::int as n, :n::int + 1 as more, lower(:text) as text, :texts::text[] as texts,
    :maybe::text as maybe, coalesce(:maybe, 'x') as filled
from trap.parents where :maybe::text is null or note = :maybe;

-- name: parameter_elements(texts)
-- certain: place
select given.text, given.place from unnest(:texts::text[]) with ordinality as given (text, place);

-- name: locked()
-- certain: id body
select p.id, n.body from trap.parents as p join trap.notes as n on n.parent_id = p.id
where n.body is not null for update of n skip locked;

-- name: limited_subquery()
-- certain: id body
select p.id, newest.body from trap.parents as p
cross join (select body from trap.notes where body <> '' order by id desc limit 1) as newest;

-- name: casts_by_text()
-- certain: mood short number share back document failing
select mood::text as mood, name::varchar(3) as short, id::text::int as number, share + 1 as share,
    mood::text::trap.mood as back, document::text::jsonb as document, name::trap.mood as failing
from trap.parents where false;

-- name: cast_arrays()
-- certain: tags one name
select tags::varchar[] as tags, (array[note])::varchar[] as one, name::name as name
from trap.parents;

-- name: nested_outer_references()
-- certain: id certain list
select p.id,
    (select (select p.name || n.made_at::text) from (select now() as made_at) as n) as certain,
    (select (select p.note)) as maybe,
    array(select p.note) as list
from trap.parents as p;

-- name: outer_reference_to_nulled()
-- certain: id every
select p.id, (select c.id) as child_id, (select count(c.id)) as every
from trap.parents as p left join trap.children as c on c.parent_id = p.id group by p.id, c.id;

-- name: outer_reference_kept()
-- certain: id child_id list
select p.id, (select c.id) as child_id, array(select c.id) as list
from trap.parents as p left join trap.children as c on c.parent_id = p.id where c.rank is not null;
