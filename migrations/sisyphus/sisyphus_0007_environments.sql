-- Where a project's tests run: development, staging, production, each with its variables.
--
-- Two environments may hold a global variable of the same name, as the document's key allows: a
-- reader who needs one value must choose.
-- Left out: idx_environments_project_id and idx_env_variables_environment_id, which
-- environments_project_id_name_key and env_variables_environment_id_name_is_global_key serve.
-- depends: sisyphus_0003_projects

create table sisyphus.environments (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    name varchar(255) not null,
    base_url varchar(1024),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint environments_pkey primary key (id),
    constraint environments_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint environments_project_id_name_key unique (project_id, name)
);

create table sisyphus.env_variables (
    id uuid default gen_random_uuid(),
    environment_id uuid not null,
    name varchar(255) not null,
    value text not null,
    description text,
    is_global boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint env_variables_pkey primary key (id),
    constraint env_variables_environment_id_fkey
        foreign key (environment_id) references sisyphus.environments (id) on delete cascade,
    constraint env_variables_environment_id_name_is_global_key
        unique (environment_id, name, is_global)
);

create index env_variables_is_global_idx on sisyphus.env_variables (is_global);

create trigger environments_set_updated_at
    before update on sisyphus.environments
    for each row execute function common.set_updated_at();

create trigger env_variables_set_updated_at
    before update on sisyphus.env_variables
    for each row execute function common.set_updated_at();

comment on table sisyphus.environments is 'A deployment of the project that tests run against.';
comment on column sisyphus.environments.base_url is
    'What paths of interfaces are appended to; null where interfaces have whole addresses.';
comment on table sisyphus.env_variables is
    'A value that steps refer to as {{name}}. An environment''s own variable hides a global one '
    'of the same name.';
comment on column sisyphus.env_variables.is_global is
    'Whether all environments of the project share it. It is deleted with the one that holds it.';
