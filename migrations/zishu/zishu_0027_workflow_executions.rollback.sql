drop table zishu.workflow_executions;
