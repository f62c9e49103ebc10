alter table zishu.comments alter column id set default gen_random_uuid();
alter table zishu.posts alter column id set default gen_random_uuid();
alter table zishu.topics alter column id set default gen_random_uuid();
alter table zishu.files alter column id set default gen_random_uuid();
alter table zishu.workflow_executions alter column id set default gen_random_uuid();
alter table zishu.conversations alter column id set default gen_random_uuid();
alter table zishu.user_sessions alter column id set default gen_random_uuid();
