-- Companions with their bodies, faces, voices and tempers.


-- name: characters(rows)!
-- A tenth of :rows, a third of them in the gallery, few unlisted, most their creator's alone.
with draws as (
    select
        n,
        random() as own,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as creator,
        1 + floor(random() * 20)::integer as name,
        1 + floor(random() * 10)::integer as summary,
        1 + floor(random() * 8)::integer as past,
        1 + floor(random() * 8)::integer as habit,
        1 + floor(random() * 10)::integer as greeting,
        random() as avatar,
        1 + floor(power(random(), 3) * 4)::integer as language,
        1 + floor(power(random(), 2) * 22)::integer as tag,
        floor(random() * 5)::integer as tags,
        random() as visibility,
        random() as deleted,
        timestamptz '2026-10-01 00:00+00' - interval '8760 hours'
            * (1 - sqrt((n - random()) / (:rows::integer / 10))) as created_at
    from generate_series(1, :rows::integer / 10) as n
),
words as (
    select
        array[
            '紫舒', '小夜', '凌霜', '阿澈', '白露', '铃音', '云深', '沐晴', '千寻', '墨尘', '星野', '苏打',
            '若曦', '九尾', 'Luna', 'Aria', 'Echo', 'Nova', 'Kai', 'Mika'
        ] as names,
        array[
            '温柔的图书管理员', '傲娇的猫耳少女', '沉默寡言的剑客', '元气满满的偶像', '来自未来的机器人',
            '你的桌面小助手', '古风琴师', '毒舌编程导师', 'A barista who remembers everything',
            'Your study partner'
        ] as summaries,
        array[
            '她在一家旧书店长大，读过架上的每一本书。', '他曾是雪山上的守夜人。', '从实验室逃出来的第七号原型机。',
            '小时候学过十年古琴。', '在海边的咖啡馆打工，梦想是开一家花店。', '没有人知道她从哪里来。',
            'Grew up on a space station.', 'Once a famous detective, now retired.'
        ] as pasts,
        array[
            '说话轻声细语，喜欢下雨天。', '嘴上不饶人，其实很关心你。', '每天早上都会提醒你喝水。', '害怕打雷，喜欢草莓蛋糕。',
            '会在你工作时安静地陪着。', '喜欢用比喻来解释复杂的事情。', 'Always answers with a question.',
            'Loves puns and bad weather.'
        ] as habits,
        array[
            '你来啦，今天过得怎么样？', '哼，才不是在等你呢。', '早安！要不要一起喝杯茶？', '……你好。',
            '系统启动完毕，很高兴见到你。', 'Hey! What shall we do today?', 'Welcome back.'
        ] as greetings,
        array[
            '治愈', '温柔', '日常', '傲娇', '猫娘', '古风', '学习', '陪伴', '科幻', '偶像', '剑客', '编程',
            'english', '恋爱', '冒险', '校园', '机器人', '侦探', 'cozy', '音乐', '奇幻', '助手'
        ] as tags
)
insert into zishu.characters
    (
        id, creator_id, name, summary, description, greeting, avatar_url, language, tags,
        visibility, deleted_at, created_at, updated_at
    )
select
    md5('characters' || draws.n)::uuid,
    case when draws.own >= 0.02 then md5('users' || draws.creator)::uuid end,
    words.names[draws.name],
    words.summaries[draws.summary],
    words.pasts[draws.past] || words.habits[draws.habit],
    words.greetings[draws.greeting],
    case
        when draws.avatar < 0.85
            then 'https://cdn.example.com/characters/' || draws.n || '.webp'
    end,
    (array['zh-CN', 'en', 'ja', 'zh-TW'])[draws.language],
    words.tags[draws.tag : draws.tag + draws.tags - 1],
    case
        when draws.visibility < 0.35 then 'public'
        when draws.visibility < 0.42 then 'unlisted'
        else 'private'
    end,
    case
        when draws.deleted < 0.03
            then draws.created_at
                + (timestamptz '2026-10-01 00:00+00' - draws.created_at) * draws.deleted * 30
    end,
    draws.created_at,
    draws.created_at
from draws
cross join words
order by draws.n;


-- name: character_models()!
-- None to three a character, mostly one; the first is the default.
with draws as (
    select
        n,
        floor(0.85 + power(random(), 3) * 2.5)::integer as models
    from generate_series(1, (select count(*) from zishu.characters)) as n
),
bodies as (
    select
        row_number() over (order by draws.n, places.place) as n,
        draws.n as character,
        places.place
    from draws
    cross join generate_series(1, draws.models) as places (place)
),
details as (
    select
        bodies.*,
        1 + floor(power(random(), 2) * 4)::integer as format,
        200000 + floor(power(random(), 2) * 60000000)::bigint as file_size,
        round((0.5 + random())::numeric, 2) as scale
    from bodies
)
insert into zishu.character_models
    (
        id, character_id, name, format, file_url, file_size, checksum, thumbnail_url, stage,
        motions, is_default, created_at, updated_at
    )
select
    md5('character_models' || details.n)::uuid,
    characters.id,
    (array['默认', '夏日', 'Winter'])[details.place],
    (array['live2d', 'vrm', 'image', 'spine'])[details.format],
    'https://cdn.example.com/models/' || details.n || '.zip',
    details.file_size,
    encode(sha256(('model ' || details.n)::bytea), 'hex'),
    case
        when details.scale < 1.3
            then 'https://cdn.example.com/models/' || details.n || '.webp'
    end,
    jsonb_build_object('scale', details.scale, 'offset', '[0, -0.1]'::jsonb, 'physics', true),
    case
        when details.format = 3 then '{}'
        else '{"idle": ["idle_01", "idle_02"], "tap": ["wave"]}'::jsonb
    end,
    details.place = 1,
    characters.created_at,
    characters.created_at
from details
join zishu.characters on characters.id = md5('characters' || details.character)::uuid
order by details.n;


-- name: character_expressions()!
-- Two to eight faces a body.
with draws as (
    select
        n,
        2 + floor(random() * 7)::integer as faces
    from generate_series(1, (select count(*) from zishu.character_models)) as n
),
faces as (
    select
        row_number() over (order by draws.n, places.place) as n,
        draws.n as model,
        places.place
    from draws
    cross join generate_series(1, draws.faces) as places (place)
),
details as (
    select
        faces.*,
        round(random()::numeric, 2) as mouth,
        round(random()::numeric, 2) as cheek,
        100 * (1 + floor(random() * 6)::integer) as fade_ms
    from faces
)
insert into zishu.character_expressions
    (id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at)
select
    md5('character_expressions' || details.n)::uuid,
    models.id,
    (array['平静', '微笑', '大笑', '难过', '生气', '惊讶', '害羞', '害怕'])[details.place],
    (array[
        'neutral', 'happy', 'happy', 'sad', 'angry', 'surprised', 'shy', 'afraid'
    ])[details.place],
    case
        when models.format = 'image' then 'https://cdn.example.com/faces/' || details.n || '.webp'
    end,
    case
        when models.format = 'image' then '{}'
        else jsonb_build_object('ParamMouthForm', details.mouth, 'ParamCheek', details.cheek)
    end,
    details.fade_ms,
    models.created_at,
    models.created_at
from details
join zishu.character_models as models on models.id = md5('character_models' || details.model)::uuid
order by details.n;


-- name: character_voices()!
-- None to two a character; the first is the default.
with draws as (
    select
        n,
        floor(0.8 + random() * 1.4)::integer as voices
    from generate_series(1, (select count(*) from zishu.characters)) as n
),
voices as (
    select
        row_number() over (order by draws.n, places.place) as n,
        draws.n as character,
        places.place
    from draws
    cross join generate_series(1, draws.voices) as places (place)
),
details as (
    select
        voices.*,
        1 + floor(power(random(), 2) * 3)::integer as provider,
        1 + floor(random() * 5)::integer as voice,
        round((0.7 + 0.6 * random())::numeric, 2) as speed,
        round((0.8 + 0.5 * random())::numeric, 2) as pitch,
        round((0.6 + random())::numeric, 2) as volume,
        random() as sample
    from voices
)
insert into zishu.character_voices
    (
        id, character_id, name, provider, provider_voice, language, speed, pitch, volume, settings,
        sample_url, is_default, created_at, updated_at
    )
select
    md5('character_voices' || details.n)::uuid,
    characters.id,
    (array['日常', '低语'])[details.place],
    (array['edge', 'azure', 'gpt-sovits'])[details.provider],
    (array[
        'zh-CN-XiaoxiaoNeural', 'zh-CN-YunxiNeural', 'zh-CN-XiaoyiNeural', 'en-US-JennyNeural',
        'ja-JP-NanamiNeural'
    ])[details.voice],
    characters.language,
    details.speed,
    details.pitch,
    details.volume,
    case when details.provider = 2 then '{"style": "cheerful"}'::jsonb else '{}' end,
    case
        when details.sample < 0.4
            then 'https://cdn.example.com/voices/' || details.n || '.mp3'
    end,
    details.place = 1,
    characters.created_at,
    characters.created_at
from details
join zishu.characters on characters.id = md5('characters' || details.character)::uuid
order by details.n;


-- name: character_personalities()!
-- One or two a character; the first is the default.
with draws as (
    select
        n,
        1 + floor(random() * 1.3)::integer as tempers
    from generate_series(1, (select count(*) from zishu.characters)) as n
),
tempers as (
    select
        row_number() over (order by draws.n, places.place) as n,
        draws.n as character,
        places.place
    from draws
    cross join generate_series(1, draws.tempers) as places (place)
),
details as (
    select
        tempers.*,
        1 + floor(random() * 5)::integer as style,
        round(random()::numeric, 1) as openness,
        round(random()::numeric, 1) as warmth,
        round(random()::numeric, 1) as humour,
        round((0.4 + random())::numeric, 2) as temperature
    from tempers
)
insert into zishu.character_personalities
    (
        id, character_id, name, system_prompt, speaking_style, traits, examples, temperature,
        is_default, created_at, updated_at
    )
select
    md5('character_personalities' || details.n)::uuid,
    characters.id,
    (array['日常', '认真'])[details.place],
    '你是' || characters.name || '，' || characters.summary || '。' || characters.description,
    (array[
        '句尾常带“喵”。', '语气温和，多用叠词。', '简短，几乎不用感叹号。', '爱用敬语。', 'Short, dry sentences.'
    ])[details.style],
    jsonb_build_object(
        'openness', details.openness, 'warmth', details.warmth, 'humour', details.humour
    ),
    case
        when details.style < 3 then '[{"user": "早安", "character": "早安呀，睡得好吗？"}]'::jsonb
        else '[]'
    end,
    details.temperature,
    details.place = 1,
    characters.created_at,
    characters.created_at
from details
join zishu.characters on characters.id = md5('characters' || details.character)::uuid
order by details.n;
