-- What the table promises, its heir does not keep.
create table trap.heads (id int not null, name text, constraint named not null name no inherit);
create table trap.heirs () inherits (trap.heads);
insert into trap.heirs values (1, null);

-- Not null, says the constraint, and asks no old row.
create table trap.old_rows (id int, name text);
insert into trap.old_rows values (1, null);
alter table trap.old_rows add constraint named not null name not valid;
