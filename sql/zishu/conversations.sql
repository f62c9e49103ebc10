-- The conversations of people: begun with the companion's greeting, listed by what was said last.

-- name: create(user_id, character_id, title, settings)^
-- Begins a conversation, in which the companion speaks first if it has a greeting; null for the
-- plain assistant. Owner and companion take part at once.
with begun as (
    insert into zishu.conversations (user_id, character_id, title, settings)
    values (:user_id, :character_id, :title, :settings)
    returning
        id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
        last_sequence, last_message_at, deleted_at, created_at, updated_at
),
greeted as (
    insert into zishu.messages (conversation_id, character_id, role, content)
    select
        begun.id,
        characters.id,
        'assistant',
        characters.greeting
    from begun
    join zishu.characters as characters on characters.id = begun.character_id
    where characters.greeting is not null
    returning sequence
)
-- The greeting is counted while this statement runs: begun has the row from before.
select
    id, user_id, character_id, title, settings, is_pinned, is_archived,
    coalesce((select greeted.sequence from greeted), 0) as message_count,
    coalesce((select greeted.sequence from greeted), 0) as last_sequence,
    last_message_at, deleted_at, created_at, updated_at
from begun;

-- name: get(id)^
-- The conversation with this id, unless it is deleted.
select
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at
from zishu.conversations
where id = :id
    and deleted_at is null;

-- name: get_joined(id, user_id)^
-- The conversation, for a person who takes part in it now.
select
    conversations.id, conversations.user_id, conversations.character_id, conversations.title,
    conversations.settings, conversations.is_pinned, conversations.is_archived,
    conversations.message_count, conversations.last_sequence, conversations.last_message_at,
    conversations.deleted_at, conversations.created_at, conversations.updated_at
from zishu.conversations as conversations
join zishu.conversation_participants as participants
    on participants.conversation_id = conversations.id
where conversations.id = :id
    and conversations.deleted_at is null
    and participants.user_id = :user_id
    and participants.left_at is null;

-- name: page(user_id, is_archived, before_last_message_at, before_id, limit)
-- The conversations that a person began, last spoken in first: the archived or the others.
select
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at
from zishu.conversations
where user_id = :user_id
    and is_archived = :is_archived
    and deleted_at is null
    and (last_message_at, id) < (
        coalesce(:before_last_message_at::timestamptz, 'infinity'),
        coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
order by last_message_at desc, id desc
limit :limit;

-- name: page_joined(user_id, before_last_message_at, before_id, limit)
-- The list beside the chat: every conversation that a person takes part in now, last spoken in
-- first, with the companion, the beginning of what was said last, and how much is unread.
-- scans: sorts the conversations of one person.
with listed as (
    select
        conversations.id, conversations.user_id, conversations.character_id,
        conversations.title, conversations.is_pinned, conversations.is_archived,
        conversations.last_message_at, participants.is_muted,
        greatest(conversations.last_sequence - participants.last_read_sequence, 0) as unread_count
    from zishu.conversation_participants as participants
    join zishu.conversations as conversations on conversations.id = participants.conversation_id
    where participants.user_id = :user_id
        and participants.left_at is null
        and conversations.deleted_at is null
        and (conversations.last_message_at, conversations.id) < (
            coalesce(:before_last_message_at::timestamptz, 'infinity'),
            coalesce(:before_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        )
    order by conversations.last_message_at desc, conversations.id desc
    limit :limit
)
select
    listed.id, listed.user_id, listed.character_id, characters.name as character_name,
    characters.avatar_url as character_avatar_url, listed.title, listed.is_pinned,
    listed.is_archived, listed.last_message_at, listed.is_muted, listed.unread_count,
    newest.role as last_role, newest.beginning as last_words
from listed
left join zishu.characters as characters on characters.id = listed.character_id
left join lateral (
    select
        messages.role,
        left(messages.content, 100) as beginning
    from zishu.messages as messages
    where messages.conversation_id = listed.id
        and messages.deleted_at is null
    order by messages.sequence desc
    limit 1
) as newest on true
order by listed.last_message_at desc, listed.id desc;

-- name: list_pinned(user_id)
-- What a person pinned above the others, last spoken in first.
select
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at
from zishu.conversations
where user_id = :user_id
    and is_pinned
    and not is_archived
    and deleted_at is null
order by last_message_at desc, id desc;

-- name: search(user_id, term, limit)
-- The conversations that a person began with this in their title, in any case, last spoken in
-- first.
select
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at
from zishu.conversations
where user_id = :user_id
    and position(lower(:term::text) in lower(title)) > 0
    and deleted_at is null
order by last_message_at desc, id desc
limit :limit;

-- name: rename(id, title)^
-- Gives a conversation another title.
update zishu.conversations
set title = :title
where id = :id
    and deleted_at is null
returning
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at;

-- name: set_pinned(id, is_pinned)^
-- Pins a conversation above the others, or lets it go.
update zishu.conversations
set is_pinned = :is_pinned
where id = :id
    and deleted_at is null
returning
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at;

-- name: set_archived(id, is_archived)^
-- Puts a conversation away, or takes it out again.
update zishu.conversations
set is_archived = :is_archived
where id = :id
    and deleted_at is null
returning
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at;

-- name: set_settings(id, settings)^
-- Says what differs from the person's preferences here.
update zishu.conversations
set settings = :settings
where id = :id
    and deleted_at is null
returning
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at;

-- name: delete(id)!
-- Deletes a conversation softly.
update zishu.conversations
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Takes a deletion back.
update zishu.conversations
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, user_id, character_id, title, settings, is_pinned, is_archived, message_count,
    last_sequence, last_message_at, deleted_at, created_at, updated_at;

-- name: list_deleted(before, limit)
-- The first of the conversations that were deleted before then, and how many those are in all.
select id, user_id, deleted_at, count(*) over () as due
from zishu.conversations
where deleted_at < :before
order by deleted_at
limit :limit;

-- name: remove_deleted(before, limit)^
-- Removes conversations for good that were deleted before then, the oldest first, and says how
-- many and which bytes no message shows any more; again while it removes any.
-- scans: sorts the paths that it gives.
with doomed as (
    select id
    from zishu.conversations
    where deleted_at < :before
    order by deleted_at
    limit :limit
    for update skip locked
),
doomed_messages as (
    select id
    from zishu.messages
    where conversation_id = any(array(select doomed.id from doomed))
),
removed as (
    delete from zishu.conversations
    -- An array: looked up by key, however many the server expects.
    where id = any(array(select doomed.id from doomed))
    returning id
)
select
    (select count(*) from removed) as removed,
    array(
        select distinct attachments.file_path::text
        from zishu.message_attachments as attachments
        where attachments.message_id
                = any(array(select doomed_messages.id from doomed_messages))
            and not exists (
                select
                from zishu.message_attachments as others
                join zishu.messages as showing on showing.id = others.message_id
                where others.file_path = attachments.file_path
                    and showing.conversation_id <> all(array(select doomed.id from doomed))
            )
        order by 1
    ) as file_paths;
