-- Keywords: the verbs that scenario steps are written in, built in or added by a project.
--
-- A built-in keyword has no project: null is one value in the key, so that each name is built in
-- once. The document says that no project means built-in, and that built-in means no project:
-- keywords_builtin_has_no_project refuses only what contradicts it. The document shows no shape
-- for parameters: an object or an array will do.
-- Left out: idx_keywords_project_id, which keywords_project_id_name_key serves.
-- depends: sisyphus_0003_projects common_0005_chinese_search

create table sisyphus.keywords (
    id uuid default gen_random_uuid(),
    project_id uuid,
    type varchar(50) not null,
    name varchar(255) not null,
    method_name varchar(255) not null,
    code text not null,
    parameters jsonb,
    is_builtin boolean not null default false,
    is_enabled boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint keywords_pkey primary key (id),
    constraint keywords_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint keywords_project_id_name_key unique nulls not distinct (project_id, name),
    constraint keywords_type_is_known
        check (type in ('request', 'assertion', 'extract', 'db', 'custom')),
    constraint keywords_builtin_has_no_project check (is_builtin = (project_id is null)),
    constraint keywords_parameters_is_an_object_or_array
        check (jsonb_typeof(parameters) in ('object', 'array'))
);

-- What the editor of steps offers.
create index keywords_enabled_idx on sisyphus.keywords (project_id, name) where is_enabled;
create index keywords_type_idx on sisyphus.keywords (type);
create index keywords_is_builtin_idx on sisyphus.keywords (is_builtin);
create index keywords_is_enabled_idx on sisyphus.keywords (is_enabled);
-- A name of which a part is remembered.
create index keywords_name_gin on sisyphus.keywords using gin (common.bigrams(name));

create trigger keywords_set_updated_at
    before update on sisyphus.keywords
    for each row execute function common.set_updated_at();

comment on table sisyphus.keywords is 'A verb of test steps and the Python code behind it.';
comment on column sisyphus.keywords.project_id is
    'Null for a built-in keyword, which every project may use.';
comment on column sisyphus.keywords.method_name is 'The function in code that runs the step.';
comment on column sisyphus.keywords.code is 'Python.';
comment on column sisyphus.keywords.parameters is
    'What the arguments mean: [{"name": "url", "type": "str", "description": "请求地址"}, …], or '
    'an object by name; null for a keyword without arguments.';
