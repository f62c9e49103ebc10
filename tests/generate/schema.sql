-- Tables that tempt a describer to call a column not null: see corpus.sql.
create schema trap;

create type trap.mood as enum ('sad', 'it''s ok', '开心');
create domain trap.percentage as int check (value between 0 and 100);
create domain trap.certain as int not null;

create table trap.parents (
    id int primary key,
    name text not null,
    note text,
    kind text not null check (kind in ('a', 'b')),
    mood trap.mood not null,
    share trap.percentage not null,
    tags text[] not null,
    span int4range not null,
    document jsonb not null
);

create table trap.children (
    id int primary key,
    parent_id int not null references trap.parents (id),
    amount numeric not null,
    rank int
);

create view trap.overview as
select parents.id, parents.name, children.amount
from trap.parents
left join trap.children on children.parent_id = parents.id;

create function trap.maybe(given int) returns int language sql return nullif(given, 1);

create function trap.some(given int) returns setof trap.parents language sql
begin atomic
    select * from trap.parents where id > given;
end;
