-- The tree of folders that a project keeps its interfaces in.

-- name: create(project_id, parent_id, name)^
-- Adds a folder behind those of the same parent; null is the top of the project.
insert into sisyphus.interface_folders (project_id, parent_id, name, sort_order)
values (
    :project_id,
    :parent_id,
    :name,
    coalesce(
        (
            select max(sort_order) + 1
            from sisyphus.interface_folders
            where project_id = :project_id
                and parent_id = :parent_id
        ),
        (
            select max(sort_order) + 1
            from sisyphus.interface_folders
            where project_id = :project_id
                and parent_id is null
                and :parent_id::uuid is null
        ),
        0
    )
)
returning id, project_id, parent_id, name, sort_order, created_at, updated_at;

-- name: get(id)^
-- The folder with this id.
select id, project_id, parent_id, name, sort_order, created_at, updated_at
from sisyphus.interface_folders
where id = :id;

-- name: get_tree(project_id)
-- A project's folders as one reads a tree: each before what is below it, those of one parent in
-- their order. depth is 0 at the top, interface_count what is directly in the folder.
with recursive tree as (
    select id, parent_id, name, sort_order, 0 as depth
    from sisyphus.interface_folders
    where project_id = :project_id
        and parent_id is null
    union all
    select child.id, child.parent_id, child.name, child.sort_order, tree.depth + 1
    from tree
    inner join sisyphus.interface_folders as child
        on child.parent_id = tree.id
        and child.project_id = :project_id
) search depth first by sort_order, id set place
select
    id, parent_id, name, sort_order, depth,
    (
        select count(*)
        from sisyphus.interfaces
        where interfaces.folder_id = tree.id
            and interfaces.project_id = :project_id
    ) as interface_count
from tree
order by place;

-- name: get_path(id)
-- The way from the top of the project to a folder, itself the last.
with recursive path as (
    select id, parent_id, name, 0 as height
    from sisyphus.interface_folders
    where id = :id
    union all
    select parent.id, parent.parent_id, parent.name, path.height + 1
    from path
    inner join sisyphus.interface_folders as parent on parent.id = path.parent_id
)
select id, parent_id, name
from path
order by height desc;

-- name: page(parent_id, after_sort_order, after_id, limit)
-- The folders directly below a folder, in their order; nulls for the first page.
-- scans: sorts those that share a place.
select id, project_id, parent_id, name, sort_order, created_at, updated_at
from sisyphus.interface_folders
where parent_id = :parent_id
    and project_id = (select project_id from sisyphus.interface_folders where id = :parent_id)
    and (sort_order, id) > (
        coalesce(:after_sort_order::bigint, -2147483649),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by sort_order, id
limit :limit;

-- name: page_top(project_id, after_sort_order, after_id, limit)
-- The folders at the top of a project, in their order; nulls for the first page.
-- scans: sorts those that share a place.
select id, project_id, parent_id, name, sort_order, created_at, updated_at
from sisyphus.interface_folders
where project_id = :project_id
    and parent_id is null
    and (sort_order, id) > (
        coalesce(:after_sort_order::bigint, -2147483649),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
-- The null column comes first, since the index has no order without it.
order by parent_id, sort_order, id
limit :limit;

-- name: rename(id, name)^
-- Gives a folder another name.
update sisyphus.interface_folders
set name = :name
where id = :id
returning id, project_id, parent_id, name, sort_order, created_at, updated_at;

-- name: move(id, parent_id)^
-- Puts a folder, with all below it, behind those of another parent; null is the top of the
-- project. A parent that is the folder itself or below it is an error.
update sisyphus.interface_folders as folder
set
    parent_id = :parent_id,
    sort_order = coalesce(
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interface_folders as sibling
            where sibling.project_id = folder.project_id
                and sibling.parent_id = :parent_id
        ),
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interface_folders as sibling
            where sibling.project_id = folder.project_id
                and sibling.parent_id is null
                and :parent_id::uuid is null
        ),
        0
    )
where folder.id = :id
returning id, project_id, parent_id, name, sort_order, created_at, updated_at;

-- name: move_to_project(id, project_id)^
-- Puts a folder, with all folders and interfaces below it, at the end of the top of a project.
update sisyphus.interface_folders
set
    project_id = :project_id,
    parent_id = null,
    sort_order = coalesce(
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interface_folders as sibling
            where sibling.project_id = :project_id
                and sibling.parent_id is null
        ),
        0
    )
where id = :id
returning id, project_id, parent_id, name, sort_order, created_at, updated_at;

-- name: reorder(project_id, ids)!
-- Puts folders in the order of their ids, the first at 0. All callers lock in one order, so that
-- of two at once the second waits, and its order stands.
with locked as (
    select id
    from sisyphus.interface_folders
    where project_id = :project_id
        and id = any(:ids::uuid[])
    order by id
    for no key update
)
update sisyphus.interface_folders as folder
set sort_order = wanted.place - 1
from locked
inner join unnest(:ids::uuid[]) with ordinality as wanted (id, place) on wanted.id = locked.id
where folder.id = locked.id;

-- name: delete(id)!
-- Deletes a folder; what was in it goes to the top of the project.
delete from sisyphus.interface_folders
where id = :id;

-- name: delete_with_contents(id)^
-- Deletes a folder with all folders and interfaces below it, and gives how many of each went.
with recursive below as (
    select id, project_id
    from sisyphus.interface_folders
    where id = :id
    union all
    select child.id, child.project_id
    from below
    inner join sisyphus.interface_folders as child
        on child.parent_id = below.id
        and child.project_id = below.project_id
),
gone_interfaces as (
    delete from sisyphus.interfaces
    using below
    where interfaces.folder_id = below.id
        and interfaces.project_id = below.project_id
    returning interfaces.id
),
gone_folders as (
    delete from sisyphus.interface_folders
    using below
    where interface_folders.id = below.id
    returning interface_folders.id
)
select
    (select count(*) from gone_folders) as folder_count,
    (select count(*) from gone_interfaces) as interface_count;
