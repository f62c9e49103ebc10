-- Automations: templates, the graphs that people made, and their runs.


-- name: workflow_templates(rows)!
-- A sixtieth of :rows, more than half of them in the gallery, some by the platform.
with draws as (
    select
        n,
        random() as own,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as author,
        1 + floor(random() * 10)::integer as name,
        1 + floor(random() * 4)::integer as description,
        1 + floor(power(random(), 2) * 14)::integer as tag,
        floor(random() * 4)::integer as tags,
        random() as public,
        timestamptz '2026-10-01 00:00+00' - interval '8760 hours'
            * (1 - sqrt((n - random()) / (:rows::integer / 60))) as created_at
    from generate_series(1, :rows::integer / 60) as n
)
insert into zishu.workflow_templates
    (id, author_id, name, description, graph, tags, is_public, created_at, updated_at)
select
    md5('workflow_templates' || n)::uuid,
    case when own >= 0.1 then md5('users' || author)::uuid end,
    (array[
        '早安问候', '天气播报', '新闻摘要', '喝水提醒', '学习打卡', '周报生成', '睡前故事', 'Morning briefing',
        'Inbox digest', 'Release notes'
    ])[name],
    (array[
        '每天定时运行，把结果发给伙伴。', '先问模型，再由角色说出来。', '有新内容时才会打扰你。',
        'Runs on a schedule and speaks in your language.'
    ])[description],
    jsonb_build_object(
        'nodes', jsonb_build_array(
            jsonb_build_object(
                'name', '开始', 'kind', 'trigger', 'x', 0, 'y', 0,
                'config', jsonb_build_object('schedule', '0 ' || 6 + n % 4 || ' * * *')
            ),
            jsonb_build_object(
                'name', '问候', 'kind', 'character', 'x', 240, 'y', 0,
                'config', '{"prompt": "用一句话问候"}'::jsonb
            ),
            jsonb_build_object(
                'name', '结果', 'kind', 'output', 'x', 480, 'y', 0, 'config', '{}'::jsonb
            )
        ),
        'edges', '[
            {"source": "开始", "exit": "out", "target": "问候"},
            {"source": "问候", "exit": "out", "target": "结果"}
        ]'::jsonb
    ),
    (array[
        '日常', '提醒', '学习', '办公', '新闻', '天气', '写作', 'email', '健康', '定时', 'digest', '角色', '语音',
        'beta'
    ])[tag : tag + tags - 1],
    public < 0.6,
    created_at,
    created_at
from draws
order by n;


-- name: workflows(rows)!
-- A fifteenth of :rows, most active; two in five were copied from a template.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as owner,
        1 + floor(power(random(), 2) * (select count(*) from zishu.workflow_templates))::integer
            as template,
        random() as copied,
        1 + floor(random() * 10)::integer as name,
        1 + floor(random() * 6)::integer as city,
        6 + floor(random() * 4)::integer as hour,
        random() as status,
        random() as deleted,
        sqrt(random()) as moment
    from generate_series(1, :rows::integer / 15) as n
)
insert into zishu.workflows
    (
        id, owner_id, template_id, name, description, variables, status, deleted_at, created_at,
        updated_at
    )
select
    md5('workflows' || draws.n)::uuid,
    users.id,
    case when draws.copied < 0.4 then md5('workflow_templates' || draws.template)::uuid end,
    (array[
        '早安问候', '我的天气播报', '新闻摘要', '喝水提醒', '考研打卡', '周报生成', '睡前故事', 'Morning briefing',
        'Inbox digest', '测试'
    ])[draws.name],
    case when draws.copied < 0.6 then '每天定时运行，把结果发给伙伴。' else '' end,
    jsonb_build_object(
        'city', (array['北京', '上海', '成都', '杭州', 'London', 'Tokyo'])[draws.city],
        'hour', draws.hour
    ),
    case
        when draws.status < 0.6 then 'active'
        when draws.status < 0.9 then 'draft'
        else 'archived'
    end,
    case
        when draws.deleted < 0.03
            then made.moment
                + (timestamptz '2026-10-01 00:00+00' - made.moment) * (0.4 + 20 * draws.deleted)
    end,
    made.moment,
    made.moment
from draws
join zishu.users on users.id = md5('users' || draws.owner)::uuid
cross join lateral (
    select
        users.created_at
        + (timestamptz '2026-10-01 00:00+00' - users.created_at) * draws.moment
) as made (moment)
order by draws.n;


-- name: workflow_nodes()!
-- Two to nine a workflow, from left to right: a trigger first, the output last.
with draws as (
    select
        n,
        2 + floor(power(random(), 2) * 8)::integer as nodes
    from generate_series(1, (select count(*) from zishu.workflows)) as n
),
nodes as (
    select
        row_number() over (order by draws.n, places.place) as n,
        draws.n as workflow,
        places.place,
        draws.nodes
    from draws
    cross join generate_series(1, draws.nodes) as places (place)
),
details as (
    select
        nodes.*,
        case
            when place = 1 then 1
            when place = nodes then 9
            else 2 + floor(random() * 7)::integer
        end as kind,
        floor(random() * 200)::integer as position_y
    from nodes
),
kinds (number, kind, name, config) as (
    values
        (1, 'trigger', '开始', '{"schedule": "0 8 * * *"}'::jsonb),
        (2, 'model', '提问', '{"model": "qwen-max", "prompt": "总结今天的新闻"}'),
        (3, 'character', '问候', '{"prompt": "用一句话问候"}'),
        (4, 'adapter', '天气', '{"adapter": "weather", "city": "{{city}}"}'),
        (5, 'request', '请求', '{"method": "GET", "url": "https://api.example.com/news"}'),
        (6, 'condition', '判断', '{"expression": "hour < 12"}'),
        (7, 'transform', '整理', '{"template": "{{提问.output}}"}'),
        (8, 'wait', '等待', '{"seconds": 60}'),
        (9, 'output', '结果', '{}')
)
insert into zishu.workflow_nodes
    (
        id, workflow_id, name, kind, config, position_x, position_y, created_at, updated_at
    )
select
    md5('workflow_nodes' || details.n)::uuid,
    workflows.id,
    kinds.name || ' ' || details.place,
    kinds.kind,
    kinds.config,
    240 * (details.place - 1),
    details.position_y,
    workflows.created_at,
    workflows.created_at
from details
join kinds on kinds.number = details.kind
join zishu.workflows on workflows.id = md5('workflows' || details.workflow)::uuid
order by details.n;


-- name: workflow_edges()!
-- Each node leads to the next one; a condition that is false goes past it, where there is another.
with nodes as (
    select
        workflow_id,
        id,
        kind,
        position_x,
        created_at,
        lead(id) over places as next_id,
        lead(id, 2) over places as later_id
    from zishu.workflow_nodes
    window places as (partition by workflow_id order by position_x)
),
edges as (
    select
        workflow_id,
        position_x,
        id,
        case when kind = 'condition' then 'true' else 'out' end as exit,
        next_id as target_id,
        created_at
    from nodes
    where next_id is not null
    union all
    select workflow_id, position_x, id, 'false', later_id, created_at
    from nodes
    where kind = 'condition' and later_id is not null
)
insert into zishu.workflow_edges
    (
        id, workflow_id, source_node_id, source_exit, target_node_id, created_at, updated_at
    )
select
    md5('workflow_edges' || row_number() over places)::uuid,
    workflow_id,
    id,
    exit,
    target_id,
    created_at,
    created_at
from edges
window places as (order by workflow_id, position_x, exit)
order by workflow_id, position_x, exit;


-- name: workflow_executions(rows)!
-- :rows, the busiest workflow with thousands; six in seven succeeded, few are queued or running.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.workflows))::integer
            as workflow,
        random() as scheduled,
        random() as status,
        1 + floor(random() * 6)::integer as city,
        1 + floor(random() * 4)::integer as error,
        1 + floor(random() * 4)::integer as worker,
        interval '1 second' * (0.2 + power(random(), 3) * 90) as waited,
        interval '1 second' * (0.5 + power(random(), 4) * 600) as lasted,
        sqrt(random()) as moment
    from generate_series(1, :rows::integer) as n
),
results as (
    select
        workflow_id,
        jsonb_object_agg(
            id, jsonb_build_object('status', 'succeeded', 'milliseconds', 100 + position_y * 7)
        ) as node_results
    from zishu.workflow_nodes
    group by workflow_id
),
runs as (
    select
        draws.*,
        workflows.id as workflow_id,
        case when draws.scheduled >= 0.6 then workflows.owner_id end as user_id,
        results.node_results,
        case
            when draws.status < 0.86 then 'succeeded'
            when draws.status < 0.95 then 'failed'
            when draws.status < 0.98 then 'cancelled'
            when draws.status < 0.99 then 'running'
            else 'queued'
        end as state,
        case
            when draws.status < 0.98
                then workflows.created_at
                    + (
                        coalesce(workflows.deleted_at, timestamptz '2026-10-01 00:00+00')
                        - workflows.created_at
                    ) * draws.moment
            else timestamptz '2026-10-01 00:00+00' - interval '1 hour' * (1 - draws.moment)
        end as queued_at
    from draws
    join zishu.workflows on workflows.id = md5('workflows' || draws.workflow)::uuid
    join results on results.workflow_id = workflows.id
)
insert into zishu.workflow_executions
    (
        id, workflow_id, user_id, input, output, node_results, status, error_message, worker,
        started_at, finished_at, created_at, updated_at
    )
select
    md5('workflow_executions' || n)::uuid,
    workflow_id,
    user_id,
    case
        when user_id is null then '{}'
        else jsonb_build_object(
            'city', (array['北京', '上海', '成都', '杭州', 'London', 'Tokyo'])[city]
        )
    end,
    case when state = 'succeeded' then '{"结果": "早安，今天多云，记得带伞。"}'::jsonb end,
    case when state in ('succeeded', 'running') then node_results else '{}' end,
    state,
    case
        when state = 'failed' then (array[
            'TimeoutError: the model did not answer within 60 s', '适配器 weather 返回 503',
            'KeyError: city', '余额不足，请充值后重试'
        ])[error]
    end,
    case
        when state in ('succeeded', 'failed', 'running')
            then 'worker-' || worker || ':' || 4000 + worker
    end,
    case when state in ('succeeded', 'failed', 'running') then queued_at + waited end,
    case when state in ('succeeded', 'failed', 'cancelled') then queued_at + waited + lasted end,
    queued_at,
    queued_at + waited + lasted
from runs
order by n;
