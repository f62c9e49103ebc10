create index concurrently adapter_ratings_user_id_idx on zishu.adapter_ratings (user_id);
