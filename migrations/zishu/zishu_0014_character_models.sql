-- The bodies of a character: Live2D, VRM or drawn, one of them shown unless a person picks
-- another.
-- depends: zishu_0013_characters common_0004_secrets

create table zishu.character_models (
    id uuid default gen_random_uuid(),
    character_id uuid not null,
    name varchar(100) not null,
    format varchar(20) not null,
    file_url varchar(500) not null,
    file_size bigint not null,
    checksum text not null,
    thumbnail_url varchar(500),
    stage jsonb not null default '{}',
    motions jsonb not null default '{}',
    is_default boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint character_models_pkey primary key (id),
    constraint character_models_character_id_fkey
        foreign key (character_id) references zishu.characters (id) on delete cascade,
    constraint character_models_character_id_name_key unique (character_id, name),
    constraint character_models_format_is_known
        check (format in ('live2d', 'vrm', 'spine', 'image')),
    constraint character_models_file_size_is_not_negative check (file_size >= 0),
    constraint character_models_checksum_is_a_hash check (common.is_sha256(checksum)),
    constraint character_models_stage_is_an_object check (jsonb_typeof(stage) = 'object'),
    constraint character_models_motions_is_an_object check (jsonb_typeof(motions) = 'object')
);

create unique index character_models_default_key
    on zishu.character_models (character_id)
    where is_default;

create trigger character_models_set_updated_at
    before update on zishu.character_models
    for each row execute function common.set_updated_at();

comment on table zishu.character_models is 'A body that the client draws and moves.';
comment on column zishu.character_models.format is
    'What draws it; image: a picture an expression, and no motions.';
comment on column zishu.character_models.file_size is 'Bytes.';
comment on column zishu.character_models.checksum is 'SHA-256 of the file, in hexadecimal.';
comment on column zishu.character_models.stage is
    'How it stands: {"scale": 1.0, "offset": [0, -0.1], "physics": true, …}.';
comment on column zishu.character_models.motions is
    'The file''s motions by occasion: {"idle": ["idle_01", "idle_02"], "tap": ["wave"], …}.';
