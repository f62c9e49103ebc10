-- Who takes part in conversations, since when, and how far they have read.

-- name: create(conversation_id, user_id, character_id, role)^
-- Lets a person or a companion join, the other null; nothing for who takes part already.
insert into zishu.conversation_participants (conversation_id, user_id, character_id, role)
values (:conversation_id, :user_id, :character_id, :role)
on conflict do nothing
returning
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at;

-- name: get(id)^
-- The stay with this id, over or not.
select
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at
from zishu.conversation_participants
where id = :id;

-- name: get_by_user(conversation_id, user_id)^
-- How a person takes part in a conversation now.
select
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at
from zishu.conversation_participants
where conversation_id = :conversation_id
    and user_id = :user_id
    and left_at is null;

-- name: list_present(conversation_id)
-- Who is in a conversation, in the order of joining, under the name that is shown.
-- not null: name
select
    participants.id, participants.user_id, participants.character_id,
    coalesce(profiles.display_name, users.username, characters.name) as name,
    coalesce(profiles.avatar_url, characters.avatar_url) as avatar_url,
    participants.role, participants.last_read_sequence, participants.created_at
from zishu.conversation_participants as participants
left join zishu.users as users on users.id = participants.user_id
left join zishu.user_profiles as profiles on profiles.user_id = participants.user_id
left join zishu.characters as characters on characters.id = participants.character_id
where participants.conversation_id = :conversation_id
    and participants.left_at is null
order by participants.created_at, participants.id;

-- name: page(conversation_id, after_created_at, after_id, limit)
-- Who was ever in a conversation, in the order of joining.
-- scans: the index is by time alone; who joined at the same instant is sorted.
select
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at
from zishu.conversation_participants
where conversation_id = :conversation_id
    and (created_at, id) > (
        coalesce(:after_created_at::timestamptz, '-infinity'),
        coalesce(:after_id::bigint, 0)
    )
order by created_at, id
limit :limit;

-- name: list_unread(user_id)
-- The conversations in which a person has not read the newest, without the muted ones, with how
-- many messages that are.
select
    conversations.id as conversation_id,
    conversations.last_sequence - participants.last_read_sequence as unread_count
from zishu.conversation_participants as participants
join zishu.conversations as conversations on conversations.id = participants.conversation_id
where participants.user_id = :user_id
    and participants.left_at is null
    and not participants.is_muted
    and conversations.deleted_at is null
    and conversations.last_sequence > participants.last_read_sequence
order by conversations.last_message_at desc, conversations.id desc;

-- name: mark_read(conversation_id, user_id, sequence)^
-- Notes how far a person has read: never back, and never past what was said.
-- not null: sequence
update zishu.conversation_participants as participants
set last_read_sequence = greatest(
    participants.last_read_sequence,
    least(:sequence::integer, conversations.last_sequence)
)
from zishu.conversations as conversations
where participants.conversation_id = :conversation_id
    and participants.user_id = :user_id
    and participants.left_at is null
    and conversations.id = participants.conversation_id
returning
    participants.id, participants.conversation_id, participants.user_id, participants.character_id,
    participants.role, participants.last_read_sequence, participants.is_muted,
    participants.left_at, participants.created_at, participants.updated_at;

-- name: set_muted(conversation_id, user_id, is_muted)^
-- Tells a person of new messages, or no longer.
update zishu.conversation_participants
set is_muted = :is_muted
where conversation_id = :conversation_id
    and user_id = :user_id
    and left_at is null
returning
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at;

-- name: set_role(id, role)^
-- Lets who takes part speak, or only read.
update zishu.conversation_participants
set role = :role
where id = :id
    and left_at is null
returning
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at;

-- name: leave(id)^
-- Ends a stay; who left may join again.
update zishu.conversation_participants
set left_at = greatest(now(), created_at)
where id = :id
    and left_at is null
returning
    id, conversation_id, user_id, character_id, role, last_read_sequence, is_muted, left_at,
    created_at, updated_at;

-- name: delete(id)!
-- Removes a stay, as if it had never been.
delete from zishu.conversation_participants
where id = :id;
