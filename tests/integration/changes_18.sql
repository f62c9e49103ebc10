-- Changes that only PostgreSQL 18 knows; see changes.sql.

-- constraint orders_person_id_fkey on shop.orders: enforced
alter table shop.orders alter constraint orders_person_id_fkey not enforced;

-- column shop.orders.v: generated
alter table shop.orders add v int generated always as (1) virtual;
-- then
alter table shop.orders drop v, add v int generated always as (1) stored;

-- column shop.orders.person_id: not_null_name
alter table shop.orders rename constraint orders_person_id_not_null to needs_person;

-- column shop.orders.person_id: not_null, not_null_valid
alter table shop.orders alter person_id drop not null;
-- then
alter table shop.orders add constraint orders_person_id_not_null not null person_id not valid;

-- column shop.orders.person_id: not_null_no_inherit
alter table shop.orders alter constraint orders_person_id_not_null no inherit;

-- column shop.orders.person_id: not_null_comment
comment on constraint orders_person_id_not_null on shop.orders is 'x';

-- table shop.people: grants
grant maintain on shop.people to diff_one;

-- publication news: generated_columns
alter publication news set (publish_generated_columns = stored);
