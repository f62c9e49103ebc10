-- The tempers of companions, one of them the default: what the model is told.
--
-- Of two callers who hand the default over at once, the later is refused by
-- character_personalities_default_key and may try again.

-- name: create(character_id, name, system_prompt, speaking_style, traits, examples, temperature, is_default)^
-- Gives a companion a temper; the first becomes the default, and so does one that is said to be.
with stepped_down as (
    update zishu.character_personalities
    set is_default = false
    where character_id = :character_id
        and is_default
        and :is_default
    returning id
)
insert into zishu.character_personalities
    (
        character_id, name, system_prompt, speaking_style, traits, examples, temperature,
        is_default
    )
select
    :character_id,
    :name,
    :system_prompt,
    :speaking_style,
    :traits,
    :examples,
    :temperature,
    :is_default or not exists (
        select
        from zishu.character_personalities as others
        where others.character_id = :character_id
            and others.is_default
    )
-- Counted, so that the old one gives the flag up before the new one has it.
where (select count(*) from stepped_down) >= 0
returning
    id, character_id, name, system_prompt, speaking_style, traits, examples, temperature,
    is_default, created_at, updated_at;

-- name: get(id)^
-- The temper with this id.
select
    id, character_id, name, system_prompt, speaking_style, traits, examples, temperature,
    is_default, created_at, updated_at
from zishu.character_personalities
where id = :id;

-- name: get_default(character_id)^
-- What the model is told unless a person picks another: the default, or the first by name where
-- there is none.
-- scans: sorts the tempers of one companion, which are few.
select
    id, character_id, name, system_prompt, speaking_style, traits, examples, temperature,
    is_default, created_at, updated_at
from zishu.character_personalities
where character_id = :character_id
order by is_default desc, name
limit 1;

-- name: page(character_id, after_name, limit)
-- The tempers of a companion, by name.
select
    id, character_id, name, system_prompt, speaking_style, traits, examples, temperature,
    is_default, created_at, updated_at
from zishu.character_personalities
where character_id = :character_id
    and name > coalesce(:after_name::text, '')
order by name
limit :limit;

-- name: edit(id, name, system_prompt, speaking_style, traits, examples, temperature)^
-- Takes the whole form of the creator.
update zishu.character_personalities
set
    name = :name,
    system_prompt = :system_prompt,
    speaking_style = :speaking_style,
    traits = :traits,
    examples = :examples,
    temperature = :temperature
where id = :id
returning
    id, character_id, name, system_prompt, speaking_style, traits, examples, temperature,
    is_default, created_at, updated_at;

-- name: set_default(id)^
-- Makes this the default instead of another.
with chosen as (
    select
        id,
        character_id
    from zishu.character_personalities
    where id = :id
    for no key update
),
stepped_down as (
    update zishu.character_personalities as parts
    set is_default = false
    from chosen
    where parts.character_id = chosen.character_id
        and parts.is_default
        and parts.id <> chosen.id
    returning parts.id
)
update zishu.character_personalities as parts
set is_default = true
from chosen
where parts.id = chosen.id
    -- Counted, so that the old one gives the flag up before the new one has it.
    and (select count(*) from stepped_down) >= 0
returning
    parts.id, parts.character_id, parts.name, parts.system_prompt, parts.speaking_style,
    parts.traits, parts.examples, parts.temperature, parts.is_default, parts.created_at,
    parts.updated_at;

-- name: delete(id)!
-- Takes a temper away. If it was the default, there is none until one is chosen.
delete from zishu.character_personalities
where id = :id;
