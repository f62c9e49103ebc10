drop table zishu.build_artifacts;
