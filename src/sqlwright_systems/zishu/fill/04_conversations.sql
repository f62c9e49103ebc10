-- What people and companions said to each other.


-- name: conversations(rows)!
-- A twelfth of :rows, the first people with hundreds; few pinned, archived or deleted, one in ten
-- with the plain assistant.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as owner,
        random() as plain,
        1 + floor(power(random(), 3) * (select count(*) from zishu.characters))::integer
            as character,
        1 + floor(random() * 16)::integer as title,
        1 + floor(random() * 4)::integer as model,
        random() as settings,
        random() as pinned,
        random() as archived,
        random() as deleted,
        sqrt(random()) as moment
    from generate_series(1, :rows::integer / 12) as n
)
insert into zishu.conversations
    (
        id, user_id, character_id, title, settings, is_pinned, is_archived, last_message_at,
        deleted_at, created_at, updated_at
    )
select
    md5('conversations' || draws.n)::uuid,
    users.id,
    case when draws.plain >= 0.1 then characters.id end,
    coalesce(
        (array[
            '今天的心情', '周末计划', '一起看的电影', '论文修改', '学习打卡', '深夜闲聊', '旅行攻略', '猫咪日记',
            '面试准备', 'Bug hunting', 'English practice', 'Recipe ideas'
        ])[draws.title],
        ''
    ),
    case
        when draws.settings < 0.2 then jsonb_build_object(
            'model', (array['qwen-max', 'deepseek-chat', 'glm-4', 'gpt-4o'])[draws.model],
            'temperature', 1.1
        )
        else '{}'
    end,
    draws.pinned < 0.03,
    draws.archived < 0.08,
    begun.moment,
    case
        when draws.deleted < 0.04
            then begun.moment
                + (timestamptz '2026-10-01 00:00+00' - begun.moment) * (0.5 + 10 * draws.deleted)
    end,
    begun.moment,
    begun.moment
from draws
join zishu.users on users.id = md5('users' || draws.owner)::uuid
join zishu.characters on characters.id = md5('characters' || draws.character)::uuid
cross join lateral (
    select greatest(users.created_at, characters.created_at)
) as possible (since)
cross join lateral (
    select possible.since + (timestamptz '2026-10-01 00:00+00' - possible.since) * draws.moment
) as begun (moment)
order by draws.n;


-- name: messages(rows)!
-- :rows, the longest conversations with hundreds, question and answer in turn after the greeting;
-- few by tools or the system, few failed, deleted or still being written.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.conversations))::integer
            as conversation,
        random() as role,
        1 + floor(random() * 20)::integer as subject,
        1 + floor(random() * 12)::integer as question,
        1 + floor(random() * 12)::integer as answer,
        1 + floor(random() * 12)::integer as more,
        1 + floor(random() * 8)::integer as emotion,
        random() as status,
        random() as counted,
        random() as deleted
    from generate_series(1, :rows::integer) as n
),
numbered as (
    select
        draws.*,
        row_number() over (partition by conversation order by n)::integer as sequence,
        count(*) over (partition by conversation) as messages
    from draws
),
said as (
    select
        numbered.*,
        conversations.id as conversation_id,
        conversations.user_id,
        conversations.character_id,
        characters.greeting,
        case
            when numbered.role < 0.01 then 'system'
            when numbered.role < 0.03 then 'tool'
            when (numbered.sequence + num_nonnulls(characters.greeting)) % 2 = 1 then 'user'
            else 'assistant'
        end as speaker,
        conversations.created_at
            + (
                coalesce(conversations.deleted_at, timestamptz '2026-10-01 00:00+00')
                - conversations.created_at
            ) * (numbered.sequence - 1) / numbered.messages as moment
    from numbered
    join zishu.conversations
        on conversations.id = md5('conversations' || numbered.conversation)::uuid
    left join zishu.characters on characters.id = conversations.character_id
),
ended as (
    select
        said.*,
        case
            when said.speaker <> 'assistant' or said.status >= 0.02 then 'complete'
            when said.sequence = said.messages and said.status < 0.01 then 'streaming'
            else 'failed'
        end as ending
    from said
),
words as (
    select
        array[
            '天气', '考试', '工作', '晚饭', '电影', '音乐', '猫', '旅行', '代码', '睡眠', '论文', '健身', '咖啡',
            '生日', 'Python', 'homework', 'the meeting', 'my sister', '面试', '游戏'
        ] as subjects,
        array[
            '今天想聊聊', '你觉得怎么样：', '我有点担心', '帮我想想', '刚刚在忙', '还记得我说过的', '给我讲讲',
            'Can we talk about ', 'What do you think of ', '好累啊，因为', '好开心，因为', 'Help me with '
        ] as questions,
        array[
            '嗯嗯，我在听。', '别担心，慢慢来。', '这听起来很有意思！', '先休息一下，喝点水吧。', '我记得你上次也提到过。',
            '要不要我陪你一起？', 'Tell me more about it.', 'That sounds wonderful.', '哼，早就告诉你了。',
            '我查了一下，有三个办法。', '可以从最简单的一步开始。', 'Let me think for a moment.'
        ] as answers,
        array[
            'neutral', 'happy', 'happy', 'neutral', 'sad', 'shy', 'surprised', 'angry'
        ] as emotions
)
insert into zishu.messages
    (
        conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
        token_count, metadata, deleted_at, created_at, updated_at
    )
select
    ended.conversation_id,
    ended.sequence,
    case when ended.speaker = 'assistant' and ended.sequence > 1 then ended.sequence - 1 end,
    case when ended.speaker = 'user' then ended.user_id end,
    case when ended.speaker = 'assistant' then ended.character_id end,
    ended.speaker,
    case
        when ended.speaker = 'system' then '以下对话使用简体中文。'
        when ended.speaker = 'tool'
            then '{"ok": true, "query": "' || words.subjects[ended.subject] || '"}'
        when ended.sequence = 1 and ended.speaker = 'assistant'
            then coalesce(ended.greeting, words.answers[ended.answer])
        when ended.speaker = 'user'
            then words.questions[ended.question] || words.subjects[ended.subject]
        else words.answers[ended.answer] || words.answers[ended.more]
            || words.subjects[ended.subject]
    end,
    ended.ending,
    case when ended.counted < 0.8 then 4 + 3 * ended.more end,
    case
        when ended.speaker <> 'assistant' then '{}'
        when ended.ending <> 'complete' then '{"model": "qwen-max"}'
        else jsonb_build_object(
            'model', 'qwen-max',
            'emotion', words.emotions[ended.emotion],
            'finish_reason', 'stop'
        )
    end,
    case when ended.deleted < 0.01 then ended.moment + interval '5 minutes' end,
    ended.moment,
    ended.moment
from ended
cross join words
order by ended.moment, ended.n;


-- name: message_attachments(rows)!
-- A tenth of :rows or less: pictures mostly, none with what companions say.
with draws as (
    select
        n,
        1 + floor(random() * (select count(*) from zishu.messages))::integer as message,
        random() as kind,
        20000 + floor(power(random(), 3) * 20000000)::bigint as file_size,
        1 + floor(random() * 4)::integer as name
    from generate_series(1, :rows::integer / 6) as n
),
kinds (kind, below, above, mime_type, ending, names, metadata) as (
    values
        (
            'image', 0.0, 0.7, 'image/webp', '.webp', array['截图', '猫', 'photo', '作业'],
            '{"width": 1024, "height": 768}'::jsonb
        ),
        (
            'audio', 0.7, 0.85, 'audio/ogg', '.ogg', array['语音', '唱歌', 'voice', '录音'],
            '{"seconds": 12.5, "transcript": "今天好累"}'
        ),
        (
            'document', 0.85, 0.97, 'application/pdf', '.pdf', array['论文', '简历', 'report', '合同'],
            '{"pages": 12}'
        ),
        (
            'video', 0.97, 1.0, 'video/mp4', '.mp4', array['旅行', '日常', 'clip', '演出'],
            '{"width": 1280, "height": 720, "seconds": 31.0}'
        )
)
insert into zishu.message_attachments
    (
        message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata,
        created_at
    )
select
    messages.id,
    kinds.kind,
    kinds.names[draws.name] || kinds.ending,
    'attachments/' || md5('attachment ' || draws.n) || kinds.ending,
    draws.file_size,
    kinds.mime_type,
    encode(sha256(('attachment ' || draws.n)::bytea), 'hex'),
    kinds.metadata,
    messages.created_at
from draws
join zishu.messages on messages.id = draws.message
join kinds on draws.kind >= kinds.below and draws.kind < kinds.above
where messages.role = 'user'
order by messages.id, draws.n;


-- name: conversation_contexts()!
-- A summary after every tenth message, and a window at the last message of what has more than
-- five.
with stretches as (
    select
        messages.conversation_id,
        'summary' as kind,
        1 as from_sequence,
        messages.sequence as to_sequence,
        messages.created_at
    from zishu.messages
    where messages.sequence % 10 = 0
    union all
    select
        conversations.id,
        'window',
        greatest(conversations.last_sequence - 9, 1),
        conversations.last_sequence,
        messages.created_at
    from zishu.conversations
    join zishu.messages
        on messages.conversation_id = conversations.id
        and messages.sequence = conversations.last_sequence
    where conversations.last_sequence > 5
)
insert into zishu.conversation_contexts
    (
        conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name,
        created_at
    )
select
    conversation_id,
    kind,
    from_sequence,
    to_sequence,
    case
        when kind = 'summary'
            then '前' || to_sequence || '条：聊了近况和接下来的计划。They talked about plans.'
    end,
    case
        when kind = 'summary' then '{"name": "小林", "likes": ["猫"], "mood": "tired"}'::jsonb
        else '{}'
    end,
    case when kind = 'summary' then 60 else 30 * (to_sequence - from_sequence + 1) end,
    'qwen-max',
    created_at + interval '1 second'
from stretches
order by created_at, conversation_id, kind;


-- name: conversation_participants(rows)!
-- Owners and characters are there already, and have read most of what was said; a thirtieth of
-- :rows joined later, few as observers, and some left.
with draws as (
    select
        n,
        random() as behind,
        random() as muted
    from generate_series(1, (select count(*) from zishu.conversations)) as n
),
-- A trigger made these rows in the transaction of now: they are from when the conversation began.
begun as (
    update zishu.conversation_participants as participants
    set
        created_at = conversations.created_at,
        last_read_sequence = conversations.last_sequence
            - case when draws.behind < 0.15 then least(conversations.last_sequence, 2) else 0 end,
        is_muted = participants.user_id is not null and draws.muted < 0.05
    from draws
    join zishu.conversations on conversations.id = md5('conversations' || draws.n)::uuid
    where participants.conversation_id = conversations.id
),
joining as (
    select
        n,
        1 + floor(power(random(), 2) * (select count(*) from zishu.conversations))::integer
            as conversation,
        1 + floor(power(random(), 2) * (select count(*) from zishu.users))::integer as person,
        1 + floor(power(random(), 3) * (select count(*) from zishu.characters))::integer
            as character,
        random() as speaks,
        random() as observes,
        random() as moment,
        random() as departure
    from generate_series(1, :rows::integer / 30) as n
)
insert into zishu.conversation_participants
    (
        conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
        created_at, updated_at
    )
select
    conversations.id,
    case when joining.speaks < 0.7 then md5('users' || joining.person)::uuid end,
    case when joining.speaks >= 0.7 then md5('characters' || joining.character)::uuid end,
    case when joining.observes < 0.2 then 'observer' else 'member' end,
    floor(conversations.last_sequence * joining.observes)::integer,
    joining.speaks < 0.1,
    case when joining.departure < 0.15 then joined.moment + interval '3 hours' end,
    joined.moment,
    joined.moment
from joining
join zishu.conversations on conversations.id = md5('conversations' || joining.conversation)::uuid
cross join lateral (
    select
        conversations.created_at
        + (conversations.last_message_at - conversations.created_at) * joining.moment
) as joined (moment)
where conversations.user_id <> md5('users' || joining.person)::uuid
order by joining.n
on conflict do nothing;
