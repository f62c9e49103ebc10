-- How companions are packaged as apps: recipes that operators keep and people choose from.
-- depends: zishu_0001_schema common_0002_updated_at

create table zishu.package_templates (
    id uuid default gen_random_uuid(),
    name varchar(100) not null,
    description text not null default '',
    platforms text[] not null,
    config jsonb not null default '{}',
    is_active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint package_templates_pkey primary key (id),
    constraint package_templates_name_key unique (name),
    constraint package_templates_platforms_are_known check (
        platforms <@ array['windows', 'macos', 'linux', 'android', 'ios', 'web']
        and cardinality(platforms) > 0
    ),
    constraint package_templates_config_is_an_object check (jsonb_typeof(config) = 'object')
);

create trigger package_templates_set_updated_at
    before update on zishu.package_templates
    for each row execute function common.set_updated_at();

comment on table zishu.package_templates is 'A recipe for packages.';
comment on column zishu.package_templates.platforms is 'What it can build for.';
comment on column zishu.package_templates.config is
    'Settings of the builder: {"engine": "electron", "python": "3.12", "include": ["models/**"], '
    '"sign": true, …}.';
comment on column zishu.package_templates.is_active is 'Whether new tasks may choose it.';
