-- Files in messages, written once: messages.post brings them, messages.page shows them.

-- name: create(message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata)^
-- Adds a file to a message, behind the others.
insert into zishu.message_attachments
    (message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata)
values
    (
        :message_id, :kind, :file_name, :file_path, :file_size, :mime_type, :checksum, :metadata
    )
returning
    id, message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata,
    created_at;

-- name: get(id)^
-- The attachment with this id.
select
    id, message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata,
    created_at
from zishu.message_attachments
where id = :id;

-- name: list_by_message(message_id)
-- The attachments of a message, in their order.
select
    id, message_id, kind, file_name, file_path, file_size, mime_type, checksum, metadata,
    created_at
from zishu.message_attachments
where message_id = :message_id
order by id;

-- name: page(conversation_id, kind, before_sequence, before_id, limit)
-- The pictures, recordings or papers of a conversation, newest first, with the number of their
-- message.
-- scans: walks the messages of one conversation, most of which have none.
select
    attachments.id, attachments.message_id, attachments.kind, attachments.file_name,
    attachments.file_path, attachments.file_size, attachments.mime_type, attachments.checksum,
    attachments.metadata, attachments.created_at,
    messages.sequence
from zishu.messages as messages
join zishu.message_attachments as attachments on attachments.message_id = messages.id
where messages.conversation_id = :conversation_id
    and messages.deleted_at is null
    and attachments.kind = :kind
    and (messages.sequence, attachments.id) < (
        coalesce(:before_sequence::integer, 2147483647),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by messages.sequence desc, attachments.id desc
limit :limit;

-- name: is_shown(file_path)$
-- Whether a message still shows these bytes, so that they must stay.
select exists (
    select
    from zishu.message_attachments
    where file_path = :file_path
) as is_shown;

-- name: delete(id)^
-- Takes a file out of its message, and says where its bytes are and whether another message shows
-- them, so that they must stay.
with deleted as (
    delete from zishu.message_attachments
    where id = :id
    returning id, file_path
)
select
    deleted.id,
    deleted.file_path,
    exists (
        select
        from zishu.message_attachments as others
        where others.file_path = deleted.file_path
            and others.id <> deleted.id
    ) as is_shown
from deleted;
