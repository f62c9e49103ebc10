-- How a character thinks and speaks: what the model is told before a conversation begins.
-- depends: zishu_0013_characters

create table zishu.character_personalities (
    id uuid default gen_random_uuid(),
    character_id uuid not null,
    name varchar(100) not null,
    system_prompt text not null,
    speaking_style text not null default '',
    traits jsonb not null default '{}',
    examples jsonb not null default '[]',
    temperature numeric(3, 2) not null default 0.8,
    is_default boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint character_personalities_pkey primary key (id),
    constraint character_personalities_character_id_fkey
        foreign key (character_id) references zishu.characters (id) on delete cascade,
    constraint character_personalities_character_id_name_key unique (character_id, name),
    constraint character_personalities_system_prompt_is_not_blank check (system_prompt ~ '\S'),
    constraint character_personalities_traits_is_an_object
        check (jsonb_typeof(traits) = 'object'),
    constraint character_personalities_examples_is_an_array
        check (jsonb_typeof(examples) = 'array'),
    constraint character_personalities_temperature_is_zero_to_two
        check (temperature between 0 and 2)
);

create unique index character_personalities_default_key
    on zishu.character_personalities (character_id)
    where is_default;

create trigger character_personalities_set_updated_at
    before update on zishu.character_personalities
    for each row execute function common.set_updated_at();

comment on table zishu.character_personalities is
    'A temper of a character: 傲娇, 温柔, …; one of them unless a person picks another.';
comment on column zishu.character_personalities.speaking_style is
    'Habits of speech, in words for the model: ends sentences with 喵.';
comment on column zishu.character_personalities.traits is
    'From 0 to 1 each: {"openness": 0.8, "warmth": 0.9, "humour": 0.4, …}.';
comment on column zishu.character_personalities.examples is
    'Talk to imitate: [{"user": "早安", "character": "哼，才不是在等你呢"}, …].';
comment on column zishu.character_personalities.temperature is
    'Of the model''s sampling: 0 always says the likeliest.';
