-- adapter_ratings_user_id_created_at_idx serves what this index served, its foreign key too.
-- Locks: share update exclusive on adapter_ratings.
-- depends: zishu_0047_ratings_of_a_person
-- transactional: false

drop index concurrently zishu.adapter_ratings_user_id_idx;
