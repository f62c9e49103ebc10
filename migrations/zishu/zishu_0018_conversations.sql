-- The conversations of a person, as the list beside the chat shows them: the last spoken in first.
--
-- The title has no search index. It is looked for among the conversations of one person, which
-- conversations_user_id_last_message_at_idx finds, and every message would write it anew.
-- depends: zishu_0013_characters

create table zishu.conversations (
    id uuid default gen_random_uuid(),
    user_id uuid not null,
    character_id uuid,
    title varchar(200) not null default '',
    settings jsonb not null default '{}',
    is_pinned boolean not null default false,
    is_archived boolean not null default false,
    message_count integer not null default 0,
    last_sequence integer not null default 0,
    last_message_at timestamptz not null default now(),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint conversations_pkey primary key (id),
    constraint conversations_user_id_fkey
        foreign key (user_id) references zishu.users (id) on delete cascade,
    constraint conversations_character_id_fkey
        foreign key (character_id) references zishu.characters (id) on delete set null,
    constraint conversations_settings_is_an_object check (jsonb_typeof(settings) = 'object'),
    constraint conversations_message_count_is_possible
        check (message_count between 0 and last_sequence)
);

create index conversations_user_id_last_message_at_idx
    on zishu.conversations (user_id, last_message_at desc, id desc);
create index conversations_character_id_idx on zishu.conversations (character_id);

-- What was deleted long enough ago to be removed for good.
create index conversations_deleted_at_idx
    on zishu.conversations (deleted_at)
    where deleted_at is not null;

create trigger conversations_set_updated_at
    before update on zishu.conversations
    for each row execute function common.set_updated_at();

comment on table zishu.conversations is
    'A conversation that a person began, mostly with one character.';
comment on column zishu.conversations.user_id is 'Whose it is.';
comment on column zishu.conversations.character_id is
    'Who answers; null for the plain assistant, or for a character that is gone.';
comment on column zishu.conversations.title is 'Empty until the person or the model gives one.';
comment on column zishu.conversations.settings is
    'What differs from the person''s preferences: {"model": "qwen-max", "temperature": 1.1, …}.';
comment on column zishu.conversations.message_count is
    'Messages that are not deleted; kept by zishu.messages.';
comment on column zishu.conversations.last_sequence is
    'The number of the newest message, deleted or not; kept by zishu.messages.';
comment on column zishu.conversations.last_message_at is
    'When the newest message that is not deleted was written, or the conversation began; kept by '
    'zishu.messages.';
comment on column zishu.conversations.deleted_at is 'Null while the person has it.';
