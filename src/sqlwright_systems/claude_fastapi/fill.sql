-- Made-up rows, the same every time; for `sqlwright seed --scale`.

-- name: users(rows, password_hash)!
-- Accounts over a year; few are barred or administer the rest, some never verified their address.
with drawn as (
    select
        n,
        random() as born,
        random() as filled,
        random() as state,
        random() as seen
    from generate_series(1, :rows::integer) as n
),
people as (
    select
        n,
        filled,
        state,
        seen,
        timestamptz '2026-10-01 00:00+00' - interval '1 year' * (1 - n::float8 / :rows)
            - interval '1 hour' * born as created_at,
        (array['王', '李', '张', '刘', '陈', '杨', '黄', '赵', '吴', '周'])[1 + n % 10]
            || (array['伟', '芳', '娜', '敏', '静', '磊', '洋', '艳', '勇', '杰', '小雨', '子涵', '欣怡'])
            [1 + n % 13] as full_name
    from drawn
)
insert into claude_fastapi.users (
    username, email, hashed_password, full_name, avatar, phone, bio, is_active, is_superuser,
    is_verified, last_login_at, created_at, updated_at
)
select
    'user' || n,
    'user' || n || '@example.com',
    :password_hash,
    case when filled < 0.8 then full_name end,
    case when filled < 0.5 then 'https://example.com/avatars/' || n || '.png' end,
    case when filled < 0.3 then '138' || lpad(n::text, 8, '0') end,
    case
        when filled < 0.2
            then (array[
                '喜欢写代码，也喜欢喝茶。', 'Backend developer.', '数据库工程师，热爱开源。',
                '产品经理，正在学 Python。', 'Coffee, code, cats.'
            ])[1 + n % 5]
    end,
    state >= 0.03,
    state > 0.998,
    state > 0.15,
    case
        when seen < 0.85
            then created_at + (timestamptz '2026-10-01 00:00+00' - created_at) * seen
    end,
    created_at,
    created_at
from people
order by n;
