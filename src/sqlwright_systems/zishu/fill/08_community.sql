-- The community: boards, discussions, remarks, and what people like and follow.


-- name: forums()!
-- Ten boards, the last one locked, as many as operators keep.
with boards (n, slug, name, description) as (
    values
        (1, 'general', '综合讨论', '什么都可以聊'),
        (2, 'characters', '角色创作', '设定、立绘与人格'),
        (3, 'adapters', '适配器开发', '发布、测试与求助'),
        (4, 'help', '新手求助', '先搜索，再提问'),
        (5, 'live2d', 'Live2D 与 VRM', '建模与动作'),
        (6, 'voice-acting', '配音', ''),
        (7, 'workflows', '自动化', '工作流分享'),
        (8, 'feedback', '反馈建议', ''),
        (9, 'english', 'English', 'For those who read no Chinese'),
        (10, 'archive', '旧版存档', '只读')
)
insert into zishu.forums
    (id, slug, name, description, position, is_locked, created_at, updated_at)
select
    md5('forums' || n)::uuid,
    slug,
    name,
    description,
    n,
    n = 10,
    timestamptz '2025-10-01 00:00+00',
    timestamptz '2025-10-01 00:00+00'
from boards
order by n;


-- name: topics(rows)!
-- A tenth of :rows in the open boards, the first board with the most; few are pinned.
with draws as (
    select
        n,
        1 + floor(power(random(), 1.5) * 9)::integer as forum,
        random() as erased,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as author,
        1 + floor(random() * 12)::integer as opening,
        1 + floor(random() * 20)::integer as subject,
        random() as pinned,
        timestamptz '2026-10-01 00:00+00' - interval '8760 hours'
            * (1 - sqrt((n - random()) / (:rows::integer / 10))) as created_at
    from generate_series(1, :rows::integer / 10) as n
)
insert into zishu.topics
    (id, forum_id, author_id, title, is_pinned, last_post_at, created_at, updated_at)
select
    md5('topics' || n)::uuid,
    md5('forums' || forum)::uuid,
    case when erased >= 0.02 then md5('users' || author)::uuid end,
    (array[
        '求助：', '分享一个', '大家怎么看', '教程：', '有没有人遇到', '更新日志：', '讨论：', '新人报到，喜欢',
        'How do I use ', 'Showcase: ', 'Bug: ', '招募：'
    ])[opening] || (array[
        '角色设定', 'Live2D 表情', '语音合成', '桌面宠物', '工作流模板', '适配器权限', '对话记忆', '离线模型',
        '猫娘人格', '打包失败', '安卓版', '长文总结', 'the voice settings', 'VRM models', 'long memory',
        'Home Assistant', '早安问候', '同人短篇', '翻译质量', '显存占用'
    ])[subject],
    pinned < 0.005,
    created_at,
    created_at,
    created_at
from draws
order by n;


-- name: posts(rows)!
-- Half of :rows: each topic's first, by its author, and answers, most within days and by far
-- the most in the first topics; few edited or deleted.
with draws as (
    select
        n,
        n <= topics.total as is_first,
        case
            when n <= topics.total then n
            else 1 + floor(power(random(), 3) * topics.total)
        end::integer as topic,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as author,
        power(random(), 4) as moment,
        1 + floor(random() * 12)::integer as opening,
        1 + floor(random() * 12)::integer as more,
        1 + floor(random() * 12)::integer as closing,
        random() as edited,
        random() as deleted
    from (select count(*) from zishu.topics) as topics (total)
    cross join generate_series(1, :rows::integer / 2) as n
),
timed as (
    select
        draws.*,
        topics.id as topic_id,
        topics.author_id as opener_id,
        case
            when draws.is_first then topics.created_at
            else topics.created_at + interval '1 minute'
                + (timestamptz '2026-10-01 00:00+00' - topics.created_at) * draws.moment
        end as created_at
    from draws
    join zishu.topics on topics.id = md5('topics' || draws.topic)::uuid
),
numbered as (
    select
        timed.*,
        row_number() over (order by created_at, n) as place
    from timed
),
words as (
    select
        array[
            '谢谢分享！', '我也遇到了同样的问题。', '更新到最新版就好了。', '建议先看置顶的教程。', '显卡是 3060，能跑吗？',
            '已经提交反馈，等官方回复。', '这个设定太可爱了。', '语音部分能再说详细一点吗？',
            'Same here on macOS.', 'Reinstalling the adapter fixed it for me.',
            'Could you share the settings?', 'Great work!'
        ] as sentences
)
insert into zishu.posts
    (
        id, topic_id, author_id, number, content, edited_at, deleted_at, created_at, updated_at
    )
select
    md5('posts' || numbered.place)::uuid,
    numbered.topic_id,
    case
        when numbered.is_first then numbered.opener_id
        else md5('users' || numbered.author)::uuid
    end,
    1,
    words.sentences[numbered.opening]
        || case when numbered.is_first then words.sentences[numbered.more] else '' end
        || words.sentences[numbered.closing],
    case when numbered.edited < 0.08 then numbered.created_at + interval '7 minutes' end,
    case
        when not numbered.is_first and numbered.deleted < 0.015
            then numbered.created_at + interval '1 hour'
    end,
    numbered.created_at,
    numbered.created_at
from numbered
cross join words
order by numbered.place;


-- name: comments(rows)!
-- A third of :rows under posts that are shown; two in five answer an earlier one
-- of the same post, where there is one.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.posts))::integer as post,
        random() as erased,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as author,
        random() as answers,
        random() as earlier,
        random() as moment,
        1 + floor(random() * 12)::integer as content,
        random() as edited,
        random() as deleted
    from generate_series(1, :rows::integer / 3) as n
),
timed as (
    select
        draws.*,
        posts.id as post_id,
        posts.created_at
            + (timestamptz '2026-10-01 00:00+00' - posts.created_at) * draws.moment * draws.moment
            as created_at
    from draws
    join zishu.posts on posts.id = md5('posts' || draws.post)::uuid
    where posts.deleted_at is null
),
placed as (
    select
        timed.*,
        row_number() over (order by created_at, n) as number,
        row_number() over (partition by post_id order by created_at, n) as place
    from timed
)
insert into zishu.comments
    (
        id, post_id, parent_id, author_id, content, edited_at, deleted_at, created_at, updated_at
    )
select
    md5('comments' || placed.number)::uuid,
    placed.post_id,
    md5('comments' || parents.number)::uuid,
    case when placed.erased >= 0.01 then md5('users' || placed.author)::uuid end,
    (array[
        '同意', '学到了，谢谢！', '哈哈哈哈', '求链接', '已解决，重启就好', '楼主好人', '这个不太对吧？', '+1',
        'Thanks!', 'Works for me.', 'Which version?', '蹲一个后续'
    ])[placed.content],
    case when placed.edited < 0.04 then placed.created_at + interval '3 minutes' end,
    case when placed.deleted < 0.02 then placed.created_at + interval '1 hour' end,
    placed.created_at,
    placed.created_at
from placed
left join placed as parents
    on placed.answers < 0.4
    and parents.post_id = placed.post_id
    and parents.place = 1 + floor(placed.earlier * (placed.place - 1))
    and parents.place < placed.place
order by placed.number;


-- name: likes(rows)!
-- At most half of :rows, most of them of posts. Some topics are closed or deleted only now, since
-- nothing can be added to such.
with draws as (
    select
        n,
        1 + floor(power(random(), 2) * (select count(*) from zishu.users))::integer as person,
        random() as kind,
        power(random(), 3) as target,
        random() as moment
    from generate_series(1, :rows::integer / 2) as n
),
counts as (
    select
        (select count(*) from zishu.topics) as topics,
        (select count(*) from zishu.posts) as posts,
        (select count(*) from zishu.comments) as comments
),
targets as (
    select
        draws.*,
        case
            when kind < 0.25
                then md5('topics' || 1 + floor(target * counts.topics))::uuid
        end as topic_id,
        case
            when kind >= 0.25 and kind < 0.8
                then md5('posts' || 1 + floor(target * counts.posts))::uuid
        end as post_id,
        case
            when kind >= 0.8
                then md5('comments' || 1 + floor(target * counts.comments))::uuid
        end as comment_id
    from draws
    cross join counts
),
closed as (
    update zishu.topics
    set
        is_locked = true,
        deleted_at = case when numbers.n % 75 = 0 then topics.last_post_at + interval '1 hour' end
    from generate_series(1, (select count(*) from zishu.topics)) as numbers (n)
    where topics.id = md5('topics' || numbers.n)::uuid
        and (numbers.n % 30 = 0 or numbers.n % 75 = 0)
),
liked as (
    select
        targets.*,
        timestamptz '2026-10-01 00:00+00'
            - (
                timestamptz '2026-10-01 00:00+00'
                - coalesce(topics.created_at, posts.created_at, comments.created_at)
            ) * targets.moment * targets.moment as created_at
    from targets
    left join zishu.topics on topics.id = targets.topic_id
    left join zishu.posts on posts.id = targets.post_id
    left join zishu.comments on comments.id = targets.comment_id
)
insert into zishu.likes (user_id, topic_id, post_id, comment_id, created_at)
select
    md5('users' || person)::uuid,
    topic_id,
    post_id,
    comment_id,
    created_at
from liked
order by created_at, n
on conflict do nothing;


-- name: follows(rows)!
-- At most a third of :rows: people mostly, then topics, then boards.
with draws as (
    select
        n,
        1 + floor(power(random(), 2) * (select count(*) from zishu.users))::integer as follower,
        random() as kind,
        power(random(), 3) as target,
        1 + floor(random() * 10)::integer as forum,
        random() as moment
    from generate_series(1, :rows::integer / 3) as n
),
targets as (
    select
        draws.*,
        md5('users' || follower)::uuid as follower_id,
        case
            when kind < 0.6
                then md5('users' || 1 + floor(target * (select count(*) from zishu.users)))::uuid
        end as followed_user_id,
        case
            when kind >= 0.6 and kind < 0.9
                then md5('topics' || 1 + floor(target * (select count(*) from zishu.topics)))::uuid
        end as topic_id,
        case when kind >= 0.9 then md5('forums' || forum)::uuid end as forum_id
    from draws
),
followed as (
    select
        targets.*,
        timestamptz '2026-10-01 00:00+00'
            - (timestamptz '2026-10-01 00:00+00' - greatest(users.created_at, topics.created_at))
            * targets.moment as created_at
    from targets
    join zishu.users on users.id = targets.follower_id
    left join zishu.topics on topics.id = targets.topic_id
    where targets.followed_user_id is distinct from targets.follower_id
)
insert into zishu.follows (follower_id, followed_user_id, topic_id, forum_id, created_at)
select
    follower_id,
    followed_user_id,
    topic_id,
    forum_id,
    created_at
from followed
order by created_at, n
on conflict do nothing;
