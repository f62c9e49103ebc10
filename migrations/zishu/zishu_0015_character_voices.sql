-- How a character sounds: voices of whatever service speaks them, one of them unless a person
-- picks another.
-- depends: zishu_0013_characters

create table zishu.character_voices (
    id uuid default gen_random_uuid(),
    character_id uuid not null,
    name varchar(100) not null,
    provider varchar(50) not null,
    provider_voice varchar(200) not null,
    language varchar(35) not null default 'zh-CN',
    speed numeric(3, 2) not null default 1,
    pitch numeric(3, 2) not null default 1,
    volume numeric(3, 2) not null default 1,
    settings jsonb not null default '{}',
    sample_url varchar(500),
    is_default boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint character_voices_pkey primary key (id),
    constraint character_voices_character_id_fkey
        foreign key (character_id) references zishu.characters (id) on delete cascade,
    constraint character_voices_character_id_name_key unique (character_id, name),
    constraint character_voices_speed_is_half_to_double check (speed between 0.5 and 2),
    constraint character_voices_pitch_is_half_to_double check (pitch between 0.5 and 2),
    constraint character_voices_volume_is_up_to_double check (volume between 0 and 2),
    constraint character_voices_settings_is_an_object check (jsonb_typeof(settings) = 'object')
);

create unique index character_voices_default_key
    on zishu.character_voices (character_id)
    where is_default;

create trigger character_voices_set_updated_at
    before update on zishu.character_voices
    for each row execute function common.set_updated_at();

comment on table zishu.character_voices is 'A voice that reads what the character says.';
comment on column zishu.character_voices.provider is 'Who speaks: edge, azure, gpt-sovits, …';
comment on column zishu.character_voices.provider_voice is
    'The provider''s name for the voice: zh-CN-XiaoxiaoNeural, …';
comment on column zishu.character_voices.language is 'BCP 47 tag.';
comment on column zishu.character_voices.speed is 'Times the provider''s own.';
comment on column zishu.character_voices.pitch is 'Times the provider''s own.';
comment on column zishu.character_voices.volume is 'Times the provider''s own.';
comment on column zishu.character_voices.settings is
    'What this provider takes besides: {"style": "cheerful", "reference_text": "…", …}.';
