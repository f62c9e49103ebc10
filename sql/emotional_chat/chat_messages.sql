-- What was said. Messages are written once and never change: what must go is deleted.

-- name: create(session_id, role, content, model_name, token_count)^
-- Adds a message: the assistant's answer, what it was told beforehand, or a person's that is
-- analysed later.
insert into emotional_chat.chat_messages (session_id, role, content, model_name, token_count)
values (:session_id, :role, :content, :model_name, :token_count)
returning id, session_id, role, content, model_name, token_count, created_at;

-- name: create_with_analysis(session_id, content, emotion, intensity, sentiment_score, confidence, keywords, model_name)^
-- Adds a person's message and what a model read from it, both or neither.
with message as (
    insert into emotional_chat.chat_messages (session_id, role, content)
    values (:session_id, 'user', :content)
    returning id, session_id, created_at
),
analysis as (
    insert into emotional_chat.emotion_analysis (
        message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name
    )
    select
        message.id, :emotion, :intensity, :sentiment_score, :confidence, :keywords, :model_name
    from message
    returning id, user_id
)
select
    message.id,
    message.session_id,
    analysis.user_id,
    message.created_at,
    analysis.id as analysis_id
from message
cross join analysis;

-- name: get(id)^
-- The message with this id.
select id, session_id, role, content, model_name, token_count, created_at
from emotional_chat.chat_messages
where id = :id;

-- name: page(session_id, before_id, limit)
-- A page of a conversation, the newest message first, each with what was read from it, if anything
-- was; null gives the first page.
select
    chat_messages.id,
    chat_messages.session_id,
    chat_messages.role,
    chat_messages.content,
    chat_messages.model_name,
    chat_messages.token_count,
    chat_messages.created_at,
    emotion_analysis.emotion,
    emotion_analysis.intensity,
    emotion_analysis.sentiment_score
from emotional_chat.chat_messages
left join emotional_chat.emotion_analysis on emotion_analysis.message_id = chat_messages.id
where chat_messages.session_id = :session_id
    and chat_messages.id < coalesce(:before_id::bigint, 9223372036854775807)
order by chat_messages.id desc
limit :limit;

-- name: list_latest(session_id, limit)
-- What the language model is told of a conversation: its last messages, in the order in which they
-- were said.
select id, role, content
from (
    select id, role, content
    from emotional_chat.chat_messages
    where session_id = :session_id
    order by id desc
    limit :limit
) as latest
order by id;

-- name: search(user_id, words, before_id, limit)
-- What a person and the assistant said with all of these words, Chinese or English, the newest
-- first; null gives the first page.
-- scans: sorts what is found in one person's conversations; by id, most of others' would be read.
with found as materialized (
    select id, session_id, role, content, model_name, token_count, created_at
    from emotional_chat.chat_messages
    where common.search_terms(content) @@ common.search_query(:words)
        and session_id = any (
            array(select id from emotional_chat.chat_sessions where user_id = :user_id)
        )
        and id < coalesce(:before_id::bigint, 9223372036854775807)
)
select id, session_id, role, content, model_name, token_count, created_at
from found
order by id desc
limit :limit;

-- name: delete(id, session_id)!
-- Deletes a message of this conversation, with its analysis and the feedback on it.
delete from emotional_chat.chat_messages
where id = :id
    and session_id = :session_id;
