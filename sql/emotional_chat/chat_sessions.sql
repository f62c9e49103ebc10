-- Conversations. Their count of messages and last activity follow the messages by themselves.

-- name: create(user_id, title)^
-- Opens a conversation without a message.
insert into emotional_chat.chat_sessions (user_id, title)
values (:user_id, :title)
returning
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at;

-- name: start(user_id, title, content, emotion, intensity, sentiment_score, confidence, keywords, model_name)^
-- Opens a conversation with a person's first message and what a model read from it, or nothing.
with session as (
    insert into emotional_chat.chat_sessions (user_id, title)
    values (:user_id, :title)
    returning id, public_id
),
message as (
    insert into emotional_chat.chat_messages (session_id, role, content)
    select session.id, 'user', :content
    from session
    returning id, created_at
),
analysis as (
    insert into emotional_chat.emotion_analysis (
        message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name
    )
    select
        message.id, :emotion, :intensity, :sentiment_score, :confidence, :keywords, :model_name
    from message
    returning id
)
select
    session.id,
    session.public_id,
    message.id as message_id,
    message.created_at as said_at,
    analysis.id as analysis_id
from session
cross join message
cross join analysis;

-- name: get(id)^
-- The conversation with this id.
select
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at
from emotional_chat.chat_sessions
where id = :id;

-- name: get_by_public_id(public_id)^
-- The conversation that a link names.
select
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at
from emotional_chat.chat_sessions
where public_id = :public_id;

-- name: get_with_messages(public_id, limit)^
-- The conversation that a link names, with its newest messages, the newest first, each with what
-- was read from it: [{"id": 7, "role": "user", "content": "…", "created_at": "…", "emotion": "sad"
-- or null, "intensity": 7.5 or null, "sentiment_score": -0.6 or null}, …].
select
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at,
    coalesce(
        (
            select json_agg(newest)
            from (
                select
                    chat_messages.id,
                    chat_messages.role,
                    chat_messages.content,
                    chat_messages.created_at,
                    emotion_analysis.emotion,
                    emotion_analysis.intensity,
                    emotion_analysis.sentiment_score
                from emotional_chat.chat_messages
                left join emotional_chat.emotion_analysis
                    on emotion_analysis.message_id = chat_messages.id
                where chat_messages.session_id = chat_sessions.id
                order by chat_messages.id desc
                limit :limit
            ) as newest
        ),
        '[]'
    ) as messages
from emotional_chat.chat_sessions
where public_id = :public_id;

-- name: page(user_id, is_archived, before_last_active_at, before_id, limit)
-- A page of a person's conversations, the one last used first: those in the list, or those put
-- away; nulls give the first page.
select
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at
from emotional_chat.chat_sessions
where user_id = :user_id
    and is_archived = :is_archived
    and (last_active_at, id) < (
        coalesce(:before_last_active_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by last_active_at desc, id desc
limit :limit;

-- name: search(user_id, words, limit)
-- A person's conversations with these words in the title, the one last used first.
-- scans: looks at all titles of one person.
select
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at
from emotional_chat.chat_sessions
where user_id = :user_id
    and strpos(lower(title), lower(:words)) > 0
order by last_active_at desc, id desc
limit :limit;

-- name: rename(id, title)^
-- Gives a conversation another title; null takes it away.
update emotional_chat.chat_sessions
set title = :title
where id = :id
returning
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at;

-- name: set_archived(id, is_archived)^
-- Puts a conversation away, or back into the list.
update emotional_chat.chat_sessions
set is_archived = :is_archived
where id = :id
returning
    id, public_id, user_id, title, is_archived, message_count, last_active_at, created_at,
    updated_at;

-- name: delete(id, user_id)!
-- Deletes a conversation of this person, with all that was said in it.
delete from emotional_chat.chat_sessions
where id = :id
    and user_id = :user_id;
