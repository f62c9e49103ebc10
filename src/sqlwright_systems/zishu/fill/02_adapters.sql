-- The adapter market: shelves, what stands on them, its versions and what they need, and what
-- people make of it.


-- name: adapter_categories()!
-- Six shelves with three or four smaller ones each, as many as a market needs.
with shelves (n, parent, slug, name, description) as (
    values
        (1, null, 'knowledge', '知识', '让伙伴更懂某个领域'),
        (2, null, 'productivity', '效率', '日程、邮件与文档'),
        (3, null, 'entertainment', '娱乐', '游戏、音乐与故事'),
        (4, null, 'devices', '设备', 'Smart home and hardware'),
        (5, null, 'development', '开发', 'Tools for developers'),
        (6, null, 'languages', '语言', '学习与翻译'),
        (7, 1, 'science', '科学', ''),
        (8, 1, 'history', '历史', '二十四史与世界史'),
        (9, 1, 'medicine', '健康', '不能代替医生'),
        (10, 1, 'finance', '财经', ''),
        (11, 2, 'calendar', '日程', ''),
        (12, 2, 'mail', '邮件', ''),
        (13, 2, 'documents', '文档', 'Word, Excel, PDF'),
        (14, 3, 'games', '游戏', ''),
        (15, 3, 'music', '音乐', ''),
        (16, 3, 'stories', '故事', '互动小说与跑团'),
        (17, 4, 'smart-home', '智能家居', 'Home Assistant, 米家'),
        (18, 4, 'desktop', '桌面控制', ''),
        (19, 4, 'robots', '机器人', ''),
        (20, 5, 'version-control', '版本控制', 'Git and friends'),
        (21, 5, 'databases', '数据库', ''),
        (22, 5, 'deployment', '部署', ''),
        (23, 6, 'translation', '翻译', ''),
        (24, 6, 'speaking', '口语', '')
)
insert into zishu.adapter_categories
    (id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at)
select
    md5('adapter_categories' || n)::uuid,
    md5('adapter_categories' || parent)::uuid,
    slug,
    name,
    description,
    case when parent is null then 'https://cdn.example.com/icons/' || slug || '.svg' end,
    row_number() over (partition by parent order by n) - 1,
    timestamptz '2025-10-01 00:00+00',
    timestamptz '2025-10-01 00:00+00'
from shelves
order by n;


-- name: adapters(rows)!
-- A tenth of :rows, most published, few drafts, archived or deleted; some are the platform's own.
with draws as (
    select
        n,
        random() as own,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as author,
        1 + floor(random() * 27)::integer as shelf,
        1 + floor(random() * 20)::integer as subject,
        1 + floor(random() * 6)::integer as noun,
        1 + floor(random() * 8)::integer as sentence,
        1 + floor(random() * 8)::integer as more,
        random() as kind,
        1 + floor(power(random(), 2) * 26)::integer as tag,
        floor(random() * 5)::integer as tags,
        random() as status,
        random() as deleted,
        timestamptz '2026-10-01 00:00+00' - interval '8760 hours'
            * (1 - sqrt((n - random()) / (:rows::integer / 10))) as created_at
    from generate_series(1, :rows::integer / 10) as n
),
words as (
    select
        array[
            '天气', '日历', '番茄钟', '古诗', '菜谱', '星座', '股票', '翻译', '记账', '歌词', 'Git',
            'Docker', 'PDF', 'Home Assistant', 'Anki', 'Steam', 'RSS', '健身', '睡眠', '旅行'
        ] as subjects,
        array[
            'weather', 'calendar', 'pomodoro', 'poems', 'recipes', 'stars', 'stocks', 'translate',
            'ledger', 'lyrics', 'git', 'docker', 'pdf', 'home-assistant', 'anki', 'steam', 'rss',
            'fitness', 'sleep', 'travel'
        ] as slugs,
        array['助手', '百科', '管家', ' Kit', ' Helper', ' Pro'] as nouns,
        array[
            '让伙伴随时回答你的问题。', '支持语音与文字两种方式。', '数据只保存在本机。', '无需配置，安装即用。',
            '每天早上自动提醒。', 'Works offline once installed.', 'Needs an API key of your own.',
            'Supports Windows, macOS and Linux.'
        ] as sentences,
        array[
            '效率', '生活', '学习', '聊天', '语音', '工具', '中文', '免费', '离线', '提醒', '自动化',
            'api', 'productivity', '办公', '健康', '游戏', '音乐', '写作', '翻译', 'developer',
            '智能家居', 'windows', '小说', '考试', '旅行', 'beta'
        ] as tags
)
insert into zishu.adapters
    (
        id, author_id, category_id, slug, name, description, kind, tags, status, deleted_at,
        created_at, updated_at
    )
select
    md5('adapters' || draws.n)::uuid,
    case when draws.own >= 0.03 then md5('users' || draws.author)::uuid end,
    case when draws.shelf <= 24 then md5('adapter_categories' || draws.shelf)::uuid end,
    words.slugs[draws.subject] || '-' || draws.n,
    words.subjects[draws.subject] || words.nouns[draws.noun],
    words.subjects[draws.subject] || '：' || words.sentences[draws.sentence]
        || words.sentences[draws.more],
    case
        when draws.kind < 0.6 then 'soft'
        when draws.kind < 0.85 then 'intelligent'
        else 'hard'
    end,
    words.tags[draws.tag : draws.tag + draws.tags - 1],
    case
        when draws.status < 0.82 then 'published'
        when draws.status < 0.95 then 'draft'
        else 'archived'
    end,
    case
        when draws.deleted < 0.02
            then draws.created_at
                + (timestamptz '2026-10-01 00:00+00' - draws.created_at) * draws.deleted * 50
    end,
    draws.created_at,
    draws.created_at
from draws
cross join words
order by draws.n;


-- name: adapter_versions()!
-- One to twelve an adapter, mostly one or two; the newest may still be a draft, few were yanked,
-- and what is a draft itself has nothing published.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * 12)::integer as versions,
        random() < 0.25 as has_draft
    from generate_series(1, (select count(*) from zishu.adapters)) as n
),
versions as (
    select
        row_number() over (order by draws.n, places.place) as n,
        adapters.id as adapter_id,
        places.place,
        places.place > 1 and places.place = draws.versions and draws.has_draft as is_beta,
        (places.place = 1 or places.place < draws.versions or not draws.has_draft)
            and adapters.status <> 'draft' as is_published,
        adapters.created_at
            + (timestamptz '2026-10-01 00:00+00' - adapters.created_at)
            * (places.place - 1) / draws.versions as created_at
    from draws
    join zishu.adapters on adapters.id = md5('adapters' || draws.n)::uuid
    cross join generate_series(1, draws.versions) as places (place)
),
packages as (
    select
        versions.*,
        random() < 0.03 as is_yanked,
        10000 + floor(power(random(), 4) * 50000000)::bigint as package_size,
        1 + floor(random() * 6)::integer as change
    from versions
)
insert into zishu.adapter_versions
    (
        id, adapter_id, version, changelog, manifest, package_url, package_size, checksum,
        is_latest, published_at, yanked_at, created_at, updated_at
    )
select
    md5('adapter_versions' || n)::uuid,
    adapter_id,
    1 + (place - 1) / 4 || '.' || (place - 1) % 4 || '.0'
        || case when is_beta then '-beta.1' else '' end,
    case
        when place = 1 then 'First release.'
        else (array[
            '修复了启动时的崩溃。', '新增英文界面。', '减少内存占用。', 'Fixes a crash on start.',
            'Faster answers.', '支持自定义快捷键，并改进了文档。'
        ])[change]
    end,
    jsonb_build_object(
        'entry', 'main.py',
        'permissions', case when change < 4 then '["network"]'::jsonb else '["files.read"]' end,
        'platforms', '["windows", "macos"]'::jsonb,
        'license', 'MIT'
    ),
    case when is_published then 'https://cdn.example.com/packages/' || n || '.zip' end,
    case when is_published then package_size end,
    case when is_published then encode(sha256(('package ' || n)::bytea), 'hex') end,
    is_published and not is_yanked
        and place = max(place) filter (where is_published and not is_yanked)
            over (partition by adapter_id),
    case when is_published then created_at + interval '2 hours' end,
    case when is_published and is_yanked then created_at + interval '50 hours' end,
    created_at,
    created_at
from packages
order by n;


-- name: adapter_dependencies(rows)!
-- At most a quarter of :rows. The tenth of the adapters that is oldest is what others need, and
-- the tenth of that needs nothing, so that none can need itself.
with adapters as (
    select
        n,
        md5('adapters' || n)::uuid as id,
        (select count(*) from zishu.adapters) as adapters
    from generate_series(1, (select count(*) from zishu.adapters)) as n
),
draws as (
    select
        n,
        1 + floor(random() * (select count(*) from zishu.adapter_versions))::integer as version,
        power(random(), 2) as needed,
        1 + floor(power(random(), 3) * 3)::integer as minimum,
        random() as bound,
        random() as optional
    from generate_series(1, :rows::integer / 4) as n
)
insert into zishu.adapter_dependencies
    (version_id, depends_on_id, minimum, below, is_optional, created_at, updated_at)
select
    versions.id,
    md5(
        'adapters' || 1 + floor(
            draws.needed
            * case
                when adapters.n > adapters.adapters / 10 then adapters.adapters / 10
                else adapters.adapters / 100
            end
        )::integer
    )::uuid,
    (array['1.0.0', '1.1.0', '1.2.0'])[draws.minimum],
    case when draws.bound < 0.6 then '2.0.0' end,
    draws.optional < 0.15,
    versions.created_at,
    versions.created_at
from draws
join zishu.adapter_versions as versions
    on versions.id = md5('adapter_versions' || draws.version)::uuid
join adapters on adapters.id = versions.adapter_id
where adapters.n > adapters.adapters / 100 + 1
order by draws.n
on conflict do nothing;


-- name: adapter_downloads(rows)!
-- :rows, of what is published, the first with by far the most; one in eight by people who
-- weren't logged in.
with versions as (
    select
        row_number() over (order by published_at, id) as n,
        id,
        published_at
    from zishu.adapter_versions
    where published_at is not null
),
draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from versions))::integer as version,
        1 + floor(power(random(), 2) * (select count(*) from zishu.users) * 1.3)::integer
            as receiver,
        random() as source,
        1 + floor(power(random(), 2) * 7)::integer as platform,
        random() as moment
    from generate_series(1, :rows::integer) as n
)
insert into zishu.adapter_downloads (version_id, user_id, source, platform, created_at)
select
    versions.id,
    users.id,
    case
        when draws.source < 0.65 then 'market'
        when draws.source < 0.8 then 'dependency'
        when draws.source < 0.95 then 'update'
        else 'api'
    end,
    (array['windows', 'macos', 'android', 'linux', 'ios', 'web'])[draws.platform],
    downloaded.moment
from draws
join versions on versions.n = draws.version
left join zishu.users on users.id = md5('users' || draws.receiver)::uuid
cross join lateral (
    select greatest(versions.published_at, users.created_at)
) as possible (since)
cross join lateral (
    select possible.since + (timestamptz '2026-10-01 00:00+00' - possible.since) * draws.moment
) as downloaded (moment)
order by downloaded.moment, draws.n;


-- name: adapter_ratings(rows)!
-- About a quarter of :rows, mostly four and five stars; half say why.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.adapters))::integer as adapter,
        1 + floor(power(random(), 2) * (select count(*) from zishu.users))::integer as rater,
        1 + floor(power(random(), 2) * 5)::integer as minus,
        1 + floor(random() * 20)::integer as review,
        random() as moment
    from generate_series(1, :rows::integer / 3) as n
)
insert into zishu.adapter_ratings (adapter_id, user_id, stars, review, created_at, updated_at)
select
    adapters.id,
    users.id,
    6 - draws.minus,
    (array[
        '非常好用，推荐！', '安装很顺利，回答也准确。', '希望支持更多语言。', '偶尔会崩溃，等更新。', '一般般',
        '界面清爽，作者回复很快。', 'Works as described.', 'Love it, use it every day.',
        'Crashes on my laptop.', 'Good, but slow at times.'
    ])[draws.review],
    rated.moment,
    rated.moment
from draws
join zishu.adapters on adapters.id = md5('adapters' || draws.adapter)::uuid
join zishu.users on users.id = md5('users' || draws.rater)::uuid
cross join lateral (
    select greatest(adapters.created_at, users.created_at)
) as possible (since)
cross join lateral (
    select possible.since + (timestamptz '2026-10-01 00:00+00' - possible.since) * draws.moment
) as rated (moment)
where adapters.status <> 'draft'
order by draws.n
on conflict do nothing;
