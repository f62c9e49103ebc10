-- Settings that operators change without a release, by their key.

-- name: create(config_key, config_value, config_type, description, is_public)^
-- Adds a setting; a key that is known is an error.
insert into iopaint.system_configs (
    config_key, config_value, config_type, description, is_public
)
values (:config_key, :config_value, :config_type, :description, :is_public)
returning
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at;

-- name: upsert(config_key, config_value, config_type, description, is_public)^
-- Adds a setting, or makes the one with this key what is given.
insert into iopaint.system_configs (
    config_key, config_value, config_type, description, is_public
)
values (:config_key, :config_value, :config_type, :description, :is_public)
on conflict (config_key) do update
set
    config_value = excluded.config_value,
    config_type = excluded.config_type,
    description = excluded.description,
    is_public = excluded.is_public
returning
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at;

-- name: get(id)^
-- The setting with this id.
select
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at
from iopaint.system_configs
where id = :id;

-- name: get_by_key(config_key)^
-- The setting with this key.
select
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at
from iopaint.system_configs
where config_key = :config_key;

-- name: list_public()
-- What every client asks for when it starts, by key.
select config_key, config_value, config_type
from iopaint.system_configs
where is_public
order by config_key;

-- name: page(after_config_key, limit)
-- A page of all settings, by key; null gives the first page.
select
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at
from iopaint.system_configs
where config_key > coalesce(:after_config_key::text, '')
order by config_key
limit :limit;

-- name: change(config_key, config_value)^
-- Gives a setting another value, of the same type; null where only the default is meant.
update iopaint.system_configs
set config_value = :config_value
where config_key = :config_key
returning
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at;

-- name: set_public(config_key, is_public)^
-- Lets clients read a setting, or no longer.
update iopaint.system_configs
set is_public = :is_public
where config_key = :config_key
returning
    id, config_key, config_value, config_type, description, is_public, created_at, updated_at;

-- name: page_encrypted(after_id, limit)
-- The ciphertexts of a batch of secret settings, for a change of key; null starts.
select id, config_value
from iopaint.system_configs
where id > coalesce(:after_id::bigint, 0)
    and config_type = 'secret'
    and config_value is not null
order by id
limit :limit;

-- name: replace_encrypted(id, old_config_value, config_value)!
-- Puts the same secret under a new key, unless someone has changed it since it was read.
update iopaint.system_configs
set config_value = :config_value
where id = :id
    and config_type = 'secret'
    and config_value = :old_config_value;

-- name: delete(config_key)!
-- Removes a setting.
delete from iopaint.system_configs
where config_key = :config_key;
