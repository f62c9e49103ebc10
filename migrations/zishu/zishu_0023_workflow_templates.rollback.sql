drop table zishu.workflow_templates;
