drop table zishu.workflow_nodes;
