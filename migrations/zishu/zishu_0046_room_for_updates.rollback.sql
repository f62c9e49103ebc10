alter table zishu.conversation_participants reset (fillfactor);
alter table zishu.workflow_executions reset (fillfactor);
alter table zishu.files reset (fillfactor);
alter table zishu.topics reset (fillfactor);
alter table zishu.comments reset (fillfactor);
alter table zishu.posts reset (fillfactor);
alter table zishu.users reset (fillfactor);
