-- Changes that a person makes by hand, each below what the snapshot finds of it; what is above
-- `-- then` was there before.

-- schema other: unexpected
create schema other;

-- schema stock: missing
drop schema stock;

-- schema stock: owner
alter schema stock owner to diff_one;

-- schema stock: grants
grant usage on schema stock to diff_one;

-- schema shop: comment
comment on schema shop is 'Other.';

-- table shop.new: unexpected
create table shop.new (a int primary key);

-- table shop.typed: missing
drop table shop.typed;

-- table shop.typed: missing
-- table shop.typer: unexpected
alter table shop.typed rename to typer;

-- table shop.typed: owner
alter table shop.typed owner to diff_one;

-- table shop.typed: persistence
alter table shop.typed set unlogged;

-- table shop.people: options
alter table shop.people set (fillfactor = 50);

-- table shop.orders: options
alter table shop.orders set (toast.autovacuum_enabled = off);

-- table shop.people: tablespace
alter table shop.people set tablespace diff_space;

-- table shop.people: access_method
alter table shop.people set access method heapish;

-- table shop.people: replica_identity
alter table shop.people replica identity full;

-- table shop.people: replica_identity
alter table shop.people replica identity using index people_pkey;

-- table shop.people: row_security
alter table shop.people enable row level security;

-- table shop.people: forced_row_security
alter table shop.people force row level security;

-- table shop.people: clustered_on
alter table shop.people cluster on people_pkey;

-- table shop.typed: of_type
alter table shop.typed not of;

-- table shop.orders: column_order
alter table shop.orders drop note, add note text;

-- table shop.children: inherits
-- column shop.children.a: local, inherited
-- constraint parents_a_is_real on shop.children: local, inherited
alter table shop.children no inherit shop.parents;

-- table shop.day_1: inherits, bound
-- column shop.day_1.day: local, inherited
-- index shop.day_1_day_idx: partition_of
alter table shop.days detach partition shop.day_1;

-- table shop.day_1: bound
alter table shop.days detach partition shop.day_1;
alter table shop.days attach partition shop.day_1 for values from ('2020-01-01') to
    ('2022-01-01');

-- table shop.day_1: missing
-- table shop.days: partition_by
-- index shop.days_idx: missing
drop table shop.days;
create table shop.days (day date) partition by list (day);

-- table shop.day_1: detach_pending
update pg_inherits set inhdetachpending = true where inhrelid = 'shop.day_1'::regclass;

-- table shop.people: comment
comment on table shop.people is 'Who buys.';

-- table shop.people: grants
grant select on shop.people to diff_one;

-- table shop.people: grants
grant select on shop.people to diff_one with grant option;

-- table shop.people: grants
grant all on shop.people to public;

-- table shop.people: grants
revoke insert on shop.people from postgres;

-- table shop.people: grants
revoke all on shop.people from postgres;

-- column shop.people.more: unexpected
alter table shop.people add more text;

-- column shop.orders.note: missing
alter table shop.orders drop note;

-- column shop.orders.note: type
alter table shop.orders alter note type varchar(9);

-- column shop.people.email: type
alter table shop.people alter email type varchar(90);

-- column shop.orders.note: collation
alter table shop.orders alter note type text collate "C";

-- column shop.orders.at: default
alter table shop.orders alter at drop default;

-- column shop.orders.at: default
alter table shop.orders alter at set default now();

-- column shop.people.next_age: generated, expression
alter table shop.people alter next_age drop expression;

-- column shop.people.id: identity
alter table shop.people alter id set generated always;

-- column shop.people.id: identity
-- sequence shop.people_id_seq: missing
alter table shop.people alter id drop identity;

-- sequence shop.people_id_seq: increment
alter table shop.people alter id set increment 2;

-- column shop.people.score: not_null
alter table only shop.people alter score set not null;

-- column shop.orders.person_id: not_null
alter table shop.orders alter person_id drop not null;

-- column shop.orders.note: storage
alter table shop.orders alter note set storage external;

-- column shop.orders.note: compression
alter table shop.orders alter note set compression pglz;

-- column shop.people.age: statistics_target
alter table shop.people alter age set statistics 7;

-- column shop.people.age: options
alter table shop.people alter age set (n_distinct = 5);

-- column shop.remote.a: foreign_options
alter foreign table shop.remote alter a options (add b 'c');

-- column shop.people.age: comment
comment on column shop.people.age is 'In years.';

-- column shop.people.age: grants
grant update (age) on shop.people to diff_one;

-- column shop.adults.id: default
alter view shop.adults alter id set default 1;

-- constraint orders_note_check on shop.orders: unexpected
alter table shop.orders add check (note > '');

-- constraint orders_excluded on shop.orders: missing
alter table shop.orders drop constraint orders_excluded;

-- constraint orders_person_id_fkey on shop.orders: definition
alter table shop.orders drop constraint orders_person_id_fkey, add constraint
    orders_person_id_fkey foreign key (person_id) references shop.people;

-- constraint orders_person_id_fkey on shop.orders: validated
alter table shop.orders drop constraint orders_person_id_fkey, add constraint
    orders_person_id_fkey foreign key (person_id) references shop.people on delete cascade not
    valid;

-- constraint orders_person_id_fkey on shop.orders: deferrable
alter table shop.orders alter constraint orders_person_id_fkey deferrable;

-- constraint orders_excluded on shop.orders: deferred
alter table shop.orders drop constraint orders_excluded, add constraint orders_excluded exclude
    using gist (int8range(person_id, person_id) with &&) deferrable initially deferred;

-- constraint c on shop.orders: no_inherit
alter table shop.orders add constraint c check (note > '');
-- then
alter table shop.orders drop constraint c, add constraint c check (note > '') no inherit;

-- constraint c on shop.children: validated
alter table shop.children add constraint c check (toy > '');
-- then
alter table shop.children drop constraint c, add constraint c check (toy > '') not valid;

-- constraint orders_person_id_fkey on shop.orders: triggers
alter table shop.orders disable trigger all;

-- constraint people_pkey on shop.people: comment
comment on constraint people_pkey on shop.people is 'Key.';

-- index shop.people_age_idx: unexpected
create index on shop.people (age);

-- index shop.days_day_idx: unexpected
create index on shop.days (day);

-- index shop.people_name_idx: missing
drop index shop.people_name_idx;

-- index shop.people_name_idx: definition
drop index shop.people_name_idx;
create index people_name_idx on shop.people (lower(name)) where age > 4;

-- index shop.people_name_idx: definition
drop index shop.people_name_idx;
create index people_name_idx on shop.people (lower(name) text_pattern_ops) where age > 3;

-- index shop.people_name_idx: definition
alter index shop.people_name_idx set (fillfactor = 60);

-- index shop.people_name_idx: tablespace
alter index shop.people_name_idx set tablespace diff_space;

-- index shop.people_name_idx: statistics_targets
alter index shop.people_name_idx alter column 1 set statistics 9;

-- index shop.people_name_idx: valid
update pg_index set indisvalid = false where indexrelid = 'shop.people_name_idx'::regclass;

-- index shop.people_name_idx: ready
update pg_index set indisready = false where indexrelid = 'shop.people_name_idx'::regclass;

-- index shop.people_name_idx: live
update pg_index set indislive = false where indexrelid = 'shop.people_name_idx'::regclass;

-- index shop.people_name_idx: comment
comment on index shop.people_name_idx is 'x';

-- sequence shop.more: unexpected
create sequence shop.more;

-- sequence shop.numbers: type, maximum
alter sequence shop.numbers as int;

-- sequence shop.numbers: start
alter sequence shop.numbers start 7;

-- sequence shop.numbers: increment
alter sequence shop.numbers increment 7;

-- sequence shop.numbers: minimum
alter sequence shop.numbers minvalue 0;

-- sequence shop.numbers: maximum
alter sequence shop.numbers maxvalue 9;

-- sequence shop.numbers: cache
alter sequence shop.numbers cache 9;

-- sequence shop.numbers: cycle
alter sequence shop.numbers cycle;

-- sequence shop.numbers: persistence
alter sequence shop.numbers set unlogged;

-- sequence shop.numbers: owned_by, for_identity
alter sequence shop.numbers owned by shop.people.age;

-- sequence shop.numbers: owner
alter sequence shop.numbers owner to diff_one;

-- sequence shop.numbers: grants
grant usage on sequence shop.numbers to diff_one;

-- view shop.adults: definition
create or replace view shop.adults as select id, name from shop.people where age > 20;

-- view shop.adults: options
alter view shop.adults set (security_barrier);

-- view shop.adults: options
alter view shop.adults set (security_invoker);

-- view shop.adults: options
alter view shop.adults set (check_option = local);

-- materialized view shop.ages: populated
refresh materialized view shop.ages with no data;

-- materialized view shop.ages: comment
comment on materialized view shop.ages is 'x';

-- function shop.twice(): unexpected
create function shop.twice() returns int language sql return 1;

-- procedure shop.tidy(): missing
drop procedure shop.tidy;

-- procedure shop.tidy(): body
create or replace procedure shop.tidy() language sql as 'select 2';

-- function shop.twice(integer,integer): arguments
create or replace function shop.twice(amount integer, again integer default 2) returns integer
    language sql stable set work_mem = '8MB' return amount * 2;

-- function shop.twice(integer,integer): result
drop function shop.twice;
create function shop.twice(amount integer, again integer default 1) returns numeric language
    sql stable set work_mem = '8MB' return amount * 2;

-- function shop.touch(): body
create or replace function shop.touch() returns trigger language plpgsql as 'begin return old;
end';

-- function shop.twice(integer,integer): volatility
alter function shop.twice immutable;

-- function shop.twice(integer,integer): strict
alter function shop.twice strict;

-- function shop.twice(integer,integer): security
alter function shop.twice security definer;

-- function shop.twice(integer,integer): leakproof
alter function shop.twice leakproof;

-- function shop.twice(integer,integer): parallel
alter function shop.twice parallel safe;

-- function shop.twice(integer,integer): cost
alter function shop.twice cost 5;

-- function shop.names(): rows
alter function shop.names rows 5;

-- function shop.twice(integer,integer): settings
alter function shop.twice set work_mem = '9MB';

-- function shop.twice(integer,integer): support
alter function shop.twice support generate_series_int8_support;

-- function shop.twice(integer,integer): depends_on
alter function shop.twice depends on extension plpgsql;

-- function shop.twice(integer,integer): owner
alter function shop.twice owner to diff_one;

-- function shop.twice(integer,integer): grants
revoke execute on function shop.twice from public;

-- function shop.twice(integer,integer): comment
comment on function shop.twice is 'x';

-- aggregate shop.total(integer): initial
drop aggregate shop.total(int);
create aggregate shop.total (integer) (sfunc = int4pl, stype = integer, initcond = '1');

-- aggregate shop.total(integer): transition
drop aggregate shop.total(int);
create aggregate shop.total (integer) (sfunc = int4mul, stype = integer, initcond = '0');

-- language other: unexpected
create language other handler plpgsql_call_handler;

-- language sqlish: owner
alter language sqlish owner to diff_one;

-- transform for shop.state language sql: missing
drop transform for shop.state language sql;

-- trigger people_touch on shop.people: enabled
alter table shop.people disable trigger people_touch;

-- trigger days_touch on shop.days: unexpected
create trigger days_touch after insert on shop.days for each row execute function shop.touch();

-- trigger days_touch on shop.day_1: enabled
create trigger days_touch after insert on shop.days for each row execute function shop.touch();
-- then
alter table shop.day_1 disable trigger days_touch;

-- trigger people_touch on shop.people: enabled
alter table shop.people enable always trigger people_touch;

-- trigger people_touch on shop.people: missing
drop trigger people_touch on shop.people;

-- trigger people_touch on shop.people: definition
create or replace trigger people_touch before insert on shop.people for each row execute
    function shop.touch();

-- event trigger watcher: enabled
alter event trigger watcher disable;

-- event trigger watcher: tags
update pg_event_trigger set evttags = null;

-- event trigger watcher: owner
alter event trigger watcher owner to diff_super;

-- rule people_keep on shop.people: enabled
alter table shop.people disable rule people_keep;

-- rule people_keep on shop.people: definition
create or replace rule people_keep as on delete to shop.people do also nothing;

-- policy people_own on shop.people: using
alter policy people_own on shop.people using (age > 2);

-- policy people_own on shop.people: roles
alter policy people_own on shop.people to diff_one;

-- policy people_own on shop.people: missing
drop policy people_own on shop.people;

-- policy people_own on shop.people: permissive
drop policy people_own on shop.people;
create policy people_own on shop.people as restrictive for select using (age > 1);

-- policy people_own on shop.people: command, with_check
drop policy people_own on shop.people;
create policy people_own on shop.people using (age > 1) with check (age > 3);

-- type shop.state: labels
alter type shop.state add value 'paid' after 'new';

-- type shop.state: labels
alter type shop.state rename value 'new' to 'open';

-- attribute shop.address.city: unexpected
-- column shop.typed.city: unexpected
alter type shop.address add attribute city text cascade;

-- attribute shop.address.zip: type
-- column shop.typed.zip: type
alter type shop.address alter attribute zip type text cascade;

-- type shop.state: owner
alter type shop.state owner to diff_one;

-- type shop.state: grants
revoke usage on type shop.state from public;

-- type shop.state: comment
comment on type shop.state is 'x';

-- type shop.span: subtype, subtype_class
-- function shop.span(integer,integer): unexpected
-- function shop.span(integer,integer,text): unexpected
-- function shop.span(numeric,numeric): missing
-- function shop.span(numeric,numeric,text): missing
drop type shop.span;
create type shop.span as range (subtype = integer);

-- type shop.span: difference
drop type shop.span;
create type shop.span as range (subtype = numeric, subtype_diff = shop.gap);

-- type shop.shell: missing
drop type shop.shell;

-- domain shop.percent: default
alter domain shop.percent set default 1;

-- domain shop.percent: not_null
alter domain shop.percent set not null;

-- domain constraint percent_is_one on shop.percent: missing
alter domain shop.percent drop constraint percent_is_one;

-- domain constraint percent_is_one on shop.percent: definition
alter domain shop.percent drop constraint percent_is_one;
alter domain shop.percent add constraint percent_is_one check (value > 0);

-- domain shop.percent: comment
comment on domain shop.percent is 'x';

-- collation shop.exact: missing
drop collation shop.exact;

-- collation shop.exact: lc_collate, lc_ctype
drop collation shop.exact;
create collation shop.exact (provider = libc, locale = 'POSIX');

-- conversion shop.latin: missing
drop conversion shop.latin;

-- operator shop.===(shop.address,shop.address): restrict
alter operator shop.=== (shop.address, shop.address) set (restrict = neqsel);

-- operator shop.+(shop.state,shop.state): missing
drop operator shop.+ (shop.state, shop.state);

-- operator class shop.address_ops using btree: missing
-- operator family shop.addresses using btree: operators, functions
drop operator class shop.address_ops using btree;

-- operator family shop.addresses using btree: operators
alter operator family shop.addresses using btree add operator 1 < (integer, integer);

-- cast (text as shop.state): missing
drop cast (text as shop.state);

-- cast (text as shop.state): context
drop cast (text as shop.state);
create cast (text as shop.state) with function shop.to_state(text) as assignment;

-- access method heapish: missing
drop access method heapish;

-- text search configuration shop.words: mappings
alter text search configuration shop.words alter mapping for asciiword with simple;

-- text search dictionary shop.plain: options
alter text search dictionary shop.plain (accept = false);

-- text search parser shop.split: missing
drop text search parser shop.split;

-- text search template shop.form: missing
drop text search template shop.form;

-- statistics shop.people_figures: target
alter statistics shop.people_figures set statistics 5;

-- statistics shop.people_figures: definition
drop statistics shop.people_figures;
create statistics shop.people_figures (mcv) on age, score from shop.people;

-- foreign data wrapper far: options
alter foreign data wrapper far options (add a 'b');

-- foreign data wrapper far: validator
alter foreign data wrapper far validator postgresql_fdw_validator;

-- server away: options
alter server away options (set host 'two');

-- server away: version
alter server away version '2';

-- server away: grants
grant usage on foreign server away to diff_one;

-- user mapping public on away: options
alter user mapping for public server away options (set user 'bob');

-- foreign table shop.remote: foreign_options
alter foreign table shop.remote options (set name 'y');

-- publication news: operations
alter publication news set (publish = 'insert');

-- publication news: via_root
alter publication news set (publish_via_partition_root);

-- publication news: tables
alter publication news set table shop.people;

-- publication news: tables
alter publication news set table shop.people (id) where (age > 1);

-- publication wide: schemas
create publication wide for tables in schema shop;
-- then
alter publication wide set tables in schema stock;

-- publication whole: unexpected
create publication whole for all tables;

-- subscription tidings: unexpected
create subscription tidings connection 'password=secret' publication news with (connect =
    false, slot_name = none);

-- subscription tidings: binary, streaming
create subscription tidings connection 'password=secret' publication news with (connect =
    false, slot_name = none);
-- then
alter subscription tidings set (binary = true, streaming = on);

-- extension hstore: unexpected
create extension hstore;

-- extension hstore: in_schema
create extension hstore;
-- then
alter extension hstore set schema stock;

-- default privileges for role diff_one on tables: unexpected
alter default privileges for role diff_one grant select on tables to public;

-- default privileges for role postgres in schema shop on types: unexpected
alter default privileges in schema shop grant usage on types to diff_one;

-- default privileges for role diff_one on tables: grants
alter default privileges for role diff_one grant select on tables to public;
-- then
alter default privileges for role diff_one grant insert on tables to public;

-- database everything: settings
alter database everything set work_mem = '7MB';

-- database everything: settings
alter role diff_one in database everything set work_mem = '7MB';

-- database everything: connection_limit
alter database everything connection limit 9;

-- database everything: owner
alter database everything owner to diff_one;

-- database everything: comment
comment on database everything is 'x';

-- database everything: grants
grant create on database everything to diff_one;

-- database everything: grants
revoke temporary on database everything from public;

-- role diff_one: settings
alter role diff_one set work_mem = '7MB';

-- role diff_one: login
alter role diff_one login;

-- role diff_one: member_of
grant pg_monitor to diff_one;
-- then
grant pg_monitor to diff_one with admin option;

-- role diff_one: member_of
grant pg_monitor to diff_one;

-- table shop.people: security_labels
insert into pg_seclabel select 'shop.people'::regclass, 'pg_class'::regclass, 0, 'a', 'b';
