drop table zishu.build_logs;
