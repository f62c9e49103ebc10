-- What the table promises, its heir does not keep: before 18 it may drop the promise.
create table trap.heads (id int not null, name text not null);
create table trap.heirs () inherits (trap.heads);
alter table trap.heirs alter column name drop not null;
insert into trap.heirs values (1, null);

create table trap.old_rows (id int, name text);
insert into trap.old_rows values (1, null);
