-- What a model read from a person's message; who wrote it and when is copied from the message.

-- name: create(message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name)^
-- Notes how a person felt when they wrote a message; one that is analysed already is an error.
insert into emotional_chat.emotion_analysis (
    message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name
)
values (
    :message_id, :emotion, :intensity, :sentiment_score, :confidence, :keywords, :model_name
)
returning
    id, message_id, user_id, emotion, intensity, sentiment_score, confidence, keywords,
    model_name, said_at, created_at, updated_at;

-- name: upsert(message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name)^
-- Notes how a person felt when they wrote a message, in place of what an earlier model read.
insert into emotional_chat.emotion_analysis (
    message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name
)
values (
    :message_id, :emotion, :intensity, :sentiment_score, :confidence, :keywords, :model_name
)
on conflict (message_id) do update
set
    emotion = excluded.emotion,
    intensity = excluded.intensity,
    sentiment_score = excluded.sentiment_score,
    confidence = excluded.confidence,
    keywords = excluded.keywords,
    model_name = excluded.model_name
returning
    id, message_id, user_id, emotion, intensity, sentiment_score, confidence, keywords,
    model_name, said_at, created_at, updated_at;

-- name: get(id)^
-- The analysis with this id.
select
    id, message_id, user_id, emotion, intensity, sentiment_score, confidence, keywords,
    model_name, said_at, created_at, updated_at
from emotional_chat.emotion_analysis
where id = :id;

-- name: get_by_message(message_id)^
-- The analysis of this message.
select
    id, message_id, user_id, emotion, intensity, sentiment_score, confidence, keywords,
    model_name, said_at, created_at, updated_at
from emotional_chat.emotion_analysis
where message_id = :message_id;

-- name: page(user_id, before_said_at, before_id, limit)
-- A page of how a person felt, the newest first; nulls give the first page.
select
    id, message_id, user_id, emotion, intensity, sentiment_score, confidence, keywords,
    model_name, said_at, created_at, updated_at
from emotional_chat.emotion_analysis
where user_id = :user_id
    and (said_at, id) < (
        coalesce(:before_said_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by said_at desc, id desc
limit :limit;

-- name: list_mood_by_day(user_id, since, before, time_zone)
-- A person's mood on each day of a period on which they wrote: how many messages, their means, and
-- the most frequent emotion. The days are those of the time zone, such as Asia/Shanghai.
-- scans: sorts one person's messages of the period, from the index alone.
select
    (said_at at time zone :time_zone)::date as day,
    count(*) as messages,
    avg(sentiment_score)::float8 as sentiment_score,
    avg(intensity)::float8 as intensity,
    mode() within group (order by emotion) as emotion
from emotional_chat.emotion_analysis
where user_id = :user_id
    and said_at >= :since
    and said_at < :before
group by day
order by day;

-- name: count_by_emotion(user_id, since, before)
-- What a person felt in a period, the most frequent emotion first.
-- scans: groups one person's messages of the period, by a sort where they are few.
select
    emotion,
    count(*) as messages,
    avg(intensity)::float8 as intensity
from emotional_chat.emotion_analysis
where user_id = :user_id
    and said_at >= :since
    and said_at < :before
group by emotion
order by messages desc, emotion;

-- name: delete(id)!
-- Takes an analysis away; the message stays.
delete from emotional_chat.emotion_analysis
where id = :id;
