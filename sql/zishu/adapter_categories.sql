-- The shelves of the adapter market, a tree of a few dozen: shown in the order that operators gave
-- them.

-- name: create(parent_id, slug, name, description, icon_url)^
-- Puts up a shelf behind its siblings; null for the parent at the root.
-- scans: the shelves are few.
insert into zishu.adapter_categories (parent_id, slug, name, description, icon_url, sort_order)
select
    :parent_id,
    :slug,
    :name,
    :description,
    :icon_url,
    coalesce(max(siblings.sort_order) + 1, 0)
from zishu.adapter_categories as siblings
where siblings.parent_id is not distinct from :parent_id
returning
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at;

-- name: get(id)^
-- The shelf with this id.
select
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at
from zishu.adapter_categories
where id = :id;

-- name: get_by_slug(slug)^
-- The shelf with this name in addresses.
select
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at
from zishu.adapter_categories
where slug = :slug;

-- name: page(after_slug, limit)
-- The shelves by their name in addresses, wherever they stand.
select
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at
from zishu.adapter_categories
where slug > coalesce(:after_slug::text, '')
order by slug
limit :limit;

-- name: list_children(parent_id)
-- The shelves below one, or with null those at the root, in their order.
-- scans: the shelves are few.
select
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at
from zishu.adapter_categories
where parent_id is not distinct from :parent_id
order by sort_order, name;

-- name: list_tree()
-- Every shelf, each behind the one that it is below and before its next sibling; depth is 0 at the
-- root.
-- scans: gives the whole table, which is small.
with recursive shelves as (
    select
        roots.id,
        0 as depth,
        array[row(roots.sort_order, roots.name::text)] as place
    from zishu.adapter_categories as roots
    where roots.parent_id is null
    union all
    select
        children.id,
        shelves.depth + 1,
        shelves.place || row(children.sort_order, children.name::text)
    from shelves
    join zishu.adapter_categories as children on children.parent_id = shelves.id
)
select
    categories.id, categories.parent_id, categories.slug, categories.name, categories.description,
    categories.icon_url, categories.sort_order, categories.created_at, categories.updated_at,
    shelves.depth
from shelves
join zishu.adapter_categories as categories on categories.id = shelves.id
order by shelves.place;

-- name: list_path(id)
-- The way to a shelf: from the root down to itself.
-- scans: sorts the few shelves that it gives.
with recursive way as (
    select
        categories.id,
        categories.parent_id,
        0 as height
    from zishu.adapter_categories as categories
    where categories.id = :id
    union all
    select
        parents.id,
        parents.parent_id,
        way.height + 1
    from way
    join zishu.adapter_categories as parents on parents.id = way.parent_id
)
select
    categories.id, categories.slug, categories.name
from way
join zishu.adapter_categories as categories on categories.id = way.id
order by way.height desc;

-- name: edit(id, slug, name, description, icon_url)^
-- Takes the whole form of an operator; null for no icon.
update zishu.adapter_categories
set
    slug = :slug,
    name = :name,
    description = :description,
    icon_url = :icon_url
where id = :id
returning
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at;

-- name: move(id, parent_id)^
-- Puts a shelf, with all below it, behind the last one below another; null for the root.
-- scans: the shelves are few.
update zishu.adapter_categories as categories
set
    parent_id = :parent_id,
    sort_order = (
        select coalesce(max(siblings.sort_order) + 1, 0)
        from zishu.adapter_categories as siblings
        where siblings.parent_id is not distinct from :parent_id
            and siblings.id <> :id
    )
where categories.id = :id
returning
    id, parent_id, slug, name, description, icon_url, sort_order, created_at, updated_at;

-- name: reorder(parent_id, ids)!
-- Puts the shelves below one, or with null at the root, in the order of these ids; what is not
-- below it is left alone. Rows are locked in one order, so that callers wait and none is ended as
-- a deadlock.
-- scans: the shelves are few.
with siblings as (
    select categories.id
    from zishu.adapter_categories as categories
    where categories.id = any(:ids::uuid[])
        and categories.parent_id is not distinct from :parent_id
    order by categories.id
    for no key update
)
update zishu.adapter_categories
set sort_order = wanted.place
from siblings
join unnest(:ids::uuid[]) with ordinality as wanted (id, place) on wanted.id = siblings.id
where adapter_categories.id = siblings.id;

-- name: delete(id)!
-- Takes a shelf down; an error while shelves are below it. Its adapters stay, without a shelf.
delete from zishu.adapter_categories
where id = :id;
