-- The faces of a model, and the emotions that bring them up. A face belongs to a body: the
-- parameters of one mean nothing to another.
-- depends: zishu_0014_character_models

create table zishu.character_expressions (
    id uuid default gen_random_uuid(),
    model_id uuid not null,
    name varchar(100) not null,
    emotion varchar(20) not null,
    file_url varchar(500),
    parameters jsonb not null default '{}',
    fade_ms integer not null default 300,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint character_expressions_pkey primary key (id),
    constraint character_expressions_model_id_fkey
        foreign key (model_id) references zishu.character_models (id) on delete cascade,
    constraint character_expressions_model_id_name_key unique (model_id, name),
    constraint character_expressions_emotion_is_known
        check (
            emotion in (
                'neutral',
                'happy',
                'sad',
                'angry',
                'surprised',
                'afraid',
                'shy',
                'disgusted'
            )
        ),
    constraint character_expressions_parameters_is_an_object
        check (jsonb_typeof(parameters) = 'object'),
    constraint character_expressions_fade_ms_is_not_negative check (fade_ms >= 0)
);

-- The faces for what the character feels now.
create index character_expressions_model_id_emotion_idx
    on zishu.character_expressions (model_id, emotion);

create trigger character_expressions_set_updated_at
    before update on zishu.character_expressions
    for each row execute function common.set_updated_at();

comment on table zishu.character_expressions is
    'A face of a model; several may stand for one emotion.';
comment on column zishu.character_expressions.file_url is
    'The picture or the expression file; null where the parameters say all.';
comment on column zishu.character_expressions.parameters is
    'Values of the model''s parameters: {"ParamMouthForm": 1.0, "ParamCheek": 0.4, …}.';
comment on column zishu.character_expressions.fade_ms is 'Milliseconds from one face to this one.';
