drop table zishu.workflows;
