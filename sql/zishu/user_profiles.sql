-- The pages that people show of themselves, read for many people at once.

-- name: create(user_id, display_name, avatar_url, bio, birthday, location, links, is_public)^
-- Adds the page of a person who has none.
insert into zishu.user_profiles
    (user_id, display_name, avatar_url, bio, birthday, location, links, is_public)
values
    (:user_id, :display_name, :avatar_url, :bio, :birthday, :location, :links, :is_public)
returning
    user_id, display_name, avatar_url, bio, birthday, location, links, is_public, created_at,
    updated_at;

-- name: get(user_id)^
-- The page of a person, for the person.
select
    user_id, display_name, avatar_url, bio, birthday, location, links, is_public, created_at,
    updated_at
from zishu.user_profiles
where user_id = :user_id;

-- name: get_visible(user_id, viewer_id)^
-- The page of a person as far as the viewer may see it; null for a viewer who is not logged in.
select
    profiles.user_id, users.username, profiles.display_name, profiles.avatar_url, profiles.bio,
    profiles.location, profiles.links, profiles.created_at
from zishu.user_profiles as profiles
join zishu.users as users on users.id = profiles.user_id
where profiles.user_id = :user_id
    and (profiles.is_public or profiles.user_id is not distinct from :viewer_id)
    and users.deleted_at is null;

-- name: list_names(user_ids)
-- What stands beside the words of each of these people; who has no page has the username alone.
select
    users.id as user_id, users.username, profiles.display_name, profiles.avatar_url
from zishu.users as users
left join zishu.user_profiles as profiles on profiles.user_id = users.id
where users.id = any(:user_ids::uuid[]);

-- name: page(after_user_id, limit)
-- Every page, in the order of the key.
select
    user_id, display_name, avatar_url, bio, birthday, location, links, is_public, created_at,
    updated_at
from zishu.user_profiles
where user_id > coalesce(:after_user_id::uuid, '00000000-0000-0000-0000-000000000000')
order by user_id
limit :limit;

-- name: search(term, limit)
-- The people with this in the name that they show, in any case; a term of one character finds
-- nobody.
-- scans: sorts all that match.
select
    profiles.user_id, users.username, profiles.display_name, profiles.avatar_url
from zishu.user_profiles as profiles
join zishu.users as users on users.id = profiles.user_id
where profiles.is_public
    and users.deleted_at is null
    and cardinality(common.bigrams(:term::text)) > 0
    and common.bigrams(profiles.display_name) @> common.bigrams(:term::text)
    and position(
        lower(common.searchable(:term::text)) in lower(common.searchable(profiles.display_name))
    ) > 0
order by lower(profiles.display_name), profiles.user_id
limit :limit;

-- name: edit(user_id, display_name, avatar_url, bio, birthday, location, links, is_public)^
-- Takes the whole form that a person sends; null empties a field that may be empty.
update zishu.user_profiles
set
    display_name = :display_name,
    avatar_url = :avatar_url,
    bio = :bio,
    birthday = :birthday,
    location = :location,
    links = :links,
    is_public = :is_public
where user_id = :user_id
returning
    user_id, display_name, avatar_url, bio, birthday, location, links, is_public, created_at,
    updated_at;

-- name: set_avatar(user_id, avatar_url)^
-- Shows another picture, or none.
update zishu.user_profiles
set avatar_url = :avatar_url
where user_id = :user_id
returning
    user_id, display_name, avatar_url, bio, birthday, location, links, is_public, created_at,
    updated_at;

-- name: delete(user_id)!
-- Removes the page; the account stays.
delete from zishu.user_profiles
where user_id = :user_id;
