-- Databases that the tests of a project connect to, and whether the last try succeeded.
--
-- password is text, since it holds Fernet ciphertext, which is longer than what it hides. Several
-- connections of a project may lack a variable name: no null equals another.
-- Left out: idx_database_configs_project_id, which database_configs_project_id_variable_name_key
-- serves.
-- depends: sisyphus_0003_projects

create table sisyphus.database_configs (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    name varchar(255) not null,
    variable_name varchar(255),
    db_type varchar(50) not null,
    host varchar(255) not null,
    port integer not null,
    initial_database varchar(255),
    username varchar(255) not null,
    password text not null,
    is_enabled boolean not null default true,
    connection_status varchar(50) not null default 'unknown',
    last_tested_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint database_configs_pkey primary key (id),
    constraint database_configs_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint database_configs_project_id_variable_name_key unique (project_id, variable_name),
    constraint database_configs_db_type_is_known check (db_type in ('MySQL', 'PostgreSQL')),
    constraint database_configs_port_is_a_port_number check (port between 1 and 65535),
    constraint database_configs_password_is_ciphertext check (common.is_ciphertext(password)),
    constraint database_configs_connection_status_is_known
        check (connection_status in ('connected', 'failed', 'unknown'))
);

create index database_configs_variable_name_idx on sisyphus.database_configs (variable_name);

create trigger database_configs_set_updated_at
    before update on sisyphus.database_configs
    for each row execute function common.set_updated_at();

comment on table sisyphus.database_configs is
    'A connection to a database under test, for the SQL in scenarios and keywords.';
comment on column sisyphus.database_configs.variable_name is
    'The name by which steps refer to the connection; null while none does.';
comment on column sisyphus.database_configs.initial_database is
    'The database to connect to; null for the server''s default.';
comment on column sisyphus.database_configs.password is 'Fernet ciphertext.';
comment on column sisyphus.database_configs.connection_status is
    'What the try at last_tested_at showed; unknown before the first.';
