-- Bulk rows for every table of sisyphus, the same each time: a team's test platform after a year.
--
-- Rows are numbered from 1 and their ids are made of the number, so that a child names its parent
-- without looking. Numbers of parents are drawn towards the low ones, which are the oldest too: a
-- few projects are large and most are small. Times end at 2026-10-01. Intervals are of seconds,
-- since a day may have 23 hours where the session's clock is.

-- name: users(rows, password_hash)!
-- One account for a hundred rows, at least ten: a third know GitHub or Google, few are closed.
with drawn as (
    select
        n, random() as surname, random() as given, random() as host, random() as way,
        random() as closed, random() as seen,
        31536000 * (1 - (n - random()) / greatest(:rows::int / 100, 10)) as age
    from generate_series(1, greatest(:rows::int / 100, 10)) as n
),
people as (
    select
        n, way, closed, seen,
        (array[
            'wang', 'li', 'zhang', 'liu', 'chen', 'yang', 'zhao', 'huang', 'zhou', 'wu', 'smith',
            'miller'
        ])[1 + floor(surname * 12)::int]
            || '.'
            || (array[
                'wei', 'fang', 'na', 'min', 'jing', 'lei', 'qiang', 'yan', 'jun', 'xia', 'anna',
                'tom'
            ])[1 + floor(given * 12)::int]
            || n
            || (array['@example.com', '@example.org', '@example.net'])[1 + floor(host * 3)::int]
            as email,
        timestamptz '2026-10-01 00:00+00' - make_interval(secs => age) as created_at,
        age
    from drawn
)
insert into sisyphus.users (
    id, email, hashed_password, oauth_provider, oauth_id, is_active, created_at, updated_at
)
select
    md5('users' || n)::uuid,
    email,
    case when way >= 0.2 then :password_hash::text end,
    case when way < 0.25 then 'github' when way < 0.35 then 'google' end,
    case when way < 0.35 then (10000000 + n::bigint * 7919)::text end,
    closed >= 0.04,
    created_at,
    created_at + make_interval(secs => case when seen < 0.3 then age * seen else 0 end)
from people
order by n;

-- name: projects(rows)!
-- One project for fifty rows: the first accounts have made very many, most have made few.
with drawn as (
    select
        n, random() as age, random() as described, random() as seen,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.users))::int as owner
    from generate_series(1, :rows::int / 50) as n
),
-- An owner's projects have names of their own: 65 combinations, and a number behind them.
placed as (
    select
        drawn.n, drawn.described, drawn.seen, owner.id as owner_id,
        owner.created_at + make_interval(
            secs => drawn.age
                * extract(epoch from timestamptz '2026-10-01 00:00+00' - owner.created_at)::float8
        ) as created_at,
        drawn.owner * 7 + row_number() over owned - 1 as combination,
        (row_number() over owned - 1) / 65 as round
    from drawn
    inner join sisyphus.users as owner on owner.id = md5('users' || drawn.owner)::uuid
    window owned as (partition by drawn.owner order by drawn.n)
)
insert into sisyphus.projects (id, created_by, name, description, created_at, updated_at)
select
    md5('projects' || n)::uuid,
    owner_id,
    (array[
        '商城', '支付中心', '订单', '会员', '物流', '库存', '搜索', '推荐', '消息推送', '风控',
        'CRM ', 'Billing API ', 'Mobile gateway '
    ])[1 + combination % 13]
        || (array[
            '接口测试', '回归测试', '自动化测试', '冒烟测试', '验收测试'
        ])[1 + combination / 13 % 5]
        || case when round > 0 then ' ' || round + 1 else '' end,
    case
        when described < 0.4 then '每日构建后自动执行，覆盖核心链路的接口与数据库校验。'
        when described < 0.6 then '新版本上线前的回归范围，由测试组维护。'
        when described < 0.75 then 'End-to-end checks of the public API.'
    end,
    created_at,
    created_at + make_interval(
        secs => seen * extract(epoch from timestamptz '2026-10-01 00:00+00' - created_at)::float8
    )
from placed
order by n;

-- name: database_configs(rows, ciphertext)!
-- One connection for twenty-five rows: most could be reached when last tried, some were never.
with drawn as (
    select
        n, random() as age, random() as kind, random() as named, random() as tried,
        random() as disabled, random() as host,
        1 + floor(power(random(), 2) * (select count(*) from sisyphus.projects))::int as project
    from generate_series(1, :rows::int / 25) as n
),
placed as (
    select
        drawn.*, project.id as project_id,
        row_number() over (partition by drawn.project order by drawn.n) - 1 as place,
        project.created_at + make_interval(
            secs => drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - project.created_at
            )::float8
        ) as created_at
    from drawn
    inner join sisyphus.projects as project on project.id = md5('projects' || drawn.project)::uuid
),
tried as (
    select
        placed.*,
        case
            when tried < 0.75 then 'connected'
            when tried < 0.83 then 'failed'
            else 'unknown'
        end as status,
        created_at + make_interval(
            secs => tried
                * extract(epoch from timestamptz '2026-10-01 00:00+00' - created_at)::float8
        ) as tried_at
    from placed
)
insert into sisyphus.database_configs (
    id, project_id, name, variable_name, db_type, host, port, initial_database, username, password,
    is_enabled, connection_status, last_tested_at, created_at, updated_at
)
select
    md5('database_configs' || n)::uuid,
    project_id,
    (array['主库', '订单库', '用户库', '报表库', '归档库', '只读从库'])[1 + place % 6]
        || case when place > 5 then ' ' || place / 6 + 1 else '' end,
    case
        when named >= 0.15
            then (array[
                'db_main', 'db_order', 'db_user', 'db_report', 'db_archive', 'db_replica'
            ])[1 + place % 6]
                || case when place > 5 then '_' || place / 6 + 1 else '' end
    end,
    case when kind < 0.6 then 'MySQL' else 'PostgreSQL' end,
    case when kind < 0.6 then 'mysql-' else 'postgres-' end
        || lpad((1 + floor(host * 20))::text, 2, '0') || '.test.example.com',
    case when kind < 0.6 then 3306 else 5432 end,
    case when host >= 0.1 then (array['shop', 'orders', 'users'])[1 + place % 3] end,
    case when disabled < 0.5 then 'tester' else 'readonly' end,
    :ciphertext::text,
    disabled >= 0.08,
    status,
    case when status <> 'unknown' then tried_at end,
    created_at,
    case when status <> 'unknown' then tried_at else created_at end
from tried
order by n;

-- name: interface_folders(rows)!
-- One folder for ten rows: a third at the top of their project, the others anywhere below.
with drawn as (
    select
        n, random() as below, random() as parent, random() as word, random() as age,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.projects))::int as project
    from generate_series(1, :rows::int / 10) as n
),
-- A parent is an older folder of the project, so that none is its own ancestor.
placed as (
    select
        drawn.*, row_number() over (partition by drawn.project order by drawn.n) as place
    from drawn
),
parented as (
    select
        placed.*,
        case when below >= 0.35 then nullif(floor(parent * place)::int, 0) end as parent_place
    from placed
)
insert into sisyphus.interface_folders (
    id, project_id, parent_id, name, sort_order, created_at, updated_at
)
select
    md5('interface_folders' || folder.n)::uuid,
    project.id,
    md5('interface_folders' || parent.n)::uuid,
    (array[
        '用户', '登录注册', '订单', '支付', '商品', '购物车', '优惠券', '物流', '消息', '文件',
        '报表', '系统设置', '内部接口', 'Open API', 'Webhooks', 'v1', 'v2'
    ])[1 + floor(folder.word * 17)::int],
    row_number() over (
        partition by folder.project, folder.parent_place order by folder.n
    ) - 1,
    stamped.created_at,
    stamped.created_at
from parented as folder
left join parented as parent
    on parent.project = folder.project
    and parent.place = folder.parent_place
inner join sisyphus.projects as project on project.id = md5('projects' || folder.project)::uuid
cross join lateral (
    select
        project.created_at + make_interval(
            secs => folder.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - project.created_at
            )::float8
        ) as created_at
) as stamped
order by folder.n;

-- name: interfaces(rows)!
-- One interface for two rows, an eighth of them in no folder; most send headers and assert a code.
with drawn as (
    select
        n, random() as top, random() as verb, random() as noun, random() as detail,
        random() as headed, random() as tenant, random() as asserted, random() as age,
        random() as seen,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.interface_folders))::int
            as folder
    from generate_series(1, :rows::int / 2) as n
),
named as (
    select
        drawn.n, drawn.headed, drawn.tenant, drawn.asserted, drawn.seen, folder.project_id,
        case when drawn.top >= 0.12 then folder.id end as folder_id,
        case
            when drawn.verb < 0.45 then 'GET'
            when drawn.verb < 0.75 then 'POST'
            when drawn.verb < 0.85 then 'PUT'
            when drawn.verb < 0.93 then 'DELETE'
            else 'PATCH'
        end as method,
        1 + floor(drawn.noun * 12)::int as noun,
        1 + floor(drawn.detail * 5)::int as detail,
        folder.created_at + make_interval(
            secs => drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - folder.created_at
            )::float8
        ) as created_at
    from drawn
    inner join sisyphus.interface_folders as folder
        on folder.id = md5('interface_folders' || drawn.folder)::uuid
)
insert into sisyphus.interfaces (
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
)
select
    md5('interfaces' || n)::uuid,
    project_id,
    folder_id,
    case method
        when 'GET' then '查询'
        when 'POST' then '创建'
        when 'PUT' then '更新'
        when 'DELETE' then '删除'
        else '修改'
    end
        || (array[
            '用户', '订单', '商品', '购物车', '优惠券', '支付单', '退款单', '收货地址', '物流轨迹',
            '消息', '登录会话', '文件'
        ])[noun]
        || case
            when method = 'GET' then (array['列表', '详情', '状态', '统计', ''])[detail]
            when detail = 5 then '（批量）'
            else ''
        end,
    method,
    '/api/v' || 1 + n % 2 || '/'
        || (array[
            'users', 'orders', 'products', 'carts', 'coupons', 'payments', 'refunds', 'addresses',
            'shipments', 'messages', 'sessions', 'files'
        ])[noun]
        || case
            when method = 'GET'
                then (array['', '/{{id}}', '/{{id}}/status', '/statistics', '/mine'])[detail]
            when detail = 5 then '/batch'
            when method = 'POST' then ''
            else '/{{id}}'
        end,
    case
        when headed >= 0.1
            then jsonb_build_object('Content-Type', 'application/json')
                || case
                    when headed >= 0.3 then '{"Authorization": "Bearer {{token}}"}'::jsonb
                    else '{}'
                end
                || case
                    when headed >= 0.8
                        then jsonb_build_object('X-Tenant', 't' || floor(tenant * 200)::int)
                    else '{}'
                end
    end,
    case
        when method in ('POST', 'PUT', 'PATCH')
            then jsonb_build_object(
                'name', '{{username}}', 'quantity', 1 + n % 9, 'remark', '自动化测试数据'
            )
    end,
    case
        when asserted >= 0.1
            then jsonb_build_array(
                jsonb_build_object(
                    'type', 'status_code', 'expression', '$.status', 'operator', '==',
                    'expected_value', case when method = 'POST' then 201 else 200 end
                )
            )
                || case
                    when asserted >= 0.4
                        then jsonb_build_array(
                            jsonb_build_object(
                                'type', 'json', 'expression', '$.code', 'operator', '==',
                                'expected_value',
                                case when asserted < 0.9 then 0 else 40000 + noun end
                            )
                        )
                    else '[]'
                end
    end,
    row_number() over (partition by project_id, folder_id order by n) - 1,
    created_at,
    created_at + make_interval(
        secs => case when seen < 0.4 then seen else 0 end
            * extract(epoch from timestamptz '2026-10-01 00:00+00' - created_at)::float8
    )
from named
order by n;

-- name: environments()!
-- Two to four environments a project: testing, production, development, staging.
with drawn as (
    select n as project, 2 + floor(random() * 3)::int as size, random() as addressed
    from generate_series(1, (select count(*)::int from sisyphus.projects)) as n
),
placed as (
    select
        drawn.project, drawn.addressed, place,
        row_number() over (order by drawn.project, place) as n
    from drawn
    cross join generate_series(1, drawn.size) as place
)
insert into sisyphus.environments (id, project_id, name, base_url, created_at, updated_at)
select
    md5('environments' || placed.n)::uuid,
    project.id,
    (array['测试环境', '生产环境', '开发环境', '预发布环境'])[placed.place],
    case
        when placed.addressed >= 0.1
            then 'https://' || (array['test', 'www', 'dev', 'staging'])[placed.place]
                || '.p' || placed.project || '.example.com'
    end,
    project.created_at,
    project.created_at
from placed
inner join sisyphus.projects as project on project.id = md5('projects' || placed.project)::uuid
order by placed.n;

-- name: env_variables(rows)!
-- One variable for two rows: the environments of old projects have most, one in twelve is global.
with drawn as (
    select
        n, random() as shared, random() as described, random() as age, random() as seen,
        1 + floor(power(random(), 2) * (select count(*) from sisyphus.environments))::int
            as environment
    from generate_series(1, :rows::int / 2) as n
),
placed as (
    select
        drawn.*, environment.id as environment_id,
        row_number() over (partition by drawn.environment order by drawn.n) - 1 as place,
        environment.created_at + make_interval(
            secs => drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - environment.created_at
            )::float8
        ) as created_at
    from drawn
    inner join sisyphus.environments as environment
        on environment.id = md5('environments' || drawn.environment)::uuid
)
insert into sisyphus.env_variables (
    id, environment_id, name, value, description, is_global, created_at, updated_at
)
select
    md5('env_variables' || n)::uuid,
    environment_id,
    (array[
        'token', 'username', 'user_id', 'tenant_id', 'api_version', 'timeout_seconds', 'order_no',
        'sku', 'callback_url', 'page_size'
    ])[1 + place % 10]
        || case when place > 9 then '_' || place / 10 + 1 else '' end,
    (array[
        md5('token' || n), 'tester' || n % 100, (100000 + n % 9973)::text, 't' || n % 200,
        'v' || 1 + n % 2, (5 + n % 26)::text, 'SO20260901' || lpad((n % 10000)::text, 4, '0'),
        'SKU-' || n % 5000, 'https://callback.example.com/hooks/' || n % 50, '20'
    ])[1 + place % 10],
    case
        when described < 0.5
            then (array[
                '登录后取得的令牌', '测试账号', '测试账号的编号', '租户', '接口版本', '请求超时（秒）',
                '订单号', '商品编码', '支付回调地址', 'Rows on a page'
            ])[1 + place % 10]
    end,
    shared < 0.08,
    created_at,
    created_at + make_interval(
        secs => case when seen < 0.4 then seen else 0 end
            * extract(epoch from timestamptz '2026-10-01 00:00+00' - created_at)::float8
    )
from placed
order by n;

-- name: keywords(rows)!
-- Twelve built-in keywords beside those that the seed makes, and one of a project for twenty rows;
-- one in twelve is disabled.
with builtin (n, type, name, method_name) as (
    values
    (1, 'request', '上传文件', 'upload_file'),
    (2, 'request', '下载文件', 'download_file'),
    (3, 'assertion', '断言状态码', 'assert_status'),
    (4, 'assertion', '断言包含', 'assert_contains'),
    (5, 'assertion', '断言响应时间', 'assert_elapsed'),
    (6, 'extract', '提取响应头', 'extract_header'),
    (7, 'extract', '提取 Cookie', 'extract_cookie'),
    (8, 'db', '查询一行', 'query_row'),
    (9, 'db', '查询条数', 'query_count'),
    (10, 'custom', '生成手机号', 'generate_phone'),
    (11, 'custom', '生成姓名', 'generate_name'),
    (12, 'custom', '计算签名', 'sign')
),
words (type, verb, method_name) as (
    values
    ('request', '发送', 'send'),
    ('assertion', '断言', 'check'),
    ('extract', '提取', 'extract'),
    ('db', '查询', 'query'),
    ('custom', '生成', 'generate')
),
drawn as (
    select
        n, random() as kind, random() as thing, random() as disabled, random() as age,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.projects))::int as project
    from generate_series(1, :rows::int / 20) as n
),
-- A project's keywords have names of their own: each has its place behind it.
own as (
    select
        drawn.n, drawn.disabled, project.id as project_id,
        case
            when drawn.kind < 0.3 then 'request'
            when drawn.kind < 0.5 then 'assertion'
            when drawn.kind < 0.6 then 'extract'
            when drawn.kind < 0.75 then 'db'
            else 'custom'
        end as type,
        1 + floor(drawn.thing * 8)::int as thing,
        row_number() over (partition by drawn.project order by drawn.n) as place,
        project.created_at + make_interval(
            secs => drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - project.created_at
            )::float8
        ) as created_at
    from drawn
    inner join sisyphus.projects as project on project.id = md5('projects' || drawn.project)::uuid
),
every as (
    select
        n - 12 as n, null::uuid as project_id, type, name, method_name, true as is_enabled,
        timestamptz '2025-10-01 00:00+00' as created_at
    from builtin
    union all
    select
        own.n, own.project_id, own.type,
        words.verb
            || (array[
                '购物车', '优惠券', '支付结果', '库存', '物流单', '验证码', 'webhook', '签名'
            ])[own.thing]
            || own.place,
        words.method_name || '_' || (array[
            'cart', 'coupon', 'payment', 'stock', 'shipment', 'captcha', 'webhook', 'signature'
        ])[own.thing],
        own.disabled >= 0.08,
        own.created_at
    from own
    inner join words on words.type = own.type
)
insert into sisyphus.keywords (
    id, project_id, type, name, method_name, code, parameters, is_builtin, is_enabled, created_at,
    updated_at
)
select
    md5('keywords' || n)::uuid,
    project_id,
    type,
    name,
    method_name,
    'def ' || method_name || E'(context, expression, timeout=5):\n'
        || case type
            when 'request' then '    return context.client.post(expression, timeout=timeout)'
            when 'assertion' then '    assert context.response.json() == expression'
            when 'extract' then '    return context.response.json()[expression]'
            when 'db' then '    return context.database.execute(expression).fetchall()'
            else '    return context.random.choice(expression)'
        end
        || E'\n',
    case
        when n % 6 > 0
            then jsonb_build_array(
                jsonb_build_object('name', 'expression', 'type', 'str', 'description', '表达式'),
                jsonb_build_object('name', 'timeout', 'type', 'int', 'description', '超时（秒）')
            )
    end,
    project_id is null,
    is_enabled,
    created_at,
    created_at
from every
order by n;

-- name: scenarios(rows)!
-- One scenario for five rows: half are P2, and a few tags are on most of those that have any.
with drawn as (
    select
        n, random() as subject, random() as situation, random() as described, random() as priority,
        random() as tag, random() as tag_count, random() as variables, random() as prepared,
        random() as age, random() as seen, random() as own,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.projects))::int as project,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.users))::int as author
    from generate_series(1, :rows::int / 5) as n
),
placed as (
    select
        drawn.*, project.id as project_id, author.id as author_id,
        floor(power(drawn.tag, 2) * 16)::int as first_tag,
        greatest(project.created_at, author.created_at) as possible_at
    from drawn
    inner join sisyphus.projects as project on project.id = md5('projects' || drawn.project)::uuid
    inner join sisyphus.users as author
        on author.id = case
            when drawn.own < 0.6 then project.created_by
            else md5('users' || drawn.author)::uuid
        end
),
stamped as (
    select
        placed.*,
        possible_at + make_interval(
            secs => age
                * extract(epoch from timestamptz '2026-10-01 00:00+00' - possible_at)::float8
        ) as created_at
    from placed
)
insert into sisyphus.scenarios (
    id, project_id, created_by, name, description, priority, tags, variables, pre_sql, post_sql,
    created_at, updated_at
)
select
    md5('scenarios' || n)::uuid,
    project_id,
    author_id,
    (array[
        '用户登录', '用户注册', '下单', '支付', '退款', '加入购物车', '领取优惠券', '修改收货地址',
        '查询物流', '文件上传', '消息推送', 'Checkout', 'Password reset', 'Search'
    ])[1 + floor(subject * 14)::int]
        || ' '
        || (array[
            '成功', '参数缺失', '权限不足', '请求超时', '重复提交', '边界值', '并发', '数据一致性'
        ])[1 + floor(situation * 8)::int],
    case
        when described < 0.5 then '验证正常流程的返回码、响应结构与数据库中的记录。'
        when described < 0.6 then '缺陷修复后的回归用例，覆盖异常输入与重试。'
        when described < 0.7 then 'Checks the response and what is stored afterwards.'
    end,
    case
        when priority < 0.08 then 'P0'
        when priority < 0.3 then 'P1'
        when priority < 0.85 then 'P2'
        else 'P3'
    end,
    case
        when tag_count >= 0.15
            then to_jsonb((
                array[
                    '冒烟', '回归', '接口', '核心链路', '登录', '订单', '支付', '异常', '性能',
                    '安全', '数据库', '每日构建', '移动端', 'web', 'flaky', 'slow', '冒烟', '回归',
                    '接口'
                ]
            )[1 + first_tag : 1 + first_tag + floor(tag_count * 4)::int % 4])
    end,
    case
        when variables < 0.6
            then jsonb_build_object(
                'username', 'tester' || n % 100, 'amount', 1 + n % 500, 'sku', 'SKU-' || n % 5000
            )
    end,
    case
        when prepared < 0.2
            then 'insert into orders (order_no, status) values (''T' || n || ''', ''new'');'
    end,
    case
        when prepared < 0.25 then 'delete from orders where order_no = ''T' || n || ''';'
    end,
    created_at,
    created_at + make_interval(
        secs => case when seen < 0.5 then seen else 0 end
            * extract(epoch from timestamptz '2026-10-01 00:00+00' - created_at)::float8
    )
from stamped
order by n;

-- name: scenario_steps(rows)!
-- As many steps as :rows, some five a scenario and thirty in the longest; a fifth call a keyword
-- of the project.
with counted as (
    select count(*)::int as scenarios
    from sisyphus.scenarios
),
-- Each scenario has a first step.
drawn as (
    select
        n, random() as word, random() as own, random() as described, random() as bare,
        case
            when n <= counted.scenarios then n
            else 1 + floor(power(random(), 1.3) * counted.scenarios)::int
        end as scenario
    from counted
    cross join generate_series(1, :rows::int) as n
),
offered as (
    select
        project_id, count(*) as size, array_agg(type order by id) as types,
        array_agg(name order by id) as names
    from sisyphus.keywords
    group by project_id
),
builtin as materialized (
    select size, types, names
    from offered
    where project_id is null
),
-- Materialized, so that arrays are not sorted along with what is taken from them.
chosen as materialized (
    select
        drawn.n, drawn.scenario, drawn.described, drawn.bare, scenario.id as scenario_id,
        scenario.created_at, scenario.updated_at, meant.types[place] as type,
        meant.names[place] as name
    from drawn
    inner join sisyphus.scenarios as scenario
        on scenario.id = md5('scenarios' || drawn.scenario)::uuid
    cross join builtin
    left join offered as own on own.project_id = scenario.project_id and drawn.own < 0.2
    cross join lateral (
        select
            coalesce(own.types, builtin.types) as types,
            coalesce(own.names, builtin.names) as names,
            1 + floor(drawn.word * coalesce(own.size, builtin.size))::int as place
    ) as meant
)
insert into sisyphus.scenario_steps (
    id, scenario_id, description, keyword_type, keyword_name, parameters, sort_order, created_at,
    updated_at
)
select
    md5('scenario_steps' || n)::uuid,
    scenario_id,
    case
        when described < 0.7
            then case type
                when 'request' then '调用接口并保存响应'
                when 'assertion' then '校验返回结果'
                when 'extract' then '取出后续步骤要用的值'
                when 'db' then '核对数据库中的记录'
                else '准备测试数据'
            end
    end,
    type,
    name,
    case
        when bare >= 0.1
            then case type
                when 'request'
                    then jsonb_build_object('url', '/api/v1/orders/' || n % 997, 'timeout', 5)
                when 'assertion'
                    then jsonb_build_array('$.code', '==', n % 3)
                when 'extract'
                    then jsonb_build_object('expression', '$.data.id', 'variable', 'order_id')
                when 'db'
                    then jsonb_build_object(
                        'connection', 'db_main', 'sql', 'select status from orders where id = 1'
                    )
                else jsonb_build_object('length', 8 + n % 9)
            end
    end,
    row_number() over (partition by scenario order by n) - 1,
    created_at,
    updated_at
from chosen
order by n;

-- name: datasets(rows)!
-- One data set for ten rows, two to forty lines long; a third may be used by any scenario.
with drawn as (
    select
        n, random() as shared, random() as age, 2 + floor(power(random(), 2) * 39)::int as lines,
        1 + floor(power(random(), 2) * (select count(*) from sisyphus.scenarios))::int as scenario
    from generate_series(1, :rows::int / 10) as n
)
insert into sisyphus.datasets (
    id, project_id, scenario_id, name, csv_data, created_at, updated_at
)
select
    md5('datasets' || drawn.n)::uuid,
    scenario.project_id,
    case when drawn.shared >= 0.35 then scenario.id end,
    (array['登录账号', '下单商品', '优惠券组合', '边界值', '异常输入', 'Currencies'])[1 + drawn.n % 6]
        || ' ' || drawn.n,
    E'username,phone,amount,expected\n' || (
        select
            string_agg(
                'tester' || line || ',138'
                    || lpad((((drawn.n::bigint * 7919 + line) * 104729) % 100000000)::text, 8, '0')
                    || ',' || (drawn.n + line * 37) % 1000
                    || ',' || case when line % 5 = 0 then '参数错误' else '成功' end
                    || E'\n',
                ''
                order by line
            )
        from generate_series(1, drawn.lines) as line
    ),
    stamped.created_at,
    stamped.created_at
from drawn
inner join sisyphus.scenarios as scenario on scenario.id = md5('scenarios' || drawn.scenario)::uuid
cross join lateral (
    select
        scenario.created_at + make_interval(
            secs => drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - scenario.created_at
            )::float8
        ) as created_at
) as stamped
order by drawn.n;

-- name: test_plans(rows)!
-- One plan for thirty rows, in projects that have scenarios: the more of them, the more plans.
with drawn as (
    select
        n, random() as word, random() as described, random() as age, random() as seen,
        1 + floor(power(random(), 2) * (select count(*) from sisyphus.scenarios))::int as scenario
    from generate_series(1, :rows::int / 30) as n
)
insert into sisyphus.test_plans (
    id, project_id, created_by, name, description, created_at, updated_at
)
select
    md5('test_plans' || drawn.n)::uuid,
    scenario.project_id,
    scenario.created_by,
    (array[
        '每日回归', '上线前冒烟', '核心链路巡检', '支付专项', '版本验收', '夜间全量', 'Nightly',
        'Release gate'
    ])[1 + floor(drawn.word * 8)::int]
        || ' ' || drawn.n,
    case
        when drawn.described < 0.4 then '每天凌晨两点由流水线触发，失败时通知负责人。'
        when drawn.described < 0.6 then '发布前手动执行，全部通过后方可上线。'
        when drawn.described < 0.7 then 'Run by hand before each release.'
    end,
    stamped.created_at,
    stamped.created_at + make_interval(
        secs => case when drawn.seen < 0.4 then drawn.seen else 0 end
            * extract(epoch from timestamptz '2026-10-01 00:00+00' - stamped.created_at)::float8
    )
from drawn
inner join sisyphus.scenarios as scenario on scenario.id = md5('scenarios' || drawn.scenario)::uuid
cross join lateral (
    select
        scenario.created_at + make_interval(
            secs => 0.5 * drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - scenario.created_at
            )::float8
        ) as created_at
) as stamped
order by drawn.n;

-- name: plan_scenarios()!
-- Three to eight scenarios a plan, of its project, or all where there are fewer; most run in one
-- of the project's environments, some with a data set of the scenario.
with drawn as (
    select
        n as plan, 3 + floor(random() * 6)::int as size, random() as first, random() as environment
    from generate_series(1, (select count(*)::int from sisyphus.test_plans)) as n
),
choice as (
    select
        id, project_id, created_at,
        row_number() over (partition by project_id order by created_at, id) - 1 as place
    from sisyphus.scenarios
),
environment as (
    select id, project_id, row_number() over (partition by project_id order by id) as place
    from sisyphus.environments
),
dataset as (
    select distinct on (scenario_id) id, scenario_id
    from sisyphus.datasets
    where scenario_id is not null
    order by scenario_id, created_at, id
),
sized as (
    select
        drawn.*, plan.id as plan_id, plan.project_id, plan.created_at as planned_at,
        project.size as choices
    from drawn
    inner join sisyphus.test_plans as plan on plan.id = md5('test_plans' || drawn.plan)::uuid
    inner join (
        select project_id, count(*) as size
        from choice
        group by project_id
    ) as project on project.project_id = plan.project_id
),
placed as (
    select
        sized.*, place, row_number() over (order by sized.plan, place) as n,
        (floor(sized.first * sized.choices)::bigint + place) % sized.choices as choice
    from sized
    cross join generate_series(0, least(sized.size, sized.choices) - 1) as place
)
insert into sisyphus.plan_scenarios (
    id, test_plan_id, scenario_id, dataset_id, environment_id, variables, sort_order, created_at,
    updated_at
)
select
    md5('plan_scenarios' || placed.n)::uuid,
    placed.plan_id,
    choice.id,
    case when placed.n % 3 > 0 then dataset.id end,
    environment.id,
    case
        when placed.n % 4 = 0
            then jsonb_build_object('username', 'admin', 'amount', placed.n % 100)
    end,
    placed.place,
    greatest(placed.planned_at, choice.created_at),
    greatest(placed.planned_at, choice.created_at)
from placed
inner join choice on choice.project_id = placed.project_id and choice.place = placed.choice
left join environment
    on environment.project_id = placed.project_id
    and environment.place = 1 + floor(placed.environment * 3)
left join dataset on dataset.scenario_id = choice.id
order by placed.n;

-- name: test_executions(rows)!
-- One run for eight rows, most of a few plans that run each night: four in five were completed,
-- one in six failed, few were stopped by hand, and few are open now.
with drawn as (
    select
        n, random() as fate, random() as age, random() as pace, random() as starter,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.test_plans))::int as plan
    from generate_series(1, :rows::int / 8) as n
),
planned as (
    select test_plan_id, count(*) as size, max(created_at) as ready_at
    from sisyphus.plan_scenarios
    group by test_plan_id
),
fated as (
    select
        drawn.n, plan.id as plan_id, planned.size, drawn.pace,
        case when drawn.starter < 0.7 then plan.created_by else project.created_by end
            as starter_id,
        case
            when drawn.fate < 0.01 then 'running'
            when drawn.fate < 0.015 then 'paused'
            when drawn.fate < 0.05 then 'terminated'
            when drawn.fate < 0.2 then 'failed'
            else 'completed'
        end as status,
        -- What is open was started within the last minutes.
        timestamptz '2026-10-01 00:00+00' - make_interval(
            secs => drawn.age * least(
                extract(
                    epoch from timestamptz '2026-10-01 00:00+00' - planned.ready_at
                )::float8,
                case when drawn.fate < 0.015 then 600 else 1e9 end
            )
        ) as started_at
    from drawn
    inner join sisyphus.test_plans as plan on plan.id = md5('test_plans' || drawn.plan)::uuid
    inner join sisyphus.projects as project on project.id = plan.project_id
    inner join planned on planned.test_plan_id = plan.id
),
timed as (
    select
        fated.*,
        case
            when status not in ('running', 'paused')
                then least(
                    started_at + make_interval(secs => size * (3 + 57 * pace)),
                    timestamptz '2026-10-01 00:00+00'
                )
        end as completed_at
    from fated
)
insert into sisyphus.test_executions (
    id, test_plan_id, created_by, status, started_at, completed_at, created_at, updated_at
)
select
    md5('test_executions' || n)::uuid,
    plan_id,
    starter_id,
    status,
    started_at,
    completed_at,
    started_at,
    coalesce(completed_at, started_at)
from timed
order by n;

-- name: execution_steps()!
-- What each run's plan holds, one after the other: all passed or left out in a run that was
-- completed, one failed at least in one that failed, the rest skipped in one that was stopped, or
-- waiting in one that is open.
with run as (
    select
        n, md5('test_executions' || n)::uuid as id, random() as turn, random() as trouble
    from generate_series(1, (select count(*)::int from sisyphus.test_executions)) as n
),
member as (
    select
        run.n as run, run.turn, run.trouble, execution.id as execution_id,
        execution.status as fate, execution.started_at, execution.completed_at,
        planned.scenario_id,
        row_number() over (partition by run.n order by planned.sort_order) as place,
        count(*) over (partition by run.n) as size
    from run
    inner join sisyphus.test_executions as execution on execution.id = run.id
    inner join sisyphus.plan_scenarios as planned
        on planned.test_plan_id = execution.test_plan_id
),
-- Until its turning point a run goes well: there it fails, is stopped, or is now.
turned as (
    select
        member.*,
        1 + floor(turn * size)::int as turning,
        row_number() over (order by run, place) as n
    from member
),
judged as (
    select
        turned.*,
        case
            when fate = 'running' and place = turning then 'running'
            when fate in ('running', 'paused') and place >= turning then 'pending'
            when fate = 'terminated' and place >= turning then 'skipped'
            when fate = 'failed' and (place = turning or (place * 7 + run) % 13 = 0) then 'failed'
            when (place * 5 + run) % 41 = 0 then 'skipped'
            else 'passed'
        end as status,
        extract(
            epoch from coalesce(completed_at, timestamptz '2026-10-01 00:00+00') - started_at
        )::float8
            / case when fate in ('completed', 'failed') then size else turning end as slot
    from turned
),
timed as (
    select
        n, execution_id, scenario_id, status, started_at as created_at, trouble,
        case
            when status <> 'pending' and not (fate = 'terminated' and place > turning)
                then started_at + make_interval(secs => slot * (place - 1))
        end as started_at,
        case
            when fate = 'terminated' and place >= turning then completed_at
            when status in ('passed', 'failed', 'skipped')
                then started_at + make_interval(secs => slot * (place - 1 + (1 + trouble) / 2))
        end as completed_at
    from judged
),
scenario as (
    select
        scenario_id, count(*) as size,
        jsonb_agg(
            jsonb_build_object('step_id', id, 'status', 'passed') order by sort_order
        ) as steps
    from sisyphus.scenario_steps
    group by scenario_id
)
insert into sisyphus.execution_steps (
    id, execution_id, scenario_id, status, result, started_at, completed_at, created_at, updated_at
)
select
    md5('execution_steps' || timed.n)::uuid,
    timed.execution_id,
    timed.scenario_id,
    timed.status,
    case timed.status
        when 'passed'
            then jsonb_build_object(
                'total_steps', scenario.size,
                'passed_steps', scenario.size,
                'failed_steps', 0,
                'duration',
                round(1000 * extract(epoch from timed.completed_at - timed.started_at))::int,
                'steps', scenario.steps
            )
        when 'failed'
            then jsonb_build_object(
                'error', case when timed.trouble < 0.8 then 'Assertion failed' else '请求超时' end,
                'step_id', scenario.steps -> (scenario.size::int / 2) -> 'step_id',
                'expected', 200,
                'actual', case when timed.trouble < 0.5 then 500 else 404 end
            )
    end,
    timed.started_at,
    timed.completed_at,
    timed.created_at,
    coalesce(timed.completed_at, timed.started_at, timed.created_at)
from timed
inner join scenario on scenario.scenario_id = timed.scenario_id
order by timed.n;

-- name: test_reports()!
-- A report of nearly every scenario that was begun: what is at work has no verdict yet, and few
-- are put away. Retention has not run for a year.
with begun as (
    select
        execution_id, scenario_id, status, result, started_at, completed_at,
        row_number() over (order by started_at, id) as n
    from sisyphus.execution_steps
    where started_at is not null
),
drawn as (
    select n, random() as kept, random() as shown, random() as put_away, random() as age
    from generate_series(1, (select count(*)::int from begun)) as n
),
written as (
    select
        begun.*, drawn.shown, drawn.put_away, drawn.age,
        coalesce(begun.completed_at, begun.started_at) as created_at
    from begun
    inner join drawn on drawn.n = begun.n
    where drawn.kept < 0.97
)
insert into sisyphus.test_reports (
    id, execution_id, scenario_id, status, duration, result, allure_report_path, deleted_at,
    created_at, updated_at
)
select
    md5('test_reports' || n)::uuid,
    execution_id,
    scenario_id,
    nullif(status, 'running'),
    extract(epoch from completed_at - started_at)::int,
    result,
    case
        when completed_at is not null and shown < 0.8
            then '/var/lib/allure/' || execution_id || '/' || scenario_id
    end,
    gone.deleted_at,
    created_at,
    coalesce(gone.deleted_at, created_at)
from written
cross join lateral (
    select
        case
            when completed_at is not null and put_away < 0.03
                then created_at + make_interval(
                    secs => age * extract(
                        epoch from timestamptz '2026-10-01 00:00+00' - created_at
                    )::float8
                )
        end as deleted_at
) as gone
order by n;

-- name: global_params(rows)!
-- One global function for a hundred rows, at least ten, by class and method.
with drawn as (
    select
        n, random() as described, random() as age,
        1 + floor(power(random(), 3) * (select count(*) from sisyphus.users))::int as author
    from generate_series(1, greatest(:rows::int / 100, 10)) as n
),
named as (
    select
        drawn.n, drawn.described, author.id as author_id,
        (array[
            'StringUtils', 'DateUtils', 'RandomUtils', 'CryptoUtils', 'JsonUtils', 'FileUtils',
            'HttpUtils', 'MathUtils'
        ])[1 + (drawn.n - 1) % 8] as class_name,
        (array[
            'random_text', 'mask_phone', 'to_timestamp', 'sign', 'parse', 'pick', 'join_path',
            'round_amount', 'next_id', 'normalize'
        ])[1 + (drawn.n - 1) / 8 % 10]
            || case when drawn.n > 80 then '_' || (drawn.n - 1) / 80 + 1 else '' end
            as method_name,
        author.created_at + make_interval(
            secs => drawn.age * extract(
                epoch from timestamptz '2026-10-01 00:00+00' - author.created_at
            )::float8
        ) as created_at
    from drawn
    inner join sisyphus.users as author on author.id = md5('users' || drawn.author)::uuid
)
insert into sisyphus.global_params (
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at
)
select
    md5('global_params' || n)::uuid,
    author_id,
    class_name,
    method_name,
    'def ' || method_name || E'(length=8):\n    return secrets.token_hex(length // 2)\n',
    case
        when described < 0.5 then '生成测试数据时使用的公共函数。'
        when described < 0.7 then 'Shared by all projects.'
    end,
    case
        when n % 7 > 0
            then jsonb_build_array(
                jsonb_build_object('name', 'length', 'type', 'int', 'description', '长度')
            )
    end,
    case
        when n % 11 > 0 then jsonb_build_object('type', 'str', 'description', '随机字符串')
    end,
    created_at,
    created_at
from named
order by n;
