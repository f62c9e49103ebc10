-- HTTP interfaces under test: browsed by folder, found by what people remember of them.

-- name: create(project_id, folder_id, name, method, url, headers, body, assertions)^
-- Adds an interface behind those of the same folder; null is the top of the project.
insert into sisyphus.interfaces (
    project_id, folder_id, name, method, url, headers, body, assertions, sort_order
)
values (
    :project_id,
    :folder_id,
    :name,
    :method,
    :url,
    :headers,
    :body,
    :assertions,
    coalesce(
        (
            select max(sort_order) + 1
            from sisyphus.interfaces
            where project_id = :project_id
                and folder_id = :folder_id
        ),
        (
            select max(sort_order) + 1
            from sisyphus.interfaces
            where project_id = :project_id
                and folder_id is null
                and :folder_id::uuid is null
        ),
        0
    )
)
returning
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at;

-- name: copy(id, name)^
-- Adds a copy of an interface under another name, behind those of the same folder.
insert into sisyphus.interfaces (
    project_id, folder_id, name, method, url, headers, body, assertions, sort_order
)
select
    original.project_id,
    original.folder_id,
    :name::text,
    original.method,
    original.url,
    original.headers,
    original.body,
    original.assertions,
    coalesce(
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interfaces as sibling
            where sibling.project_id = original.project_id
                and sibling.folder_id = original.folder_id
        ),
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interfaces as sibling
            where sibling.project_id = original.project_id
                and sibling.folder_id is null
                and original.folder_id is null
        )
    )
from sisyphus.interfaces as original
where original.id = :id
returning
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at;

-- name: get(id)^
-- The interface with this id.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where id = :id;

-- name: page(project_id, method, before_created_at, before_id, limit)
-- A project's interfaces, newest first, of one method or with null of all; nulls for the first
-- page.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where project_id = :project_id
    and (:method::text is null or method = :method)
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_folder(folder_id, after_sort_order, after_id, limit)
-- The interfaces of a folder, in their order; nulls for the first page.
-- scans: sorts those that share a place.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where folder_id = :folder_id
    and project_id = (select project_id from sisyphus.interface_folders where id = :folder_id)
    and (sort_order, id) > (
        coalesce(:after_sort_order::bigint, -2147483649),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by sort_order, id
limit :limit;

-- name: page_top(project_id, after_sort_order, after_id, limit)
-- The interfaces of a project that are in no folder, in their order; nulls for the first page.
-- scans: sorts those that share a place.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where project_id = :project_id
    and folder_id is null
    and (sort_order, id) > (
        coalesce(:after_sort_order::bigint, -2147483649),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
-- The null column comes first, since the index has no order without it.
order by folder_id, sort_order, id
limit :limit;

-- name: search(project_id, term, limit)
-- A project's interfaces with the term in their name or address, newest first. A term has two
-- characters or more; less finds nothing.
-- scans: sorts what is found, which an index of parts of names can't give in order.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where project_id = :project_id
    and common.bigrams(:term) <> '{}'
    -- Alone, so that the index answers it and nothing is taken apart again.
    and (
        common.bigrams(name) @> common.bigrams(:term)
        or common.bigrams(url) @> common.bigrams(:term)
    )
    and (
        strpos(lower(common.searchable(name)), lower(common.searchable(:term))) > 0
        or strpos(lower(common.searchable(url)), lower(common.searchable(:term))) > 0
    )
order by created_at desc, id desc
limit :limit;

-- name: find_by_headers(project_id, headers, before_created_at, before_id, limit)
-- A project's interfaces that send all of these headers with these values, newest first; nulls for
-- the first page.
-- scans: sorts what is found, which an index of JSON can't give in order.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where project_id = :project_id
    and headers @> :headers::jsonb
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: find_by_header_names(project_id, names, before_created_at, before_id, limit)
-- A project's interfaces that send all of these headers, whatever their values, newest first;
-- nulls for the first page.
-- scans: sorts what is found, which an index of JSON can't give in order.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where project_id = :project_id
    and headers ?& :names::text[]
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: find_by_assertions(project_id, assertions, before_created_at, before_id, limit)
-- A project's interfaces that assert all of this, [{"type": "status_code"}, …], newest first;
-- nulls for the first page.
-- scans: sorts what is found, which an index of JSON can't give in order.
select
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at
from sisyphus.interfaces
where project_id = :project_id
    and assertions @> :assertions::jsonb
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: update(id, name, method, url, headers, body, assertions)^
-- Saves the form of an interface.
update sisyphus.interfaces
set
    name = :name,
    method = :method,
    url = :url,
    headers = :headers,
    body = :body,
    assertions = :assertions
where id = :id
returning
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at;

-- name: move(id, folder_id)^
-- Puts an interface behind those of another folder of its project; null is the top.
update sisyphus.interfaces as interface
set
    folder_id = :folder_id,
    sort_order = coalesce(
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interfaces as sibling
            where sibling.project_id = interface.project_id
                and sibling.folder_id = :folder_id
        ),
        (
            select max(sibling.sort_order) + 1
            from sisyphus.interfaces as sibling
            where sibling.project_id = interface.project_id
                and sibling.folder_id is null
                and :folder_id::uuid is null
        ),
        0
    )
where interface.id = :id
returning
    id, project_id, folder_id, name, method, url, headers, body, assertions, sort_order,
    created_at, updated_at;

-- name: reorder(project_id, ids)!
-- Puts interfaces in the order of their ids, the first at 0. All callers lock in one order, so
-- that of two at once the second waits, and its order stands.
with locked as (
    select id
    from sisyphus.interfaces
    where project_id = :project_id
        and id = any(:ids::uuid[])
    order by id
    for no key update
)
update sisyphus.interfaces as interface
set sort_order = wanted.place - 1
from locked
inner join unnest(:ids::uuid[]) with ordinality as wanted (id, place) on wanted.id = locked.id
where interface.id = locked.id;

-- name: delete(id)!
-- Deletes an interface.
delete from sisyphus.interfaces
where id = :id;
