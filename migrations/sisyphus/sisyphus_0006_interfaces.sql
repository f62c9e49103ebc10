-- HTTP interfaces under test: the request to send and what to assert about the response.
--
-- Beyond the document: an interface and its folder belong to the same project, as a folder and its
-- parent do, and for the same reason. headers and assertions have the shape that the document
-- shows; body is any JSON, since an interface may take any.
-- Left out: idx_interfaces_project_id and idx_interfaces_folder_id, which
-- interfaces_project_id_created_at_idx and interfaces_folder_id_project_id_idx serve.
-- depends: sisyphus_0005_interface_folders common_0005_chinese_search

create table sisyphus.interfaces (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    folder_id uuid,
    name varchar(255) not null,
    method varchar(10) not null,
    url text not null,
    headers jsonb,
    body jsonb,
    assertions jsonb,
    sort_order integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint interfaces_pkey primary key (id),
    constraint interfaces_project_id_fkey
        foreign key (project_id) references sisyphus.projects (id) on delete cascade,
    constraint interfaces_folder_id_project_id_fkey
        foreign key (folder_id, project_id) references sisyphus.interface_folders (id, project_id)
        on update cascade
        on delete set null (folder_id),
    constraint interfaces_method_is_known
        check (method in ('GET', 'POST', 'PUT', 'DELETE', 'PATCH')),
    constraint interfaces_headers_is_an_object check (jsonb_typeof(headers) = 'object'),
    constraint interfaces_assertions_is_an_array check (jsonb_typeof(assertions) = 'array')
);

-- A project's interfaces, newest first, page by page; and a folder's, in their order.
create index interfaces_project_id_created_at_idx
    on sisyphus.interfaces (project_id, created_at desc, id desc);
create index interfaces_folder_id_project_id_idx
    on sisyphus.interfaces (folder_id, project_id, sort_order);
create index interfaces_method_idx on sisyphus.interfaces (method);
-- A part of the name or of the address is what people remember.
create index interfaces_name_url_gin
    on sisyphus.interfaces using gin (common.bigrams(name), common.bigrams(url));
-- Not jsonb_path_ops: the document asks for keys too (?, ?|, ?&).
create index interfaces_headers_gin on sisyphus.interfaces using gin (headers);
create index interfaces_assertions_gin on sisyphus.interfaces using gin (assertions);

create trigger interfaces_set_updated_at
    before update on sisyphus.interfaces
    for each row execute function common.set_updated_at();

comment on table sisyphus.interfaces is 'An HTTP request and the assertions about its response.';
comment on column sisyphus.interfaces.folder_id is
    'Null at the top of the project, where an interface also goes when its folder is deleted.';
comment on column sisyphus.interfaces.url is
    'The address, or a path below the environment''s base_url; {{name}} stands for a variable.';
comment on column sisyphus.interfaces.headers is
    'Values by name: {"Content-Type": "application/json", "Authorization": "Bearer {{token}}"}.';
comment on column sisyphus.interfaces.body is 'What is sent, in any shape; null for nothing.';
comment on column sisyphus.interfaces.assertions is
    'What must hold: [{"type": "json", "expression": "$.code", "operator": "==", '
    '"expected_value": 0}, …].';
comment on column sisyphus.interfaces.sort_order is
    'Place among the interfaces of the same folder, lowest first.';
