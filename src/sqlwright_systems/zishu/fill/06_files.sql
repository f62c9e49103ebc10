-- What people keep: files in versions, who else may open them, and links to them.


-- name: files(rows)!
-- Two fifths of :rows, the first people with a thousand; few in the trash.
with draws as (
    select
        n,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as owner,
        1 + floor(random() * 16)::integer as name,
        1 + floor(power(random(), 2) * 8)::integer as ending,
        random() as described,
        random() as deleted,
        sqrt(random()) as moment
    from generate_series(1, :rows::integer * 2 / 5) as n
)
insert into zishu.files (id, owner_id, name, description, deleted_at, created_at, updated_at)
select
    md5('files' || draws.n)::uuid,
    users.id,
    (array[
        '紫舒立绘', '角色设定', '语音样本', '毕业论文', '旅行照片', '会议记录', '歌单', '人物小传', '草稿', '备份',
        'avatar', 'background', 'notes', 'dataset', 'backup', 'voice sample'
    ])[draws.name] || ' ' || draws.n
        || (array['.png', '.txt', '.zip', '.mp3', '.pdf', '.json', '.vrm', '.mp4'])[draws.ending],
    case
        when draws.described < 0.2 then '第二稿，等反馈'
        when draws.described < 0.3 then 'final'
        else ''
    end,
    case
        when draws.deleted < 0.05
            then made.moment
                + (timestamptz '2026-10-01 00:00+00' - made.moment) * (0.3 + 14 * draws.deleted)
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


-- name: file_versions()!
-- None while the first upload is under way, else one to six a file, mostly one; most small.
with draws as (
    select
        n,
        random() as uploaded,
        1 + floor(power(random(), 4) * 6)::integer as versions
    from generate_series(1, (select count(*) from zishu.files)) as n
),
versions as (
    select
        row_number() over (order by draws.n, places.place) as n,
        draws.n as file,
        draws.versions,
        places.place
    from draws
    cross join generate_series(1, draws.versions) as places (place)
    where draws.uploaded < 0.97
),
details as (
    select
        versions.*,
        floor(100 + power(random(), 6) * 400000000)::bigint as size_bytes
    from versions
),
kinds (ending, mime_type) as (
    values
        ('png', 'image/png'),
        ('txt', 'text/plain'),
        ('zip', 'application/zip'),
        ('mp3', 'audio/mpeg'),
        ('pdf', 'application/pdf'),
        ('json', 'application/json'),
        ('vrm', 'model/gltf-binary'),
        ('mp4', 'video/mp4')
)
insert into zishu.file_versions
    (
        file_id, number, uploaded_by, storage_key, mime_type, size_bytes, checksum, created_at
    )
select
    files.id,
    details.place,
    files.owner_id,
    'files/' || files.id || '/' || details.place,
    kinds.mime_type,
    details.size_bytes,
    encode(sha256(('file ' || details.n)::bytea), 'hex'),
    files.created_at
        + (
            coalesce(files.deleted_at, timestamptz '2026-10-01 00:00+00') - files.created_at
        ) * (details.place - 1) / details.versions
from details
join zishu.files on files.id = md5('files' || details.file)::uuid
join kinds on kinds.ending = substring(files.name from '[a-z0-9]+$')
order by details.n;


-- name: file_permissions(rows)!
-- At most a quarter of :rows; most may only read.
with draws as (
    select
        n,
        1 + floor(power(random(), 2) * (select count(*) from zishu.files))::integer as file,
        1 + floor(power(random(), 3) * (select count(*) from zishu.users))::integer as reader,
        random() as level,
        random() as moment
    from generate_series(1, :rows::integer / 4) as n
)
insert into zishu.file_permissions
    (file_id, user_id, granted_by, level, created_at, updated_at)
select
    files.id,
    md5('users' || draws.reader)::uuid,
    files.owner_id,
    case when draws.level < 0.75 then 'read' when draws.level < 0.95 then 'write' else 'admin' end,
    granted.moment,
    granted.moment
from draws
join zishu.files on files.id = md5('files' || draws.file)::uuid
cross join lateral (
    select
        files.created_at
        + (timestamptz '2026-10-01 00:00+00' - files.created_at) * draws.moment
) as granted (moment)
where files.owner_id <> md5('users' || draws.reader)::uuid
order by draws.n
on conflict do nothing;


-- name: file_shares(rows, password_hash)!
-- A fifth of :rows: most without password or limit, half with an expiry, some revoked or used up.
with draws as (
    select
        n,
        1 + floor(power(random(), 2) * (select count(*) from zishu.files))::integer as file,
        random() as locked,
        case when random() < 0.3 then 1 + floor(power(random(), 2) * 50)::integer end as limited,
        floor(power(random(), 6) * 100)::integer as downloads,
        random() as expiry,
        random() as revoked,
        random() as moment
    from generate_series(1, :rows::integer / 5) as n
)
insert into zishu.file_shares
    (
        id, file_id, created_by, token_hash, password_hash, max_downloads, download_count,
        expires_at, revoked_at, created_at, updated_at
    )
select
    md5('file_shares' || draws.n)::uuid,
    files.id,
    files.owner_id,
    encode(sha256(('share ' || draws.n)::bytea), 'hex'),
    case when draws.locked < 0.2 then :password_hash::text end,
    draws.limited,
    least(draws.downloads, draws.limited),
    case when draws.expiry < 0.5 then shared.moment + interval '4000 hours' * draws.expiry end,
    case when draws.revoked < 0.06 then shared.moment + interval '400 hours' * draws.revoked end,
    shared.moment,
    shared.moment + interval '400 hours' * draws.revoked
from draws
join zishu.files on files.id = md5('files' || draws.file)::uuid
cross join lateral (
    select
        files.created_at
        + (timestamptz '2026-10-01 00:00+00' - files.created_at) * draws.moment
) as shared (moment)
order by draws.n;
