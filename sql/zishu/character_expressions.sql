-- The faces of bodies, and the emotions that bring them up.

-- name: create(model_id, name, emotion, file_url, parameters, fade_ms)^
-- Gives a body a face.
insert into zishu.character_expressions (model_id, name, emotion, file_url, parameters, fade_ms)
values (:model_id, :name, :emotion, :file_url, :parameters, :fade_ms)
returning
    id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at;

-- name: create_many(model_id, expressions)
-- Gives a body the faces that its file holds: [{"name": "smile", "emotion": "happy", "file_url": …
-- or null, "parameters": {…}, "fade_ms": 300}, …]; a face that it has by that name is replaced.
insert into zishu.character_expressions (model_id, name, emotion, file_url, parameters, fade_ms)
select
    :model_id,
    faces.name,
    faces.emotion,
    faces.file_url,
    coalesce(faces.parameters, '{}'),
    coalesce(faces.fade_ms, 300)
from jsonb_to_recordset(:expressions::jsonb) as faces (
    name text,
    emotion text,
    file_url text,
    parameters jsonb,
    fade_ms integer
)
on conflict (model_id, name) do update
set
    emotion = excluded.emotion,
    file_url = excluded.file_url,
    parameters = excluded.parameters,
    fade_ms = excluded.fade_ms
returning
    id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at;

-- name: get(id)^
-- The face with this id.
select
    id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at
from zishu.character_expressions
where id = :id;

-- name: page(model_id, after_name, limit)
-- The faces of a body, by name.
select
    id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at
from zishu.character_expressions
where model_id = :model_id
    and name > coalesce(:after_name::text, '')
order by name
limit :limit;

-- name: list_by_emotion(model_id, emotion)
-- The faces for what the companion feels now, by name.
select
    id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at
from zishu.character_expressions
where model_id = :model_id
    and emotion = :emotion
order by name;

-- name: edit(id, name, emotion, file_url, parameters, fade_ms)^
-- Takes the whole form of the creator; null for a face that its parameters make.
update zishu.character_expressions
set
    name = :name,
    emotion = :emotion,
    file_url = :file_url,
    parameters = :parameters,
    fade_ms = :fade_ms
where id = :id
returning
    id, model_id, name, emotion, file_url, parameters, fade_ms, created_at, updated_at;

-- name: delete(id)!
-- Takes a face away.
delete from zishu.character_expressions
where id = :id;
