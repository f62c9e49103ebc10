-- Accounts: one row a person, who logs in by password, through GitHub or Google, or either way.
--
-- Beyond the document: an OAuth identity is one user. A login through GitHub brings nothing but
-- the identity, so that of two accounts it could open either; accounts without one are not
-- touched, since nulls are distinct. Not held: that an account has a password or an identity. The
-- document lets both be null, and such an account merely can't log in.
-- Left out: idx_users_email and idx_users_oauth, which users_email_key and
-- users_oauth_provider_oauth_id_key serve.
-- depends: sisyphus_0001_schema common_0002_updated_at common_0004_secrets

create table sisyphus.users (
    id uuid default gen_random_uuid(),
    email varchar(255) not null,
    hashed_password text,
    oauth_provider varchar(50),
    oauth_id varchar(255),
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_oauth_provider_oauth_id_key unique (oauth_provider, oauth_id),
    constraint users_hashed_password_is_a_hash check (common.is_password_hash(hashed_password)),
    constraint users_oauth_provider_is_known check (oauth_provider in ('github', 'google'))
);

create trigger users_set_updated_at
    before update on sisyphus.users
    for each row execute function common.set_updated_at();

comment on table sisyphus.users is
    'An account. Deleting it deletes the projects, scenarios, plans, executions and global '
    'functions that it created.';
comment on column sisyphus.users.hashed_password is
    'Argon2id or bcrypt; null for who logs in through OAuth.';
comment on column sisyphus.users.oauth_provider is 'Null for who logs in by password only.';
comment on column sisyphus.users.oauth_id is 'The id that the provider knows the person by.';
comment on column sisyphus.users.is_active is 'Whether the account may log in.';
