-- Global functions: Python helpers that every project may call, such as a random string.
--
-- Left out: idx_global_params_class_name, which global_params_class_name_method_name_key serves.
-- depends: sisyphus_0002_users

create table sisyphus.global_params (
    id uuid default gen_random_uuid(),
    created_by uuid not null,
    class_name varchar(255) not null,
    method_name varchar(255) not null,
    code text not null,
    description text,
    parameters jsonb,
    return_value jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint global_params_pkey primary key (id),
    constraint global_params_created_by_fkey
        foreign key (created_by) references sisyphus.users (id) on delete cascade,
    constraint global_params_class_name_method_name_key unique (class_name, method_name),
    constraint global_params_parameters_is_an_array check (jsonb_typeof(parameters) = 'array'),
    constraint global_params_return_value_is_an_object
        check (jsonb_typeof(return_value) = 'object')
);

create index global_params_created_by_idx on sisyphus.global_params (created_by);

create trigger global_params_set_updated_at
    before update on sisyphus.global_params
    for each row execute function common.set_updated_at();

comment on table sisyphus.global_params is
    'A helper function, called by class and method from any project.';
comment on column sisyphus.global_params.code is 'Python.';
comment on column sisyphus.global_params.parameters is
    'What the arguments mean: [{"name": "length", "type": "int", "description": "长度"}, …]; null '
    'for none.';
comment on column sisyphus.global_params.return_value is
    'What comes back: {"type": "str", "description": "随机字符串"}; null for nothing.';
