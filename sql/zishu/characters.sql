-- The companions: made with their parts in one statement, met in the gallery, shown to whom their
-- visibility lets.

-- name: create(creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility)^
-- Adds a companion without parts; null for the creator: the platform's own.
insert into zishu.characters
    (creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility)
values
    (
        :creator_id, :name, :summary, :description, :greeting, :avatar_url, :language, :tags,
        :visibility
    )
returning
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at;

-- name: create_with_parts(creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility, models, voices, personalities)^
-- Adds a companion with its bodies, faces, voices and tempers, the first of each kind as the
-- default; what is left out of a part has the table's default. Models: [{"name", "format",
-- "file_url", "file_size", "checksum", "thumbnail_url", "stage", "motions", "expressions":
-- [{"name", "emotion", "file_url", "parameters", "fade_ms"}, …]}, …]; voices: [{"name",
-- "provider", "provider_voice", "language", "speed", "pitch", "volume", "settings",
-- "sample_url"}, …]; personalities: [{"name", "system_prompt", "speaking_style", "traits",
-- "examples", "temperature"}, …].
with added as (
    insert into zishu.characters
        (creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility)
    values
        (
            :creator_id, :name, :summary, :description, :greeting, :avatar_url, :language, :tags,
            :visibility
        )
    returning
        id, creator_id, name, summary, description, greeting, avatar_url, language, tags,
        visibility, deleted_at, created_at, updated_at
),
bodies as (
    insert into zishu.character_models
        (
            character_id, name, format, file_url, file_size, checksum, thumbnail_url, stage,
            motions, is_default
        )
    select
        added.id,
        parts.name,
        parts.format,
        parts.file_url,
        parts.file_size,
        parts.checksum,
        parts.thumbnail_url,
        coalesce(parts.stage, '{}'),
        coalesce(parts.motions, '{}'),
        parts.place = 1
    from added
    cross join rows from (
        jsonb_to_recordset(:models::jsonb) as (
            name text,
            format text,
            file_url text,
            file_size bigint,
            checksum text,
            thumbnail_url text,
            stage jsonb,
            motions jsonb
        )
    ) with ordinality as parts (
        name, format, file_url, file_size, checksum, thumbnail_url, stage, motions, place
    )
    returning id, name
),
faces as (
    insert into zishu.character_expressions
        (model_id, name, emotion, file_url, parameters, fade_ms)
    select
        bodies.id,
        parts.name,
        parts.emotion,
        parts.file_url,
        coalesce(parts.parameters, '{}'),
        coalesce(parts.fade_ms, 300)
    from jsonb_to_recordset(:models::jsonb) as models (name text, expressions jsonb)
    join bodies on bodies.name = models.name
    cross join jsonb_to_recordset(coalesce(models.expressions, '[]')) as parts (
        name text,
        emotion text,
        file_url text,
        parameters jsonb,
        fade_ms integer
    )
),
sounds as (
    insert into zishu.character_voices
        (
            character_id, name, provider, provider_voice, language, speed, pitch, volume,
            settings, sample_url, is_default
        )
    select
        added.id,
        parts.name,
        parts.provider,
        parts.provider_voice,
        coalesce(parts.language, added.language),
        coalesce(parts.speed, 1),
        coalesce(parts.pitch, 1),
        coalesce(parts.volume, 1),
        coalesce(parts.settings, '{}'),
        parts.sample_url,
        parts.place = 1
    from added
    cross join rows from (
        jsonb_to_recordset(:voices::jsonb) as (
            name text,
            provider text,
            provider_voice text,
            language text,
            speed numeric,
            pitch numeric,
            volume numeric,
            settings jsonb,
            sample_url text
        )
    ) with ordinality as parts (
        name, provider, provider_voice, language, speed, pitch, volume, settings, sample_url, place
    )
),
tempers as (
    insert into zishu.character_personalities
        (
            character_id, name, system_prompt, speaking_style, traits, examples, temperature,
            is_default
        )
    select
        added.id,
        parts.name,
        parts.system_prompt,
        coalesce(parts.speaking_style, ''),
        coalesce(parts.traits, '{}'),
        coalesce(parts.examples, '[]'),
        coalesce(parts.temperature, 0.8),
        parts.place = 1
    from added
    cross join rows from (
        jsonb_to_recordset(:personalities::jsonb) as (
            name text,
            system_prompt text,
            speaking_style text,
            traits jsonb,
            examples jsonb,
            temperature numeric
        )
    ) with ordinality as parts (
        name, system_prompt, speaking_style, traits, examples, temperature, place
    )
)
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from added;

-- name: get(id)^
-- The companion with this id, unless it is deleted.
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from zishu.characters
where id = :id
    and deleted_at is null;

-- name: get_visible(id, viewer_id)^
-- The companion as far as the viewer may see it; null for a viewer who is not logged in.
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from zishu.characters
where id = :id
    and (
        visibility <> 'private'
        or (creator_id is not null and creator_id is not distinct from :viewer_id)
    )
    and deleted_at is null;

-- name: get_with_parts(id)^
-- The companion and all that a client needs to show it, in one statement; of each kind the default
-- first, then by name. Models: [{"id", "name", "format", "file_url", "file_size", "checksum",
-- "thumbnail_url", "stage", "motions", "is_default", "expressions": [{"id", "name", "emotion",
-- "file_url", "parameters", "fade_ms"}, …]}, …]; voices: [{"id", "name", "provider",
-- "provider_voice", "language", "speed", "pitch", "volume", "settings", "sample_url",
-- "is_default"}, …]; personalities: [{"id", "name", "system_prompt", "speaking_style", "traits",
-- "examples", "temperature", "is_default"}, …].
-- scans: sorts the parts of one companion, which are few.
select
    characters.id, characters.creator_id, characters.name, characters.summary,
    characters.description, characters.greeting, characters.avatar_url, characters.language,
    characters.tags, characters.visibility, characters.deleted_at, characters.created_at,
    characters.updated_at,
    to_json(array(
        select
            json_build_object(
                'id', models.id,
                'name', models.name,
                'format', models.format,
                'file_url', models.file_url,
                'file_size', models.file_size,
                'checksum', models.checksum,
                'thumbnail_url', models.thumbnail_url,
                'stage', models.stage,
                'motions', models.motions,
                'is_default', models.is_default,
                'expressions', to_json(array(
                    select
                        json_build_object(
                            'id', expressions.id,
                            'name', expressions.name,
                            'emotion', expressions.emotion,
                            'file_url', expressions.file_url,
                            'parameters', expressions.parameters,
                            'fade_ms', expressions.fade_ms
                        )
                    from zishu.character_expressions as expressions
                    where expressions.model_id = models.id
                    order by expressions.name
                ))
            )
        from zishu.character_models as models
        where models.character_id = characters.id
        order by models.is_default desc, models.name
    )) as models,
    to_json(array(
        select
            json_build_object(
                'id', voices.id,
                'name', voices.name,
                'provider', voices.provider,
                'provider_voice', voices.provider_voice,
                'language', voices.language,
                'speed', voices.speed,
                'pitch', voices.pitch,
                'volume', voices.volume,
                'settings', voices.settings,
                'sample_url', voices.sample_url,
                'is_default', voices.is_default
            )
        from zishu.character_voices as voices
        where voices.character_id = characters.id
        order by voices.is_default desc, voices.name
    )) as voices,
    to_json(array(
        select
            json_build_object(
                'id', personalities.id,
                'name', personalities.name,
                'system_prompt', personalities.system_prompt,
                'speaking_style', personalities.speaking_style,
                'traits', personalities.traits,
                'examples', personalities.examples,
                'temperature', personalities.temperature,
                'is_default', personalities.is_default
            )
        from zishu.character_personalities as personalities
        where personalities.character_id = characters.id
        order by personalities.is_default desc, personalities.name
    )) as personalities
from zishu.characters as characters
where characters.id = :id
    and characters.deleted_at is null;

-- name: page(before_created_at, before_id, limit)
-- The gallery, newest first.
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from zishu.characters
where visibility = 'public'
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_by_creator(creator_id, before_created_at, before_id, limit)
-- The companions that a person made, newest first, private ones included.
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from zishu.characters
where creator_id = :creator_id
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: page_by_tags(tags, before_created_at, before_id, limit)
-- Who in the gallery carries every one of these tags, newest first.
-- scans: sorts who carries the tags, or walks the gallery by time where most do.
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from zishu.characters
where tags @> :tags::text[]
    and visibility = 'public'
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: search(words, before_created_at, before_id, limit)
-- Of whom in the gallery all these words, Chinese or English, are said, newest first.
-- scans: sorts of whom they are said.
select
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at
from zishu.characters
where common.search_terms(name || ' ' || summary || ' ' || description)
        @@ common.search_query(:words::text)
    and visibility = 'public'
    and deleted_at is null
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by created_at desc, id desc
limit :limit;

-- name: edit(id, name, summary, description, greeting, avatar_url, language, tags)^
-- Takes the whole form of the creator; null for no greeting and no picture.
update zishu.characters
set
    name = :name,
    summary = :summary,
    description = :description,
    greeting = :greeting,
    avatar_url = :avatar_url,
    language = :language,
    tags = :tags
where id = :id
    and deleted_at is null
returning
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at;

-- name: set_visibility(id, visibility)^
-- Says who may meet the companion.
update zishu.characters
set visibility = :visibility
where id = :id
    and deleted_at is null
returning
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at;

-- name: delete(id)!
-- Deletes a companion softly; conversations with it can still be read.
update zishu.characters
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes a deletion back.
update zishu.characters
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, creator_id, name, summary, description, greeting, avatar_url, language, tags, visibility,
    deleted_at, created_at, updated_at;

-- name: remove(id)!
-- Removes a deleted companion with its parts for good; conversations stay, without it.
delete from zishu.characters
where id = :id
    and deleted_at is not null;
