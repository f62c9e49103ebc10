-- Who is logged in from which device; a session is found by the hash of its token, so that whoever
-- reads the table can't log in with what is there.
-- depends: zishu_0002_users

create table zishu.user_sessions (
    id uuid default gen_random_uuid(),
    user_id uuid not null,
    token_hash text not null,
    device_info jsonb not null default '{}',
    ip_address inet,
    user_agent varchar(500),
    last_activity_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_sessions_pkey primary key (id),
    constraint user_sessions_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint user_sessions_token_hash_key unique (token_hash),
    constraint user_sessions_token_hash_is_a_hash check (common.is_sha256(token_hash)),
    constraint user_sessions_device_info_is_an_object check (jsonb_typeof(device_info) = 'object'),
    constraint user_sessions_expires_after_it_began check (expires_at > created_at)
);

-- The devices of a person, last used first; and what has expired, for removal.
create index user_sessions_user_id_last_activity_at_idx
    on zishu.user_sessions (user_id, last_activity_at desc);
create index user_sessions_expires_at_idx on zishu.user_sessions (expires_at);

create trigger user_sessions_set_updated_at
    before update on zishu.user_sessions
    for each row execute function common.set_updated_at();

comment on table zishu.user_sessions is 'A login on one device, until it expires or is revoked.';
comment on column zishu.user_sessions.token_hash is 'SHA-256 of the token, in hexadecimal.';
comment on column zishu.user_sessions.device_info is
    'What the client says of itself: {"platform": "windows", "app_version": "1.4.0", …}.';
comment on column zishu.user_sessions.revoked_at is
    'When the person logged out, or was logged out; null while the session is good.';
