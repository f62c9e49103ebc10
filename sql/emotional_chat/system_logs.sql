-- Events, written in bulk, read newest first, deleted by age. No row changes.

-- name: create(user_id, session_id, level, source, message, context)^
-- Logs one event, now.
insert into emotional_chat.system_logs (user_id, session_id, level, source, message, context)
values (:user_id, :session_id, :level, :source, :message, :context)
returning id, user_id, session_id, level, source, message, context, created_at;

-- name: create_many(user_ids, session_ids, levels, sources, messages, contexts, created_ats)!
-- Logs many events in one go, each array one column; they are as long as each other.
insert into emotional_chat.system_logs (
    user_id, session_id, level, source, message, context, created_at
)
select
    events.user_id,
    events.session_id,
    events.level,
    events.source,
    events.message,
    events.context,
    events.created_at
from unnest(
    :user_ids::bigint[],
    :session_ids::bigint[],
    :levels::text[],
    :sources::text[],
    :messages::text[],
    :contexts::jsonb[],
    :created_ats::timestamptz[]
) as events (user_id, session_id, level, source, message, context, created_at);

-- name: load()!
-- Logs any number of events in one go, from an iterable of them, which need not fit into memory.
copy emotional_chat.system_logs (
    user_id, session_id, level, source, message, context, created_at
) from stdin;

-- name: get(id)^
-- The event with this id.
select id, user_id, session_id, level, source, message, context, created_at
from emotional_chat.system_logs
where id = :id;

-- name: page(before_id, limit)
-- A page of the log, the newest first; null gives the first page.
select id, user_id, session_id, level, source, message, context, created_at
from emotional_chat.system_logs
where id < coalesce(:before_id::bigint, 9223372036854775807)
order by id desc
limit :limit;

-- name: page_by_level(level, before_id, limit)
-- A page of the events of one level, the newest first; null gives the first page.
select id, user_id, session_id, level, source, message, context, created_at
from emotional_chat.system_logs
where level = :level
    and id < coalesce(:before_id::bigint, 9223372036854775807)
order by id desc
limit :limit;

-- name: page_of_user(user_id, before_id, limit)
-- A page of the events about one person, the newest first; null gives the first page.
select id, user_id, session_id, level, source, message, context, created_at
from emotional_chat.system_logs
where user_id = :user_id
    and id < coalesce(:before_id::bigint, 9223372036854775807)
order by id desc
limit :limit;

-- name: count_by_level(since, before)
-- How many events of each level there were in a period.
-- scans: reads every event of the period, which may be all.
select
    level,
    count(*) as events
from emotional_chat.system_logs
where created_at >= :since
    and created_at < :before
group by level
order by level;

-- name: list_old(before, limit)
-- The first of the events from before this time, and how many those are in all.
-- scans: counts what is old in a table that is read by level and by person.
select id, level, created_at, count(*) over () as due
from emotional_chat.system_logs
where created_at < :before
order by id
limit :limit;

-- name: delete_old(before, limit)!
-- Deletes, among so many of the first events, those from before this time; call it until it is 0.
-- However little is old, no more is read than that: ids and times grow together.
delete from emotional_chat.system_logs
where id = any (
    array(
        select first.id
        from (
            select id, created_at
            from emotional_chat.system_logs
            order by id
            limit :limit
            for update skip locked
        ) as first
        where first.created_at < :before
    )
);

-- name: delete_of_user(user_id)!
-- Deletes what the log says of a person, who has asked for it.
delete from emotional_chat.system_logs
where user_id = :user_id;
