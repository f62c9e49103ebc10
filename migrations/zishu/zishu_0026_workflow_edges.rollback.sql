drop table zishu.workflow_edges;
drop function zishu.refuse_workflow_cycle();
