-- Global functions: Python helpers that every project may call, by class and method.

-- name: create(created_by, class_name, method_name, code, description, parameters, return_value)^
-- Adds a function; a class and method that exist are an error.
insert into sisyphus.global_params (
    created_by, class_name, method_name, code, description, parameters, return_value
)
values (
    :created_by, :class_name, :method_name, :code, :description, :parameters, :return_value
)
returning
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at;

-- name: get(id)^
-- The function with this id.
select
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at
from sisyphus.global_params
where id = :id;

-- name: get_by_name(class_name, method_name)^
-- The function that a step calls by this class and method.
select
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at
from sisyphus.global_params
where class_name = :class_name
    and method_name = :method_name;

-- name: page(after_class_name, after_method_name, limit)
-- All functions by class and method, after the one given; nulls for the first page.
select
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at
from sisyphus.global_params
where (class_name, method_name)
    >= (coalesce(:after_class_name::text, ''), coalesce(:after_method_name::text, ''))
    and (class_name, method_name) is distinct from (:after_class_name, :after_method_name)
order by class_name, method_name
limit :limit;

-- name: list_of_class(class_name)
-- The functions of a class, by method.
select
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at
from sisyphus.global_params
where class_name = :class_name
order by method_name;

-- name: update(id, class_name, method_name, code, description, parameters, return_value)^
-- Saves the form of a function.
update sisyphus.global_params
set
    class_name = :class_name,
    method_name = :method_name,
    code = :code,
    description = :description,
    parameters = :parameters,
    return_value = :return_value
where id = :id
returning
    id, created_by, class_name, method_name, code, description, parameters, return_value,
    created_at, updated_at;

-- name: delete(id)!
-- Deletes a function.
delete from sisyphus.global_params
where id = :id;
