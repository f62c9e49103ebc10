drop trigger adapter_ratings_count_removed on zishu.adapter_ratings;
drop trigger adapter_ratings_count_changed on zishu.adapter_ratings;
drop trigger adapter_ratings_count_added on zishu.adapter_ratings;

create or replace function zishu.count_adapter_rating()
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
