-- The queue and the history of packaging: urgent tasks first, then the oldest.
--
-- A build has no effect but its artifacts, so a task that failed or lost its worker is queued
-- again, up to max_attempts times in all.
-- depends: zishu_0002_users zishu_0032_package_templates

create table zishu.packaging_tasks (
    id uuid default gen_random_uuid(),
    user_id uuid not null,
    template_id uuid not null,
    version varchar(50) not null,
    platforms text[] not null,
    options jsonb not null default '{}',
    status varchar(20) not null default 'queued',
    priority smallint not null default 0,
    attempts smallint not null default 0,
    max_attempts smallint not null default 3,
    worker varchar(100),
    error_message text,
    claimed_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint packaging_tasks_pkey primary key (id),
    constraint packaging_tasks_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint packaging_tasks_template_id_fkey
        foreign key (template_id) references zishu.package_templates (id) on delete restrict,
    constraint packaging_tasks_platforms_are_known check (
        platforms <@ array['windows', 'macos', 'linux', 'android', 'ios', 'web']
        and cardinality(platforms) > 0
    ),
    constraint packaging_tasks_options_is_an_object check (jsonb_typeof(options) = 'object'),
    constraint packaging_tasks_status_is_known
        check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    constraint packaging_tasks_priority_is_one_digit check (priority between 0 and 9),
    constraint packaging_tasks_attempts_are_within_the_limit
        check (attempts between 0 and max_attempts),
    -- A task may be cancelled before or after it was claimed; queued again, it is nobody's.
    constraint packaging_tasks_claimed_at_fits_status check (
        case
            when status = 'queued' then claimed_at is null
            when status in ('running', 'succeeded', 'failed')
                then claimed_at is not null and attempts > 0
            else true
        end
    ),
    constraint packaging_tasks_finished_at_fits_status check (
        (finished_at is not null) = (status in ('succeeded', 'failed', 'cancelled'))
    )
);

create index packaging_tasks_user_id_created_at_idx
    on zishu.packaging_tasks (user_id, created_at desc, id desc);
create index packaging_tasks_template_id_idx on zishu.packaging_tasks (template_id);

-- The next task to claim (for update skip locked), and those whose worker may have died.
create index packaging_tasks_queued_idx
    on zishu.packaging_tasks (priority desc, created_at, id)
    where status = 'queued';
create index packaging_tasks_running_idx
    on zishu.packaging_tasks (claimed_at)
    where status = 'running';

create trigger packaging_tasks_set_updated_at
    before update on zishu.packaging_tasks
    for each row execute function common.set_updated_at();

comment on table zishu.packaging_tasks is
    'An order for packages of one version, for one or more platforms.';
comment on column zishu.packaging_tasks.version is 'What the packages call themselves: 1.4.0.';
comment on column zishu.packaging_tasks.options is
    'Settings that go before those of the template: {"character_id": "…", "icon": "…", …}.';
comment on column zishu.packaging_tasks.priority is '0 to 9; the highest is built first.';
comment on column zishu.packaging_tasks.attempts is 'How often a worker has claimed it.';
comment on column zishu.packaging_tasks.worker is
    'Host and process of the last claim, to be found in its logs.';
