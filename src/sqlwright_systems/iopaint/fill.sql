-- Made-up rows, the same every time; for `sqlwright seed --scale`. They fill the year before the
-- first of October 2026 in the order of their ids; whoever owns a row was there before it, and the
-- first of them own the most.

-- name: users(rows, ciphertext)!
-- A fifth as many users as records; one in eight pays, most have a nickname, few gave their phone.
with drawn as (
    select
        n,
        timestamptz '2025-10-01 00:00+00'
            + interval '365 days' * ((n - 1) / greatest(1, :rows / 5)::float8) as created_at,
        random() as known,
        random() as given,
        random() as state,
        random() as used,
        random() as seen
    from generate_series(1, greatest(1, :rows::integer / 5)) as n
)
insert into iopaint.users (
    openid, union_id, nickname, avatar_url, phone, email, is_active, is_premium, usage_quota,
    login_count, last_login_at, created_at, updated_at
)
select
    'o' || substr(md5('openid' || n), 1, 27),
    case when known < 0.6 then 'u' || substr(md5('union' || n), 1, 27) end,
    case
        when known < 0.9
            then (array['小', '阿', '大', '老', '爱', '追'])[1 + n % 6]
                || (array['雨', '明', '鱼', '光', '猫', '星', '林', '月', '海', '宝', '风'])[1 + n % 11]
                || (array['', '同学', '摄影', '的日常', '2026'])[1 + n % 5]
    end,
    case when known < 0.9 then 'https://thirdwx.qlogo.cn/mmopen/' || md5('avatar' || n) end,
    case when given < 0.15 then :ciphertext end,
    case when given < 0.05 then :ciphertext end,
    state > 0.01,
    state > 0.88,
    case when state > 0.88 then 500 else 0 end + floor(10 * used)::integer,
    1 + floor(80 * power(seen, 4))::integer,
    created_at + (timestamptz '2026-10-01 00:00+00' - created_at) * seen,
    created_at,
    created_at
from drawn
order by n;

-- name: process_records(rows)!
-- Tasks of which 93 in 100 are done, some failed or were given up, and the last few wait or run.
with drawn as (
    select
        n,
        :rows - n as still_to_come,
        1 + floor(
            power(random(), 3) * ((n - 1) * (greatest(1, :rows / 5) / :rows::float8))
        )::bigint as user_id,
        timestamptz '2025-10-01 00:00+00'
            + interval '365 days' * ((n - 1) / :rows::float8)
            + interval '1 minute' * random() as created_at,
        random() as state,
        random() as model,
        random() as size,
        random() as pause,
        random() as effort
    from generate_series(1, :rows::integer) as n
),
tasks as (
    select
        n,
        user_id,
        created_at,
        model,
        size,
        state,
        case
            when still_to_come < :rows / 200 then 'pending'
            when still_to_come < :rows / 150 then 'processing'
            when state < 0.93 then 'completed'
            when state < 0.98 then 'failed'
            else 'cancelled'
        end as status,
        created_at + interval '20 seconds' * pause as started_at,
        800 + floor(30000 * power(effort, 3))::integer as milliseconds
    from drawn
)
insert into iopaint.process_records (
    user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at
)
select
    user_id,
    case when state < 0.99 then md5('task' || n)::uuid::text end,
    'https://cdn.example.com/original/' || md5('image' || n) || '.jpg',
    150000 + floor(8000000 * size * size)::integer,
    case
        when status = 'completed'
            then 'https://cdn.example.com/result/' || md5('image' || n) || '.png'
    end,
    case when status = 'completed' then 200000 + floor(9000000 * size * size)::integer end,
    case when model < 0.7 then encode(sha256(convert_to('mask' || n, 'UTF8')), 'base64') end,
    case
        when model < 0.6 then 'lama'
        when model < 0.7 then 'mat'
        when model < 0.8 then 'sd1.5'
        when model < 0.93 then 'rembg'
        else 'gfpgan'
    end,
    case
        when model between 0.7 and 0.8
            then jsonb_build_object(
                'steps', 20 + n % 31,
                'strength', round(0.5 + (n % 50) / 100.0, 2),
                'seed', n,
                'prompt', (array['去除路人', '干净的背景', 'clean background', '修复划痕'])[1 + n % 4]
            )
    end,
    status,
    case
        when status = 'failed'
            then (array[
                'CUDA out of memory', '图片格式不支持', '下载原图超时', 'mask is empty'
            ])[1 + n % 4]
    end,
    case status when 'completed' then 100 when 'pending' then 0 else n % 100 end,
    case when status = 'completed' then milliseconds end,
    case when status <> 'pending' then started_at end,
    case
        when status in ('completed', 'failed')
            then started_at + milliseconds * interval '1 millisecond'
    end,
    created_at,
    created_at
from tasks
order by n;

-- name: file_storage(rows)!
-- Originals, masks and results; three in ten are temporary, of which one in ten is overdue.
with drawn as (
    select
        n,
        1 + floor(
            power(random(), 3) * ((n - 1) * (greatest(1, :rows / 5) / :rows::float8))
        )::bigint as user_id,
        timestamptz '2025-10-01 00:00+00'
            + interval '365 days' * ((n - 1) / :rows::float8) as created_at,
        (array['original', 'original', 'mask', 'result', 'result'])[
            1 + floor(5 * random())::integer
        ] as file_type,
        random() as size,
        random() as owned,
        random() as lasting,
        random() as expiry
    from generate_series(1, :rows::integer) as n
)
insert into iopaint.file_storage (
    user_id, file_path, file_name, file_type, file_size, mime_type, storage_type, upload_ip,
    is_temporary, expires_at, created_at, updated_at
)
select
    case when owned > 0.01 then user_id end,
    to_char(created_at at time zone 'UTC', 'YYYY/MM/DD/') || md5('file' || n)
        || case file_type when 'original' then '.jpg' else '.png' end,
    case file_type
        when 'original'
            then (array['微信图片_', 'IMG_', '截图', 'photo-'])[1 + n % 4] || n || '.jpg'
        else file_type || '-' || n || '.png'
    end,
    file_type,
    case when file_type = 'mask' then 2000 else 150000 end + floor(6000000 * size * size)::integer,
    case file_type when 'original' then 'image/jpeg' else 'image/png' end,
    case when owned < 0.7 then 'cos' else 'local' end,
    case
        when file_type = 'original' and size < 0.9
            then format('%s.%s.%s.%s', 36 + n % 80, n % 251, (n / 7) % 256, 1 + n % 254)
    end,
    lasting < 0.3,
    case
        when lasting < 0.3
            then greatest(
                created_at + interval '1 hour',
                timestamptz '2026-10-01 00:00+00' + interval '30 days' * (expiry - 0.1)
            )
    end,
    created_at,
    created_at
from drawn
order by n;

-- name: user_sessions(rows)!
-- A third as many logins as records, each good for a week after its last use; one in ten revoked.
with drawn as (
    select
        n,
        1 + floor(
            power(random(), 3)
            * ((n - 1) * (greatest(1, :rows / 5) / greatest(1, :rows / 3)::float8))
        )::bigint as user_id,
        timestamptz '2025-10-01 00:00+00'
            + interval '365 days' * ((n - 1) / greatest(1, :rows / 3)::float8) as created_at,
        interval '20 days' * power(random(), 3) as used,
        random() as revoked,
        1 + floor(5 * random())::integer as device
    from generate_series(1, greatest(1, :rows::integer / 3)) as n
)
insert into iopaint.user_sessions (
    user_id, session_token, device_info, ip_address, user_agent, is_active, last_activity_at,
    expires_at, created_at, updated_at
)
select
    user_id,
    encode(sha256(convert_to('session' || n, 'UTF8')), 'hex'),
    jsonb_build_object(
        'brand', (array['HUAWEI', 'Apple', 'Xiaomi', 'OPPO', 'vivo'])[device],
        'model', (array['P60', 'iPhone 15', '小米14', 'Find X7', 'X100'])[device],
        'system',
        (array['HarmonyOS 4', 'iOS 17.5', 'Android 14', 'Android 14', 'Android 13'])[device]
    ),
    format('%s.%s.%s.%s', 36 + n % 80, n % 251, (n / 7) % 256, 1 + n % 254),
    case when n % 10 > 0 then 'MicroMessenger/8.0.' || 30 + n % 20 || ' MiniProgramEnv' end,
    revoked > 0.1,
    least(created_at + used, timestamptz '2026-10-01 00:00+00'),
    least(created_at + used, timestamptz '2026-10-01 00:00+00') + interval '7 days',
    created_at,
    created_at
from drawn
order by n;

-- name: system_configs(ciphertext)!
-- The settings of the app, as many as there are; two are secret.
insert into iopaint.system_configs (
    config_key, config_value, config_type, description, is_public, created_at, updated_at
)
select
    config_key,
    coalesce(config_value, :ciphertext),
    config_type,
    description,
    is_public,
    timestamptz '2025-10-01 00:00+00',
    timestamptz '2025-10-01 00:00+00'
from (
    values
        ('app.announcement', '国庆期间处理可能变慢，请耐心等待。', 'string', '首页公告', true),
        ('app.maintenance', 'false', 'boolean', '是否维护中', true),
        ('app.min_version', '1.4.0', 'string', '小程序最低版本', true),
        ('image.formats', '["jpg", "png", "webp"]', 'json', '支持的图片格式', true),
        ('image.max_bytes', '10485760', 'integer', '单张图片的最大字节数', true),
        ('image.max_pixels', '16777216', 'integer', '单张图片的最大像素数', true),
        ('model.default', 'lama', 'string', '默认模型', true),
        ('model.strength', '0.75', 'float', '默认重绘强度', false),
        ('queue.workers', '4', 'integer', '同时处理的任务数', false),
        ('quota.free', '10', 'integer', '新用户的免费额度', true),
        ('storage.cos_secret_key', null, 'secret', '对象存储的密钥', false),
        ('storage.temporary_days', '7', 'integer', '临时文件保留天数', false),
        ('wechat.app_secret', null, 'secret', '小程序的密钥', false)
) as configs (config_key, config_value, config_type, description, is_public)
order by config_key;
