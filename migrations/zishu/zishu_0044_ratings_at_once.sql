-- Ratings are counted once a statement instead of once a row, as likes are. A rating that changes
-- nothing but its words leaves the adapter alone.
-- Locks: adapter_ratings access exclusive while its trigger is exchanged; no rewrite.
-- depends: zishu_0012_adapter_ratings

drop trigger adapter_ratings_are_counted on zishu.adapter_ratings;

create or replace function zishu.count_adapter_rating()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    -- An upsert is two statements here, of which one writes nothing.
    if tg_op = 'INSERT' then
        if exists (select from added) then
            update zishu.adapters
            set
                rating_count = adapters.rating_count + counted.ratings,
                rating_sum = adapters.rating_sum + counted.stars
            from (
                select adapter_id, count(*) as ratings, sum(stars) as stars
                from added
                group by adapter_id
            ) as counted
            where adapters.id = counted.adapter_id;
        end if;
    elsif tg_op = 'DELETE' then
        if exists (select from removed) then
            update zishu.adapters
            set
                rating_count = adapters.rating_count - counted.ratings,
                rating_sum = adapters.rating_sum - counted.stars
            from (
                select adapter_id, count(*) as ratings, sum(stars) as stars
                from removed
                group by adapter_id
            ) as counted
            where adapters.id = counted.adapter_id;
        end if;
    -- A rating stays with its adapter, so that its count stays too.
    elsif exists (select from added) then
        update zishu.adapters
        set rating_sum = adapters.rating_sum + counted.stars
        from (
            select changed.adapter_id, sum(changed.stars) as stars
            from (
                select adapter_id, stars from added
                union all
                select adapter_id, -stars from removed
            ) as changed
            group by changed.adapter_id
            having sum(changed.stars) <> 0
        ) as counted
        where adapters.id = counted.adapter_id;
    end if;
    return null;
end
$$;

comment on function zishu.count_adapter_rating() is
    'After a write, for each statement: takes the old stars (removed) from their adapters and '
    'adds the new (added).';

create trigger adapter_ratings_count_added
    after insert on zishu.adapter_ratings
    referencing new table as added
    for each statement execute function zishu.count_adapter_rating();
create trigger adapter_ratings_count_changed
    after update on zishu.adapter_ratings
    referencing old table as removed new table as added
    for each statement execute function zishu.count_adapter_rating();
create trigger adapter_ratings_count_removed
    after delete on zishu.adapter_ratings
    referencing old table as removed
    for each statement execute function zishu.count_adapter_rating();
