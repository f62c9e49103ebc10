-- Settings: a row is there as soon as a person changes anything, hence upserts.

-- name: create(user_id)^
-- Writes the defaults down for a person who has no settings yet.
insert into zishu.user_preferences (user_id)
values (:user_id)
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: get(user_id)^
-- The settings of a person; none where they never changed any.
select
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at
from zishu.user_preferences
where user_id = :user_id;

-- name: page(after_user_id, limit)
-- Everybody's settings, in the order of the key.
select
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at
from zishu.user_preferences
where user_id > coalesce(:after_user_id::uuid, '00000000-0000-0000-0000-000000000000')
order by user_id
limit :limit;

-- name: page_notified(wanted, after_user_id, limit)
-- Who wants to be told of this: {"email": {"digest": true}}.
-- scans: walks the key and skips who does not want it, or sorts who does: whichever is less.
select
    preferences.user_id, users.email, preferences.language, preferences.time_zone
from zishu.user_preferences as preferences
join zishu.users as users on users.id = preferences.user_id
where preferences.notifications @> :wanted::jsonb
    and preferences.user_id
        > coalesce(:after_user_id::uuid, '00000000-0000-0000-0000-000000000000')
    and users.status = 'active'
    and users.deleted_at is null
order by preferences.user_id
limit :limit;

-- name: save(user_id, language, time_zone, theme, notifications, conversation, desktop)^
-- Takes the whole form that a person sends.
insert into zishu.user_preferences
    (user_id, language, time_zone, theme, notifications, conversation, desktop)
values
    (:user_id, :language, :time_zone, :theme, :notifications, :conversation, :desktop)
on conflict (user_id) do update
set
    language = excluded.language,
    time_zone = excluded.time_zone,
    theme = excluded.theme,
    notifications = excluded.notifications,
    conversation = excluded.conversation,
    desktop = excluded.desktop
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: set_language(user_id, language, time_zone)^
-- Speaks another language, in another part of the world.
insert into zishu.user_preferences (user_id, language, time_zone)
values (:user_id, :language, :time_zone)
on conflict (user_id) do update
set
    language = excluded.language,
    time_zone = excluded.time_zone
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: set_theme(user_id, theme)^
-- Looks light, dark, or as the system does.
insert into zishu.user_preferences (user_id, theme)
values (:user_id, :theme)
on conflict (user_id) do update
set theme = excluded.theme
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: merge_notifications(user_id, changes)^
-- Changes some of what to tell and by which road, key by key of the first level; a null takes the
-- key away, back to the app's default.
insert into zishu.user_preferences as preferences (user_id, notifications)
values (:user_id, jsonb_strip_nulls(:changes::jsonb))
on conflict (user_id) do update
set notifications = jsonb_strip_nulls(preferences.notifications || :changes::jsonb)
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: merge_conversation(user_id, changes)^
-- Changes some of how companions speak, key by key of the first level; a null takes the key away,
-- back to the app's default.
insert into zishu.user_preferences as preferences (user_id, conversation)
values (:user_id, jsonb_strip_nulls(:changes::jsonb))
on conflict (user_id) do update
set conversation = jsonb_strip_nulls(preferences.conversation || :changes::jsonb)
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: merge_desktop(user_id, changes)^
-- Changes some of how the companion sits there, key by key of the first level; a null takes the
-- key away, back to the app's default.
insert into zishu.user_preferences as preferences (user_id, desktop)
values (:user_id, jsonb_strip_nulls(:changes::jsonb))
on conflict (user_id) do update
set desktop = jsonb_strip_nulls(preferences.desktop || :changes::jsonb)
returning
    user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
    updated_at;

-- name: delete(user_id)!
-- Goes back to the app's defaults.
delete from zishu.user_preferences
where user_id = :user_id;
