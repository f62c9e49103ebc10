-- Accounts: one row a person who can log in, by e-mail address or username.
--
-- A deleted account keeps its row, since conversations and adapters refer to it, and gives its
-- e-mail address and username free. What a person shows of themselves is in user_profiles.
-- depends: zishu_0001_schema common_0002_updated_at common_0004_secrets common_0005_chinese_search

create table zishu.users (
    id uuid default gen_random_uuid(),
    username varchar(50) not null,
    email varchar(255) not null,
    password_hash text,
    status varchar(20) not null default 'active',
    email_verified_at timestamptz,
    last_login_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_pkey primary key (id),
    -- No @, so that what is typed into the login form is either a username or an address.
    constraint users_username_is_one_word check (username ~ '^[^@\s]{2,}$'),
    -- Ａdmin in full-width letters is not another person than Admin.
    constraint users_username_is_in_one_form check (username is nfkc normalized),
    constraint users_email_is_an_address check (email ~ '^[^@\s]+@[^@\s]+$'),
    constraint users_password_hash_is_a_hash check (common.is_password_hash(password_hash)),
    constraint users_status_is_known check (status in ('active', 'suspended'))
);

create unique index users_username_key
    on zishu.users (lower(username))
    where deleted_at is null;
create unique index users_email_key on zishu.users (lower(email)) where deleted_at is null;

-- The list of accounts, newest first, page by page; and a name of which a part is remembered.
create index users_created_at_idx on zishu.users (created_at desc, id desc);
create index users_username_gin
    on zishu.users using gin (common.bigrams(username))
    where deleted_at is null;

create trigger users_set_updated_at
    before update on zishu.users
    for each row execute function common.set_updated_at();

comment on table zishu.users is 'An account. Names and addresses are compared without case.';
comment on column zishu.users.password_hash is
    'Argon2id or bcrypt; null for who logs in through another service only.';
comment on column zishu.users.status is 'suspended: may not log in until an operator says so.';
comment on column zishu.users.email_verified_at is 'Null until the link in the mail was followed.';
comment on column zishu.users.deleted_at is 'Null while the account exists.';
