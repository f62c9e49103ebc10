-- People: accounts, what they show of themselves, where they are logged in, what they prefer.
--
-- In all these files row n of a table with uuids has the key md5('table' || n), so that a child
-- finds its parent by number, and the first parents have by far the most children. Everything
-- happened in the year before 2026-10-01.


-- name: users(rows, password_hash)!
-- A third of :rows, more each month; few are unverified, suspended, deleted or without password.
with draws as (
    select
        n,
        1 + floor(random() * 24)::integer as nickname,
        1 + floor(random() * 3)::integer as domain,
        interval '8760 hours' * (1 - sqrt((n - random()) / (:rows::integer / 3))) as age,
        random() as hashed,
        random() as status,
        random() as verified,
        random() as seen,
        random() as deleted
    from generate_series(1, :rows::integer / 3) as n
)
insert into zishu.users
    (
        id, username, email, password_hash, status, email_verified_at, last_login_at, deleted_at,
        created_at, updated_at
    )
select
    md5('users' || n)::uuid,
    (array[
        '小林', '紫薇', '星河', '晚风', '团子', '阿猫', '墨白', '青柠', '雨眠', '麦兜', '北辰',
        '十七', 'xiaolin', 'lina', 'kevin', 'moonlight', 'zhangwei', 'emma', 'tofu', 'lucas',
        'mochi', 'wangfang', 'sora', 'ben'
    ])[nickname] || '_' || n,
    'user' || n || '@' || (array['example.com', 'example.org', 'example.net'])[domain],
    case when hashed < 0.95 then :password_hash::text end,
    case when status < 0.99 then 'active' else 'suspended' end,
    case when verified < 0.9 then moment + age * 0.01 * verified end,
    case when seen < 0.93 then moment + age * seen end,
    case when deleted < 0.02 then moment + age * (0.5 + 20 * deleted) end,
    moment,
    moment + age * 0.5 * seen
from draws
cross join lateral (select timestamptz '2026-10-01 00:00+00' - age) as joined (moment)
order by n;


-- name: user_profiles()!
-- Nine people in ten have one; most are public, and few fields are filled in by everybody.
with draws as (
    select
        n,
        random() as shown,
        1 + floor(random() * 20)::integer as name,
        random() as avatar,
        1 + floor(random() * 16)::integer as bio,
        floor(random() * 14000)::integer as days,
        1 + floor(random() * 18)::integer as place,
        random() as links
    from generate_series(1, (select count(*) from zishu.users)) as n
)
insert into zishu.user_profiles
    (
        user_id, display_name, avatar_url, bio, birthday, location, links, is_public, created_at,
        updated_at
    )
select
    users.id,
    (array[
        '小林', '紫薇花开', '星河入梦', '晚风', '团子', '阿猫阿狗', '墨白', '青柠汽水', '雨眠',
        '麦兜', '林夕', '陈一诺', '王小明', 'Lina', 'Kevin Zhao', 'Moonlight', 'Emma W.', 'Tofu',
        'Lucas', 'Sora'
    ])[draws.name],
    case when draws.avatar < 0.6 then 'https://cdn.example.com/avatars/' || draws.n || '.webp' end,
    (array[
        '喜欢和AI聊到深夜', '养了两只猫，一只叫紫舒', '独立开发者，写适配器', '画师，接Live2D委托',
        '配音练习中，请多指教', '一个安静的潜水员', '学生党，考研加油', 'Building desktop companions.',
        'Coffee, cats and code.', 'Live2D rigger, open for commissions.', 'Here to learn Chinese.'
    ])[draws.bio],
    case when draws.days < 7000 then date '2008-01-01' - draws.days end,
    (array[
        '北京', '上海', '广州', '深圳', '成都', '杭州', '武汉', '西安', '南京', '重庆', '台北',
        'Singapore', 'Tokyo', 'Vancouver'
    ])[draws.place],
    case
        when draws.links < 0.2
            then jsonb_build_object('bilibili', 'https://space.bilibili.com/' || 1000 + draws.n)
        when draws.links < 0.3
            then jsonb_build_object('github', 'https://github.com/example-' || draws.n)
        else '{}'
    end,
    draws.links < 0.9,
    users.created_at,
    users.created_at
from draws
join zishu.users on users.id = md5('users' || draws.n)::uuid
where draws.shown < 0.9
order by draws.n;


-- name: user_sessions(rows)!
-- Half of :rows, the first people with hundreds; of thirty days each, so that most have expired.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as owner,
        sqrt(random()) as moment,
        1 + floor(random() * 5)::integer as platform,
        floor(random() * 5)::integer as minor,
        floor(random() * 16777216)::integer as address,
        random() as active,
        random() as revoked
    from generate_series(1, :rows::integer / 2) as n
)
insert into zishu.user_sessions
    (
        id, user_id, token_hash, device_info, ip_address, user_agent, last_activity_at, expires_at,
        revoked_at, created_at, updated_at
    )
select
    md5('user_sessions' || draws.n)::uuid,
    users.id,
    encode(sha256(('session ' || draws.n)::bytea), 'hex'),
    jsonb_build_object(
        'platform', (array['windows', 'macos', 'android', 'ios', 'web'])[draws.platform],
        'app_version', '1.' || draws.minor || '.0'
    ),
    inet '10.0.0.0' + draws.address,
    case when draws.active < 0.95 then 'Zishu/1.' || draws.minor || '.0 (companion; zh-CN)' end,
    begun.moment + begun.lasted * draws.active,
    begun.moment + interval '720 hours',
    case when draws.revoked < 0.12 then begun.moment + begun.lasted * draws.active end,
    begun.moment,
    begun.moment + begun.lasted * draws.active
from draws
join zishu.users on users.id = md5('users' || draws.owner)::uuid
cross join lateral (
    select
        users.created_at
        + (timestamptz '2026-10-01 00:00+00' - users.created_at) * draws.moment
) as possible (since)
cross join lateral (
    select
        possible.since,
        least(interval '600 hours', timestamptz '2026-10-01 00:00+00' - possible.since)
) as begun (moment, lasted)
order by draws.n;


-- name: user_preferences()!
-- Four people in five have changed a setting; most speak Chinese, one in five wants the digest.
with draws as (
    select
        n,
        random() as changed,
        1 + floor(power(random(), 2) * 6)::integer as language,
        1 + floor(power(random(), 2) * 3)::integer as theme,
        random() as digest,
        random() as push,
        round((0.2 + random())::numeric, 1) as temperature,
        1 + floor(random() * 5)::integer as model,
        round((0.8 + random())::numeric, 1) as scale
    from generate_series(1, (select count(*) from zishu.users)) as n
)
insert into zishu.user_preferences
    (
        user_id, language, time_zone, theme, notifications, conversation, desktop, created_at,
        updated_at
    )
select
    users.id,
    (array['zh-CN', 'zh-CN', 'en', 'zh-TW', 'ja', 'ko'])[draws.language],
    (array[
        'Asia/Shanghai', 'Asia/Shanghai', 'Europe/London', 'Asia/Taipei', 'Asia/Tokyo',
        'Asia/Seoul'
    ])[draws.language],
    (array['system', 'dark', 'light'])[draws.theme],
    jsonb_build_object(
        'email', jsonb_build_object('digest', draws.digest < 0.2),
        'push', jsonb_build_object('reply', draws.push < 0.7)
    ),
    case
        when draws.push < 0.5 then jsonb_build_object(
            'model',
            (array['qwen-max', 'deepseek-chat', 'glm-4', 'gpt-4o', 'claude'])[draws.model],
            'temperature', draws.temperature,
            'read_aloud', draws.digest < 0.4
        )
        else '{}'
    end,
    case
        when draws.changed < 0.4
            then jsonb_build_object('always_on_top', draws.push < 0.8, 'scale', draws.scale)
        else '{}'
    end,
    users.created_at,
    users.created_at
from draws
join zishu.users on users.id = md5('users' || draws.n)::uuid
where draws.changed < 0.8
order by draws.n;


-- name: user_permissions(rows)!
-- A twentieth of :rows, for moderators and authors' friends; one in five is for every thing of a
-- kind, one in ten was taken back, some run out.
with draws as (
    select
        n,
        1 + floor(power(random(), 2) * (select count(*) from zishu.users))::integer as receiver,
        1 + floor(random() * least(20, (select count(*) from zishu.users)))::integer as giver,
        1 + floor(random() * 4)::integer as resource,
        1 + floor(power(random(), 2) * :rows::integer / 20)::integer as thing,
        1 + floor(random() * 6)::integer as action,
        random() as moment,
        random() as whole,
        random() as expiry,
        random() as revoked
    from generate_series(1, :rows::integer / 20) as n
)
insert into zishu.user_permissions
    (
        id, user_id, granted_by, resource, resource_id, action, expires_at, revoked_at, created_at,
        updated_at
    )
select
    md5('user_permissions' || draws.n)::uuid,
    users.id,
    case when draws.whole < 0.9 then md5('users' || draws.giver)::uuid end,
    kinds.resource,
    case when draws.whole < 0.8 then md5(kinds.resource || 's' || draws.thing)::uuid end,
    (array['read', 'create', 'update', 'delete', 'moderate', 'manage'])[draws.action],
    case when draws.expiry < 0.3 then granted.moment + interval '7200 hours' * draws.expiry end,
    case when draws.revoked < 0.1 then granted.moment + interval '720 hours' * draws.revoked end,
    granted.moment,
    granted.moment + interval '720 hours' * draws.revoked
from draws
join zishu.users on users.id = md5('users' || draws.receiver)::uuid
cross join lateral (
    select (array['adapter', 'character', 'topic', 'workflow'])[draws.resource]
) as kinds (resource)
cross join lateral (
    select
        users.created_at
        + (timestamptz '2026-10-01 00:00+00' - users.created_at) * draws.moment
) as granted (moment)
order by draws.n
on conflict do nothing;
