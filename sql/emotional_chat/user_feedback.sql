-- Ratings of conversations and of single messages, and what is still to be looked at.

-- name: create(session_id, message_id, rating, comment)^
-- Rates a conversation, or one message of it where message_id is not null; what is rated already
-- is an error.
insert into emotional_chat.user_feedback (session_id, message_id, rating, comment)
values (:session_id, :message_id, :rating, :comment)
returning
    id, session_id, message_id, rating, comment, is_resolved, created_at, updated_at;

-- name: upsert(session_id, message_id, rating, comment)^
-- Rates a conversation, or one message of it where message_id is not null; rating again changes
-- the rating, and someone is to look at it again.
insert into emotional_chat.user_feedback (session_id, message_id, rating, comment)
values (:session_id, :message_id, :rating, :comment)
on conflict (session_id, message_id) do update
set
    rating = excluded.rating,
    comment = excluded.comment,
    is_resolved = false
returning
    id, session_id, message_id, rating, comment, is_resolved, created_at, updated_at;

-- name: get(id)^
-- The rating with this id.
select
    id, session_id, message_id, rating, comment, is_resolved, created_at, updated_at
from emotional_chat.user_feedback
where id = :id;

-- name: list_of_session(session_id)
-- The ratings of a conversation and of its messages, in the order of the messages; that of the
-- whole last.
select
    id, session_id, message_id, rating, comment, is_resolved, created_at, updated_at
from emotional_chat.user_feedback
where session_id = :session_id
order by message_id;

-- name: page(before_created_at, before_id, limit)
-- A page of all ratings, the newest first; nulls give the first page.
select
    id, session_id, message_id, rating, comment, is_resolved, created_at, updated_at
from emotional_chat.user_feedback
where (created_at, id) < (
    coalesce(:before_created_at::timestamptz, 'infinity'),
    coalesce(:before_id::bigint, 9223372036854775807)
)
order by created_at desc, id desc
limit :limit;

-- name: page_unresolved(after_created_at, after_id, limit)
-- A page of what nobody has dealt with, the oldest first, with whose it is and what was said, if
-- it is about one message; nulls give the first page.
select
    user_feedback.id,
    user_feedback.session_id,
    user_feedback.message_id,
    user_feedback.rating,
    user_feedback.comment,
    user_feedback.created_at,
    chat_sessions.user_id,
    chat_sessions.public_id,
    chat_messages.content
from emotional_chat.user_feedback
inner join emotional_chat.chat_sessions on chat_sessions.id = user_feedback.session_id
left join emotional_chat.chat_messages on chat_messages.id = user_feedback.message_id
where not user_feedback.is_resolved
    and (user_feedback.created_at, user_feedback.id) > (
        coalesce(:after_created_at::timestamptz, '-infinity'),
        coalesce(:after_id::bigint, 0)
    )
order by user_feedback.created_at, user_feedback.id
limit :limit;

-- name: summarize(since, before)
-- How a period was rated: one row for each rating that was given, and how many are still to be
-- looked at.
-- scans: reads every rating of the period, which may be all.
select
    rating,
    count(*) as ratings,
    count(*) filter (where not is_resolved) as unresolved
from emotional_chat.user_feedback
where created_at >= :since
    and created_at < :before
group by rating
order by rating;

-- name: set_resolved(id, is_resolved)^
-- Notes that someone of the staff has dealt with it, or must again.
update emotional_chat.user_feedback
set is_resolved = :is_resolved
where id = :id
returning
    id, session_id, message_id, rating, comment, is_resolved, created_at, updated_at;

-- name: delete(id)!
-- Takes a rating back.
delete from emotional_chat.user_feedback
where id = :id;
