-- Who may do what beyond their own things, by whose word and until when. A grant is ended, never
-- removed: the table is its own audit.
-- depends: zishu_0002_users

create table zishu.user_permissions (
    id uuid default gen_random_uuid(),
    user_id uuid not null,
    granted_by uuid,
    resource varchar(50) not null,
    resource_id uuid,
    action varchar(20) not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_permissions_pkey primary key (id),
    constraint user_permissions_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint user_permissions_granted_by_fkey
        foreign key (granted_by) references zishu.users (id) on delete set null,
    constraint user_permissions_resource_is_a_word check (resource ~ '^[a-z][a-z_]*$'),
    constraint user_permissions_action_is_known
        check (action in ('read', 'create', 'update', 'delete', 'moderate', 'manage')),
    constraint user_permissions_expires_after_it_began check (expires_at > created_at),
    constraint user_permissions_is_revoked_after_it_began check (revoked_at >= created_at)
);

-- One open grant: to prolong it is an update. An expired one counts as open until it is prolonged
-- or revoked, since an index can't look at the clock.
create unique index user_permissions_open_grant_key
    on zishu.user_permissions (user_id, resource, action, resource_id)
    nulls not distinct
    where revoked_at is null;

create index user_permissions_user_id_created_at_idx
    on zishu.user_permissions (user_id, created_at desc);
create index user_permissions_granted_by_idx on zishu.user_permissions (granted_by);

-- Who may touch this one thing?
create index user_permissions_resource_id_idx
    on zishu.user_permissions (resource_id)
    where resource_id is not null and revoked_at is null;

create trigger user_permissions_set_updated_at
    before update on zishu.user_permissions
    for each row execute function common.set_updated_at();

comment on table zishu.user_permissions is
    'The grant of one action; in force while neither revoked nor expired.';
comment on column zishu.user_permissions.granted_by is
    'Null for the platform itself, or for a person whose account is gone.';
comment on column zishu.user_permissions.resource is 'What kind of thing: adapter, topic, …';
comment on column zishu.user_permissions.resource_id is 'Null for every thing of that kind.';
comment on column zishu.user_permissions.expires_at is 'Null for never.';
comment on column zishu.user_permissions.revoked_at is 'Null while nobody took it back.';
