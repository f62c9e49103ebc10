-- Retouching tasks: enqueued and paid for, claimed by workers, finished, failed or cancelled, and
-- then the history that a person looks through.

-- name: create(user_id, task_id, original_image_url, original_image_size, mask_data, model_name, model_config)^
-- Queues a task that costs nothing; a task_id that is known is an error.
insert into iopaint.process_records (
    user_id, task_id, original_image_url, original_image_size, mask_data, model_name, model_config
)
values (
    :user_id, :task_id, :original_image_url, :original_image_size, :mask_data, :model_name,
    :model_config
)
returning
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at;

-- name: enqueue(user_id, task_id, original_image_url, original_image_size, mask_data, model_name, model_config, cost)^
-- Takes the cost from the user's quota and queues the task, both or neither: none where the quota
-- is too little or the account is closed.
with paid as (
    update iopaint.users
    set usage_quota = usage_quota - :cost
    where id = :user_id
        and is_active
        and usage_quota >= :cost
        and :cost >= 0
    returning id
)
insert into iopaint.process_records (
    user_id, task_id, original_image_url, original_image_size, mask_data, model_name, model_config
)
select
    paid.id, :task_id, :original_image_url, :original_image_size, :mask_data, :model_name,
    :model_config
from paid
returning
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at;

-- name: get(id)^
-- The task with this id.
select
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at
from iopaint.process_records
where id = :id;

-- name: get_by_task_id(task_id)^
-- The task that the caller knows by this name.
select
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at
from iopaint.process_records
where task_id = :task_id;

-- name: get_progress(task_id)^
-- What a client that waits for a task asks again and again, without the mask.
select id, status, progress, error_message, result_image_url
from iopaint.process_records
where task_id = :task_id;

-- name: page(user_id, before_created_at, before_id, limit)
-- A page of a person's history, the newest first, without the masks; nulls give the first page.
select
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, model_name, model_config, status, error_message, progress, processing_time,
    started_at, completed_at, created_at, updated_at
from iopaint.process_records
where user_id = :user_id
    and (created_at, id) < (
        coalesce(:before_created_at::timestamptz, 'infinity'),
        coalesce(:before_id::bigint, 9223372036854775807)
    )
order by created_at desc, id desc
limit :limit;

-- name: page_by_status(status, after_created_at, after_id, limit)
-- A page of everybody's tasks in this state, the oldest first, without the masks; nulls give the
-- first page.
select
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, model_name, model_config, status, error_message, progress, processing_time,
    started_at, completed_at, created_at, updated_at
from iopaint.process_records
where status = :status
    and (created_at, id) > (
        coalesce(:after_created_at::timestamptz, '-infinity'),
        coalesce(:after_id::bigint, 0)
    )
order by created_at, id
limit :limit;

-- name: export()
-- Every task and what became of it, without the pictures, in the order that they came in.
-- scans: reads every task, which is what is asked.
copy (
    select
        id, user_id, task_id, model_name, model_config, status, error_message, progress,
        processing_time, started_at, completed_at, created_at, updated_at
    from iopaint.process_records
    order by id
) to stdout;

-- name: count_ahead(id)$
-- How many tasks are claimed before this one; 0 also for a task that no longer waits.
select count(*)
from iopaint.process_records as task
inner join iopaint.process_records as ahead
    on (ahead.created_at, ahead.id) < (task.created_at, task.id)
where task.id = :id
    and task.status = 'pending'
    and ahead.status = 'pending';

-- name: claim()^
-- Gives the oldest waiting task to one worker, and to no other; none where nothing waits.
update iopaint.process_records
set
    status = 'processing',
    progress = 0,
    started_at = now()
where id = (
    select id
    from iopaint.process_records
    where status = 'pending'
    order by created_at, id
    limit 1
    for update skip locked
)
returning
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at;

-- name: claim_batch(limit)
-- Gives one worker as many of the oldest waiting tasks as it asks for, in no order.
update iopaint.process_records
set
    status = 'processing',
    progress = 0,
    started_at = now()
where id = any (
    array(
        select id
        from iopaint.process_records
        where status = 'pending'
        order by created_at, id
        limit :limit
        for update skip locked
    )
)
returning
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at;

-- name: set_progress(id, progress)!
-- Notes how far the worker is, which never goes back; 0 tells it to stop: the task is no longer
-- being processed.
update iopaint.process_records
set progress = greatest(progress, :progress)
where id = :id
    and status = 'processing';

-- name: finish(id, result_image_url, result_image_size, processing_time)^
-- Notes the result of a task that is being processed; none where it was cancelled meanwhile.
update iopaint.process_records
set
    status = 'completed',
    progress = 100,
    result_image_url = :result_image_url,
    result_image_size = :result_image_size,
    processing_time = :processing_time,
    completed_at = now()
where id = :id
    and status = 'processing'
returning
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at;

-- name: fail(id, error_message, refund)^
-- Notes why a task that is being processed came to nothing, and gives the user so much of their
-- quota back, once.
with failed as (
    update iopaint.process_records
    set
        status = 'failed',
        error_message = :error_message,
        completed_at = now()
    where id = :id
        and status = 'processing'
    returning
        id, user_id, task_id, original_image_url, original_image_size, result_image_url,
        result_image_size, mask_data, model_name, model_config, status, error_message, progress,
        processing_time, started_at, completed_at, created_at, updated_at
),
refunded as (
    update iopaint.users
    set usage_quota = usage_quota + :refund
    from failed
    where users.id = failed.user_id
        and :refund > 0
)
select
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at
from failed;

-- name: cancel(id, user_id, refund)^
-- Stops a task of this user that waits or is being processed, and gives so much of their quota
-- back, once.
with cancelled as (
    update iopaint.process_records
    set
        status = 'cancelled',
        completed_at = now()
    where id = :id
        and user_id = :user_id
        and status in ('pending', 'processing')
    returning
        id, user_id, task_id, original_image_url, original_image_size, result_image_url,
        result_image_size, mask_data, model_name, model_config, status, error_message, progress,
        processing_time, started_at, completed_at, created_at, updated_at
),
refunded as (
    update iopaint.users
    set usage_quota = usage_quota + :refund
    from cancelled
    where users.id = cancelled.user_id
        and :refund > 0
)
select
    id, user_id, task_id, original_image_url, original_image_size, result_image_url,
    result_image_size, mask_data, model_name, model_config, status, error_message, progress,
    processing_time, started_at, completed_at, created_at, updated_at
from cancelled;

-- name: requeue_silent(silent_since)
-- Puts back into the queue what is being processed, but not heard of since then: its worker is
-- gone. Gives the ids.
update iopaint.process_records
set
    status = 'pending',
    progress = 0,
    started_at = null
where id = any (
    array(
        select id
        from iopaint.process_records
        where status = 'processing'
            and updated_at < :silent_since
        for update skip locked
    )
)
returning id;

-- name: summarize(since, before)
-- What each model did in a period: how many tasks ended how, and the mean of the milliseconds that
-- a completed one took.
-- scans: reads every task of the period, which may be all.
select
    model_name,
    count(*) as tasks,
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'failed') as failed,
    (avg(processing_time) filter (where status = 'completed'))::float8 as mean_processing_time
from iopaint.process_records
where created_at >= :since
    and created_at < :before
group by model_name
order by model_name;

-- name: delete(id, user_id)!
-- Deletes a task of this user from their history.
delete from iopaint.process_records
where id = :id
    and user_id = :user_id;

-- name: delete_old(before, limit)!
-- Deletes a batch of the oldest tasks from before this time that are over; call it until it is 0.
delete from iopaint.process_records
where id = any (
    array(
        select id
        from iopaint.process_records
        where created_at < :before
            and status in ('completed', 'failed', 'cancelled')
        order by created_at
        limit :limit
        for update skip locked
    )
);
