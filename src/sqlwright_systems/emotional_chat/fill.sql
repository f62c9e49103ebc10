-- Made-up rows, the same every time; for `sqlwright seed --scale`. They fill the year before the
-- first of October 2026 in the order of their ids; whoever owns a row was there before it, and the
-- first of them own the most.

-- name: users(rows, password_hash)!
-- A tenth as many people as messages; four in ten are guests, without address and password.
with drawn as (
    select
        n,
        timestamptz '2025-10-01 00:00+00'
            + interval '365 days' * ((n - 1) / greatest(1, :rows / 10)::float8) as created_at,
        random() < 0.4 as is_guest,
        random() as named,
        random() as state,
        random() as seen
    from generate_series(1, greatest(1, :rows::integer / 10)) as n
)
insert into emotional_chat.users (
    username, email, hashed_password, nickname, avatar_url, is_active, last_login_at, created_at,
    updated_at
)
select
    case when is_guest then 'guest-' || substr(md5('guest' || n), 1, 12) else 'user' || n end,
    case when not is_guest then 'user' || n || '@example.com' end,
    case when not is_guest then :password_hash end,
    case
        when named < 0.8
            then (array['晚风', '南山', '小满', '阿禾', '星河', '木子', '白露', '知秋', 'Luna', '一一'])
                [1 + n % 10] || case when n % 3 = 0 then '' else (n % 100)::text end
    end,
    case when named < 0.4 then 'https://cdn.example.com/avatars/' || n || '.png' end,
    state > 0.01,
    case
        when not is_guest and seen < 0.95
            then created_at + (timestamptz '2026-10-01 00:00+00' - created_at) * seen
    end,
    created_at,
    created_at
from drawn
order by n;

-- name: chat_sessions(rows)!
-- A third as many conversations as messages; one in ten is put away, some have no title.
with drawn as (
    select
        n,
        1 + floor(
            power(random(), 3)
            * ((n - 1) * (greatest(1, :rows / 10) / greatest(1, :rows / 3)::float8))
        )::bigint as user_id,
        timestamptz '2025-10-01 00:00+00'
            + interval '364 days' * ((n - 1) / greatest(1, :rows / 3)::float8)
            + interval '12 hours' as created_at,
        random() as titled,
        random() as kept
    from generate_series(1, greatest(1, :rows::integer / 3)) as n
)
insert into emotional_chat.chat_sessions (
    public_id, user_id, title, is_archived, last_active_at, created_at, updated_at
)
select
    md5('session' || n)::uuid,
    user_id,
    case
        when titled < 0.8
            then (array[
                '睡不着', '和室友吵架了', '面试好紧张', '想家', '又加班到半夜', '今天很开心',
                '不知道该不该分手', '考研压力', '孩子不听话', 'Feeling stuck at work', '随便聊聊'
            ])[1 + n % 11]
    end,
    kept < 0.1,
    created_at,
    created_at,
    created_at
from drawn
order by n;

-- name: chat_messages(rows)!
-- Person and assistant speak in turn; few conversations are long, and some are still empty.
with drawn as (
    select
        n,
        1 + floor(power(random(), 2) * greatest(1, :rows / 3))::bigint as session_id,
        1 + floor(12 * random())::integer as opening,
        1 + floor(12 * random())::integer as rest
    from generate_series(1, :rows::integer) as n
),
placed as (
    select
        row_number() over (order by session_id, n) as id,
        row_number() over (partition by session_id order by n) as place,
        session_id,
        opening,
        rest
    from drawn
),
said as (
    select
        placed.id,
        placed.session_id,
        placed.opening,
        placed.rest,
        placed.place % 2 = 1 as is_person,
        chat_sessions.created_at + interval '35 seconds' * placed.place as created_at
    from placed
    inner join emotional_chat.chat_sessions on chat_sessions.id = placed.session_id
)
insert into emotional_chat.chat_messages (
    session_id, role, content, model_name, token_count, created_at
)
select
    session_id,
    case when is_person then 'user' else 'assistant' end,
    case
        when is_person
            then (array[
                '今天', '最近', '说实话，', '我也不知道为什么，', '昨天晚上', '这个星期',
                '刚才在路上', '开完会以后，', 'Honestly, ', '又到周末了，', '跟你说件事：', '唉，'
            ])[opening]
            || (array[
                '我又失眠了，三点还醒着。', '老板当着大家的面批评我，我很难受。',
                '项目终于上线了，我特别开心！', '感觉没有人真正懂我。', '一想到考试心就跳得很快。',
                '和妈妈吵了一架，现在很后悔。', '朋友给我过了生日，好感动。', '什么都不想做，很累。',
                'I keep worrying about the deadline.', '他已读不回，我很生气。',
                '试了你说的呼吸练习，好一点了。', '只是想找个人说说话。'
            ])[rest]
        else (array[
            '听起来', '我能感觉到，', '谢谢你告诉我。', '嗯，', '这确实不容易，', '我在听。',
            '先深呼吸一下。', '你已经做得很好了，', 'I hear you. ', '换作是谁都会这样，',
            '我们慢慢来，', '抱抱你。'
        ])[opening]
        || (array[
            '你愿意多说一点当时的感受吗？', '这件事让你承受了很多压力。', '真为你高兴！',
            '要不要一起做一次四七八呼吸？', '今晚早点放下手机，好吗？', '你最担心的是什么？',
            '也许可以先写下来，再决定怎么做。', '你并不孤单，我会陪着你。',
            'What would help you most right now?', '给自己一点时间，情绪会过去的。',
            '有没有一个人，你愿意跟他聊聊？', '我们可以把它分成几个小步骤。'
        ])[rest]
    end,
    case when not is_person then (array['chat-zh', 'chat-zh', 'chat-zh-large'])[1 + id % 3] end,
    case when not is_person then 20 + opening * rest end,
    created_at
from said
order by id;

-- name: emotion_analysis(rows)!
-- What was read from nine in ten messages of people: more often heavy than light.
with drawn as (
    select
        messages.id,
        random() as analysed,
        1 + floor(14 * power(random(), 1.5))::integer as feeling,
        random() as strength,
        random() as sureness
    from (
        select id
        from emotional_chat.chat_messages
        where role = 'user'
        order by id
        limit :rows
    ) as messages
),
read as (
    select
        id,
        (array[
            'anxious', 'sad', 'frustrated', 'lonely', 'neutral', 'happy', 'angry', 'confused',
            'calm', 'grateful', 'afraid', 'excited', 'surprised', 'disgusted'
        ])[feeling] as emotion,
        (array[
            -0.6, -0.7, -0.5, -0.6, 0, 0.8, -0.7, -0.2, 0.5, 0.8, -0.7, 0.9, 0.2, -0.8
        ])[feeling]::numeric as sentiment,
        feeling,
        strength,
        sureness
    from drawn
    -- The first is always read, so that the table is never empty.
    where analysed < 0.9 or id = 1
)
insert into emotional_chat.emotion_analysis (
    message_id, emotion, intensity, sentiment_score, confidence, keywords, model_name, user_id,
    said_at, created_at, updated_at
)
select
    read.id,
    read.emotion,
    round((2 + 8 * read.strength)::numeric, 1),
    round(read.sentiment * (0.6 + 0.4 * read.strength)::numeric, 3),
    round((0.5 + 0.49 * read.sureness)::numeric, 3),
    case
        when read.sureness < 0.2 then '[]'
        else jsonb_build_array(
            (array[
                '紧张', '难过', '加班', '没人懂', '随便', '开心', '生气', '不知道', '平静', '感动',
                '害怕', '期待', '没想到', '恶心'
            ])[read.feeling],
            (array['失眠', '考试', '老板', '朋友', 'deadline'])[1 + read.id % 5]
        )
    end,
    case when read.id % 20 = 0 then 'emotion-zh-large' else 'emotion-zh' end,
    chat_sessions.user_id,
    chat_messages.created_at,
    chat_messages.created_at,
    chat_messages.created_at
from read
inner join emotional_chat.chat_messages on chat_messages.id = read.id
inner join emotional_chat.chat_sessions on chat_sessions.id = chat_messages.session_id
order by read.id;

-- name: knowledge()!
-- Six shelves of twelve articles each, one in twelve of them a draft.
insert into emotional_chat.knowledge (
    category, title, content, tags, is_active, created_at, updated_at
)
select
    category,
    subject || '：'
        || (array['入门', '练习手册', '常见误区', 'A short guide'])[1 + (shelf + place) % 4],
    subject || '和' || category || '密切相关。'
        || (array[
            '先留意自己的感受，不急着评判。', '每天十分钟，比偶尔一小时更有用。',
            'Notice the feeling, name it, and let it pass.', '如果持续两周以上，请寻求专业帮助。'
        ])[1 + place % 4],
    jsonb_build_array(category, (array['焦虑', '呼吸练习', '自我关怀', '求助'])[1 + place % 4]),
    place <> 12,
    timestamptz '2025-10-01 00:00+00' + interval '1 day' * (12 * shelf + place),
    timestamptz '2025-10-01 00:00+00' + interval '1 day' * (12 * shelf + place)
from unnest(array['压力管理', '睡眠', '危机干预', '人际关系', '情绪调节', '自我成长'])
    with ordinality as shelves (category, shelf)
cross join unnest(array[
    '正念呼吸', '失眠', '拒绝别人', '拖延', '愤怒', '孤独', '考试焦虑', '加班', '亲密关系', '自责',
    '情绪日记', '运动'
]) with ordinality as subjects (subject, place)
order by shelf, place;

-- name: system_logs(rows)!
-- As many events as messages, three quarters of them plain information, errors with their reason.
with drawn as (
    select
        n,
        timestamptz '2025-10-01 00:00+00'
            + interval '365 days' * ((n - 1) / :rows::float8) as created_at,
        random() as grade,
        random() as about,
        power(random(), 3) as who,
        power(random(), 2) as what,
        random() as duration,
        1 + floor(5 * random())::integer as part
    from generate_series(1, :rows::integer) as n
),
events as (
    select
        *,
        case
            when grade < 0.12 then 'debug'
            when grade < 0.88 then 'info'
            when grade < 0.96 then 'warning'
            when grade < 0.998 then 'error'
            else 'critical'
        end as level
    from drawn
)
insert into emotional_chat.system_logs (
    user_id, session_id, level, source, message, context, created_at
)
select
    case when about < 0.7 then 1 + floor(who * greatest(1, :rows / 10))::bigint end,
    case when about < 0.5 then 1 + floor(what * greatest(1, :rows / 3))::bigint end,
    level,
    (array['api', 'llm', 'analysis', 'knowledge', 'scheduler'])[part],
    case
        when level in ('error', 'critical')
            then (array[
                '请求超时', '模型返回了空内容', '情绪分析失败', '检索不可用', '任务中断'
            ])[part]
        when level = 'warning' then (array[
            '响应较慢', '重试了一次', '置信度偏低', '没有找到相关文章', '任务延迟'
        ])[part]
        else (array[
            'POST /chat 200', 'completion finished', '情绪分析完成', '检索到相关文章', '清理完成'
        ])[part]
    end,
    jsonb_build_object(
        'request_id', md5('request' || n)::uuid,
        'duration_ms', 5 + floor(4000 * power(duration, 4))::integer
    ) || case
        when level in ('error', 'critical')
            then jsonb_build_object('error', (array['TimeoutError', 'ValueError'])[1 + n % 2])
        else '{}'
    end,
    created_at
from events
order by n;

-- name: user_feedback(rows)!
-- One conversation in three is rated, four in ten of them for an answer; mostly well.
with drawn as (
    select
        n,
        1 + ((n - 1)::bigint * greatest(1, :rows / 3)) / greatest(1, :rows / 10) as session_id,
        random() as grade,
        random() < 0.4 as is_of_message,
        random() as spoken,
        random() as state
    from generate_series(1, greatest(1, :rows::integer / 10)) as n
)
insert into emotional_chat.user_feedback (
    session_id, message_id, rating, comment, is_resolved, created_at, updated_at
)
select
    drawn.session_id,
    answers.id,
    case
        when drawn.grade < 0.06 then 1
        when drawn.grade < 0.12 then 2
        when drawn.grade < 0.25 then 3
        when drawn.grade < 0.55 then 4
        else 5
    end,
    case
        when drawn.spoken < 0.4 and drawn.grade < 0.12
            then (array['回答太套路了', '没有理解我的意思', 'Too slow', '突然中断了'])[1 + drawn.n % 4]
        when drawn.spoken < 0.4
            then (array['谢谢，好多了', '很温暖', 'Really helpful', '希望能记住之前聊过的'])
                [1 + drawn.n % 4]
    end,
    drawn.state < 0.7,
    chat_sessions.last_active_at + interval '5 minutes',
    chat_sessions.last_active_at + interval '5 minutes'
from drawn
inner join emotional_chat.chat_sessions on chat_sessions.id = drawn.session_id
left join lateral (
    select chat_messages.id
    from emotional_chat.chat_messages
    where chat_messages.session_id = drawn.session_id
        and chat_messages.role = 'assistant'
        and drawn.is_of_message
    order by chat_messages.id
    limit 1
) as answers on true
order by drawn.n;
