-- A person's ratings, newest first, page by page: they were all read and sorted for each page.
--
-- adapter_ratings_user_id_idx, which the next file drops, is a part of it.
-- Locks: share update exclusive on adapter_ratings; writes go on while it is built.
-- depends: zishu_0012_adapter_ratings
-- transactional: false

create index concurrently adapter_ratings_user_id_created_at_idx
    on zishu.adapter_ratings (user_id, created_at desc, adapter_id desc);
