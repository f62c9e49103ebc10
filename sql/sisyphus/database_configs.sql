-- Connections to databases under test. Their passwords are ciphertext, and are given only to who
-- connects or changes the key.

-- name: create(project_id, name, variable_name, db_type, host, port, initial_database, username, password)^
-- Adds a connection, not yet tried; a variable name that the project has used is an error.
insert into sisyphus.database_configs (
    project_id, name, variable_name, db_type, host, port, initial_database, username, password
)
values (
    :project_id, :name, :variable_name, :db_type, :host, :port, :initial_database, :username,
    :password
)
returning
    id, project_id, name, variable_name, db_type, host, port, initial_database, username,
    is_enabled, connection_status, last_tested_at, created_at, updated_at;

-- name: get(id)^
-- The connection with this id, without its password.
select
    id, project_id, name, variable_name, db_type, host, port, initial_database, username,
    is_enabled, connection_status, last_tested_at, created_at, updated_at
from sisyphus.database_configs
where id = :id;

-- name: get_for_connecting(project_id, variable_name)^
-- What a step needs to reach the database that it names, with the password; nothing where the
-- connection is disabled.
select id, db_type, host, port, initial_database, username, password
from sisyphus.database_configs
where project_id = :project_id
    and variable_name = :variable_name
    and is_enabled;

-- name: page(project_id, after_name, after_id, limit)
-- A project's connections by name, without passwords; nulls for the first page.
-- scans: sorts the connections of one project, which are few.
select
    id, project_id, name, variable_name, db_type, host, port, initial_database, username,
    is_enabled, connection_status, last_tested_at, created_at, updated_at
from sisyphus.database_configs
where project_id = :project_id
    and (name, id) > (
        coalesce(:after_name::text, ''),
        coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    )
order by name, id
limit :limit;

-- name: update(id, name, variable_name, db_type, host, port, initial_database, username)^
-- Saves the form of a connection, all but the password. What a try has shown is forgotten when it
-- leads elsewhere now.
update sisyphus.database_configs
set
    name = :name,
    variable_name = :variable_name,
    db_type = :db_type,
    host = :host,
    port = :port,
    initial_database = :initial_database,
    username = :username,
    connection_status = case
        when (db_type, host, port, username)
            = (:db_type::varchar, :host::varchar, :port, :username::varchar)
            and initial_database is not distinct from :initial_database::varchar
            then connection_status
        else 'unknown'
    end,
    last_tested_at = case
        when (db_type, host, port, username)
            = (:db_type::varchar, :host::varchar, :port, :username::varchar)
            and initial_database is not distinct from :initial_database::varchar
            then last_tested_at
    end
where id = :id
returning
    id, project_id, name, variable_name, db_type, host, port, initial_database, username,
    is_enabled, connection_status, last_tested_at, created_at, updated_at;

-- name: set_password(id, password)!
-- Sets the ciphertext of another password, which is not yet tried.
update sisyphus.database_configs
set
    password = :password,
    connection_status = 'unknown',
    last_tested_at = null
where id = :id;

-- name: set_enabled(id, is_enabled)^
-- Lets steps use a connection, or not.
update sisyphus.database_configs
set is_enabled = :is_enabled
where id = :id
returning
    id, project_id, name, variable_name, db_type, host, port, initial_database, username,
    is_enabled, connection_status, last_tested_at, created_at, updated_at;

-- name: record_try(id, connection_status)^
-- Notes what a try to connect has shown, and when.
update sisyphus.database_configs
set
    connection_status = :connection_status,
    last_tested_at = now()
where id = :id
returning
    id, project_id, name, variable_name, db_type, host, port, initial_database, username,
    is_enabled, connection_status, last_tested_at, created_at, updated_at;

-- name: page_passwords(after_id, limit)
-- Every connection's ciphertext by id, to encrypt it under a new key; null for the first page.
select id, password
from sisyphus.database_configs
where id >= coalesce(:after_id::uuid, '00000000-0000-0000-0000-000000000000')
    and id is distinct from :after_id
order by id
limit :limit;

-- name: rotate_passwords(ids, old_passwords, new_passwords)!
-- Puts the same passwords under a new key in place, but for those that have changed meanwhile.
update sisyphus.database_configs as config
set password = rotated.new_password
from
    unnest(:ids::uuid[], :old_passwords::text[], :new_passwords::text[])
        as rotated (id, old_password, new_password)
where config.id = rotated.id
    and config.password = rotated.old_password;

-- name: delete(id)!
-- Deletes a connection.
delete from sisyphus.database_configs
where id = :id;
