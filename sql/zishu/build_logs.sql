-- The output of builds, line by line: sent by the worker, followed by readers, never changed.

-- name: create(task_id, sequence, level, message)!
-- Adds a line; one that was sent before is not added twice.
insert into zishu.build_logs (task_id, sequence, level, message)
values (:task_id, :sequence, :level, :message)
on conflict (task_id, sequence) do nothing;

-- name: create_many(task_id, sequences, levels, messages)!
-- Adds many lines at once; those that were sent before are not added twice.
insert into zishu.build_logs (task_id, sequence, level, message)
select :task_id::uuid, lines.sequence, lines.level, lines.message
from unnest(:sequences::integer[], :levels::text[], :messages::text[])
    as lines (sequence, level, message)
on conflict (task_id, sequence) do nothing;

-- name: get(task_id, sequence)^
-- The line of a task with this number.
select id, task_id, sequence, level, message, created_at
from zishu.build_logs
where task_id = :task_id
    and sequence = :sequence;

-- name: get_last_sequence(task_id)$
-- The number of a task's last line, 0 where there is none: the next attempt counts on from it.
select coalesce(max(sequence), 0)
from zishu.build_logs
where task_id = :task_id;

-- name: page(task_id, after_sequence, limit)
-- The lines of a task that follow the last one that a reader has; null from the first one on.
select id, task_id, sequence, level, message, created_at
from zishu.build_logs
where task_id = :task_id
    and sequence > coalesce(:after_sequence, 0)
order by sequence
limit :limit;

-- name: page_problems(task_id, after_sequence, limit)
-- The warnings and errors among a task's lines.
select id, task_id, sequence, level, message, created_at
from zishu.build_logs
where task_id = :task_id
    and sequence > coalesce(:after_sequence, 0)
    and level in ('warning', 'error')
order by sequence
limit :limit;

-- name: get_tail(task_id, limit)
-- The last lines of a task, in their order.
with tail as (
    select id, task_id, sequence, level, message, created_at
    from zishu.build_logs
    where task_id = :task_id
    order by sequence desc
    limit :limit
)
select id, task_id, sequence, level, message, created_at
from tail
order by sequence;

-- name: delete(task_id)!
-- Removes the lines of a task.
delete from zishu.build_logs
where task_id = :task_id;

-- name: list_old(created_before, limit)
-- The first of the lines from before then, and how many those are in all.
-- scans: counts what is old in a table that is read by task.
select id, task_id, created_at, count(*) over () as due
from zishu.build_logs
where created_at < :created_before
order by id
limit :limit;

-- name: delete_old(created_before, limit)!
-- Removes what is from before then among so many of the first lines: ids rise with the time.
delete from zishu.build_logs
where id = any (
        array(
            select id
            from zishu.build_logs
            order by id
            limit :limit
            for update skip locked
        )
    )
    and created_at < :created_before;
