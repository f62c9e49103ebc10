-- What people think of an adapter: one rating a person, which they may change, and whose sum is
-- kept beside the adapter.
-- depends: zishu_0008_adapters common_0006_refusals

create table zishu.adapter_ratings (
    adapter_id uuid,
    user_id uuid,
    stars smallint not null,
    review varchar(2000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint adapter_ratings_pkey primary key (adapter_id, user_id),
    constraint adapter_ratings_adapter_id_fkey
        foreign key (adapter_id) references zishu.adapters (id) on delete cascade,
    constraint adapter_ratings_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint adapter_ratings_stars_are_one_to_five check (stars between 1 and 5)
);

create index adapter_ratings_user_id_idx on zishu.adapter_ratings (user_id);

-- The reviews below an adapter, newest first.
create index adapter_ratings_reviews_idx
    on zishu.adapter_ratings (adapter_id, created_at desc, user_id desc)
    where review is not null;

create function zishu.count_adapter_rating()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    update zishu.adapters
    set
        rating_count = rating_count + num_nonnulls(new.stars) - num_nonnulls(old.stars),
        rating_sum = rating_sum + coalesce(new.stars, 0) - coalesce(old.stars, 0)
    where id = coalesce(new.adapter_id, old.adapter_id);
    return null;
end
$$;

comment on function zishu.count_adapter_rating() is
    'After a write, for each row: takes the old stars from the adapter and adds the new.';

create trigger adapter_ratings_are_counted
    after insert or update of stars or delete on zishu.adapter_ratings
    for each row execute function zishu.count_adapter_rating();

create trigger adapter_ratings_stay_with_their_adapter
    before update of adapter_id on zishu.adapter_ratings
    for each row
    when (old.adapter_id <> new.adapter_id)
    execute function common.refuse_write();

create trigger adapter_ratings_set_updated_at
    before update on zishu.adapter_ratings
    for each row execute function common.set_updated_at();

comment on table zishu.adapter_ratings is 'One to five stars of one person for one adapter.';
comment on column zishu.adapter_ratings.review is 'Null for stars without a word.';
