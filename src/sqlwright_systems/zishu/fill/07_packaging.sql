-- Companions as apps: recipes, orders, what they made and what the builder said.


-- name: package_templates()!
-- Eight recipes, one of them no longer offered, as many as operators keep.
with templates (n, name, description, platforms, config, is_active) as (
    values
        (
            1, '桌面标准版', 'Electron 打包，适合大多数人', array['windows', 'macos', 'linux'],
            '{"engine": "electron", "include": ["models/**"], "sign": true}'::jsonb, true
        ),
        (
            2, '桌面轻量版', 'Tauri 打包，体积小', array['windows', 'macos', 'linux'],
            '{"engine": "tauri", "include": ["models/**"], "sign": true}', true
        ),
        (
            3, '离线版', '自带模型与语音', array['windows', 'linux'],
            '{"engine": "electron", "python": "3.12", "include": ["models/**", "voices/**"]}', true
        ),
        (4, 'Android', 'APK and AAB', array['android'], '{"engine": "capacitor"}', true),
        (5, 'iOS', 'TestFlight', array['ios'], '{"engine": "capacitor", "sign": true}', true),
        (6, 'Web', 'Static site with a service worker', array['web'], '{"engine": "vite"}', true),
        (
            7, 'Everything', 'All platforms at once',
            array['windows', 'macos', 'linux', 'android', 'ios', 'web'],
            '{"engine": "tauri", "sign": true}', true
        ),
        (8, '旧版打包', 'PyInstaller', array['windows'], '{"engine": "pyinstaller"}', false)
)
insert into zishu.package_templates
    (id, name, description, platforms, config, is_active, created_at, updated_at)
select
    md5('package_templates' || n)::uuid,
    name,
    description,
    platforms,
    config,
    is_active,
    timestamptz '2025-10-01 00:00+00',
    timestamptz '2025-10-01 00:00+00'
from templates
order by n;


-- name: packaging_tasks(rows)!
-- A twelfth of :rows; nine in ten succeeded, few wait or run.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as owner,
        1 + floor(power(random(), 2) * 8)::integer as template,
        1 + floor(power(random(), 2) * 3)::integer as platforms,
        1 + floor(random() * (select count(*) from zishu.characters))::integer as character,
        floor(random() * 6)::integer as minor,
        floor(random() * 10)::integer as patch,
        random() as status,
        case when random() < 0.1 then 1 + floor(random() * 9)::integer else 0 end as priority,
        1 + floor(power(random(), 4) * 3)::integer as attempts,
        1 + floor(random() * 3)::integer as worker,
        interval '1 second' * (1 + power(random(), 3) * 1200) as waited,
        interval '1 second' * (60 + power(random(), 2) * 3000) as lasted,
        sqrt(random()) as moment
    from generate_series(1, :rows::integer / 12) as n
),
tasks as (
    select
        draws.*,
        users.id as user_id,
        templates.id as template_id,
        templates.platforms[: draws.platforms] as chosen,
        case
            when draws.status < 0.88 then 'succeeded'
            when draws.status < 0.95 then 'failed'
            when draws.status < 0.98 then 'cancelled'
            when draws.status < 0.985 then 'running'
            else 'queued'
        end as state,
        case
            when draws.status < 0.98
                then users.created_at
                    + (timestamptz '2026-10-01 00:00+00' - users.created_at) * draws.moment
            else timestamptz '2026-10-01 00:00+00' - interval '2 hours' * (1 - draws.moment)
        end as ordered_at
    from draws
    join zishu.users on users.id = md5('users' || draws.owner)::uuid
    join zishu.package_templates as templates
        on templates.id = md5('package_templates' || draws.template)::uuid
)
insert into zishu.packaging_tasks
    (
        id, user_id, template_id, version, platforms, options, status, priority, attempts, worker,
        error_message, claimed_at, finished_at, created_at, updated_at
    )
select
    md5('packaging_tasks' || n)::uuid,
    user_id,
    template_id,
    '1.' || minor || '.' || patch,
    chosen,
    jsonb_build_object('character_id', md5('characters' || character)::uuid),
    state,
    priority,
    case
        when state in ('queued', 'cancelled') then 0
        when state = 'failed' then 3
        else attempts
    end,
    case
        when state in ('succeeded', 'failed', 'running')
            then 'builder-' || worker || ':' || 7000 + worker
    end,
    case when state = 'failed' then 'The signing server refused the package.' end,
    case when state in ('succeeded', 'failed', 'running') then ordered_at + waited end,
    case when state in ('succeeded', 'failed', 'cancelled') then ordered_at + waited + lasted end,
    ordered_at,
    ordered_at + waited + lasted
from tasks
order by n;


-- name: build_artifacts()!
-- An installer for each platform of what succeeded, and for some a portable version or symbols.
with draws as (
    select
        n,
        1 + floor(power(random(), 2) * 3)::integer as kinds,
        20000000 + floor(power(random(), 2) * 300000000)::bigint as size_bytes
    from generate_series(1, (select count(*) from zishu.packaging_tasks)) as n
)
insert into zishu.build_artifacts
    (
        id, task_id, platform, kind, file_name, storage_key, size_bytes, checksum, created_at
    )
select
    md5('build_artifacts' || row_number() over places)::uuid,
    tasks.id,
    platforms.platform,
    kinds.kind,
    'zishu-' || tasks.version || '-' || platforms.platform || '-' || kinds.kind || '.zip',
    'builds/' || tasks.id || '/' || platforms.platform || '/' || kinds.kind,
    draws.size_bytes / kinds.place,
    encode(sha256(('artifact ' || row_number() over places)::bytea), 'hex'),
    tasks.finished_at
from draws
join zishu.packaging_tasks as tasks on tasks.id = md5('packaging_tasks' || draws.n)::uuid
cross join unnest(tasks.platforms) as platforms (platform)
join (
    values (1, 'installer'), (2, 'portable'), (3, 'symbols')
) as kinds (place, kind) on kinds.place <= draws.kinds
where tasks.status = 'succeeded'
window places as (order by draws.n, platforms.platform, kinds.place)
order by draws.n, platforms.platform, kinds.place;


-- name: build_logs()!
-- Three to twenty-nine lines a task that was claimed, in the order of time; failures end in an
-- error.
with draws as (
    select
        n,
        3 + floor(power(random(), 3) * 27)::integer as lines
    from generate_series(1, (select count(*) from zishu.packaging_tasks)) as n
),
lines as (
    select
        draws.n,
        tasks.id as task_id,
        places.place,
        places.place = draws.lines and tasks.status = 'failed' as is_error,
        tasks.claimed_at + interval '2 seconds' * places.place as moment
    from draws
    join zishu.packaging_tasks as tasks on tasks.id = md5('packaging_tasks' || draws.n)::uuid
    cross join generate_series(1, draws.lines) as places (place)
    where tasks.claimed_at is not null
),
details as (
    select
        lines.*,
        random() as level,
        1 + floor(random() * 8)::integer as message
    from lines
)
insert into zishu.build_logs (task_id, sequence, level, message, created_at)
select
    task_id,
    place,
    case
        when is_error then 'error'
        when level < 0.1 then 'debug'
        when level < 0.95 then 'info'
        else 'warning'
    end,
    case
        when is_error then 'The signing server refused the package.'
        else (array[
            'Resolving dependencies', 'Copying models', '正在压缩资源', '正在编译前端', 'Bundling python 3.12',
            'Signing', '生成安装包', 'Uploading artifacts'
        ])[message] || ' (' || place || ')'
    end,
    moment
from details
order by moment, n, place;
