-- Room on each page for the new versions of its rows, where counters and marks that are in no
-- index change all day: likes and comments, what was read, the results of a run's nodes, logins.
--
-- A version that finds room beside the old one is written to no index; else each index gets it,
-- and those of words take the text apart again. Costs a tenth more disk.
-- Locks: share update exclusive, for no time; no rewrite. Full pages get their room as rows move.
-- depends: zishu_0041_follows zishu_0027_workflow_executions zishu_0022_conversation_participants
-- depends: zishu_0029_file_versions

alter table zishu.users set (fillfactor = 90);
alter table zishu.posts set (fillfactor = 90);
alter table zishu.comments set (fillfactor = 90);
alter table zishu.topics set (fillfactor = 90);
alter table zishu.files set (fillfactor = 90);
alter table zishu.workflow_executions set (fillfactor = 90);
alter table zishu.conversation_participants set (fillfactor = 90);
