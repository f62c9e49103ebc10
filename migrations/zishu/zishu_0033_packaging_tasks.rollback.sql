drop table zishu.packaging_tasks;
