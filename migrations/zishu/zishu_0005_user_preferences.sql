-- How a person wants the app to look, speak and call: columns for what every client reads, JSONB
-- for what each feature adds.
-- depends: zishu_0002_users

create table zishu.user_preferences (
    user_id uuid,
    language varchar(35) not null default 'zh-CN',
    time_zone varchar(64) not null default 'Asia/Shanghai',
    theme varchar(10) not null default 'system',
    notifications jsonb not null default '{}',
    conversation jsonb not null default '{}',
    desktop jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_preferences_pkey primary key (user_id),
    constraint user_preferences_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint user_preferences_theme_is_known check (theme in ('light', 'dark', 'system')),
    constraint user_preferences_notifications_is_an_object
        check (jsonb_typeof(notifications) = 'object'),
    constraint user_preferences_conversation_is_an_object
        check (jsonb_typeof(conversation) = 'object'),
    constraint user_preferences_desktop_is_an_object check (jsonb_typeof(desktop) = 'object')
);

-- Who wants the weekly mail? notifications @> '{"email": {"digest": true}}'
create index user_preferences_notifications_gin
    on zishu.user_preferences using gin (notifications jsonb_path_ops);

create trigger user_preferences_set_updated_at
    before update on zishu.user_preferences
    for each row execute function common.set_updated_at();

comment on table zishu.user_preferences is
    'Settings of a person, at most one row an account. What is not there has the app''s default.';
comment on column zishu.user_preferences.language is 'BCP 47 tag.';
comment on column zishu.user_preferences.time_zone is 'Name in the IANA time zone database.';
comment on column zishu.user_preferences.notifications is
    'What to tell, and by which road: {"email": {"digest": true}, "push": {"reply": false}}.';
comment on column zishu.user_preferences.conversation is
    'How companions speak: {"model": "qwen-max", "temperature": 0.8, "read_aloud": true, …}.';
comment on column zishu.user_preferences.desktop is
    'How the companion sits there: {"always_on_top": true, "scale": 1.2, "hotkeys": {…}, …}.';
