-- Rows of the shop, which are there before anything is changed.

insert into shop.people (name, email, mood, age, born, note, size)
select 'person ' || n, n || '@example.com', 'good', n % 100, '2000-01-01', '1', row(1, 2)::shop.size
from generate_series(1, 20) as n;
insert into shop.orders (person_id, state, price, extra)
select id, 'paid', id, '{}' from shop.people;
insert into shop.days (day, sold) values ('2025-05-05', 1);
