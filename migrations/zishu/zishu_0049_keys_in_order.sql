-- Keys in the order of time where rows come all day: sessions, conversations, runs, files, and
-- what the community writes. A new row then goes to the end of its key's index. Others are few, or
-- have numbers; what is there keeps its key.
-- Locks: access exclusive on each, for no time; no rewrite.
-- depends: zishu_0041_follows common_0009_uuids_in_order

alter table zishu.user_sessions alter column id set default common.uuid_in_order();
alter table zishu.conversations alter column id set default common.uuid_in_order();
alter table zishu.workflow_executions alter column id set default common.uuid_in_order();
alter table zishu.files alter column id set default common.uuid_in_order();
alter table zishu.topics alter column id set default common.uuid_in_order();
alter table zishu.posts alter column id set default common.uuid_in_order();
alter table zishu.comments alter column id set default common.uuid_in_order();
