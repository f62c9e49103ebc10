-- What the model is given of long conversations, each stretch written once.

-- name: create(conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name)^
-- Keeps a stretch; nothing where another worker has just made the same one: get_latest gives that.
insert into zishu.conversation_contexts
    (
        conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name
    )
values
    (
        :conversation_id, :kind, :from_sequence, :to_sequence, :summary, :facts, :token_count,
        :model_name
    )
on conflict (conversation_id, to_sequence, kind) do nothing
returning
    id, conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name,
    created_at;

-- name: get(id)^
-- The stretch with this id.
select
    id, conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name,
    created_at
from zishu.conversation_contexts
where id = :id;

-- name: get_latest(conversation_id, kind)^
-- The stretch of its kind that holds now.
select
    id, conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name,
    created_at
from zishu.conversation_contexts
where conversation_id = :conversation_id
    and kind = :kind
order by to_sequence desc
limit 1;

-- name: get_prompt(conversation_id, limit)^
-- What the model is sent next, in one statement: who it is, the summary that holds, and the
-- messages after that, at most so many and in the order of speech: [{"sequence", "role",
-- "user_id", "character_id", "content"}, …].
-- scans: sorts the messages that it gives.
select
    conversations.id as conversation_id,
    conversations.settings,
    personalities.system_prompt,
    personalities.speaking_style,
    personalities.traits,
    personalities.examples,
    personalities.temperature,
    contexts.summary,
    contexts.facts,
    coalesce(contexts.to_sequence, 0) as summarised_to,
    to_json(array(
        select
            json_build_object(
                'sequence', newest.sequence,
                'role', newest.role,
                'user_id', newest.user_id,
                'character_id', newest.character_id,
                'content', newest.content
            )
        from (
            select
                messages.sequence,
                messages.role,
                messages.user_id,
                messages.character_id,
                messages.content
            from zishu.messages as messages
            where messages.conversation_id = conversations.id
                and messages.sequence > coalesce(contexts.to_sequence, 0)
                and messages.status = 'complete'
                and messages.deleted_at is null
            order by messages.sequence desc
            limit :limit
        ) as newest
        order by newest.sequence
    )) as messages
from zishu.conversations as conversations
left join zishu.character_personalities as personalities
    on personalities.character_id = conversations.character_id
    and personalities.is_default
left join lateral (
    select
        stretches.summary,
        stretches.facts,
        stretches.to_sequence
    from zishu.conversation_contexts as stretches
    where stretches.conversation_id = conversations.id
        and stretches.kind = 'summary'
    order by stretches.to_sequence desc
    limit 1
) as contexts on true
where conversations.id = :conversation_id
    and conversations.deleted_at is null;

-- name: page(conversation_id, before_to_sequence, before_kind, limit)
-- Every stretch that was kept of a conversation, the one that goes furthest first.
select
    id, conversation_id, kind, from_sequence, to_sequence, summary, facts, token_count, model_name,
    created_at
from zishu.conversation_contexts
where conversation_id = :conversation_id
    and (to_sequence, kind) < (
        coalesce(:before_to_sequence::integer, 2147483647),
        coalesce(:before_kind::text, '')
    )
order by to_sequence desc, kind desc
limit :limit;

-- name: delete(id)!
-- Forgets a stretch.
delete from zishu.conversation_contexts
where id = :id;

-- name: delete_superseded(conversation_id)!
-- Forgets all stretches of a conversation but those that hold now, one of each kind.
delete from zishu.conversation_contexts as contexts
using (
    select kind, max(to_sequence) as to_sequence
    from zishu.conversation_contexts
    where conversation_id = :conversation_id
    group by kind
) as newest
where contexts.conversation_id = :conversation_id
    and contexts.kind = newest.kind
    and contexts.to_sequence < newest.to_sequence;
