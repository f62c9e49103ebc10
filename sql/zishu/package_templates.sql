-- Recipes for packages: kept by operators, chosen by people while they are active.

-- name: create(name, description, platforms, config)^
-- Adds a recipe, active at once.
insert into zishu.package_templates (name, description, platforms, config)
values (:name, :description, :platforms, :config)
returning id, name, description, platforms, config, is_active, created_at, updated_at;

-- name: get(id)^
-- The recipe with this id.
select id, name, description, platforms, config, is_active, created_at, updated_at
from zishu.package_templates
where id = :id;

-- name: get_by_name(name)^
-- The recipe of this name.
select id, name, description, platforms, config, is_active, created_at, updated_at
from zishu.package_templates
where name = :name;

-- name: page(after_name, limit)
-- All recipes by name; null for the first page, then the last name of the page before.
select id, name, description, platforms, config, is_active, created_at, updated_at
from zishu.package_templates
where name > coalesce(:after_name, '')
order by name
limit :limit;

-- name: page_active(platform, after_name, limit)
-- What people may choose from, by name: for one platform, or with null for any.
select id, name, description, platforms, config, is_active, created_at, updated_at
from zishu.package_templates
where is_active
    and (:platform::text is null or platforms @> array[:platform])
    and name > coalesce(:after_name, '')
order by name
limit :limit;

-- name: update(id, name, description, platforms, config)^
-- Saves the form of a recipe; tasks that are queued will be built by it.
update zishu.package_templates
set
    name = :name,
    description = :description,
    platforms = :platforms,
    config = :config
where id = :id
returning id, name, description, platforms, config, is_active, created_at, updated_at;

-- name: set_active(id, is_active)^
-- Lets new tasks choose a recipe, or no longer.
update zishu.package_templates
set is_active = :is_active
where id = :id
returning id, name, description, platforms, config, is_active, created_at, updated_at;

-- name: delete(id)!
-- Removes a recipe by which nothing was built; one that was is an error, and can be made inactive.
delete from zishu.package_templates
where id = :id;
