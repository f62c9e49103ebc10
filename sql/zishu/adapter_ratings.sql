-- Stars and reviews, one row a person and adapter; the averages of the adapters follow by
-- themselves.

-- name: rate(adapter_id, user_id, stars, review)^
-- Rates an adapter, or changes what the person said before; null for stars without a word.
insert into zishu.adapter_ratings (adapter_id, user_id, stars, review)
values (:adapter_id, :user_id, :stars, :review)
on conflict (adapter_id, user_id) do update
set
    stars = excluded.stars,
    review = excluded.review
returning
    adapter_id, user_id, stars, review, created_at, updated_at;

-- name: get(adapter_id, user_id)^
-- How a person rated an adapter.
select
    adapter_id, user_id, stars, review, created_at, updated_at
from zishu.adapter_ratings
where adapter_id = :adapter_id
    and user_id = :user_id;

-- name: page(adapter_id, before_created_at, before_user_id, limit)
-- The reviews below an adapter, newest first; stars without a word are not among them.
select
    ratings.adapter_id, ratings.user_id, users.username, profiles.display_name,
    profiles.avatar_url, ratings.stars, ratings.review, ratings.created_at, ratings.updated_at
from zishu.adapter_ratings as ratings
join zishu.users as users on users.id = ratings.user_id
left join zishu.user_profiles as profiles on profiles.user_id = ratings.user_id
where ratings.adapter_id = :adapter_id
    and ratings.review is not null
    and (ratings.created_at, ratings.user_id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_user_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by ratings.created_at desc, ratings.user_id desc
limit :limit;

-- name: page_by_user(user_id, before_created_at, before_adapter_id, limit)
-- What a person rated, newest first.
select
    ratings.adapter_id, adapters.slug, adapters.name, ratings.stars, ratings.review,
    ratings.created_at, ratings.updated_at
from zishu.adapter_ratings as ratings
join zishu.adapters as adapters on adapters.id = ratings.adapter_id
where ratings.user_id = :user_id
    and (ratings.created_at, ratings.adapter_id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_adapter_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by ratings.created_at desc, ratings.adapter_id desc
limit :limit;

-- name: count_by_stars(adapter_id)
-- How many people gave an adapter how many stars, the most stars first.
-- scans: reads every rating that it counts.
select
    stars,
    count(*) as ratings
from zishu.adapter_ratings
where adapter_id = :adapter_id
group by stars
order by stars desc;

-- name: set_review(adapter_id, user_id, review)^
-- Changes the words and leaves the stars; null takes them away.
update zishu.adapter_ratings
set review = :review
where adapter_id = :adapter_id
    and user_id = :user_id
returning
    adapter_id, user_id, stars, review, created_at, updated_at;

-- name: delete(adapter_id, user_id)!
-- Takes a rating back.
delete from zishu.adapter_ratings
where adapter_id = :adapter_id
    and user_id = :user_id;
