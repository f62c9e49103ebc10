-- The shelves of the adapter market: a tree, walked from the root by recursive queries.
-- depends: zishu_0001_schema common_0002_updated_at common_0003_trees

create table zishu.adapter_categories (
    id uuid default gen_random_uuid(),
    parent_id uuid,
    slug varchar(50) not null,
    name varchar(100) not null,
    description varchar(500) not null default '',
    icon_url varchar(500),
    sort_order integer not null default 0,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint adapter_categories_pkey primary key (id),
    constraint adapter_categories_parent_id_fkey
        foreign key (parent_id) references zishu.adapter_categories (id) on delete restrict,
    constraint adapter_categories_slug_key unique (slug),
    constraint adapter_categories_parent_id_name_key
        unique nulls not distinct (parent_id, name),
    constraint adapter_categories_slug_is_kebab_case check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

create trigger adapter_categories_is_a_tree
    before insert or update of parent_id on zishu.adapter_categories
    for each row execute function common.refuse_loop('parent_id', 'uuid');

create trigger adapter_categories_set_updated_at
    before update on zishu.adapter_categories
    for each row execute function common.set_updated_at();

comment on table zishu.adapter_categories is
    'A shelf of the adapter market. It goes only when nothing is below it.';
comment on column zishu.adapter_categories.parent_id is 'Null at the root.';
comment on column zishu.adapter_categories.slug is 'The name in addresses.';
comment on column zishu.adapter_categories.sort_order is 'Its place among its siblings.';
