-- The adapter market: what people publish for a companion to know or to do.
--
-- Neither download_count nor the rating has an index: a counter that is in an index makes every
-- download write all indexes of the row anew, while sorting the few thousand rows of a market
-- takes milliseconds.
-- depends: zishu_0002_users zishu_0007_adapter_categories

create table zishu.adapters (
    id uuid default gen_random_uuid(),
    author_id uuid,
    category_id uuid,
    slug varchar(100) not null,
    name varchar(100) not null,
    description text not null default '',
    kind varchar(20) not null,
    tags text[] not null default '{}',
    status varchar(20) not null default 'draft',
    download_count bigint not null default 0,
    rating_count integer not null default 0,
    rating_sum bigint not null default 0,
    rating_average numeric(3, 2)
        generated always as (round(rating_sum::numeric / nullif(rating_count, 0), 2)) stored,
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint adapters_pkey primary key (id),
    constraint adapters_author_id_fkey
        foreign key (author_id) references zishu.users (id) on delete set null,
    constraint adapters_category_id_fkey
        foreign key (category_id) references zishu.adapter_categories (id) on delete set null,
    -- Of deleted ones too: a name that was free again would let a stranger's code in wherever it
    -- is installed by name.
    constraint adapters_slug_key unique (slug),
    constraint adapters_slug_is_kebab_case check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint adapters_name_is_not_blank check (name ~ '\S'),
    constraint adapters_kind_is_known check (kind in ('soft', 'intelligent', 'hard')),
    constraint adapters_tags_are_few check (cardinality(tags) <= 20),
    constraint adapters_status_is_known check (status in ('draft', 'published', 'archived')),
    constraint adapters_counts_are_possible
        check (
            download_count >= 0
            and rating_count >= 0
            and rating_sum between rating_count and 5 * rating_count::bigint
        )
)
with (fillfactor = 80);

create index adapters_author_id_created_at_idx
    on zishu.adapters (author_id, created_at desc, id desc);
create index adapters_category_id_created_at_idx
    on zishu.adapters (category_id, created_at desc, id desc);

-- The market: what is new, what is tagged so, what speaks of that.
create index adapters_market_idx
    on zishu.adapters (created_at desc, id desc)
    where status = 'published' and deleted_at is null;
create index adapters_tags_gin
    on zishu.adapters using gin (tags)
    where status = 'published' and deleted_at is null;
create index adapters_search_gin
    on zishu.adapters using gin (common.search_terms(name || ' ' || description))
    where status = 'published' and deleted_at is null;

-- A download or a rating is no change of the adapter.
create trigger adapters_set_updated_at
    before update on zishu.adapters
    for each row
    when (
        (old.download_count, old.rating_count, old.rating_sum)
        = (new.download_count, new.rating_count, new.rating_sum)
    )
    execute function common.set_updated_at();

comment on table zishu.adapters is
    'A thing to install into a companion; its code and texts are in its versions.';
comment on column zishu.adapters.author_id is
    'Null for the platform''s own, or where the account is gone.';
comment on column zishu.adapters.category_id is 'Null for a shelf still to be found.';
comment on column zishu.adapters.slug is 'The name that it is installed by.';
comment on column zishu.adapters.kind is
    'soft: prompts and knowledge; hard: code that drives a program or device; intelligent: code '
    'that a model writes for the task.';
comment on column zishu.adapters.status is 'archived: still installed by name, no longer shown.';
comment on column zishu.adapters.download_count is 'Kept by zishu.adapter_downloads.';
comment on column zishu.adapters.rating_count is 'Kept by zishu.adapter_ratings.';
comment on column zishu.adapters.rating_sum is 'All stars; kept by zishu.adapter_ratings.';
comment on column zishu.adapters.rating_average is '1 to 5 stars; null until somebody rates.';
comment on column zishu.adapters.deleted_at is 'Null while it exists. Its name stays taken.';
