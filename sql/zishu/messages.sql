-- What is said: posted with attachments by who takes part, answered word by word, read by number.

-- name: create(conversation_id, reply_to, user_id, character_id, role, content, status, token_count, metadata)^
-- Writes a message of any role as it is given: for tools, the system, and what is imported. Its
-- number follows by itself.
insert into zishu.messages
    (
        conversation_id, reply_to, user_id, character_id, role, content, status, token_count,
        metadata
    )
values
    (
        :conversation_id, :reply_to, :user_id, :character_id, :role, :content, :status,
        :token_count, :metadata
    )
returning
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at;

-- name: post(conversation_id, user_id, reply_to, content, metadata, attachments)^
-- Says something with its attachments, and counts all before it as read by who says it; nothing
-- for who doesn't take part or only observes. Attachments, in their order: [{"kind": "image",
-- "file_name", "file_path", "file_size", "mime_type", "checksum", "metadata"}, …], and the same
-- with "id" come back.
-- scans: sorts the attachments, all of which it gives.
with speaker as (
    select
        participants.id,
        participants.conversation_id,
        participants.user_id
    from zishu.conversation_participants as participants
    join zishu.conversations as conversations on conversations.id = participants.conversation_id
    where participants.conversation_id = :conversation_id
        and participants.user_id = :user_id
        and participants.role = 'member'
        and participants.left_at is null
        and conversations.deleted_at is null
),
posted as (
    insert into zishu.messages (conversation_id, reply_to, user_id, role, content, metadata)
    select
        speaker.conversation_id,
        :reply_to,
        speaker.user_id,
        'user',
        :content,
        :metadata
    from speaker
    returning
        id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
        token_count, metadata, deleted_at, created_at, updated_at
),
attached as (
    insert into zishu.message_attachments
        (message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata)
    select
        posted.id,
        files.kind,
        files.file_name,
        files.file_path,
        files.file_size,
        files.mime_type,
        files.checksum,
        coalesce(files.metadata, '{}')
    from posted
    cross join rows from (
        jsonb_to_recordset(:attachments::jsonb) as (
            kind text,
            file_name text,
            file_path text,
            file_size bigint,
            mime_type text,
            checksum text,
            metadata jsonb
        )
    ) with ordinality as files (
        kind, file_name, file_path, file_size, mime_type, checksum, metadata, place
    )
    order by files.place
    returning id, kind, file_name, file_path, file_size, mime_type, checksum, metadata
),
seen as (
    update zishu.conversation_participants as participants
    set last_read_sequence = posted.sequence
    from speaker
    cross join posted
    where participants.id = speaker.id
)
select
    posted.id, posted.conversation_id, posted.sequence, posted.reply_to, posted.user_id,
    posted.character_id, posted.role, posted.content, posted.status, posted.token_count,
    posted.metadata, posted.deleted_at, posted.created_at, posted.updated_at,
    to_json(array(
        select
            json_build_object(
                'id', attached.id,
                'kind', attached.kind,
                'file_name', attached.file_name,
                'file_path', attached.file_path,
                'file_size', attached.file_size,
                'mime_type', attached.mime_type,
                'checksum', attached.checksum,
                'metadata', attached.metadata
            )
        from attached
        order by attached.id
    )) as attachments
from posted;

-- name: begin_answer(conversation_id, character_id, reply_to, metadata)^
-- Begins an answer that grows word by word; null for the plain assistant. Nothing where the
-- conversation is deleted.
insert into zishu.messages
    (conversation_id, reply_to, character_id, role, content, status, metadata)
select
    conversations.id,
    :reply_to,
    :character_id,
    'assistant',
    '',
    'streaming',
    :metadata
from zishu.conversations as conversations
where conversations.id = :conversation_id
    and conversations.deleted_at is null
returning
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at;

-- name: append(id, piece)!
-- Adds words to an answer that is still being written.
update zishu.messages
set content = content || :piece::text
where id = :id
    and status = 'streaming';

-- name: finish(id, content, token_count, metadata)^
-- Ends an answer with its whole text, and adds what is known of it now; nothing where it ended
-- before.
update zishu.messages
set
    content = :content,
    status = 'complete',
    token_count = :token_count,
    metadata = metadata || :metadata::jsonb
where id = :id
    and status = 'streaming'
returning
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at;

-- name: fail(id, metadata)^
-- Breaks an answer off, and adds why; what was said so far stays.
update zishu.messages
set
    status = 'failed',
    metadata = metadata || :metadata::jsonb
where id = :id
    and status = 'streaming'
returning
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at;

-- name: fail_abandoned(before, limit)!
-- Breaks off answers that were begun before then and that a crash left half said, the oldest
-- first.
with abandoned as (
    select id
    from zishu.messages
    where status = 'streaming'
        and created_at < :before
    order by created_at
    limit :limit
    for no key update skip locked
)
update zishu.messages
set status = 'failed'
-- An array: looked up by key, however many the server expects.
where id = any(array(select abandoned.id from abandoned));

-- name: get(id)^
-- The message with this id, unless it is deleted.
select
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at
from zishu.messages
where id = :id
    and deleted_at is null;

-- name: get_by_sequence(conversation_id, sequence)^
-- The message with this number in a conversation, unless it is deleted.
select
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at
from zishu.messages
where conversation_id = :conversation_id
    and sequence = :sequence
    and deleted_at is null;

-- name: page(conversation_id, before_sequence, limit)
-- What was said before a message, or with null at last, newest first, with its attachments in
-- order: [{"id", "kind", "file_name", "file_path", "file_size", "mime_type", "metadata"}, …].
-- scans: sorts the attachments of each message, all of which it gives.
select
    messages.id, messages.conversation_id, messages.sequence, messages.reply_to, messages.user_id,
    messages.character_id, messages.role, messages.content, messages.status, messages.token_count,
    messages.metadata, messages.deleted_at, messages.created_at, messages.updated_at,
    to_json(array(
        select
            json_build_object(
                'id', attachments.id,
                'kind', attachments.kind,
                'file_name', attachments.file_name,
                'file_path', attachments.file_path,
                'file_size', attachments.file_size,
                'mime_type', attachments.mime_type,
                'metadata', attachments.metadata
            )
        from zishu.message_attachments as attachments
        where attachments.message_id = messages.id
        order by attachments.id
    )) as attachments
from zishu.messages as messages
where messages.conversation_id = :conversation_id
    and messages.sequence < coalesce(:before_sequence::integer, 2147483647)
    and messages.deleted_at is null
order by messages.sequence desc
limit :limit;

-- name: list_after(conversation_id, after_sequence, limit)
-- What a client missed after a message, or with null from the first on, in the order of speech.
select
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at
from zishu.messages
where conversation_id = :conversation_id
    and sequence > coalesce(:after_sequence::integer, 0)
    and deleted_at is null
order by sequence
limit :limit;

-- name: list_replies(conversation_id, reply_to)
-- What answers a message, in the order of speech.
select
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at
from zishu.messages
where conversation_id = :conversation_id
    and reply_to = :reply_to
    and deleted_at is null
order by sequence;

-- name: search(user_id, words, before_created_at, before_id, limit)
-- Where all these words, Chinese or English, were said in conversations that a person takes part
-- in, newest first.
-- scans: sorts what has the words.
select
    messages.id, messages.conversation_id, messages.sequence, messages.reply_to, messages.user_id,
    messages.character_id, messages.role, messages.content, messages.status, messages.token_count,
    messages.metadata, messages.deleted_at, messages.created_at, messages.updated_at
from zishu.messages as messages
where common.search_terms(messages.content) @@ common.search_query(:words::text)
    and messages.status = 'complete'
    and messages.deleted_at is null
    -- An array, so that both indexes are asked once, and not the words' for each conversation.
    and messages.conversation_id = any(array(
        select conversations.id
        from zishu.conversation_participants as participants
        join zishu.conversations as conversations
            on conversations.id = participants.conversation_id
        where participants.user_id = :user_id
            and participants.left_at is null
            and conversations.deleted_at is null
    ))
    and (messages.created_at, messages.id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by messages.created_at desc, messages.id desc
limit :limit;

-- name: edit(id, user_id, content)^
-- Says it otherwise; only who said it may.
update zishu.messages
set content = :content
where id = :id
    and user_id = :user_id
    and deleted_at is null
returning
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at;

-- name: delete(id)!
-- Hides a message; its number stays.
update zishu.messages
set deleted_at = now()
where id = :id
    and deleted_at is null;

-- name: restore(id)^
-- Shows a hidden message again.
update zishu.messages
set deleted_at = null
where id = :id
    and deleted_at is not null
returning
    id, conversation_id, sequence, reply_to, user_id, character_id, role, content, status,
    token_count, metadata, deleted_at, created_at, updated_at;

-- name: list_deleted(before, limit)
-- The first of the messages that were hidden before then, and how many those are in all.
select id, user_id, deleted_at, count(*) over () as due
from zishu.messages
where deleted_at < :before
order by deleted_at
limit :limit;

-- name: remove_deleted(before, limit)^
-- Removes messages for good that were hidden before then, the oldest first, and says how many and
-- which bytes no message shows any more; again while it removes any.
-- scans: sorts the paths that it gives.
with doomed as (
    select id
    from zishu.messages
    where deleted_at < :before
    order by deleted_at
    limit :limit
    for update skip locked
),
removed as (
    delete from zishu.messages
    -- An array: looked up by key, however many the server expects.
    where id = any(array(select doomed.id from doomed))
    returning id
)
select
    (select count(*) from removed) as removed,
    array(
        select distinct attachments.file_path::text
        from zishu.message_attachments as attachments
        where attachments.message_id = any(array(select doomed.id from doomed))
            and not exists (
                select
                from zishu.message_attachments as others
                where others.file_path = attachments.file_path
                    and others.message_id <> all(array(select doomed.id from doomed))
            )
        order by 1
    ) as file_paths;
